import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readBack } from './history.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-history-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function all(path: string, from: string | null = null): Promise<{ line: string; at: string }[]> {
  const found: { line: string; at: string }[] = []
  for await (const one of readBack(path, from)) found.push(one)
  return found
}
const linesOf = async (path: string, from: string | null = null): Promise<string[]> => (await all(path, from)).map(({ line }) => line)

test('lines of any length come back, newest first, and each mark goes on after its line', async () => {
  const path = join(folder, 'long.log')
  const lines = [1, 65_535, 65_536, 65_537, 3, 200_000, 7].map((length, at) => `${at}${'ü'.repeat(length)}`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  const found = await all(path)
  assert.deepEqual(found.map(({ line }) => line), lines.toReversed())
  for (const [index, { at }] of found.entries()) assert.deepEqual(await linesOf(path, at), lines.toReversed().slice(index + 1))
})

test('a last line without its end, empty lines, an empty or absent file, and a line beyond the bound', async () => {
  const path = join(folder, 'odd.log')
  writeFileSync(path, 'a\n\n\nb\nc')
  assert.deepEqual(await linesOf(path), ['c', 'b', 'a'])
  writeFileSync(path, '')
  assert.deepEqual(await linesOf(path), [])
  assert.deepEqual(await linesOf(join(folder, 'none.log')), [])
  writeFileSync(path, `a\n${'x'.repeat(5_000_000)}\nb\n`)
  assert.deepEqual(await linesOf(path), ['b', 'a'])
})

test('rotated files follow, newest first; compressed and foreign ones do not', async () => {
  const path = join(folder, 'audit.log')
  for (const [name, age] of [['audit.log', 0], ['audit.log.1', 1], ['audit.log-20260101', 2], ['audit.log.2.gz', 1], ['audit.logs', 1], ['other.log', 1]] as const) {
    writeFileSync(join(folder, name), `${name} old\n${name} new\n`)
    utimesSync(join(folder, name), 1_000_000 - age, 1_000_000 - age)
  }
  const found = await all(path)
  assert.deepEqual(found.map(({ line }) => line), ['audit.log new', 'audit.log old', 'audit.log.1 new', 'audit.log.1 old', 'audit.log-20260101 new', 'audit.log-20260101 old'])
  assert.deepEqual((await linesOf(path, found[2]!.at)), ['audit.log.1 old', 'audit.log-20260101 new', 'audit.log-20260101 old'])
  await assert.rejects(linesOf(path, '1:1@5'), /no longer there/)
  await assert.rejects(linesOf(path, '../x'), /no longer there/)
})
