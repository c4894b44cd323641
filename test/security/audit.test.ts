// What a reviewer tries on audit: secrets in the log, a log that was edited, a log that cannot be written.
import assert from 'node:assert/strict'
import { readFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { auditTypes } from '../../src/audit/index.ts'
import { AuditBroker, type BrokerOptions } from '../../src/core/audit/broker.ts'
import type { AuditSubject } from '../../src/core/audit/entry.ts'
import { memoryView, sampleMount, sampleSubject, sampleToken } from '../../src/core/audit/fixture.ts'
import { verifyAudit } from '../../src/core/audit/verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'audit-security-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function loaded(more: Partial<BrokerOptions> = {}): Promise<AuditBroker> {
  const broker = new AuditBroker({ view: memoryView(), types: auditTypes, folder, ...more })
  await broker.load()
  return broker
}

let made = 0
async function enabled(options: Record<string, string> = {}, more: Partial<BrokerOptions> = {}) {
  const path = join(folder, `audit-${++made}.log`)
  const broker = await loaded(more)
  await broker.enable('file', 'file', { file_path: path, ...options })
  return { broker, path, lines: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) }
}

test('a canary never appears, wherever it enters', async () => {
  const { broker, path } = await enabled()
  const canary = 'canary-5f0c1d'
  const bytes = Buffer.from(canary)
  const number = 918273645
  await broker.setHeader('x-secret', true)
  await broker.setHeader('authorization', true)
  const holder = { ...sampleToken, clientToken: canary, accessor: `${canary}-accessor` }
  const subject: AuditSubject = sampleSubject({
    token: holder,
    data: { text: canary, list: [canary, [canary]], deep: { deeper: { text: canary } }, bytes, number, big: 918273645n },
    headers: { 'x-secret': canary, authorization: [`Bearer ${canary}`], cookie: canary },
    error: `cannot read ${canary} nor ${number}`,
  })
  await broker.request(subject)
  subject.response = {
    data: { password: canary, bytes, number },
    auth: { ...holder, clientToken: `${canary}-new` },
    wrapInfo: { ttl: 1, token: canary, accessor: canary, creationTime: '', creationPath: 'p', wrappedAccessor: canary },
  }
  await broker.response(subject)
  await broker.close()
  const text = readFileSync(path, 'utf8')
  for (const secret of [canary, bytes.toString('base64'), bytes.toString('hex'), String(number)]) assert.ok(!text.includes(secret), secret)
})

test('a token is looked up in the log by its hash', async () => {
  const { broker, path } = await enabled()
  await broker.request(sampleSubject())
  assert.ok(readFileSync(path, 'utf8').includes(broker.hash('file', sampleToken.clientToken!)))
  await broker.close()
})

test('a log rotated under load verifies as a whole; its second half alone says what it lacks', async () => {
  const { broker, path } = await enabled()
  const load = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => broker.request(sampleSubject({ mount: sampleMount, data: { a: 'b' } }))))
  }
  await load(300)
  renameSync(path, `${path}.1`)
  const during = load(300)
  await broker.reopen()
  await during
  await load(300)
  await broker.close()
  const [older, newer] = [`${path}.1`, path].map((one) => readFileSync(one, 'utf8').split('\n').slice(0, -1))
  const whole = await verifyAudit([...older!, ...newer!], { publicKey: broker.publicKey })
  assert.deepEqual(whole.problems, [])
  assert.equal(whole.entries, 900)
  const half = await verifyAudit(newer!, { publicKey: broker.publicKey })
  assert.deepEqual(half.problems, [])
  assert.match(half.notes.join(), /not given/)
  const headless = await verifyAudit(newer!.slice(1), { publicKey: broker.publicKey })
  assert.equal(headless.problems[0]?.kind, 'beginning-missing')
})

