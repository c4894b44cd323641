// Kills a process that writes to the embedded store, at random moments under load, and looks whether every
// write that it had acknowledged is there, whole. Run as a script: `node test/faults/kill.ts [rounds]`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Storage } from '../../src/kit/storage.ts'
import { openSqlite } from '../../src/storage/sqlite/index.ts'

const writer = fileURLToPath(new URL('./kill-writer.ts', import.meta.url))
const longestLife = 400
const numbersPerRound = 1_000_000

/** Lets a writer live for a random while after its first acknowledgement; returns what it acknowledged. */
async function killOne(path: string, first: number): Promise<number[]> {
  const output = `${path}.acknowledged`
  const file = await open(output, 'w+')
  const child = spawn(process.execPath, [writer, path, String(first)], { stdio: ['ignore', file.fd, 'inherit'] })
  const ended = once(child, 'close')
  while (child.exitCode === null && (await file.stat()).size === 0) await sleep(5)
  await sleep(Math.random() * longestLife)
  child.kill('SIGKILL')
  const [, signal] = await ended
  await file.close()
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself')
  const text = await readFile(output, 'utf8')
  return text.slice(0, text.lastIndexOf('\n')).split('\n').map(Number)
}

async function verify(storage: Storage, acknowledged: number[]): Promise<void> {
  for (const number of acknowledged) {
    for (const side of ['left', 'right']) {
      const item = await storage.get(`${side}/${number}`)
      assert.ok(item, `${side}/${number} was acknowledged and is lost`)
      assert.equal(Number(Buffer.from(item.value).toString().replaceAll('.', '')), number)
    }
  }
}

async function count(storage: Storage, prefix: string): Promise<number> {
  let found = 0
  for (let after = ''; ; ) {
    const page = await storage.list(prefix, { after })
    found += page.length
    if (page.length === 0) return found
    after = page.at(-1)!
  }
}

/** Kills `rounds` writers on one store; returns how many writes were acknowledged and found, and how many more had been made. */
export async function killWriters(rounds: number): Promise<{ acknowledged: number; unacknowledged: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-kill-'))
  const path = join(folder, 'store.db')
  try {
    let acknowledged = 0
    for (let round = 1; round <= rounds; round++) {
      const numbers = await killOne(path, round * numbersPerRound)
      const storage = openSqlite(path)
      await verify(storage, numbers)
      // The store must not only be read after a crash.
      await storage.commit({ put: [[`round/${round}`, Buffer.from('survived')]] })
      await storage.close()
      acknowledged += numbers.length
    }
    const storage = openSqlite(path)
    const [left, right] = [await count(storage, 'left/'), await count(storage, 'right/')]
    assert.equal(left, right, 'a batch was written in part')
    assert.equal(await count(storage, 'round/'), rounds)
    await storage.close()
    return { acknowledged, unacknowledged: left - acknowledged }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = Number(process.argv[2] ?? 50)
  const { acknowledged, unacknowledged } = await killWriters(rounds)
  console.log(`${rounds} kills: ${acknowledged} acknowledged writes, 0 lost; ${unacknowledged} written but not acknowledged`)
}
