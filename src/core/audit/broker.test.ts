import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../kit/errors.ts'
import { AuditBroker, devicePath } from './broker.ts'
import { KeptLines, memoryView, sampleSubject } from './fixture.ts'
import { verifyAudit } from './verify.ts'

function setUp() {
  const first = new KeptLines()
  const second = new KeptLines()
  const view = memoryView()
  const warnings: string[] = []
  const make = (): AuditBroker =>
    new AuditBroker({ view, types: [first.type('first'), second.type('second')], folder: null, warn: (message) => warnings.push(message) })
  return { first, second, view, warnings, make, broker: make() }
}

const entries = (kept: KeptLines): any[] => kept.lines.map((line) => JSON.parse(line)).filter((entry) => entry.type !== 'chain')

test('without a device nothing is asked of audit', async () => {
  const { broker } = setUp()
  await broker.load()
  assert.equal(broker.active, false)
  await broker.request(sampleSubject())
})

test('devices, salts, headers and the key outlive the process', async () => {
  const { broker, make, first } = setUp()
  await broker.load()
  await broker.enable('a/b', 'first', { hmac_accessor: 'false' }, { description: 'd', local: true })
  await broker.setHeader('X-Trace', true)
  const hash = broker.hash('a/b', 'value')
  assert.match(hash, /^hmac-sha256:[0-9a-f]{64}$/)
  assert.throws(() => broker.hash('other', 'value'), /unknown audit backend: "other\/"/)
  const { publicKey } = broker
  await broker.close()
  const again = make()
  await again.load()
  assert.deepEqual(again.list(), [{ path: 'a/b/', type: 'first', description: 'd', local: true, options: { hmac_accessor: 'false' } }])
  assert.equal(again.hash('a/b/', 'value'), hash)
  assert.equal(again.publicKey, publicKey)
  await again.request(sampleSubject({ headers: { 'x-trace': '1' } }))
  assert.equal(entries(first)[0].request.headers['x-trace'][0], again.hash('a/b', '1'))
  await again.close()
  assert.deepEqual((await verifyAudit(first.lines, { publicKey })).problems, [])
})

test('two devices have salts of their own; one that fails is reported, two that fail refuse the request', async () => {
  const { broker, first, second, warnings } = setUp()
  await broker.load()
  await broker.enable('one', 'first', {})
  await broker.enable('two', 'second', {})
  assert.notEqual(broker.hash('one', 'v'), broker.hash('two', 'v'))
  await broker.request(sampleSubject())
  assert.equal(entries(first).length, 1)
  assert.equal(entries(second).length, 1)
  first.failing = true
  await broker.request(sampleSubject())
  assert.deepEqual(warnings, ['audit device one/ did not take an entry'])
  second.failing = true
  await assert.rejects(broker.request(sampleSubject()), (cause) => cause instanceof Fault && cause.code === 'internal' && /audit/.test(cause.message))
})

test('after a failure the chain begins anew and says how far it got; both parts verify', async () => {
  const { broker, first } = setUp()
  await broker.load()
  await broker.enable('one', 'first', {})
  await broker.request(sampleSubject())
  first.failing = true
  await assert.rejects(broker.request(sampleSubject()))
  await assert.rejects(broker.request(sampleSubject()))
  first.failing = false
  await broker.request(sampleSubject())
  await broker.close()
  const report = await verifyAudit(first.lines, { publicKey: broker.publicKey })
  assert.deepEqual(report.problems, [])
  assert.equal(report.writers.length, 2)
  const lost = await verifyAudit(first.lines.toSpliced(1, 1), { publicKey: broker.publicKey })
  assert.equal(lost.problems[0]?.kind, 'dropped')
})

test('an entry that cannot be rendered leaves nothing behind: neither a gap, nor its place in another entry', async () => {
  const { broker, first } = setUp()
  await broker.load()
  await broker.enable('one', 'first', {})
  const unreadable = { get value() { throw new Error('it cannot be read') } }
  const subject = sampleSubject({ requestId: 'broken', response: { data: unreadable } })
  const others = [broker.request(sampleSubject({ requestId: 'before' }))]
  await assert.rejects(broker.response(subject))
  for (let i = 0; i < 3; i++) others.push(broker.request(sampleSubject({ requestId: `after-${i}` })))
  subject.response = {}
  await Promise.all([...others, broker.response(subject)])
  assert.deepEqual(entries(first).map((entry) => entry.request.id), ['before', 'after-0', 'after-1', 'after-2', 'broken'])
  await broker.close()
  assert.deepEqual((await verifyAudit(first.lines, { publicKey: broker.publicKey })).problems, [])
})

test('a device that cannot take its first line is not enabled; paths and options are checked', async () => {
  const { broker, first } = setUp()
  await broker.load()
  first.failing = true
  await assert.rejects(broker.enable('one', 'first', {}))
  assert.deepEqual(broker.list(), [])
  first.failing = false
  await broker.enable('one', 'first', {})
  for (const path of ['one', 'one/two', '', '..', 'a/../b', 'a b', 'x'.repeat(200)]) await assert.rejects(broker.enable(path, 'first', {}), Fault, path)
  await assert.rejects(broker.enable('x', 'third', {}), /unknown backend type/)
  for (const options of [{ format: 'jsonx' }, { log_raw: 'perhaps' }, { filter: 'nonsense' }, { filter: 'path == x', fallback: 'true' }, { prefix: '{"' }, { exclude: '[]' }]) {
    await assert.rejects(broker.enable('x', 'first', options as Record<string, string>), Fault, JSON.stringify(options))
  }
  await assert.rejects(broker.setHeader('Authorization', false), /hashed only/)
  assert.equal(devicePath('file'), 'file/')
})

test('filters choose, and the fallback device gets what no other wanted', async () => {
  const { broker, first, second } = setUp()
  await broker.load()
  await broker.enable('kv', 'first', { filter: 'mount_type == kv', prefix: 'audit: ' })
  await broker.enable('rest', 'second', { fallback: 'true' })
  await broker.request(sampleSubject())
  await broker.request(sampleSubject({ mount: null, path: 'sys/health' }))
  assert.equal(first.lines.filter((line) => line.includes('secret/data/app')).length, 1)
  assert.ok(first.lines.every((line) => line.startsWith('audit: {')))
  assert.deepEqual(entries(second).map((entry) => entry.request.path), ['sys/health'])
})

test('another process learns of a change by refresh', async () => {
  const { broker, make } = setUp()
  const other = make()
  await Promise.all([broker.load(), other.load()])
  await broker.enable('one', 'first', {})
  await other.refresh()
  assert.equal(other.list().length, 1)
  assert.equal(other.hash('one', 'v'), broker.hash('one', 'v'))
  await broker.disable('one')
  await other.refresh()
  assert.equal(other.active, false)
})

test('devices of the configuration cannot be disabled over the API', async () => {
  const kept = new KeptLines()
  const broker = new AuditBroker({ view: memoryView(), types: [kept.type()], folder: null, configured: { main: { type: 'kept', description: '', local: false, options: {} } } })
  await broker.load()
  await assert.rejects(broker.disable('main'), /configuration/)
  assert.equal(broker.active, true)
})
