// Vault's HTTP API, inwards: a request becomes a Call. Pure.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Call } from '../../core/call.ts'
import { parseDuration } from '../../kit/duration.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { isObject } from '../../kit/field.ts'
import { parseJson } from './json.ts'

export interface Received {
  method: string
  /** As on the request line. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
  remote: { address: string; port: number }
  signal: AbortSignal
  upload?: AsyncIterable<Uint8Array> | null
}

/** Bodies that are handed on as they arrive. */
export const takesUpload = (method: string | undefined, url: string | undefined): boolean =>
  (method === 'PUT' || method === 'POST') && /^\/v1\/sys\/storage\/raft\/snapshot(?:-force|-verify)?(?:\?|$)/.test(url ?? '')

const operations: Record<string, Call['operation']> = { GET: 'read', HEAD: 'read', POST: 'write', PUT: 'write', DELETE: 'delete', PATCH: 'patch', LIST: 'list', SCAN: 'scan' }

export function decode(received: Received, caches: Call['caches'] = 'arriving'): Call {
  const { headers } = received
  const mark = received.url.indexOf('?')
  const query = mark < 0 ? null : new URLSearchParams(received.url.slice(mark + 1))
  const operation = operationOf(received.method, query)
  const path = canonicalPath(mark < 0 ? received.url : received.url.slice(0, mark))
  if (path.endsWith('/') && (operation === 'write' || operation === 'patch')) throw invalid("cannot write to a path ending in '/'")
  const listing = operation === 'list' || operation === 'scan'
  return {
    id: randomUUID(),
    operation,
    namespace: namespaceOf(headers['x-vault-namespace']),
    path: listing && path !== '' && !path.endsWith('/') ? `${path}/` : path,
    body: bodyOf(received, operation, query),
    credential: credentialOf(headers),
    wrapTtl: wrapTtlOf(headers['x-vault-wrap-ttl']),
    remote: received.remote,
    headers,
    client: received,
    caches,
    ...(received.upload && { upload: received.upload }),
  }
}

function operationOf(method: string, query: URLSearchParams | null): Call['operation'] {
  const operation = operations[method]
  if (!operation) throw new Fault('unsupported')
  if (operation !== 'read' || !query) return operation
  if (truthy(query.get('help'))) return 'help'
  if (truthy(query.get('list'))) return 'list'
  return truthy(query.get('scan')) ? 'scan' : 'read'
}

const truthy = (value: string | null): boolean => value !== null && /^(1|t|true)$/i.test(value)

/** What most paths are made of: nothing that the checks below could refuse or change. */
const plainPath = /^\/v1\/[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?$/

/** The path below `/v1/`, decoded once. Refuses what could mean two things: dots, empty segments, controls, double encoding. */
export function canonicalPath(raw: string): string {
  if (plainPath.test(raw)) return raw.slice(4)
  if (!raw.startsWith('/v1/')) throw new Fault('no-route', [])
  let path = raw.slice(4)
  if (path.includes('%')) {
    try {
      path = decodeURIComponent(path)
    } catch {
      throw invalid('the path is not valid percent-encoded UTF-8')
    }
    if (/%[0-9a-f]{2}/i.test(path)) throw invalid('the path is encoded twice')
  }
  if (path === '') return path
  if (/\p{Cc}/u.test(path) || path.includes('\ufffd')) throw invalid('the path contains control characters')
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  for (const segment of bare.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') throw invalid('the path has an empty, "." or ".." segment')
  }
  return path
}

function namespaceOf(header: string | string[] | undefined): string {
  if (header === undefined || header === '') return ''
  if (Array.isArray(header)) throw invalid('X-Vault-Namespace: expected one value')
  const bare = header.replace(/^\/+|\/+$/g, '')
  if (bare === '' || bare === 'root') return ''
  return `${canonicalPath(`/v1/${bare}`)}/`
}

function credentialOf(headers: IncomingHttpHeaders): Call['credential'] {
  const own = headers['x-vault-token']
  if (typeof own === 'string' && own !== '') return { scheme: 'token', value: own.trim() }
  const bearer = headers.authorization && /^Bearer +(\S+)$/i.exec(headers.authorization)
  return bearer ? { scheme: 'token', value: bearer[1]! } : null
}

function wrapTtlOf(header: string | string[] | undefined): number {
  if (typeof header !== 'string' || header === '') return 0
  const seconds = parseDuration(header, 'X-Vault-Wrap-TTL')
  if (seconds < 0) throw invalid('requested wrap ttl cannot be negative')
  return seconds
}

function bodyOf(received: Received, operation: Call['operation'], query: URLSearchParams | null): Record<string, unknown> {
  if (operation === 'read' || operation === 'list' || operation === 'scan' || operation === 'delete' || operation === 'help') {
    const given = operation === 'delete' && received.body.length > 0 ? jsonBody(received.body) : {}
    return query ? { ...queryValues(query), ...given } : given
  }
  if (received.body.length === 0) return {}
  const type = received.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (operation === 'patch' && type !== 'application/merge-patch+json') throw new Fault('unsupported', 'PATCH requires Content-Type application/merge-patch+json', { status: 415 })
  if (type === 'application/x-www-form-urlencoded' && !looksLikeJson(received.body)) return queryValues(new URLSearchParams(received.body.toString()))
  if (type === 'application/octet-stream' || type === 'application/gzip') return { body: received.body }
  return jsonBody(received.body)
}

const looksLikeJson = (body: Buffer): boolean => /^\s*[{[]/.test(body.subarray(0, 64).toString('latin1'))

function queryValues(query: URLSearchParams): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    if (name === 'list' || name === 'scan' || name === 'help' || name === '__proto__') continue
    const all = query.getAll(name)
    values[name] = all.length === 1 ? all[0] : all
  }
  return values
}

function jsonBody(body: Buffer): Record<string, unknown> {
  const value = parseJson(body)
  if (value === null) return {}
  if (!isObject(value)) throw invalid('failed to parse JSON input: the body must be an object')
  return value
}
