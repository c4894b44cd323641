// HTTP/1.1 over one socket, for the command line: node:http costs 5 to 10 ms to load and first use, half of what a
// command may take; this costs none. One request at a time; a connection is kept for the next request to the same place.
// RFC 9112: status line, fields, then a body by length, in chunks, or until the end.
import type { NetConnectOpts, Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { HttpRequest, HttpResponse, Transport } from '../sdk/transport.ts'

export interface WireOptions {
  /** Loaded when the first https address is used. */
  tls?: () => ConnectionOptions
  socketPath?: string | undefined
  /** How to go through a proxy; null: straight to the server. */
  via?: ((url: URL) => Promise<Via | null>) | undefined
}

/** A connection that a proxy gave: to itself, to which whole addresses are sent (`absolute`), or through it to the server. */
export interface Via {
  socket: Socket
  absolute: boolean
  /** For the proxy. */
  headers: Record<string, string>
}

const maxHead = 256 * 1024
const maxText = 512 * 1024 * 1024

/** The bytes of a socket, pulled. */
class Inbox {
  readonly socket: Socket
  readonly via: Via | null
  #rest: Buffer = Buffer.alloc(0)
  #queue: Buffer[] = []
  #ended = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  received = false

  constructor(socket: Socket, via: Via | null = null) {
    this.socket = socket
    this.via = via
    const wake = (): void => this.#wake?.()
    socket.on('data', (chunk: Buffer) => {
      this.received = true
      this.#queue.push(chunk)
      if (this.#queue.length > 64) socket.pause()
      wake()
    })
    socket.on('end', () => ((this.#ended = true), wake()))
    socket.on('close', () => ((this.#ended = true), wake()))
    socket.on('error', (error) => ((this.#failure = error), wake()))
  }

  /** The next bytes there are, at most `limit`; null at the end. */
  async next(limit = Infinity): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const chunk = this.#queue.shift()
      if (chunk !== undefined) {
        this.#rest = chunk
        if (this.socket.isPaused()) this.socket.resume()
        continue
      }
      if (this.#failure) throw this.#failure
      if (this.#ended) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const taken = this.#rest.subarray(0, Math.min(limit, this.#rest.length))
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }

  /** Text up to `mark`, which is taken too. */
  async until(mark: string): Promise<string> {
    let seen: Buffer = Buffer.alloc(0)
    for (;;) {
      const chunk = await this.next()
      if (chunk === null) throw new Error('the server closed the connection before it answered')
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const at = seen.indexOf(mark)
      if (at >= 0) {
        this.#rest = seen.subarray(at + mark.length)
        return seen.toString('latin1', 0, at)
      }
      if (seen.length > maxHead) throw new Error('the answer of the server has too long a head')
    }
  }
}

interface Head {
  status: number
  fields: Map<string, string>
}

async function readHead(inbox: Inbox): Promise<Head> {
  for (;;) {
    const [first = '', ...lines] = (await inbox.until('\r\n\r\n')).split('\r\n')
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)
    if (!status) throw new Error('the answer of the server is not HTTP')
    const fields = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon < 1) throw new Error('the answer of the server has a malformed head')
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    if (status[1]![0] !== '1') return { status: Number(status[1]), fields }
  }
}

async function* bodyOf(inbox: Inbox, head: Head, method: string): AsyncGenerator<Buffer> {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return
  if (/\bchunked\b/i.test(head.fields.get('transfer-encoding') ?? '')) return yield* chunksOf(inbox)
  const length = head.fields.get('content-length')
  if (length !== undefined && !/^\d+$/.test(length)) throw new Error('the answer of the server has an invalid length')
  yield* exactly(inbox, length === undefined ? undefined : Number(length))
}

async function* exactly(inbox: Inbox, length: number | undefined): AsyncGenerator<Buffer> {
  for (let left = length ?? Infinity; left > 0; ) {
    const chunk = await inbox.next(left)
    if (chunk === null) {
      if (length === undefined) return
      throw new Error('the answer of the server was cut short')
    }
    left -= chunk.length
    yield chunk
  }
}

async function* chunksOf(inbox: Inbox): AsyncGenerator<Buffer> {
  for (;;) {
    const size = /^([0-9a-fA-F]{1,8})\s*(?:;|$)/.exec(await inbox.until('\r\n'))
    if (!size) throw new Error('the answer of the server has an invalid chunk')
    const length = Number.parseInt(size[1]!, 16)
    if (length === 0) {
      while ((await inbox.until('\r\n')) !== '');
      return
    }
    yield* exactly(inbox, length)
    await inbox.until('\r\n')
  }
}

/** A transport of its own connections; they do not keep the process alive once an answer has been read. */
export function wire(options: WireOptions = {}): Transport {
  let idle: { origin: string; inbox: Inbox } | undefined

  async function open(url: URL): Promise<Inbox> {
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const via = (await options.via?.(url)) ?? null
    const plain = via ? { socket: via.socket } : options.socketPath === undefined ? { host, port } : { path: options.socketPath }
    // getBuiltinModule, since an import of a built-in module runs its costly lazy getters.
    if (url.protocol !== 'https:') return via ? new Inbox(via.socket, via) : new Inbox(process.getBuiltinModule('node:net').connect({ ...(plain as NetConnectOpts), noDelay: true }))
    const tls = { servername: /^[\d.]+$|:/.test(host) ? '' : host, ALPNProtocols: ['http/1.1'], ...options.tls?.() }
    return new Inbox(process.getBuiltinModule('node:tls').connect({ ...plain, ...tls }))
  }

  async function attempt(request: HttpRequest, url: URL, inbox: Inbox): Promise<HttpResponse> {
    const { socket } = inbox
    inbox.received = false
    socket.ref()
    socket.setTimeout(request.timeout, () => socket.destroy(new Error(`no answer within ${request.timeout / 1000} seconds`)))
    socket.write(headOf(request, url, inbox.via))
    if (request.body !== undefined) socket.write(request.body)
    const head = await readHead(inbox)
    const body = bodyOf(inbox, head, request.method)
    const kept = !/\bclose\b/i.test(head.fields.get('connection') ?? '') && endsByItself(head, request.method)
    async function* settled(): AsyncGenerator<Uint8Array> {
      try {
        yield* body
        if (kept) return void (idle = { origin: url.origin, inbox })
      } finally {
        socket.setTimeout(0)
        if (idle?.inbox === inbox) socket.unref()
        else socket.destroy()
      }
    }
    return {
      status: head.status,
      header: (name) => head.fields.get(name),
      text: () => textOf(settled()),
      stream: settled,
    }
  }

  return async (request) => {
    const url = new URL(request.url)
    const reused = idle?.origin === url.origin && !idle.inbox.socket.destroyed ? idle.inbox : undefined
    idle = undefined
    if (reused) {
      try {
        return await attempt(request, url, reused)
      } catch (error) {
        if (reused.received) throw error
      }
    }
    const inbox = await open(url)
    try {
      return await attempt(request, url, inbox)
    } catch (error) {
      inbox.socket.destroy()
      throw error
    }
  }
}

const endsByItself = (head: Head, method: string): boolean =>
  method === 'HEAD' || head.status === 204 || head.fields.has('content-length') || head.fields.has('transfer-encoding')

function headOf(request: HttpRequest, url: URL, via: Via | null): string {
  const fields: Record<string, string> = { Host: url.host, Accept: '*/*', ...request.headers, ...via?.headers }
  if (request.body !== undefined) fields['Content-Length'] = String(Buffer.byteLength(request.body))
  else if (request.method !== 'GET' && request.method !== 'HEAD') fields['Content-Length'] = '0'
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${checked(value)}`)
  return `${request.method} ${via?.absolute ? url.origin : ''}${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function checked(value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new Error('a header value (token, namespace …) holds characters that HTTP does not allow')
  return value
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    if ((length += chunk.length) > maxText) throw new Error('the answer of the server is too long')
  }
  return Buffer.concat(parts).toString('utf8')
}
