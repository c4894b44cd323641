// The transport of browsers and of Node.
import type { Transport } from './transport.ts'

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
