// The one error that a server's refusal becomes.

/** The server answered with a failure: `status` is HTTP's, `errors` the server's own lines (empty when it sent none). */
export class ApiError extends Error {
  readonly status: number
  readonly errors: string[]
  readonly method: string
  readonly url: string
  /** The body as it came, where it was not Vault's `{"errors": []}`; at most 4 kB. */
  readonly raw: string | undefined

  constructor(status: number, errors: string[], request: { method: string; url: string }, raw?: string) {
    super(`${errors.length > 0 ? errors.flatMap(apart).join('; ') : `HTTP status ${status}`} (${status}, ${request.method} ${request.url})`)
    this.name = 'ApiError'
    this.status = status
    this.errors = errors
    this.method = request.method
    this.url = request.url
    this.raw = raw
  }
}

/** Servers frame errors as a list of lines; a message is one line. */
const apart = (error: string): string[] => {
  const [first, ...listed] = error.trim().split(/\n\s*(?:\* )?/)
  return listed.length > 0 && /^\d+ errors? occurred:$/.test(first!) ? listed : [first!, ...listed]
}
