// Which keys any process changed, told before a request that asked: SQLite's `data_version` says whether
// another connection (the writer of this process among them) has committed, the table `changes` says what.

import type { DatabaseSync } from 'node:sqlite'
import type { Feed } from '../../kit/storage.ts'

type Listener = (keys: string[] | null) => void

/** Returns `watch` over the reader's connection, which must have no transaction or iterator open between calls. */
export function createWatch(database: DatabaseSync): (changed: Listener) => Feed {
  const dataVersion = database.prepare('PRAGMA data_version')
  dataVersion.setReturnArrays(true)
  const lastChange = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM changes')
  const changesSince = database.prepare('SELECT seq, key FROM changes WHERE seq > ? ORDER BY seq')
  const listeners = new Set<Listener>()
  const version = (): unknown => (dataVersion.get() as unknown as unknown[])[0]

  let seen = version()
  let seq = Number(lastChange.get()!['seq'])

  const tell = (keys: string[] | null): void => {
    for (const listener of listeners) listener(keys)
  }
  const check = (): boolean => {
    const now = version()
    if (now === seen) return true
    const changes = changesSince.all(seq) as { seq: number; key: string }[]
    seen = now
    if (changes.length === 0) return true
    const gap = changes[0]!.seq !== seq + 1
    seq = changes.at(-1)!.seq
    tell(gap ? null : changes.map(({ key }) => key))
    return true
  }

  return (changed) => {
    const listener: Listener = (keys) => changed(keys)
    // A feed starts at its own birth: what happened before is not told to it, nor lost to the others.
    check()
    listeners.add(listener)
    return {
      fresh() {
        if (!listeners.has(listener)) return false
        try {
          return check()
        } catch {
          return false
        }
      },
      close: () => void listeners.delete(listener),
    }
  }
}
