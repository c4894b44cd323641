import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { AuditBroker } from './broker.ts'
import { signedEvery } from './chain.ts'
import { KeptLines, memoryView, sampleSubject } from './fixture.ts'
import { verifyAudit, type Report } from './verify.ts'

interface Log {
  lines: string[]
  publicKey: string
}

/** A whole log; the requests arrive one by one, or so many at once. */
async function record(arriving: number | readonly number[], view = memoryView(), kept = new KeptLines()): Promise<Log> {
  const broker = new AuditBroker({ view, types: [kept.type()], folder: null, configured: { kept: { type: 'kept', description: '', local: false, options: {} } } })
  await broker.load()
  const turns = typeof arriving === 'number' ? Array.from({ length: arriving }, () => 1) : arriving
  for (const count of turns) await Promise.all(Array.from({ length: count }, () => broker.request(sampleSubject())))
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

test('lines that were written together are linked as a group; markers, signed lines and long groups begin another', async () => {
  const { lines, publicKey } = await record([3, 1, 130, 900])
  const links = lines.map((line) => JSON.parse(line).chain)
  const begins = links.flatMap(({ seq, previous }) => (previous === undefined ? [] : [seq]))
  for (const seq of [0, 1, 4, 5, 135, 1024, 1035]) assert.ok(begins.includes(seq), `${seq} begins a group`)
  for (const [i, seq] of begins.entries()) assert.ok((begins[i + 1] ?? 1036) - seq <= 64, `the group of ${seq}`)
  assert.ok(begins.length < 28)
  assert.deepEqual(links.flatMap(({ seq, signature }) => (signature === undefined ? [] : [seq])), [0, 1024, 1035])
  assert.equal(links[4].previous, createHash('sha256').update(lines.slice(1, 4).join('\n')).digest('hex'))
  assert.equal(links[5].previous, createHash('sha256').update(lines[4]!).digest('hex'))
  assert.deepEqual((await verifyAudit(lines, { publicKey })).problems, [])
  const altered = lines.with(3, lines[3]!.replace('"operation":"read"', '"operation":"list"'))
  assert.deepEqual((await verifyAudit(altered, { publicKey })).problems.map(({ line, through, kind }) => [line, through, kind]), [[2, 4, 'altered']])
})

type Change = (lines: string[], at: number, by: number) => string[]

const changes: Record<string, Change> = {
  byte(lines, at, by) {
    const bytes = Buffer.from(lines[at]!)
    const place = by % bytes.length
    bytes[place] = 0x20 + ((bytes[place]! - 0x20 + 1 + (by % 94)) % 95)
    return lines.with(at, bytes.toString())
  },
  link: (lines, at) => lines.with(at, lines[at]!.replace(/,"previous":"[^}]*/, '')),
  drop: (lines, at) => without(lines, at),
  swap: (lines, at) => lines.with(at, lines[at - 1]!).with(at - 1, lines[at]!),
  repeat: (lines, at, by) => lines.toSpliced(Math.max(at + 1, by % (lines.length + 1)), 0, lines[at]!),
  replace: (lines, at, by) => lines.with(at, lines[by % lines.length]!),
  cut: (lines, at, by) => lines.with(at, lines[at]!.slice(0, 1 + (by % (lines[at]!.length - 1)))),
}

test('whatever is done to groups, of one writer or two in one file, is found', async () => {
  const view = memoryView()
  const logs = await Promise.all([[1, 1, 5], [4, 70, 2], [9, 1, 33], [300]].map((arriving) => record(arriving, view)))
  const { publicKey } = logs[0]!
  const choice = fc.record({ log: fc.nat(), other: fc.nat(), order: fc.infiniteStream(fc.boolean()), kind: fc.constantFrom(...Object.keys(changes)), at: fc.nat(), by: fc.nat() })
  await fc.assert(fc.asyncProperty(choice, async ({ log, other, order, kind, at, by }) => {
    const mixed = merge(logs[log % logs.length]!.lines, log % logs.length === other % logs.length ? [] : logs[other % logs.length]!.lines, order)
    const place = 1 + (at % (mixed.length - 1))
    const changed = changes[kind]!(mixed, place, by)
    const { problems, writers } = await verifyAudit(changed, { publicKey })
    const same = changed.join('\n') === mixed.join('\n')
    // Lines of two writers may trade places: each has its own order. A lost end shows as a writer that is not closed.
    const apart = kind === 'swap' && writerOf(mixed[place]!) !== writerOf(mixed[place - 1]!)
    const ended = kind === 'drop' && mixed[place]!.includes('"event":"close"')
    assert.equal(problems.length === 0, same || apart || ended, `${kind} at ${place}`)
    assert.ok(!ended || writers.some(({ closed }) => !closed))
  }), { numRuns: 300 })
})

const writerOf = (line: string): string => JSON.parse(line).chain.writer

function merge(one: readonly string[], other: readonly string[], order: Iterator<boolean>): string[] {
  const rest: [string[], string[]] = [[...one], [...other]]
  return Array.from({ length: one.length + other.length }, () => {
    const first = rest[0].length > 0 && (rest[1].length === 0 || order.next().value === true)
    return rest[first ? 0 : 1].shift()!
  })
}

test('a rotated file begins with a group: whatever was altered in it is found without the file before', async () => {
  const kept = new KeptLines()
  const view = memoryView()
  const broker = new AuditBroker({ view, types: [kept.type()], folder: null, configured: { kept: { type: 'kept', description: '', local: false, options: {} } } })
  await broker.load()
  const arrive = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () => broker.request(sampleSubject())))
  await arrive(5)
  const late = arrive(3)
  kept.rotate()
  await late
  await arrive(4)
  await broker.close()
  const newer = kept.lines.slice(kept.files[0])
  const { publicKey } = broker
  assert.deepEqual((await verifyAudit(kept.lines, { publicKey })).problems, [])
  const alone = await verifyAudit(newer, { publicKey })
  assert.deepEqual(alone.problems, [])
  assert.match(alone.notes.join(), /not given/)
  for (const at of newer.keys()) {
    const altered = newer.with(at, newer[at]!.replace(/"time":"2/, '"time":"3'))
    assert.ok(!(await verifyAudit(altered, { publicKey })).ok, `altered ${at}`)
  }
  const unlinked = newer.with(0, newer[0]!.replace(/,"previous":"[^}]*/, '').replace('"time":"2', '"time":"3'))
  assert.deepEqual(kinds(await verifyAudit(unlinked, { publicKey })), ['1:altered'])
})

test('a log from before there were groups, each line with the digest of the one before, verifies', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  let previous = '0'.repeat(64)
  const lines = Array.from({ length: 300 }, (_, seq) => {
    const marker = seq === 0 || seq === 299
    const entry = marker ? `{"type":"chain","event":"${seq === 0 ? 'open' : 'close'}","key":"${key}"` : `{"type":"request","request":{"id":"${seq}"}`
    const bare = `${entry},"chain":{"writer":"${'5'.repeat(32)}","seq":${seq},"previous":"${previous}"}}`
    const line = marker || seq === 256 ? `${bare.slice(0, -2)},"signature":"${sign(null, Buffer.from(bare), privateKey).toString('base64')}"}}` : bare
    previous = createHash('sha256').update(line).digest('hex')
    return line
  })
  const report = await verifyAudit(lines, { publicKey: pem })
  assert.deepEqual([report.problems, report.notes, report.writers[0]!.signedThrough], [[], [], 299])
  for (const at of [1, 17, 255, 256, 298]) {
    const altered = lines.with(at, lines[at]!.replace('"request"', '"response"'))
    assert.ok(kinds(await verifyAudit(altered, { publicKey: pem })).includes(`${at + 1}:altered`))
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
