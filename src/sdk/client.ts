// The client of the HTTP API of Strongroom, Vault and OpenBao: requests, retries, redirects, errors.
// Runs wherever fetch does; needs nothing else.
import { ApiError } from './error.ts'
import type { Data, Query, Secret } from './secret.ts'
import type { HttpResponse, Transport } from './transport.ts'

export interface ClientOptions {
  /** Base URL; a path in it is kept. */
  address: string
  token?: string | undefined
  namespace?: string | undefined
  headers?: Record<string, string>
  /** Asks for wrapped answers (`X-Vault-Wrap-TTL`). */
  wrapTtl?: string | undefined
  /** Milliseconds for each attempt; default 60,000. */
  timeout?: number
  /** Further attempts after a 412 or 5xx (not 501); default 2. */
  retries?: number
  /** Milliseconds before the first further attempt; default 1,000. */
  retryWait?: number
  followRedirects?: boolean
  transport?: Transport
  /** Reads JSON; for callers who must keep numbers exact. */
  parse?: (text: string) => unknown
}

export interface RequestOptions {
  query?: Query | undefined
  body?: unknown
  headers?: Record<string, string>
  /** Milliseconds; 0 waits for ever. */
  timeout?: number
  /** Statuses which are answers and not errors. */
  accept?: readonly number[]
}

const maxRedirects = 3

/** `a b/c` as a URL path; refuses `.` and `..`, which URL parsers would resolve unseen. */
export function encodePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.some((segment) => segment === '.' || segment === '..')) throw new TypeError(`invalid path: "${path}" holds a . or .. segment`)
  return segments.map(encodeURIComponent).join('/')
}

export class Client {
  readonly address: string
  token: string | undefined
  namespace: string | undefined
  readonly #options: ClientOptions
  readonly #transport: Transport

  constructor(options: ClientOptions) {
    this.address = options.address.replace(/\/+$/, '')
    this.token = options.token
    this.namespace = options.namespace
    this.#options = options
    this.#transport = options.transport ?? (async (request) => (await import('./fetch.ts')).fetchTransport(request))
  }

  /** The same client with other options. */
  with(changes: Partial<ClientOptions>): Client {
    return new Client({ ...this.#options, token: this.token, namespace: this.namespace, ...changes })
  }

  /** Sends one request below `/v1/`; throws ApiError for a status of 400 and more that `accept` does not name. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<HttpResponse> {
    const url = this.#url(path, options.query)
    const response = await this.#send(method, url, options)
    if (response.status < 400 || options.accept?.includes(response.status)) return response
    throw await this.#failure(response, method, url)
  }

  /** The answer's JSON, or null where it has no body. */
  async json<T = Data>(method: string, path: string, options?: RequestOptions): Promise<T | null> {
    const text = await (await this.request(method, path, options)).text()
    return text === '' ? null : (this.#parse(text) as T)
  }

  /** Null where nothing is stored. A 404 which carries data or warnings is an answer (a deleted version). */
  async read(path: string, query?: Query): Promise<Secret | null> {
    return this.#find('GET', path, { query })
  }

  async list(path: string, query?: Query): Promise<Secret | null> {
    return this.#find('GET', path, { query: { ...query, list: 'true' } })
  }

  async write(path: string, body: unknown = {}): Promise<Secret | null> {
    return this.json<Secret>('PUT', path, { body })
  }

  async patch(path: string, body: unknown): Promise<Secret | null> {
    return this.json<Secret>('PATCH', path, { body, headers: { 'Content-Type': 'application/merge-patch+json' } })
  }

  async delete(path: string, query?: Query): Promise<Secret | null> {
    return this.json<Secret>('DELETE', path, { query })
  }

  /** Opens a wrapped answer; without `token` the client's own token is the wrapping token. */
  async unwrap(token?: string): Promise<Secret | null> {
    return this.with({ wrapTtl: undefined }).json<Secret>('PUT', 'sys/wrapping/unwrap', { body: token === undefined ? {} : { token } })
  }

  async #find(method: string, path: string, options: RequestOptions): Promise<Secret | null> {
    const response = await this.request(method, path, { ...options, accept: [404] })
    const text = await response.text()
    if (response.status !== 404) return text === '' ? null : (this.#parse(text) as Secret)
    const found = readJson(text, this.#parse)
    const some = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length > 0
    return some(found?.data) || some(found?.warnings) ? (found as unknown as Secret) : null
  }

  #url(path: string, query: Query | undefined): string {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {}))
      for (const item of Array.isArray(value) ? value : [value]) parameters.append(name, String(item))
    const search = parameters.toString()
    return `${this.address}/v1/${encodePath(path)}${search === '' ? '' : `?${search}`}`
  }

  async #send(method: string, first: string, options: RequestOptions): Promise<HttpResponse> {
    const { retries = 2, retryWait = 1000, followRedirects = true } = this.#options
    let url = first
    for (let attempt = 0, redirects = 0; ; ) {
      const response = await this.#transport({
        method,
        url,
        headers: this.#headers(options),
        body: encodeBody(options.body),
        timeout: options.timeout ?? this.#options.timeout ?? 60_000,
      })
      if ([301, 302, 307, 308].includes(response.status) && followRedirects) {
        url = redirected(url, response.header('location'), ++redirects)
        continue
      }
      const transient = response.status === 412 || (response.status >= 500 && response.status !== 501)
      if (!transient || attempt >= retries || options.accept?.includes(response.status)) return response
      await new Promise((done) => setTimeout(done, retryWait * (1 + attempt++ / 2)))
    }
  }

  #headers(options: RequestOptions): Record<string, string> {
    return {
      'X-Vault-Request': 'true',
      ...(options.body !== undefined && { 'Content-Type': 'application/json' }),
      ...(this.token && { 'X-Vault-Token': this.token }),
      ...(this.namespace && { 'X-Vault-Namespace': this.namespace }),
      ...(this.#options.wrapTtl && { 'X-Vault-Wrap-TTL': this.#options.wrapTtl }),
      ...this.#options.headers,
      ...options.headers,
    }
  }

  async #failure(response: HttpResponse, method: string, url: string): Promise<ApiError> {
    const text = await response.text()
    const body = readJson(text, this.#parse)
    const errors = Array.isArray(body?.errors) ? body.errors.map(String) : undefined
    return new ApiError(response.status, errors ?? [], { method, url }, errors ? undefined : text.slice(0, 4096))
  }

  get #parse(): (text: string) => unknown {
    return this.#options.parse ?? JSON.parse
  }
}

function readJson(text: string, parse: (text: string) => unknown): Data | undefined {
  try {
    const value = parse(text)
    return typeof value === 'object' && value !== null ? (value as Data) : undefined
  } catch {
    return undefined
  }
}

function encodeBody(body: unknown): string | Uint8Array | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}

/** Never from https to http: the token would travel in clear. */
function redirected(from: string, location: string | undefined, count: number): string {
  if (location === undefined) throw new Error('the server redirected without saying where')
  if (count > maxRedirects) throw new Error(`the server redirected more than ${maxRedirects} times`)
  const next = new URL(location, from)
  if (from.startsWith('https:') && next.protocol !== 'https:') throw new Error('redirect would cause protocol downgrade')
  return next.href
}
