import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { testDevice, type Target } from '../contract.ts'
import { http } from './index.ts'

interface Far extends Target {
  statuses: number[]
  seen: { authorization: string | undefined; type: string | undefined }[]
}

/** Answers with the statuses given, then with 200; keeps what it answered 200 to. */
async function farEnd(): Promise<Far> {
  const lines: string[] = []
  let deaf = false
  const server = createServer(async (request, reply) => {
    far.seen.push({ authorization: request.headers.authorization, type: request.headers['content-type'] })
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    if (deaf) return
    const status = far.statuses.shift() ?? 200
    if (status === 200) lines.push(...text.split('\n').slice(0, -1))
    reply.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const far: Far = {
    statuses: [],
    seen: [],
    options: { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, headers: '{"authorization":"Bearer far-end"}' },
    received: async () => lines,
    async breaks() {
      deaf = true
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return far
}

testDevice({
  name: 'http',
  type: http,
  target: farEnd,
  wrong: [{}, { uri: 'ftp://host/' }, { uri: 'http://user:pass@host/' }, { uri: 'http://host/', headers: 'no json' }],
})

const limits = { folder: null, networks: null, deadlineMs: 2000, trusted: false }

test('http: what may pass is tried again, what may not is an error; redirects are not followed', async () => {
  const far = await farEnd()
  const device = await http.open(far.options, limits)
  try {
    far.statuses = [503, 429]
    await device.write(Buffer.from('{"a":1}'))
    assert.deepEqual(await far.received(), ['{"a":1}'])
    assert.deepEqual(far.seen[0], { authorization: 'Bearer far-end', type: 'application/x-ndjson' })
    for (const status of [400, 302]) {
      far.statuses = Array(8).fill(status)
      await assert.rejects(device.write(Buffer.from('{"a":2}')), /audit http/)
    }
    far.statuses = Array(8).fill(500)
    await assert.rejects(device.write(Buffer.from('{"a":3}')), /refuses entries/)
    assert.deepEqual(await far.received(), ['{"a":1}'])
  } finally {
    await device.close()
    await far.close()
  }
})
