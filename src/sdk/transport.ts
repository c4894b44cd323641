// How requests travel. The client knows only this shape; browsers and Node use fetch, the command line brings its own.

export interface HttpRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: string | Uint8Array | undefined
  /** Milliseconds without an answer; 0 waits for ever. */
  timeout: number
}

export interface HttpResponse {
  status: number
  /** Value of a header by its lower-case name. */
  header(name: string): string | undefined
  text(): Promise<string>
  /** The body as it arrives; use either this or `text`. */
  stream(): AsyncIterable<Uint8Array>
}

/** Sends one request; rejects only when no answer came. Never follows redirects, never retries: the client decides. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>
