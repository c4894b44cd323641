// A connection that devices write batches to: opened when needed, dropped after any failure, opened anew once
// within the same batch where the far end had closed it meanwhile.
import { createSocket, type Socket as Datagrams, type SocketOptions } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import type { NetworkEnd } from './options.ts'
import { failure } from './queue.ts'

export type Far = NetworkEnd | { path: string }

export interface Link {
  /** Resolves when the system has taken the bytes; rejects when it cannot. */
  send(bytes: Uint8Array): Promise<void>
  drop(): void
}

/** A stream over TCP or a Unix socket. */
export function streamLink(name: string, far: Far): Link {
  let socket: Socket | null = null
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const made = connect(far)
      made.once('connect', () => resolve(made))
      made.on('error', reject)
      // Nothing is expected from the far end; reading is what notices that it has closed.
      made.on('close', () => {
        if (socket === made) socket = null
        reject(failure(name, 'the connection was closed'))
      })
      made.resume()
      socket = made
    })
  const push = (target: Socket, bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      const lost = (): void => reject(failure(name, 'the connection was closed'))
      target.once('close', lost)
      target.write(bytes, (cause) => {
        target.off('close', lost)
        if (cause === null || cause === undefined) resolve()
        else reject(cause)
      })
    })
  const drop = (): void => {
    const former = socket
    socket = null
    former?.destroy()
  }
  return {
    drop,
    async send(bytes) {
      const known = socket
      if (known !== null && !known.destroyed && known.writable) {
        try {
          return await push(known, bytes)
        } catch {
          drop()
        }
      }
      try {
        await push(await open(), bytes)
      } catch (cause) {
        drop()
        throw cause
      }
    },
  }
}

/** Datagrams over UDP, one per call. */
export function datagramLink(far: NetworkEnd): Link {
  let socket: Datagrams | null = null
  return {
    drop() {
      socket?.close()
      socket = null
    },
    send(bytes) {
      socket ??= createSocket({ type: isIPv6(far.host) ? 'udp6' : 'udp4', ...(far.lookup && { lookup: far.lookup as NonNullable<SocketOptions['lookup']> }) }).unref()
      const target = socket
      return new Promise((resolve, reject) => {
        target.once('error', reject)
        target.send(bytes, far.port, far.host, (cause) => {
          target.off('error', reject)
          if (cause === null) resolve()
          else reject(cause)
        })
      })
    },
  }
}
