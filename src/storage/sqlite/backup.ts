// Backup and restore of the database file as a whole.

import { once } from 'node:events'
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Lock } from '../../kit/storage.ts'
import { createFile, openDatabase, unavailable } from './file.ts'
import { startThread } from './thread.ts'

/** A consistent copy of the database at `path`; `turn` keeps other backups of the same file out meanwhile. */
export async function* backUp(path: string, turn: () => Promise<Lock>): AsyncGenerator<Uint8Array> {
  const copy = `${path}.backup`
  const lock = await turn()
  try {
    // Under the lock a copy that is found was left by a process that died.
    rmSync(copy, { force: true })
    createFile(copy)
    const thread = startThread('copier', { workerData: { from: path, to: copy } })
    await once(thread, 'exit')
    yield* createReadStream(copy)
  } catch (error) {
    throw unavailable(error)
  } finally {
    rmSync(copy, { force: true })
    await lock.release()
  }
}

/** Fills the empty database at `path` with what `backUp` gave. */
export async function restore(path: string, source: AsyncIterable<Uint8Array>, turn: () => Promise<Lock>): Promise<void> {
  const copy = `${path}.restore`
  const lock = await turn()
  try {
    rmSync(copy, { force: true })
    createFile(copy)
    await pipeline(Readable.from(source, { objectMode: false }), createWriteStream(copy, { mode: 0o600 }))
    load(path, copy)
  } finally {
    rmSync(copy, { force: true })
    await lock.release()
  }
}

function load(path: string, copy: string): void {
  const database = openDatabase(path, 'writer')
  try {
    attach(database, copy)
    database.exec('BEGIN IMMEDIATE')
    if (database.prepare('SELECT 1 FROM main.data LIMIT 1').get()) throw new Fault('precondition', 'the store is not empty')
    // The row that skips a number tells every watcher that it missed changes; versions go on from the copy's.
    database.exec(`
      INSERT INTO main.data (key, version, value) SELECT key, version, value FROM copy.data;
      INSERT INTO main.changes SELECT 2 + max((SELECT coalesce(max(seq), 0) FROM main.changes), (SELECT coalesce(max(seq), 0) FROM copy.changes)), '';
      COMMIT
    `)
  } catch (error) {
    throw unavailable(error)
  } finally {
    database.close()
  }
}

function attach(database: DatabaseSync, copy: string): void {
  const sound = (): boolean => {
    database.prepare('ATTACH ? AS copy').run(copy)
    const tables = database.prepare("SELECT count(*) AS found FROM copy.sqlite_schema WHERE type = 'table' AND name IN ('data', 'changes')").get()
    const pages = database.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count('copy'), pragma_page_size('copy')").get()
    if (tables?.['found'] !== 2 || pages?.['bytes'] !== statSync(copy).size) return false
    return database.prepare('PRAGMA copy.quick_check').get()?.['quick_check'] === 'ok'
  }
  try {
    if (sound()) return
  } catch {
    // Every way in which SQLite fails on a file that it cannot read means the same here.
  }
  throw invalid('not a sound backup of this type of store')
}
