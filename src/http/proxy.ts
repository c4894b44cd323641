// The PROXY protocol (haproxy.org/download/2.9/doc/proxy-protocol.txt), versions 1 and 2: the client's address in front of
// the connection's own bytes. Read from named proxies alone, and required of them: nobody guesses which it is.
import { isIP } from 'node:net'
import type { Server, Socket } from 'node:net'
import { Fault, invalid } from '../kit/errors.ts'
import { withinCidrs } from '../kit/cidr.ts'

export interface Origin {
  address: string
  port: number
}

/** Whose word counts: `use_always` everybody's, the others that of the named; `deny_unauthorized` closes everybody else. */
export interface ProxyRules {
  behavior: 'use_always' | 'allow_authorized' | 'deny_unauthorized'
  authorized: readonly string[]
}

const longestText = 107
const longestBinary = 2048
const patience = 5000
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const begin = Buffer.from('PROXY ', 'latin1')

/** The origin (null: the proxy speaks for itself) and the bytes taken; null where more bytes are needed. Throws `invalid`. */
export function parseProxyHeader(bytes: Buffer): { origin: Origin | null; length: number } | null {
  const starts = (mark: Buffer): boolean => bytes.subarray(0, mark.length).equals(mark.subarray(0, bytes.length))
  if (starts(signature)) return bytes.length < signature.length ? null : parseBinary(bytes)
  if (starts(begin)) return bytes.length < begin.length ? null : parseText(bytes)
  throw invalid('expected a PROXY protocol header')
}

function parseText(bytes: Buffer): { origin: Origin | null; length: number } | null {
  const end = bytes.subarray(0, longestText).indexOf('\r\n')
  if (end < 0) {
    if (bytes.length >= longestText) throw invalid('the PROXY protocol header is too long')
    return null
  }
  const [, family, source, target, port, targetPort, ...more] = bytes.toString('latin1', 0, end).split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { origin: null, length }
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : 0
  if (version === 0 || more.length > 0 || isIP(source ?? '') !== version || isIP(target ?? '') !== version || !isPort(targetPort) || !isPort(port)) throw invalid('the PROXY protocol header is malformed')
  return { origin: { address: source!, port: Number(port) }, length }
}

const isPort = (text: string | undefined): boolean => /^(0|[1-9]\d{0,4})$/.test(text ?? '') && Number(text) <= 65_535

function parseBinary(bytes: Buffer): { origin: Origin | null; length: number } | null {
  if (bytes.length < 16) return null
  const [command, family, size] = [bytes[12]!, bytes[13]!, bytes.readUInt16BE(14)]
  const length = 16 + size
  if (length > longestBinary || (command !== 0x20 && command !== 0x21)) throw invalid('the PROXY protocol header is malformed')
  if (bytes.length < length) return null
  // LOCAL, and families other than TCP over IP, leave the connection what it is.
  if (command === 0x20 || (family !== 0x11 && family !== 0x21)) return { origin: null, length }
  if (size < (family === 0x11 ? 12 : 36)) throw invalid('the PROXY protocol header is malformed')
  if (family === 0x11) return { origin: { address: [...bytes.subarray(16, 20)].join('.'), port: bytes.readUInt16BE(24) }, length }
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(16 + at * 2).toString(16))
  return { origin: { address: groups.join(':'), port: bytes.readUInt16BE(48) }, length }
}

const keyOf = (socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }): string => `${socket.remoteAddress} ${socket.remotePort}`

/** Makes a server read the header before anything else sees the connection; gives the origin of a connection, TLS or not. */
export function admitProxies(server: Server, rules: ProxyRules): (socket: Socket) => Origin | undefined {
  const origins = new Map<string, Origin>()
  const accept = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const authorized = rules.behavior === 'use_always' || withinCidrs(socket.remoteAddress ?? '', rules.authorized)
    const handOn = (): void => accept.forEach((listener) => listener.call(server, socket))
    if (!authorized) return rules.behavior === 'deny_unauthorized' ? void socket.destroy() : handOn()
    const key = keyOf(socket)
    socket.once('close', () => origins.delete(key))
    readHeader(socket, (origin) => {
      if (origin) origins.set(key, origin)
      handOn()
    })
  })
  return (socket) => (origins.size === 0 ? undefined : origins.get(keyOf(socket)))
}

/** Takes the header off the connection; what comes instead, or too late, closes it. */
function readHeader(socket: Socket, done: (origin: Origin | null) => void): void {
  let held: Buffer = Buffer.alloc(0)
  const refuse = (): void => void socket.destroy()
  const timer = setTimeout(refuse, patience)
  const stop = (): void => {
    clearTimeout(timer)
    socket.off('readable', read).off('error', refuse).off('close', stop)
  }
  const read = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      held = Buffer.concat([held, chunk])
      try {
        const header = parseProxyHeader(held)
        if (header === null) continue
        stop()
        if (held.length > header.length) socket.unshift(held.subarray(header.length))
        return done(header.origin)
      } catch (cause) {
        if (!(cause instanceof Fault)) throw cause
        stop()
        return refuse()
      }
    }
  }
  socket.on('readable', read).on('error', refuse).once('close', stop)
}
