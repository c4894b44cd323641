// The embedded store: one SQLite file that any number of processes of this machine share. Reads run on
// the calling thread, writes in groups on a thread of their own.

import type { DatabaseSync } from 'node:sqlite'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Item, Page, Storage, StorageType } from '../../kit/storage.ts'
import { range } from '../key.ts'
import { backUp, restore } from './backup.ts'
import { createWatch } from './feed.ts'
import { createFile, openDatabase, unavailable } from './file.ts'
import { createLocks } from './lock.ts'
import { createSnapshot } from './snapshot.ts'
import { createWriterThread } from './thread.ts'

const absent: Promise<null> = Promise.resolve(null)
// A blob lies after every text in SQLite's order of types.
const afterAllText = new Uint8Array(0)

function createReads(database: DatabaseSync): Pick<Storage, 'get' | 'list'> {
  const one = database.prepare('SELECT value, version FROM data WHERE key = ?')
  const keys = database.prepare('SELECT key FROM data WHERE key >= ? AND key < ? AND key <> ? ORDER BY key LIMIT ?')
  // As arrays: the names of an object's members would be looked up anew for each row.
  one.setReturnArrays(true)
  keys.setReturnArrays(true)

  return {
    get(key) {
      try {
        const row = one.get(key) as unknown as [Uint8Array, number] | undefined
        return row === undefined ? absent : Promise.resolve({ value: row[0], version: row[1] } satisfies Item)
      } catch (error) {
        return Promise.reject(unavailable(error))
      }
    },
    async list(prefix: string, page?: Page) {
      const { from, after, to, limit } = range(prefix, page)
      try {
        return (keys.all(from, to ?? afterAllText, after, limit) as unknown as [string][]).map(([key]) => key)
      } catch (error) {
        throw unavailable(error)
      }
    },
  }
}

/** Opens the store in the file at `path`, which is created with its folder where missing. */
export function openSqlite(path: string): Storage {
  const closing = new AbortController()
  const database = openFile(path)
  const snapshot = createSnapshot(database)
  const writer = createWriterThread(path, () => snapshot.end())
  const watch = createWatch(database, snapshot)
  const lock = createLocks(`${path}.locks`, closing.signal)
  let closed: Promise<void> | undefined

  const close = async (): Promise<void> => {
    closing.abort(new Fault('unavailable', 'the store is closed'))
    await writer.close()
    snapshot.end()
    database.close()
  }

  return {
    ...createReads(database),
    commit: (batch) => writer.commit(batch),
    watch,
    lock,
    backup: () => backUp(path, () => lock('store/backup')),
    restore: (source) => restore(path, source, () => lock('store/restore')),
    close: () => (closed ??= close()),
  }
}

function openFile(path: string): DatabaseSync {
  try {
    createFile(path)
    return openDatabase(path, 'reader')
  } catch (error) {
    throw unavailable(error)
  }
}

export const sqliteStorage: StorageType = {
  type: 'sqlite',
  about: 'One SQLite file, shared by the processes of one machine; `path` names it.',
  async open({ path }) {
    if (!path) throw invalid('storage "sqlite" needs a path')
    return openSqlite(path)
  },
}
