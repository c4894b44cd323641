// SOCKS 5 (RFC 1928), with user name and password where the proxy asks for them (RFC 1929): a connection through it to a name
// that the proxy looks up.
import type { Socket } from 'node:net'
import { answerOf } from './proxy-answer.ts'

const version = 5
const [noProof, byPassword, nothingFits] = [0, 2, 0xff]
const [ipv4, domain, ipv6] = [1, 3, 4]
const addressBytes: Record<number, (head: Buffer) => number> = { [ipv4]: () => 4, [ipv6]: () => 16, [domain]: (head) => 1 + (head[4] ?? 0) }
const refusals = ['', 'it failed', 'its rules forbid it', 'the network cannot be reached', 'the host cannot be reached', 'the connection was refused', 'it took too long', 'it does not connect', 'it does not know such addresses']

export interface SocksTarget {
  host: string
  port: number
  username: string
  password: string
}

/** Asks the proxy at the other end of `socket` for a connection; throws an Error that names no password. */
export async function throughSocks(socket: Socket, { host, port, username, password }: SocksTarget): Promise<void> {
  const proof = username === '' ? noProof : byPassword
  socket.write(Buffer.from([version, 1, proof]))
  const [spoken, chosen] = await answerOf(socket, (seen) => seen.length >= 2)
  if (spoken !== version) throw new Error('the answer of the proxy is not SOCKS 5')
  if (chosen === nothingFits || chosen !== proof) throw new Error(proof === noProof ? 'the proxy wants a user name and a password' : 'the proxy takes no user name and password')
  if (proof === byPassword) await logIn(socket, username, password)
  socket.write(Buffer.concat([Buffer.from([version, 1, 0, domain]), counted(host, 'the name of the server'), Buffer.from([port >> 8, port & 0xff])]))
  const reply = await answerOf(socket, (seen) => seen.length >= 5 && seen.length >= 6 + (addressBytes[seen[3]!]?.(seen) ?? 0))
  const status = reply[1]!
  if (status !== 0) throw new Error(`the proxy refuses to connect to ${host}:${port}: ${refusals[status] ?? `status ${status}`}`)
}

async function logIn(socket: Socket, username: string, password: string): Promise<void> {
  socket.write(Buffer.concat([Buffer.from([1]), counted(username, 'the user name'), counted(password, 'the password')]))
  const [, status] = await answerOf(socket, (seen) => seen.length >= 2)
  if (status !== 0) throw new Error('the proxy refuses the user name and password')
}

/** A text behind its length in one byte. */
function counted(text: string, what: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > 255) throw new Error(`${what} is too long for a SOCKS proxy`)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
