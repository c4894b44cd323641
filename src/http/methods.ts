// Vault's clients list with the HTTP methods LIST and SCAN, which the runtime's parser refuses. A connection on which one of
// them arrives is relayed from there on: where a request begins with one, the bytes are replaced by a method of the same
// length that the parser knows. Every other connection is left to the runtime, which reads it without us.
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

const standIns = [
  { wire: Buffer.from('LIST '), parsed: Buffer.from('LINK ') },
  { wire: Buffer.from('SCAN '), parsed: Buffer.from('BIND ') },
]
const longest = 4
const sent = new Map(standIns.map(({ wire, parsed }) => [parsed.toString().trim(), wire.toString().trim()]))

/** The method that the client sent, whatever the parser was shown. */
export const wireMethod = (parsed: string): string => sent.get(parsed) ?? parsed

/** The last answer of a connection. A property, because it is set with every request. */
const answering = Symbol('last answer')
interface Connection extends Socket {
  [answering]?: ServerResponse
}

interface ParseError extends Error {
  code?: string
  rawPacket?: Buffer
  bytesParsed?: number
}

/** Makes a server understand LIST and SCAN; each request is to be told to `begun`. A request must begin in a packet of its own, as every client's does. */
export function admitMethods(server: Server, event: 'connection' | 'secureConnection'): void {
  const accept = server.listeners(event) as ((this: Server, socket: Duplex) => void)[]
  server.on('clientError', (error: ParseError, socket: Connection | Relay) => {
    if (socket instanceof Relay) return refuse(socket, error)
    if (Relay.serves(socket)) return
    const packet = error.code === 'HPE_INVALID_METHOD' && error.bytesParsed! <= longest ? error.rawPacket : undefined
    if (!packet || !standInOf(packet)) return refuse(socket, error)
    const relay = new Relay(socket)
    const start = (): void => {
      for (const listener of accept) listener.call(server, relay)
      relay.feed(packet)
    }
    const before = socket[answering]
    if (!before || before.writableFinished || before.destroyed) return start()
    socket.pause()
    before.once('close', start)
  })
}

/** Says that the head of a message is complete and which answer it will get. */
export function begun(message: IncomingMessage, response: ServerResponse): void {
  const socket = message.socket as Connection | Relay
  socket[answering] = response
  if (socket instanceof Relay) socket.message = message
}

/** The connection that a message came on. */
export const connectionOf = ({ socket }: IncomingMessage): Socket => ((socket as Socket | Relay) instanceof Relay ? (socket as unknown as Relay).socket : socket)

const standInOf = (packet: Buffer): Buffer | undefined => standIns.find(({ wire }) => packet[0] === wire[0] && packet.subarray(0, wire.length).equals(wire))?.parsed

/** A connection of which we hand every packet to the parser ourselves. */
class Relay extends Duplex {
  [answering]?: ServerResponse
  static readonly #relayed = new WeakSet<Duplex>()
  readonly socket: Socket
  /** The message in progress: null before its head is complete, absent between messages. */
  message: IncomingMessage | null | undefined

  constructor(socket: Socket) {
    super()
    this.socket = socket
    Relay.#relayed.add(socket)
    // What the parser of before, which has failed, would be told.
    socket.removeAllListeners('data').removeAllListeners('end')
    socket
      .on('data', (chunk: Buffer) => this.feed(chunk))
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.destroy())
  }

  static serves(socket: Duplex): boolean {
    return Relay.#relayed.has(socket)
  }

  feed(packet: Buffer): void {
    const begins = this.message === undefined || this.message?.complete
    if (begins) {
      this.message = null
      standInOf(packet)?.copy(packet)
    }
    if (!this.push(packet)) this.socket.pause()
  }

  /** As a socket's: the runtime ends idle connections so. */
  setTimeout(milliseconds: number): this {
    this.socket.setTimeout(milliseconds)
    return this
  }

  override _read(): void {
    this.socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }
}

const statuses: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, HPE_CHUNK_EXTENSIONS_OVERFLOW: 413, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** What the runtime says of bytes that are no request, where it is not told what else to do. */
function refuse(socket: Connection | Relay, error: ParseError): void {
  const answer = socket[answering]
  if (!socket.writable || (answer && answer.headersSent && !answer.writableFinished)) return void socket.destroy()
  const status = statuses[error.code ?? ''] ?? 400
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`, () => socket.destroy())
}
