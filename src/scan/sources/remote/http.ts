// Requests to the API of a host of repositories or to a bucket, whose address the user gave: bounded, patient with rate limits.
import { ScanError } from '../../scan-error.ts'

export interface Reply {
  status: number
  headers: Headers
  body: Buffer
}

const mostTries = 4
const longestWait = 60
const timeout = 60_000

const mostRedirects = 3

/**
 * The answer to a GET; throws ScanError for any status but 200, without the address's query. Redirects are followed only to the
 * same host, as the headers hold a token.
 */
export async function get(url: URL, headers: Record<string, string>, mostBytes: number, redirects = 0): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, { headers: { 'user-agent': 'strongroom-scan', ...headers }, signal: AbortSignal.timeout(timeout), redirect: 'manual' }).catch((error: Error) => {
      throw new ScanError(`${url.host}: ${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? 'no answer'}`)
    })
    const limited = response.status === 429 || (response.status === 403 && response.headers.get('x-ratelimit-remaining') === '0') || response.status === 503
    if (limited && tries < mostTries) {
      await response.body?.cancel()
      const wait = Math.min(longestWait, Number(response.headers.get('retry-after') ?? 2 ** tries) || 0)
      await new Promise((resolve) => setTimeout(resolve, wait * 1000))
      continue
    }
    const target = response.status >= 300 && response.status < 400 && URL.parse(response.headers.get('location') ?? '', url.href)
    if (target && target.origin === url.origin && redirects < mostRedirects) {
      await response.body?.cancel()
      return get(target, headers, mostBytes, redirects + 1)
    }
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new ScanError(`${url.host}${url.pathname.slice(0, 200)}: status ${response.status}`)
    }
    return { status: response.status, headers: response.headers, body: await readBody(response, url, mostBytes) }
  }
}

async function readBody(response: Response, url: URL, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > most) throw new ScanError(`${url.host}${url.pathname.slice(0, 200)}: larger than ${most} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ScanError ? error : new ScanError(`${url.host}: the answer broke off`)
  }
  return Buffer.concat(chunks)
}

/** An answer as JSON; throws ScanError where it is none. */
export function asJson({ body }: Reply, url: URL): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new ScanError(`${url.host}: no valid JSON`)
  }
}
