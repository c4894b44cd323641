// What an audit device promises: it takes a line whole, or it throws in time.

export interface AuditDevice {
  type: string
  /** Resolves when the device has taken the line (without its newline); rejects when it cannot within its deadline. */
  write(line: string): Promise<void>
  /** Opens its target anew, after a rotation of log files. */
  reopen(): Promise<void>
  close(): Promise<void>
}

export interface AuditType {
  type: string
  about: string
  /** Refuses options that it cannot use with a Fault `invalid`. `folder`: below which files may be written, or null for anywhere. */
  open(options: Record<string, string>, limits: { folder: string | null }): Promise<AuditDevice>
}
