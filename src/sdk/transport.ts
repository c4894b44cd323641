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

/** Fetch, of browsers and of Node. */
export const fetchTransport: Transport = async (request) => {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    redirect: 'manual',
    ...(request.body === undefined ? {} : { body: request.body as string }),
    ...(request.timeout > 0 ? { signal: AbortSignal.timeout(request.timeout) } : {}),
  })
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    text: () => response.text(),
    stream: () => chunks(response.body),
  }
}

async function* chunks(body: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
