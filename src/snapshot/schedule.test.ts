import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runSchedule } from './schedule.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-schedule-'))
after(() => rmSync(folder, { recursive: true }))

const options = { folder: join(folder, 'snapshots'), every: 3600, keep: 2 }
const start = Date.parse('2026-03-01T10:00:00Z')
async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('state')
}

test('takes one when it is time, keeps the newest, writes 0600 and whole', async () => {
  assert.ok(await runSchedule(options, bytes, start))
  assert.equal(await runSchedule(options, bytes, start + 3_599_000), null)
  writeFileSync(join(options.folder, 'strongroom-2026-03-01T11-00-00Z.snap.new'), 'left by a process that died')
  writeFileSync(join(options.folder, 'notes.txt'), 'not a snapshot')
  const second = await runSchedule(options, bytes, start + 3_600_000)
  assert.equal(statSync(second!).mode & 0o777, 0o600)
  await runSchedule(options, bytes, start + 7_200_000)
  assert.deepEqual(readdirSync(options.folder).sort(), ['notes.txt', 'strongroom-2026-03-01T11-00-00Z.snap', 'strongroom-2026-03-01T12-00-00Z.snap'])
})

test('a failure leaves nothing half, and the former ones stay', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('the disk is gone')
  }
  const before = readdirSync(options.folder)
  await assert.rejects(runSchedule(options, broken, start + 20_000_000), /disk is gone/)
  assert.deepEqual(readdirSync(options.folder), before)
})
