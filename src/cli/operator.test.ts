import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLine, secret, withServer } from './cli.test-aid.ts'

const counts = { clients: 3, entity_clients: 2, non_entity_clients: 1 }

test('usage: a table of namespaces and their sum, or that there is none', async () => {
  const data = {
    start_time: '2026-10-01T00:00:00Z', end_time: '2026-11-30T23:59:59Z', months: [], total: counts,
    by_namespace: [{ namespace_path: '', counts }, { namespace_path: 'team/', counts: {} }],
  }
  await withServer({ 'GET /v1/sys/internal/counters/activity': (seen) => (seen.url.includes('2020') ? [204] : secret(data)) }, async (line, fake) => {
    const { code, out } = await line(['operator', 'usage', '-start-time=2026-10', '-end-time=2026-11-05'])
    assert.equal(code, 0)
    assert.match(out, /Period start: 2026-10-01T00:00:00Z\nPeriod end: 2026-11-30T23:59:59Z/)
    assert.match(out, /\[root\]\s+2\s+1\s+0\s+0\s+3\n/)
    assert.match(out, /team\/\s+0\s+0\s+0\s+0\s+0\n/)
    assert.match(out, /Total\s+2\s+1\s+0\s+0\s+3\n/)
    assert.equal(new URL(fake.seen[0]!.url, fake.address).searchParams.get('start_time'), '2026-10-01T00:00:00.000Z')
    assert.equal(JSON.parse((await line(['operator', 'usage', '-format=json'])).out).data.total.clients, 3)
    const none = await line(['operator', 'usage', '-start-time=2020-01'])
    assert.deepEqual([none.code, none.out, none.err], [0, '', 'No data is available for the given time range.\n\n'])
    assert.equal((await line(['operator', 'usage', '-start-time=yesterday'])).code, 1)
  })
})

test('raft: nodes and their state are shown; what would change them is refused in words', async () => {
  const state = { healthy: true, failure_tolerance: 0, leader: 'one', voters: ['one'], servers: { one: { name: 'one', address: 'http://127.0.0.1:8200', status: 'leader', node_status: 'alive', healthy: true, version: '1' } } }
  await withServer({ 'GET /v1/sys/storage/raft/autopilot/state': secret(state) }, async (line) => {
    const { code, out } = await line(['operator', 'raft', 'autopilot', 'state'])
    assert.equal(code, 0)
    assert.match(out, /Leader\s+one/)
    assert.match(out, /one\s+http:\/\/127\.0\.0\.1:8200\s+leader\s+alive\s+true/)
  })
  for (const words of [['autopilot', 'set-config', '-min-quorum=3'], ['join', 'http://other:8200'], ['remove-peer', 'one']]) {
    const refused = await runLine(['operator', 'raft', ...words])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /nodes? over one store|same storage|no node any more/)
  }
})
