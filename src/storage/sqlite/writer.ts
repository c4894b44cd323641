// The thread that alone writes for its process: a group of batches goes into one transaction with one fsync, and one
// message tells the outcome of all of it.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { DatabaseSync } from 'node:sqlite'
import type { Batch } from '../../kit/storage.ts'
import { isBusy, keptChanges, openDatabase } from './file.ts'
import { conflicted, unpack, type Group } from './group.ts'

/** What the main thread asks: to write a group, or `null`: to close. */
export type Request = Group | null
/** What came of a group: of each batch the version of the first key it put, `conflicted` where it expected what is no longer so; or all of it failed. */
export interface Outcome {
  firsts: number[]
  error?: { message: string; errcode: number | undefined }
}

const trimEvery = 4096
const busyDeadline = 5000

const sleeper = new Int32Array(new SharedArrayBuffer(4))
const sleep = (milliseconds: number): void => void Atomics.wait(sleeper, 0, 0, milliseconds)

// SQLite's own busy handler starves one of two writing processes; short random waits share evenly.
function retryBusy(run: () => void): void {
  const deadline = performance.now() + busyDeadline
  for (let attempt = 0; ; attempt++) {
    try {
      return run()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    sleep(attempt < 3 ? 0.1 : 0.2 + Math.random() * 0.3)
  }
}

/** Returns what commits a group of batches and gives their `firsts`; throws when none was written. */
export function createWriter(database: DatabaseSync): (batches: Batch[]) => number[] {
  database.exec('PRAGMA busy_timeout = 0')
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const ends = database.prepare(`
    SELECT coalesce((SELECT min(seq) FROM changes), 0) AS first, coalesce((SELECT max(seq) FROM changes), 0) AS last
  `)
  const version = database.prepare('SELECT version FROM data WHERE key = ?')
  version.setReturnArrays(true)
  const put = database.prepare(
    'INSERT INTO data (key, version, value) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM data WHERE key = ?')
  const note = database.prepare('INSERT INTO changes (seq, keys) VALUES (?, ?)')
  const trim = database.prepare('DELETE FROM changes WHERE seq <= ?')

  const holds = ({ expect }: Batch): boolean => {
    for (const [key, expected] of expect ?? []) if (((version.get(key) as unknown as [number] | undefined)?.[0] ?? 0) !== expected) return false
    return true
  }
  const apply = (batch: Batch, last: number, changed: string[]): number => {
    const first = batch.put?.length ? last + changed.length + 1 : 0
    for (const [key, value] of batch.put ?? []) put.run(key, last + changed.push(key), value)
    for (const key of batch.delete ?? []) if (remove.run(key).changes) changed.push(key)
    return first
  }

  return (batches) => {
    const firsts: number[] = []
    retryBusy(() => begin.run())
    try {
      const { first, last } = ends.get() as { first: number; last: number }
      const changed: string[] = []
      for (const batch of batches) firsts.push(holds(batch) ? apply(batch, last, changed) : conflicted)
      const seq = last + changed.length
      if (changed.length > 0) note.run(seq, changed.join('\0'))
      if (seq - first >= keptChanges + trimEvery) trim.run(seq - keptChanges)
      commit.run()
    } catch (error) {
      // Some failures, a full disk among them, have rolled back already.
      if (database.isTransaction) rollback.run()
      throw error
    }
    return firsts
  }
}

function serve(port: MessagePort, path: string): void {
  const database = openDatabase(path, 'writer')
  const write = createWriter(database)
  const outcomeOf = (group: Group): Outcome => {
    try {
      return { firsts: write(unpack(group)) }
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number }
      return { firsts: [], error: { message, errcode } }
    }
  }

  port.on('message', (request: Request) => {
    if (request !== null) return port.postMessage(outcomeOf(request))
    database.close()
    port.close()
  })
}

if (parentPort) serve(parentPort, (workerData as { path: string }).path)
