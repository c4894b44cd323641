// Named locks between processes: each name has an empty database file beside the store, and who holds
// SQLite's exclusive lock on it holds the name. The kernel drops that lock with its process, so
// a crash hands over at once and no clock or heartbeat can be wrong.

import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLock, createTurns } from '../turns.ts'
import type { Lock } from '../../kit/storage.ts'
import { isBusy, unavailable } from './file.ts'

const firstWait = 10
const longestWait = 250

/** Takes the lock file or returns null where another process has it. Files are never removed: the name is the inode. */
function tryLock(file: string): DatabaseSync | null {
  closeSync(openSync(file, 'a', 0o600))
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw unavailable(error)
  }
}

async function waitForLock(file: string, signal: AbortSignal): Promise<DatabaseSync> {
  for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
    signal.throwIfAborted()
    const held = tryLock(file)
    if (held) return held
    await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Locks kept in `folder`, which is made at first use; all are lost when `closing` aborts. */
export function createLocks(folder: string, closing: AbortSignal): (name: string, signal?: AbortSignal) => Promise<Lock> {
  const turns = createTurns()

  return async (name, given) => {
    const signal = given ? AbortSignal.any([given, closing]) : closing
    const done = await turns.take(name, signal)
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const held = await waitForLock(join(folder, createHash('sha256').update(name).digest('hex').slice(0, 32)), signal)
      const free = (): void => {
        closing.removeEventListener('abort', lose)
        held.close()
        done()
      }
      const lock = createLock(free)
      const lose = (): void => {
        lock.lose(closing.reason)
        free()
      }
      closing.addEventListener('abort', lose)
      return lock
    } catch (error) {
      done()
      throw error
    }
  }
}
