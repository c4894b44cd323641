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

/** The message in progress: null before its head is complete, absent between messages. A property, because it is asked for with every packet. */
const current = Symbol('message in progress')
interface Watched extends Socket {
  [current]?: IncomingMessage | null
}

/** Makes a server understand LIST and SCAN; each request is to be told to `begun`. A request must begin in a packet of its own, as every client's does. */
export function admitMethods(server: Server, event: 'connection' | 'secureConnection'): void {
  server.on(event, (socket: Watched) => {
    socket.prependListener('data', (chunk: Buffer) => {
      const message = socket[current]
      if (message === null || (message && !message.complete)) return
      socket[current] = null
      for (const { wire, parsed } of standIns) if (chunk[0] === wire[0] && chunk.subarray(0, 5).equals(wire)) parsed.copy(chunk)
    })
  })
}

/** Says that the head of a message is complete. */
export const begun = (message: IncomingMessage): void => void ((message.socket as Watched)[current] = message)
