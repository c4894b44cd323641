// What an audit device promises: it takes a line whole, or it throws in time.

export interface AuditDevice {
  type: string
  /**
   * Resolves when the device has taken the line (`bytes` without a newline, or the part of them between `from` and `to`);
   * rejects when it cannot within its deadline. Lines are kept in the order of the calls; calls may share one promise.
   * The bytes are the caller's again on return: copy them.
   */
  write(bytes: Buffer, from?: number, to?: number): Promise<void>
  /** Whether a line that comes now would be taken together with the one before it. Absent where each is taken by itself. */
  readonly gathering?: boolean
  /** Opens its target anew, after a rotation of log files. */
  reopen(): Promise<void>
  close(): Promise<void>
  /** Its lines back, newest first; `at` of a line is where another call goes on. Absent where nothing can be read back. */
  history?(from: string | null): AsyncIterable<{ line: string; at: string }>
}

export interface AuditLimits {
  /** Below which files may be written, or null for anywhere. */
  folder: string | null
  /** Internal networks that entries may be sent to, or null for anywhere. */
  networks: readonly string[] | null
  /** Milliseconds after which a write that has not ended is refused. */
  deadlineMs: number
  /** Declared by the server's own configuration, not over the API. */
  trusted: boolean
  /** The device went on to a new target; `first` is the first line that it takes. */
  moved?: (first: Uint8Array) => void
}

export interface AuditType {
  type: string
  about: string
  /** Options that hold secrets: kept, but never shown. */
  secrets?: readonly string[]
  /** Refuses options that it cannot use with a Fault `invalid`. */
  open(options: Record<string, string>, limits: AuditLimits): Promise<AuditDevice>
}
