// Vault's clients list with the HTTP methods LIST and SCAN, which the runtime's parser refuses. Where a request
// begins with one of them, the bytes are replaced, in place, by a method of the same length that the parser knows.
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

const standIns = [
  { wire: Buffer.from('LIST '), parsed: Buffer.from('LINK ') },
  { wire: Buffer.from('SCAN '), parsed: Buffer.from('BIND ') },
]

const sent = new Map(standIns.map(({ wire, parsed }) => [parsed.toString().trim(), wire.toString().trim()]))

/** The method that the client sent, whatever the parser was shown. */
export const wireMethod = (parsed: string): string => sent.get(parsed) ?? parsed

/** Makes a server understand LIST and SCAN. A request must begin in a packet of its own, as every client's does. */
export function admitMethods(server: Server, event: 'connection' | 'secureConnection'): void {
  /** The message in progress: null before its head is complete, absent between messages. */
  const current = new WeakMap<Socket, IncomingMessage | null>()
  server.on(event, (socket: Socket) => {
    socket.prependListener('data', (chunk: Buffer) => {
      const message = current.get(socket)
      if (message === null || (message && !message.complete)) return
      current.set(socket, null)
      for (const { wire, parsed } of standIns) if (chunk[0] === wire[0] && chunk.subarray(0, 5).equals(wire)) parsed.copy(chunk)
    })
  })
  server.prependListener('request', (message: IncomingMessage) => void current.set(message.socket, message))
}
