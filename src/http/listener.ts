// Accepts connections: TLS, bounded bodies, one answer a request. What bytes mean is the dialects' matter.
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type { ListenerConfig } from '../config.ts'
import { checkCidrs } from '../kit/cidr.ts'
import { Fault } from '../kit/errors.ts'
import { forwardedFor } from './forwarded.ts'
import { admitMethods, begun, connectionOf, wireMethod } from './methods.ts'
import { type Origin, admitProxies } from './proxy.ts'

export interface Request {
  method: string
  url: string
  headers: IncomingMessage['headers']
  /** Empty where `upload` carries it. */
  body: Buffer
  upload?: AsyncIterable<Uint8Array> | null
  remote: { address: string; port: number }
  signal: AbortSignal
  /** The peer's certificate chain was verified; its leaf in DER, or null. */
  certificate: Buffer | null
  /** Whether the connection is encrypted up to this server. */
  readonly secure?: boolean
}

export interface Response {
  status: number
  contentType: string
  body: string | Uint8Array | AsyncIterable<Uint8Array>
  headers?: Record<string, string>
}

export type Answerer = (request: Request) => Promise<Response>

export interface Listening {
  /** `http://127.0.0.1:8200`, or the path of a socket. */
  address: string
  server: Server
  /** Stops accepting, lets requests end, at most `grace` milliseconds. */
  close(grace: number): Promise<void>
  /** Reads certificates anew. */
  reload(): void
}

export interface ListenHooks {
  /** Whether the body of this request is handed on as it arrives, whatever its size. */
  streams?(method: string | undefined, url: string | undefined): boolean
  failed(cause: unknown): void
}

/** Within this file: with where a request really comes from. */
interface Hooks extends ListenHooks {
  remoteOf(message: IncomingMessage): Origin
  /** No further request is taken of a connection. */
  closing: boolean
}

export async function listen(config: ListenerConfig, answer: Answerer, hooks: ListenHooks, options: { reusePort?: boolean } = {}): Promise<Listening> {
  const secrets = () => ({
    cert: readFileSync(required(config.tls_cert_file, 'tls_cert_file')),
    key: readFileSync(required(config.tls_key_file, 'tls_key_file')),
    ...(config.tls_client_ca_file !== undefined && { ca: readFileSync(config.tls_client_ca_file) }),
    minVersion: config.tls_min_version === 'tls13' ? ('TLSv1.3' as const) : ('TLSv1.2' as const),
  })
  const proxies = config.x_forwarded_for_authorized_addrs
  checkCidrs(proxies, 'x_forwarded_for_authorized_addrs')
  checkCidrs(config.proxy_protocol_authorized_addrs, 'proxy_protocol_authorized_addrs')
  let originOf: (socket: Socket) => Origin | undefined = () => undefined
  const remoteOf = (message: IncomingMessage): Origin => {
    const socket = connectionOf(message)
    const { address, port } = originOf(socket) ?? { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    return proxies.length === 0 ? { address, port } : { address: forwardedFor(address, message.headers['x-forwarded-for'], proxies), port }
  }
  const inner: Hooks = { ...hooks, remoteOf, closing: false }
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    begun(message, response)
    departures.arrival()
    void serve(message, response, config, answer, inner)
  }
  const common = { maxHeaderSize: 65_536, keepAliveTimeout: 90_000, requestTimeout: config.max_request_duration * 1000 }
  const server = config.tls_disable
    ? createServer(common, onRequest)
    : createTlsServer(
        { ...common, ...secrets(), requestCert: config.tls_client_ca_file !== undefined, rejectUnauthorized: config.tls_require_and_verify_client_cert },
        onRequest,
      )
  admitMethods(server, config.tls_disable ? 'connection' : 'secureConnection')
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
    response.writeContinue()
    onRequest(message, response)
  })
  if (config.proxy_protocol_behavior === 'use_always' || config.proxy_protocol_authorized_addrs.length > 0) {
    originOf = admitProxies(server, { behavior: config.proxy_protocol_behavior, authorized: config.proxy_protocol_authorized_addrs })
  }
  const address = await bind(server, config, options.reusePort ?? false)
  return {
    address: address.startsWith('/') ? address : `${config.tls_disable ? 'http' : 'https'}://${address}`,
    server,
    reload: () => {
      if (!config.tls_disable && 'setSecureContext' in server) (server as unknown as { setSecureContext(options: object): void }).setSecureContext(secrets())
    },
    close: (grace) => {
      inner.closing = true
      return close(server, grace)
    },
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Fault('invalid', `listener: ${name} is needed unless tls_disable is set`)
  return value
}