test('two processes append to one file, and their chains verify', async () => {
  const view = memoryView()
  const path = join(folder, 'shared.log')
  const brokers = [1, 2].map(() => new AuditBroker({ view, types: auditTypes, folder, configured: { main: { type: 'file', description: '', local: false, options: { file_path: path } } } }))
  for (const broker of brokers) await broker.load()
  for (let i = 0; i < 100; i++) await Promise.all(brokers.map((broker) => broker.request(sampleSubject())))
  for (const broker of brokers) await broker.close()
  const report = await verifyAudit(readFileSync(path, 'utf8').split('\n').slice(0, -1), { publicKey: brokers[0]!.publicKey })
  assert.deepEqual(report.problems, [])
  assert.equal(report.writers.length, 2)
  assert.equal(report.entries, 200)
})

test('a device that cannot write refuses the request; with a second device the request goes on', { skip: process.platform !== 'linux' }, async () => {
  const warnings: string[] = []
  const full = { main: { type: 'file', description: '', local: false, options: { file_path: '/dev/full' } } }
  const broker = new AuditBroker({ view: memoryView(), types: auditTypes, folder, configured: full })
  await assert.rejects(broker.load(), /ENOSPC/)
  const path = join(folder, 'gone.log')
  const two = new AuditBroker({ view: memoryView(), types: auditTypes, folder, warn: (message) => warnings.push(message) })
  await two.load()
  await two.enable('one', 'file', { file_path: path })
  await two.enable('two', 'file', { file_path: 'discard' })
  rmSync(path)
  await two.request(sampleSubject())
  await two.close()
  assert.deepEqual(warnings, [])
  assert.ok(readFileSync(path, 'utf8').includes('"type":"request"'))
})

test('the API can choose neither the mode nor a place outside the folder', async () => {
  const { broker } = await enabled()
  await assert.rejects(broker.enable('x', 'file', { file_path: join(folder, 'x.log'), mode: '0666' }), /mode/)
  await assert.rejects(broker.enable('x', 'file', { file_path: '/etc/strongroom-audit.log' }), /outside/)
  await assert.rejects(broker.enable('x', 'file', { file_path: '../x.log' }), /outside/)
  assert.equal(broker.list().length, 1)
  await broker.close()
})

test('devices that are enabled over the API reach no internal address and no socket of another program', async () => {
  const inside: [type: string, options: Record<string, string>][] = [
    ['socket', { address: '127.0.0.1:9' }],
    ['socket', { address: '[::1]:9', socket_type: 'udp' }],
    ['syslog', { address: 'tcp://10.1.2.3:601' }],
    ['syslog', { address: 'udp://169.254.169.254' }],
    ['http', { uri: 'http://169.254.169.254/latest' }],
    ['http', { uri: 'http://[::ffff:127.0.0.1]/' }],
    ['socket', { address: '/run/other.sock', socket_type: 'unix' }],
    ['syslog', { address: `unix://${folder}/../other.sock` }],
  ]
  const broker = await loaded()
  for (const [type, options] of inside) await assert.rejects(broker.enable('inside', type, options), { code: 'invalid' }, `${type} ${JSON.stringify(options)}`)
  // A name is judged by what it resolves to when it is connected to, for the marker that opens the chain.
  for (const [type, options] of [['socket', { address: 'localhost:9' }], ['socket', { address: 'localhost:9', socket_type: 'udp' }], ['http', { uri: 'http://localhost:9/' }]] as const) {
    await assert.rejects(broker.enable('named', type, options), (error: Error & { code?: string }) => /internal/.test(`${error.message} ${(error.cause as Error | undefined)?.message ?? ''}`), type)
  }
  assert.deepEqual(broker.list(), [])
})

test('what the configuration names or allows may be internal', async () => {
  const lines: string[] = []
  const server = createServer((socket) => socket.setEncoding('utf8').on('data', (text: string) => lines.push(text)))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    for (const more of [{ networks: ['127.0.0.0/8'] }, { networks: null }, { configured: { named: { type: 'socket', description: '', local: false, options: { address } } } }]) {
      const broker = await loaded(more)
      if (!('configured' in more)) await broker.enable('named', 'socket', { address })
      assert.equal(broker.list().length, 1)
      await broker.close()
      while (lines.length === 0) await new Promise((done) => setImmediate(done))
      assert.match(lines.splice(0).join(''), /chain/)
    }
  } finally {
    server.close()
  }
})
