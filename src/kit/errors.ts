// Every error that a client may see, as one table of codes. A dialect maps a code to its own
// status and shape; an error that is not a Fault is answered as `internal` with a request id.

export const faults = {
  invalid: { status: 400, message: 'invalid request' },
  unauthenticated: { status: 403, message: 'permission denied' },
  denied: { status: 403, message: 'permission denied' },
  'not-found': { status: 404, message: 'not found' },
  'no-route': { status: 404, message: 'no handler for route' },
  unsupported: { status: 405, message: 'unsupported operation' },
  exists: { status: 409, message: 'already exists' },
  conflict: { status: 409, message: 'the data changed while it was being written' },
  precondition: { status: 412, message: 'precondition failed' },
  'too-large': { status: 413, message: 'request body too large' },
  'rate-limited': { status: 429, message: 'request path rate limit quota exceeded' },
  internal: { status: 500, message: 'internal error' },
  upstream: { status: 502, message: 'the remote system failed' },
  sealed: { status: 503, message: 'Vault is sealed' },
  'not-initialized': { status: 503, message: 'Vault is not initialized' },
  unavailable: { status: 503, message: 'temporarily unavailable' },
} as const

export type FaultCode = keyof typeof faults

/**
 * An error whose message a client may see; it never holds a secret value.
 * `messages` are the lines of the answer, `data` what an answer carries beside them
 * (Vault answers some errors with data), `cause` goes to the log alone.
 */
export class Fault extends Error {
  readonly code: FaultCode
  readonly status: number
  readonly messages: string[]
  readonly data: Record<string, unknown> | undefined
  /** Tells faults of one code apart for a dialect that has a name of its own for each: what is wrong, and the word it turns on. Never answered as it is. */
  readonly reason: readonly [is: string, word?: string] | undefined

  constructor(code: FaultCode, message?: string | string[], options: { cause?: unknown; data?: Record<string, unknown>; status?: number; reason?: readonly [is: string, word?: string] } = {}) {
    const messages = message === undefined ? [faults[code].message] : Array.isArray(message) ? message : [message]
    super(messages.join('; '), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.status = options.status ?? faults[code].status
    this.messages = messages
    this.data = options.data
    this.reason = options.reason
  }
}

export const invalid = (message: string | string[]): Fault => new Fault('invalid', message)
export const denied = (message?: string): Fault => new Fault('denied', message)
export const notFound = (message?: string): Fault => new Fault('not-found', message)
