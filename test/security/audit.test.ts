// What a reviewer tries on audit: secrets in the log, a log that was edited, a log that cannot be written.
import assert from 'node:assert/strict'
import { readFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
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

let made = 0
async function enabled(options: Record<string, string> = {}, more: Partial<BrokerOptions> = {}) {
  const path = join(folder, `audit-${++made}.log`)
  const broker = new AuditBroker({ view: memoryView(), types: auditTypes, folder, ...more })
  await broker.load()
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
