// Requests that are shown and not sent: `-output-curl-string` and `-output-policy`.
import { encodePath } from './api.ts'
import type { HttpRequest, Transport } from '../sdk/transport.ts'

/** Thrown in place of sending; the dispatcher prints `text` and ends with 0. */
export class Preview extends Error {
  override name = 'Preview'
  readonly text: string
  constructor(text: string) {
    super('preview')
    this.text = text
  }
}

/** The look-up of a KV mount's version is sent all the same: without it the request is not known. */
export const preview =
  (transport: Transport, kind: 'curl' | 'policy'): Transport =>
  async (request) => {
    if (request.url.includes(`/v1/${encodePath('sys/internal/ui/mounts')}/`)) return transport(request)
    throw new Preview(kind === 'curl' ? curlOf(request) : policyOf(request))
  }

const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`

function curlOf(request: HttpRequest): string {
  const parts = ['curl']
  if (request.method !== 'GET') parts.push(`-X ${request.method}`)
  for (const [name, value] of Object.entries(request.headers))
    parts.push(name === 'X-Vault-Token' ? '-H "X-Vault-Token: $(strongroom print token)"' : `-H ${quoted(`${name}: ${value}`)}`)
  if (request.body !== undefined) parts.push(`-d ${quoted(Buffer.from(request.body as string).toString('utf8'))}`)
  return [...parts, quoted(request.url)].join(' ')
}

const capabilities: Record<string, string> = {
  GET: '["read"]',
  LIST: '["list"]',
  PUT: '["create", "update"]',
  POST: '["create", "update"]',
  PATCH: '["patch"]',
  DELETE: '["delete"]',
}

function policyOf(request: HttpRequest): string {
  const url = new URL(request.url)
  const method = request.method === 'GET' && url.searchParams.get('list') === 'true' ? 'LIST' : request.method
  const path = decodeURIComponent(url.pathname.replace(/^.*?\/v1\//, ''))
  return `path "${path}" {\n  capabilities = ${capabilities[method] ?? '[]'}\n}`
}
