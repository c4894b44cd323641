// One look at the store for all requests that arrived together. A read of SQLite spends as much on taking and giving
// back its locks as on finding the row: what the event loop hands in at once shares one transaction.

import type { DatabaseSync } from 'node:sqlite'

/** The event loop takes events in lots of 1024: who comes after this many may have arrived after the look. */
const together = 512

export interface Snapshot {
  /** Runs `look` first thing in a new transaction, unless one is open whose look still counts. False: the store failed. */
  share(look: () => void): boolean
  /** Ends the transaction, if one is open: later reads see what was committed meanwhile. */
  end(): void
}

/**
 * The transaction ends when the event loop has handed in all that it had: every request that finds it open had
 * arrived before it was opened.
 */
export function createSnapshot(database: DatabaseSync): Snapshot {
  const begin = database.prepare('BEGIN')
  const commit = database.prepare('COMMIT')
  let shared = 0
  let ending = false

  const end = (): void => {
    if (shared === 0) return
    shared = 0
    if (database.isTransaction) commit.run()
  }

  return {
    end,
    share(look) {
      if (shared > 0 && shared++ < together) return true
      end()
      try {
        begin.run()
        shared = 1
        look()
      } catch {
        end()
        return false
      }
      if (!ending) {
        ending = true
        setImmediate(() => {
          ending = false
          end()
        })
      }
      return true
    },
  }
}