function bind(server: Server, config: ListenerConfig, reusePort: boolean): Promise<string> {
  const { address } = config
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const done = (): void => {
      server.off('error', reject)
      const bound = server.address() as AddressInfo | string
      if (typeof bound === 'string') chmodSync(bound, Number.parseInt(config.socket_mode, 8))
      resolve(typeof bound === 'string' ? bound : bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`)
    }
    if (address.startsWith('/')) {
      rmSync(address, { force: true })
      server.listen({ path: address }, done)
    } else {
      const at = address.lastIndexOf(':')
      server.listen({ host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)), ...(reusePort && { reusePort }) }, done)
    }
  })
}

async function close(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // A connection whose answer had begun before may become idle later.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const timer = setTimeout(() => server.closeAllConnections(), grace)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}

async function serve(message: IncomingMessage, response: ServerResponse, config: ListenerConfig, answer: Answerer, hooks: Hooks): Promise<void> {
  try {
    const streams = hooks.streams?.(message.method, message.url) ?? false
    const read = streams ? nothing : readBody(message, config.max_request_size)
    const body = read instanceof Buffer ? read : await read
    const sent = await answer(new Received(message, response, body, hooks.remoteOf(message), streams))
    if (isStream(sent.body)) await stream(message, response, sent, hooks)
    else departures.add(() => depart(message, response, sent, hooks))
  } catch (cause) {
    refuse(message, response, cause, hooks)
  }
}

/**
 * Answers leave together: waking a client for each would cost more than many an answer. What is ready while requests arrive
 * waits until the event loop has handed in all of them; what is ready later, for all that became ready by the same event.
 */
class Departures {
  #waiting: (() => void)[] = []
  #arriving = false

  /** Told of every request. */
  arrival(): void {
    if (this.#arriving) return
    this.#arriving = true
    setImmediate(() => {
      this.#arriving = false
      this.#leave()
    })
  }

  add(departure: () => void): void {
    if (this.#waiting.push(departure) === 1 && !this.#arriving) process.nextTick(() => this.#leave())
  }

  #leave(): void {
    const ready = this.#waiting
    this.#waiting = []
    for (const departure of ready) departure()
  }
}

const departures = new Departures()

function depart(message: IncomingMessage, response: ServerResponse, sent: Response, hooks: Hooks): void {
  try {
    const bytes = openAnswer(message, response, sent, hooks)
    if (message.method === 'HEAD') response.end()
    else response.end(bytes, 'latin1')
  } catch (cause) {
    refuse(message, response, cause, hooks)
  }
}

async function stream(message: IncomingMessage, response: ServerResponse, sent: Response, hooks: Hooks): Promise<void> {
  openAnswer(message, response, sent, hooks)
  if (message.method === 'HEAD') return void response.end()
  response.flushHeaders()
  return pipeline(Readable.from(sent.body as AsyncIterable<Uint8Array>), response)
}

/** For what the server, not a route, has to say; ends the connection. */
function refuse(message: IncomingMessage, response: ServerResponse, cause: unknown, hooks: Hooks): void {
  // Who goes away in the middle of a stream does nothing wrong.
  const gone = (cause as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE'
  if (!(cause instanceof Fault) && !gone) hooks.failed(cause)
  const fault = cause instanceof Fault ? cause : new Fault('internal')
  if (response.headersSent) return void response.destroy()
  const body = openAnswer(message, response, { status: fault.status, contentType: 'application/json', body: `${JSON.stringify({ errors: fault.messages })}\n`, headers: { connection: 'close' } }, hooks)
  response.end(body, 'latin1')
}

/** A class, because an object literal with getters costs as much to make as the rest of a short request. */
class Received implements Request {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly upload: AsyncIterable<Uint8Array> | null
  readonly remote: Origin
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  #controller: AbortController | null = null

  constructor(message: IncomingMessage, response: ServerResponse, body: Buffer, remote: Origin, streams: boolean) {
    this.method = wireMethod(message.method!)
    this.url = message.url!
    this.headers = message.headers
    this.body = body
    this.upload = streams ? message : null
    this.remote = remote
    this.#message = message
    this.#response = response
  }

  /** Most requests never ask; those that do are told when their client has gone. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const made = (this.#controller = new AbortController())
      const gone = (): void => void (this.#response.writableFinished || made.abort())
      if (this.#response.closed) gone()
      else this.#response.once('close', gone)
    }
    return this.#controller.signal
  }

  get secure(): boolean {
    return 'encrypted' in connectionOf(this.#message)
  }

  get certificate(): Buffer | null {
    const socket = connectionOf(this.#message) as { authorized?: boolean; getPeerCertificate?(): { raw?: Buffer } }
    return socket.authorized ? (socket.getPeerCertificate?.().raw ?? null) : null
  }
}

const nothing = Buffer.alloc(0)

function readBody(message: IncomingMessage, limit: number): Promise<Buffer> | Buffer {
  const declared = message.headers['content-length']
  if (declared === undefined && message.headers['transfer-encoding'] === undefined) return nothing
  if (declared === '0') return nothing
  if (declared !== undefined && Number(declared) > limit) throw new Fault('too-large')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) {
        message.pause()
        reject(new Fault('too-large'))
      } else chunks.push(chunk)
    })
    message.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    message.once('error', () => reject(new Fault('invalid', 'the request ended early')))
    message.once('aborted', () => reject(new Fault('invalid', 'the request ended early')))
  })
}

const always = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff']

/** Writes status and headers; gives the bytes that follow, nothing of a streamed body. */
function openAnswer(message: IncomingMessage, response: ServerResponse, { status, contentType, body, headers: own }: Response, hooks: Hooks): string | Uint8Array {
  const headers: (string | number)[] = always.slice()
  for (const name in own) headers.push(name, own[name]!)
  // What nobody read of an upload must not be taken for the next request; a server that stops takes none.
  if ((hooks.closing || !message.complete) && own?.connection === undefined) headers.push('connection', 'close')
  // Characters beyond ASCII are encoded once, here: what remains is written byte for character.
  const bytes = isStream(body) ? '' : typeof body !== 'string' || isAscii(body) ? body : Buffer.from(body)
  if (status !== 204) headers.push('content-type', contentType)
  if (!isStream(body) && status !== 204) headers.push('content-length', bytes.length)
  response.writeHead(status, headers as string[])
  return bytes
}

const isStream = (body: Response['body']): body is AsyncIterable<Uint8Array> => typeof body === 'object' && Symbol.asyncIterator in body

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length
