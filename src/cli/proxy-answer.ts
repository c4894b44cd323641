// What a proxy answers before it lets a connection through: read until it is whole, within limits.
import type { Socket } from 'node:net'

const answerWithin = 30_000
const longest = 16 * 1024

/** Everything received once `whole` says so; the other end is silent then until it is spoken to. */
export function answerOf(socket: Socket, whole: (seen: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const settle = (act: () => void): void => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener)
      socket.setTimeout(0)
      act()
    }
    const listeners: Record<string, (...values: any[]) => void> = {
      data: (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk])
        if (whole(seen)) settle(() => (socket.pause(), resolve(seen)))
        else if (seen.length > longest) settle(() => reject(new Error('the answer of the proxy is too long')))
      },
      error: (error: Error) => settle(() => reject(error)),
      close: () => settle(() => reject(new Error('the proxy closed the connection'))),
      timeout: () => settle(() => reject(new Error('no answer of the proxy'))),
    }
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
    socket.setTimeout(answerWithin)
    socket.resume()
  })
}
