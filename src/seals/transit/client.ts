// A POST to a Vault-compatible server: bounded in time and size, tried again where the network or the server fails.
// The token and the body never become part of an error.
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../../kit/errors.ts'
import { isObject } from '../../kit/field.ts'

export interface Endpoint {
  address: URL
  token: string
  namespace: string
  tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>
}

const deadline = 10_000
const longestReply = 1 << 20
const attempts = 3

/** The JSON object of a 2xx answer; a Fault `upstream` for everything else, with `data.status` where trying again is of no use. */
export async function post(endpoint: Endpoint, path: string, body: Record<string, string>): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await send(endpoint, path, body).catch((error: NodeJS.ErrnoException) => error.code ?? error.name)
    const status = typeof outcome === 'string' ? 0 : outcome.status
    if (typeof outcome !== 'string' && status >= 200 && status < 300) return parse(outcome.text)
    const lasting = status >= 400 && status < 500 && status !== 412 && status !== 429
    if (lasting || attempt === attempts) {
      const what = status === 0 ? `did not answer (${String(outcome)})` : `answered with status ${status}`
      throw new Fault('upstream', `seal transit: ${endpoint.address.host} ${what}`, lasting ? { data: { status } } : {})
    }
    await sleep(100 * attempt + Math.random() * 100)
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const reply: unknown = JSON.parse(text)
    if (isObject(reply)) return reply
  } catch {
    // Not JSON: answered below, without its text, which may hold the key.
  }
  throw new Fault('upstream', 'seal transit: the answer is not a JSON object')
}

function send({ address, token, namespace, tls }: Endpoint, path: string, body: Record<string, string>): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const headers: Record<string, string> = { 'x-vault-token': token, 'x-vault-request': 'true', 'content-type': 'application/json' }
  if (namespace !== '') headers['x-vault-namespace'] = namespace
  const open = address.protocol === 'https:' ? httpsRequest : httpRequest
  const url = new URL(address.pathname.replace(/\/$/, '') + path, address)
  const request = open(url, { method: 'POST', headers, signal: AbortSignal.timeout(deadline), ...tls }, (response) => {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > longestReply) response.destroy(new RangeError())
      else chunks.push(chunk)
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
  })
  request.on('error', reject)
  request.end(JSON.stringify(body))
  return promise
}
