import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testDevice, type Target } from '../contract.ts'
import { socket } from './index.ts'

const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !ready(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The far end of a stream: counts lines; when broken it reads no more. */
async function streamTarget(kind: 'tcp' | 'unix'): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-socket-'))
  const sockets: Socket[] = []
  let text = ''
  let size = 0
  const server = createServer((peer) => {
    sockets.push(peer)
    peer.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    peer.on('error', () => undefined)
  })
  const path = join(folder, 's')
  await new Promise<void>((resolve) => (kind === 'unix' ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve)))
  const at = server.address()
  return {
    options: { socket_type: kind, address: typeof at === 'string' || at === null ? path : `127.0.0.1:${at.port}` },
    async received() {
      // The system took the lines before the far end saw them.
      do {
        size = text.length
        await new Promise((resolve) => setTimeout(resolve, 50))
      } while (text.length !== size || !text.endsWith('\n'))
      return text.split('\n').slice(0, -1)
    },
    async breaks() {
      await until(() => sockets.length > 0)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const peer of sockets) peer.destroy()
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async close() {
      for (const peer of sockets) peer.destroy()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function datagramTarget(): Promise<Target> {
  const server = createSocket('udp4')
  const lines: string[] = []
  server.on('message', (message) => lines.push(message.toString()))
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  return {
    options: { socket_type: 'udp', address: `127.0.0.1:${server.address().port}` },
    async received() {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return lines
    },
    // UDP promises nothing: what it does refuse is a line that is too long for a datagram.
    breaks: async () => undefined,
    async close() {
      server.close()
    },
  }
}

const wrong = [{}, { address: 'no port' }, { address: '127.0.0.1:70000' }, { address: '127.0.0.1:1', socket_type: 'pigeon' }, { address: '127.0.0.1:1', write_timeout: '0' }]
testDevice({ name: 'socket tcp', type: socket, target: () => streamTarget('tcp'), wrong })
testDevice({ name: 'socket unix', type: socket, target: () => streamTarget('unix'), wrong })
testDevice({ name: 'socket udp', type: socket, target: datagramTarget, wrong, lines: 20 })

test('socket: a far end that reads no more fails lines within the deadline', async () => {
  const peers: Socket[] = []
  const server = createServer({ pauseOnConnect: true }, (peer) => peers.push(peer.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address() as AddressInfo
  const device = await socket.open({ address: `127.0.0.1:${at.port}`, write_timeout: '200ms' }, { folder: null, networks: null, deadlineMs: 2000, trusted: false })
  const big = Buffer.alloc(16 << 20, 'x')
  const outcomes = await Promise.allSettled([device.write(big), device.write(big)])
  assert.deepEqual(outcomes.map((outcome) => outcome.status), ['rejected', 'rejected'])
  await device.close()
  for (const peer of peers) peer.destroy()
  server.close()
})
