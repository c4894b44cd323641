import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { AuditBroker } from './broker.ts'
import { signedEvery } from './chain.ts'
import { KeptLines, memoryView, sampleSubject } from './fixture.ts'
import { verifyAudit, type Report } from './verify.ts'

async function record(count: number, view = memoryView()): Promise<{ lines: string[]; publicKey: string }> {
  const kept = new KeptLines()
  const broker = new AuditBroker({ view, types: [kept.type()], folder: null, configured: { kept: { type: 'kept', description: '', local: false, options: {} } } })
  await broker.load()
  for (let i = 0; i < count; i++) await broker.request(sampleSubject())
  const { publicKey } = broker
  await broker.close()
  return { lines: kept.lines, publicKey }
}

const kinds = (report: Report): string[] => report.problems.map((problem) => `${problem.line}:${problem.kind}`)
const without = <T>(list: T[], at: number): T[] => list.filter((_, i) => i !== at)

test('a whole log verifies, with its signatures', async () => {
  const { lines, publicKey } = await record(signedEvery * 2)
  const report = await verifyAudit(lines, { publicKey })
  assert.deepEqual(report.problems, [])
  assert.equal(report.entries, signedEvery * 2)
  assert.equal(report.lines, signedEvery * 2 + 2)
  assert.equal(report.writers[0]!.closed, true)
  assert.equal(report.writers[0]!.signedThrough, signedEvery * 2 + 1)
  assert.deepEqual(report.notes, [])
})

test('every single altered, dropped, doubled or swapped line is found, and named', async () => {
  const { lines, publicKey } = await record(8)
  for (let at = 0; at < lines.length; at++) {
    const altered = lines.map((line, i) => (i === at ? line.replace(/"time":"2/, '"time":"3') : line))
    const found = await verifyAudit(altered, { publicKey })
    assert.ok(found.problems.some((problem) => problem.line === at + 1 && (problem.kind === 'altered' || problem.kind === 'forged')), `altered ${at}: ${kinds(found)}`)
    const cut = lines.map((line, i) => (i === at ? line.slice(0, 40) : line))
    assert.ok(kinds(await verifyAudit(cut, { publicKey })).includes(`${at + 1}:unreadable`))
    const doubled = lines.toSpliced(at, 0, lines[at]!)
    assert.deepEqual(kinds(await verifyAudit(doubled, { publicKey })), [`${at + 2}:repeated`])
    if (at === lines.length - 1) continue
    const dropped = kinds(await verifyAudit(without(lines, at), { publicKey }))
    assert.deepEqual(dropped, [at === 0 ? '1:beginning-missing' : `${at + 1}:dropped`])
    const swapped = lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!)
    assert.ok(kinds(await verifyAudit(swapped, { publicKey })).includes(`${at + 2}:reordered`))
  }
})

test('a lost end shows as a writer without its closing marker', async () => {
  const { lines, publicKey } = await record(8)
  const report = await verifyAudit(lines.slice(0, 5), { publicKey })
  assert.ok(report.ok)
  assert.equal(report.writers[0]!.closed, false)
  assert.equal(report.notes.length, 2)
})

test('a line that a killed process left unfinished is a note where the next chain begins, else a problem', async () => {
  const view = memoryView()
  const first = await record(5, view)
  const second = await record(2, view)
  const torn = [...first.lines.slice(0, 4), first.lines[4]!.slice(0, 50), ...second.lines]
  const report = await verifyAudit(torn, { publicKey: first.publicKey })
  assert.deepEqual(report.problems, [])
  assert.match(report.notes.join(), /line 5 was cut off/)
  const middle = await verifyAudit(torn.with(6, torn[6]!.slice(0, 50)), { publicKey: first.publicKey })
  assert.deepEqual(kinds(middle), ['7:unreadable', '8:dropped'])
})

test('several writers in one file, interleaved, verify; a line moved between them does not', async () => {
  const view = memoryView()
  const [first, second] = await Promise.all([record(5, view), record(5, view)])
  const mixed = first.lines.flatMap((line, i) => [line, second.lines[i]!])
  const report = await verifyAudit(mixed, { publicKey: first.publicKey })
  assert.deepEqual(report.problems, [])
  assert.equal(report.writers.length, 2)
  const writers = report.writers.map((one) => one.writer)
  const stolen = mixed.with(5, mixed[5]!.replace(writers[1]!, writers[0]!))
  assert.ok(!(await verifyAudit(stolen, { publicKey: first.publicKey })).ok)
})

test('whoever rewrites the whole file, digests included, is found by the signatures', async () => {
  const { lines, publicKey } = await record(4)
  let previous = '0'.repeat(64)
  const rewritten = lines.map((line, i) => {
    const changed = (i === 2 ? line.replace('"operation":"read"', '"operation":"list"') : line).replace(/"previous":"[0-9a-f]{64}"/, `"previous":"${previous}"`)
    previous = createHash('sha256').update(changed).digest('hex')
    return changed
  })
  assert.ok((await verifyAudit(rewritten)).ok)
  const report = await verifyAudit(rewritten, { publicKey })
  assert.deepEqual(kinds(report), ['6:forged'])
})

test('a log that another key signed, and lines without a link, are refused', async () => {
  const { lines } = await record(2)
  const { publicKey } = await record(2)
  const report = await verifyAudit(lines, { publicKey })
  assert.ok(kinds(report).includes('1:forged'))
  assert.ok(kinds(report).includes('4:unsigned'))
  const stranger = await verifyAudit(['{"type":"request"}', 'no entry', '[]', ''])
  assert.deepEqual(kinds(stranger), ['1:unchained', '2:unreadable', '3:unreadable'])
})

test('a prefix or a syslog header before the line does not matter', async () => {
  const { lines, publicKey } = await record(3)
  assert.ok((await verifyAudit(lines.map((line) => `<38>1 2026-01-01T00:00:00Z host strongroom 1 audit - ${line}`), { publicKey })).ok)
})
