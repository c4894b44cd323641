// Which keys any process changed, told before a request that asked: SQLite's `data_version` says whether
// another connection (the writer of this process among them) has committed, the table `changes` says what.

import type { DatabaseSync } from 'node:sqlite'
import type { Feed } from '../../kit/storage.ts'
import { keptChanges } from './file.ts'
import type { Snapshot } from './snapshot.ts'

type Listener = (keys: string[] | null, first?: number) => void

/** Returns `watch` over the reader's connection, on which no transaction but the snapshot's may be open between calls. */
export function createWatch(database: DatabaseSync, snapshot: Snapshot): (changed: Listener) => Feed {
  const dataVersion = database.prepare('PRAGMA data_version')
  dataVersion.setReturnArrays(true)
  const lastChange = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM changes')
  const changesSince = database.prepare('SELECT seq, keys FROM changes WHERE seq > ? ORDER BY seq')
  changesSince.setReturnArrays(true)
  const listeners = new Set<Listener>()
  const version = (): unknown => (dataVersion.get() as unknown as unknown[])[0]

  let seen = version()
  let seq = Number(lastChange.get()!['seq'])

  const tell: Listener = (keys, first) => {
    for (const listener of listeners) listener(keys, first)
  }
  const check = (): void => {
    const now = version()
    if (now === seen) return
    const commits = changesSince.all(seq) as unknown as [seq: number, keys: string][]
    seen = now
    if (commits.length === 0) return
    const keys = commits.flatMap(([, changed]) => changed.split('\0'))
    const last = commits.at(-1)![0]
    const first = seq + 1
    const missed = last - seq !== keys.length || keys.length > keptChanges
    seq = last
    if (missed) tell(null)
    else tell(keys, first)
  }

  return (changed) => {
    const listener: Listener = (keys, first) => changed(keys, first)
    // A feed starts at its own birth: what happened before is not told to it, nor lost to the others.
    check()
    listeners.add(listener)
    return {
      fresh() {
        if (!listeners.has(listener)) return false
        try {
          snapshot.end()
          check()
          return true
        } catch {
          return false
        }
      },
      freshOnArrival: () => listeners.has(listener) && snapshot.share(check),
      close: () => void listeners.delete(listener),
    }
  }
}
