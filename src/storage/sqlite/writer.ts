// The thread that alone writes for its process: everything that is queued goes into one transaction
// with one fsync, and one message tells the outcome of all of it.

import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import type { DatabaseSync } from 'node:sqlite'
import type { Batch } from '../../kit/storage.ts'
import { isBusy, keptChanges, openDatabase } from './file.ts'

/** What the main thread asks: a batch each, or `null`: finish and close. */
export type Request = { id: number; batch: Batch }[] | null
/** What came of requests: committed, refused because a key has changed, or failed for the reason given. */
export interface Outcome {
  ids: number[]
  conflicts: number[]
  error?: { message: string; errcode: number | undefined }
}

const groupLimit = 4096
const trimEvery = 1024
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

/** Returns what commits a group of batches: the positions of those that conflicted; throws when none was written. */
export function createWriter(database: DatabaseSync): (batches: Batch[]) => number[] {
  database.exec('PRAGMA busy_timeout = 0')
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const ends = database.prepare(`
    SELECT coalesce((SELECT min(seq) FROM changes), 0) AS first, coalesce((SELECT max(seq) FROM changes), 0) AS last
  `)
  const version = database.prepare('SELECT version FROM data WHERE key = ?')
  const put = database.prepare(
    'INSERT INTO data (key, version, value) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM data WHERE key = ?')
  const note = database.prepare('INSERT INTO changes (seq, key) VALUES (?, ?)')
  const trim = database.prepare('DELETE FROM changes WHERE seq <= ?')

  const holds = ({ expect }: Batch): boolean => {
    for (const [key, expected] of expect ?? []) if ((version.get(key)?.['version'] ?? 0) !== expected) return false
    return true
  }
  const apply = (batch: Batch, seq: number): number => {
    for (const [key, value] of batch.put ?? []) {
      put.run(key, ++seq, value)
      note.run(seq, key)
    }
    for (const key of batch.delete ?? []) if (remove.run(key).changes) note.run(++seq, key)
    return seq
  }

  return (batches) => {
    const conflicts: number[] = []
    retryBusy(() => begin.run())
    try {
      const { first, last } = ends.get() as { first: number; last: number }
      let seq = last
      for (const [index, batch] of batches.entries()) {
        if (holds(batch)) seq = apply(batch, seq)
        else conflicts.push(index)
      }
      if (seq - first >= keptChanges + trimEvery) trim.run(seq - keptChanges)
      commit.run()
    } catch (error) {
      // Some failures, a full disk among them, have rolled back already.
      if (database.isTransaction) rollback.run()
      throw error
    }
    return conflicts
  }
}

function serve(port: MessagePort, path: string): void {
  const database = openDatabase(path, 'writer')
  const write = createWriter(database)
  const answer = (outcome: Outcome): void => port.postMessage(outcome)

  const run = (group: NonNullable<Request>): void => {
    const ids = group.map(({ id }) => id)
    try {
      answer({ ids, conflicts: write(group.map(({ batch }) => batch)).map((index) => ids[index]!) })
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number }
      answer({ ids, conflicts: [], error: { message, errcode } })
    }
  }

  port.on('message', (first: Request) => {
    const group: NonNullable<Request> = []
    let request: Request | undefined = first
    while (request) {
      group.push(...request)
      request = group.length < groupLimit ? (receiveMessageOnPort(port)?.message as Request | undefined) : undefined
    }
    if (group.length > 0) run(group)
    if (request === null) {
      database.close()
      port.close()
    }
  })
}

if (parentPort) serve(parentPort, (workerData as { path: string }).path)
