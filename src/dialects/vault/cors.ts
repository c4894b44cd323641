// Cross-origin requests of browsers: refused from origins that are not configured, told what they may send otherwise.
import type { Core } from '../../core/core.ts'
import { type Cors, corsHeaders, readCors } from '../../core/cors.ts'
import { Fault } from '../../kit/errors.ts'
import type { Sent } from './encode.ts'

const methods = ['DELETE', 'GET', 'LIST', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'SCAN']

interface Asked {
  method: string
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What a request with an `Origin` gets: an answer of its own (a preflight), or headers for the answer; null where CORS is off. Throws `denied` for other origins. */
export async function crossOrigin(core: Core, request: Asked): Promise<{ headers: Record<string, string>; answer?: Sent } | null> {
  const cors = await readCors(core.root)
  if (!cors?.enabled) return null
  const origin = String(request.headers.origin)
  if (!cors.origins.includes('*') && !cors.origins.includes(origin)) throw new Fault('denied', 'origin not allowed')
  const headers = { 'access-control-allow-origin': origin, vary: 'Origin' }
  return request.method === 'OPTIONS' ? { headers, answer: preflight(cors, request, headers) } : { headers }
}

function preflight(cors: Cors, request: Asked, headers: Record<string, string>): Sent {
  if (!methods.includes(String(request.headers['access-control-request-method']))) throw new Fault('unsupported')
  const allowed = { 'access-control-allow-methods': methods.join(','), 'access-control-allow-headers': corsHeaders(cors).join(','), 'access-control-max-age': '300' }
  return { status: 204, contentType: 'application/json', body: '', headers: { ...headers, ...allowed } }
}
