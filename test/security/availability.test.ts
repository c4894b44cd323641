import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect } from 'node:net'
import { listenerDefaults } from '../../src/config.ts'
import { listen } from '../../src/http/listener.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

/** Sends raw bytes to a real listener over the trial's server; gives all that came back until the peer closed or paused. */
async function raw(bytes: string | Buffer, limit?: number): Promise<string> {
  const listening = await listen({ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true, ...(limit !== undefined && { max_request_size: limit }) }, (request) => trial.server.answer(request), { failed: () => {} })
  const { port } = new URL(listening.address)
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk.toString()
      if (/\r\n\r\n/.test(said)) setTimeout(() => socket.destroy(), 50)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(said))
    socket.write(bytes)
    setTimeout(() => socket.destroy(), 5000).unref()
  })
  await listening.close(100)
  return text
}

const post = (body: string, headers = ''): string => `POST /v1/secret/data/x HTTP/1.1\r\nHost: h\r\nX-Vault-Token: ${trial.root}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`

test('a body beyond the limit is refused, declared or not', async () => {
  assert.match(await raw(post('x'.repeat(2000)), 1000), /^HTTP\/1\.1 413/)
  const chunked = `POST /v1/secret/data/x HTTP/1.1\r\nHost: h\r\nX-Vault-Token: ${trial.root}\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`
  assert.match(await raw(chunked, 1000), /^HTTP\/1\.1 413/)
})

test('the default limit is 32 MiB', () => assert.equal(listenerDefaults().max_request_size, 32 * 1024 * 1024))

test('deep nesting, a million keys, bytes that are no text: an answer, and the server goes on', async () => {
  const deep = `{"data":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`
  assert.equal((await trial.ask('POST', 'secret/data/x', deep)).status, 400)
  const wide = `{"data":{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join(',')}}}`
  assert.equal((await trial.ask('POST', 'secret/data/x', wide)).status, 413)
  assert.match(await raw(Buffer.concat([Buffer.from(post('').replace('Content-Length: 0', 'Content-Length: 4')), Buffer.from([0xff, 0xfe, 0x00, 0x01])])), /^HTTP\/1\.1 400/)
  assert.match(await raw('GARBAGE\r\n\r\n'), /^HTTP\/1\.1 400/)
  assert.equal((await trial.ask('GET', 'sys/health')).status, 200)
})

test('a client that exceeds a rate is refused, another is not', async () => {
  await trial.must('POST', 'sys/quotas/rate-limit/slow', { rate: 1, interval: '1h', path: 'secret/data/limited' })
  const statuses = [await trial.ask('GET', 'secret/data/limited'), await trial.ask('GET', 'secret/data/limited'), await trial.ask('GET', 'secret/data/limited', undefined, { remote: '127.0.0.2' })].map((one) => one.status)
  assert.deepEqual(statuses, [404, 429, 404])
  await trial.must('DELETE', 'sys/quotas/rate-limit/slow')
  assert.equal((await trial.ask('GET', 'secret/data/limited')).status, 404)
})

test('a hundred thousand leases that are due are worked off in bounded pieces, oldest first', async () => {
  const { core } = trial.server
  const mount = core.mounts.at('secret/')!
  for (let from = 0; from < 100_000; from += 5000) {
    await core.root.update((tx) => {
      for (let index = from; index < from + 5000; index++) {
        tx.write(`lease/id/root/old/${index}`, { id: `old/${index}`, namespaceId: 'root', mountUuid: mount.record.uuid, kind: 'none', data: {}, tokenKey: '', issuedAt: 1, renewedAt: 0, expiresAt: 2, ttl: 1, maxTtl: 1, renewable: true })
        core.due.add(tx, { second: 2, kind: 'lease', id: `root/old/${index}` })
      }
    })
  }
  const signal = new AbortController().signal
  assert.equal(await core.due.work(core.now(), signal, 256), 256)
  assert.equal((await trial.ask('GET', 'sys/health')).status, 200)
  assert.equal((await trial.ask('GET', 'secret/data/none')).status, 404)
})

test('while sealed only what must answer does', async () => {
  await trial.must('POST', 'sys/seal')
  assert.equal((await trial.ask('GET', 'secret/data/x')).status, 503)
  assert.equal((await trial.ask('GET', 'sys/mounts')).status, 503)
  assert.equal((await trial.ask('GET', 'sys/health', undefined, { token: null })).status, 503)
  assert.equal((await trial.ask('GET', 'sys/seal-status', undefined, { token: null })).body.sealed, true)
  assert.ok(!trial.logged.some((line) => line.includes(trial.root)))
})
