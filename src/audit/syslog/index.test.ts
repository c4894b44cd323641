import { createSocket } from 'node:dgram'
import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { testDevice, type Target } from '../contract.ts'
import { syslog } from './index.ts'

const head = /^<38>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ strongroom \d+ audit - /

/** Takes octet-counted messages apart (RFC 6587, section 3.4.1). */
function uncounted(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const size = Number(bytes.subarray(at, space).toString())
    messages.push(bytes.subarray(space + 1, space + 1 + size).toString())
    at = space + 1 + size
  }
  return messages
}

function bodies(messages: string[]): string[] {
  for (const message of messages) assert.match(message, head)
  return messages.map((message) => message.replace(head, ''))
}

async function streamTarget(): Promise<Target> {
  const peers: Socket[] = []
  const chunks: Buffer[] = []
  const server = createServer((peer) => {
    peers.push(peer)
    peer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    options: { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` },
    async received() {
      let count: number
      do {
        count = chunks.length
        await new Promise((resolve) => setTimeout(resolve, 50))
      } while (chunks.length !== count || count === 0)
      return bodies(uncounted(Buffer.concat(chunks)))
    },
    async breaks() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const peer of peers) peer.destroy()
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async close() {
      for (const peer of peers) peer.destroy()
      server.close()
    },
  }
}

testDevice({ name: 'syslog tcp', type: syslog, target: streamTarget, wrong: [{ facility: 'NOWHERE' }, { tag: 'two words' }, { address: 'udp://' }] })

test('syslog: one datagram per line over UDP, with facility and tag', async () => {
  const server = createSocket('udp4')
  const messages: string[] = []
  server.on('message', (message) => messages.push(message.toString()))
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  const device = await syslog.open({ address: `udp://127.0.0.1:${server.address().port}`, facility: 'local0', tag: 'vault' }, { folder: null, networks: null, deadlineMs: 500, trusted: false })
  try {
    await Promise.all([device.write(Buffer.from('{"a":1}')), device.write(Buffer.from('{"a":2}'))])
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(messages.length, 2)
    assert.match(messages[0]!, /^<134>1 \S+ \S+ vault \d+ audit - \{"a":1\}$/)
  } finally {
    await device.close()
    server.close()
  }
})
