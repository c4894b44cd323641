// Which keys any node changed: a poll of `changes` by transaction id, hurried by NOTIFY. Caches live under a lease
// that ends one second after the start of the last completed poll, on this machine's monotonic clock.
//
// Transactions do not commit in the order of their numbers; what the previous snapshot could not see and this one
// can is exactly what was committed between them.

import type pg from 'pg'
import type { Feed } from '../../kit/storage.ts'
import { connect } from './connection.ts'
import type { Names } from './schema.ts'

const lease = 1000
const pollEvery = 10
const retryEvery = 250
// Longer than that a request had better read through.
const pollTimeout = 2000

type Listener = (keys: string[] | null) => void

export interface Changes {
  watch(changed: Listener): Feed
  /** Tells every listener of this node at once, before the poll would. */
  tell(keys: string[] | null): void
  close(): Promise<void>
}

const pollStatement = ({ changes, state }: Names): string => `
  SELECT pg_current_snapshot()::text AS snapshot,
    (SELECT trimmed FROM ${state}) >= pg_snapshot_xmin($1::pg_snapshot) AS gap,
    ARRAY(
      SELECT DISTINCT key FROM ${changes}
      WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
    ) AS keys`

/** Runs `check` so that whoever asks gets one that began after the question, shared with all who asked meanwhile. */
export function shareChecks<T>(check: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let queued: Promise<T> | undefined
  const begin = (): Promise<T> => {
    const one: Promise<T> = check().finally(() => {
      if (running === one) running = undefined
    })
    return (running = one)
  }
  const afterwards = (): Promise<T> => {
    queued = undefined
    return begin()
  }
  return () => (running === undefined ? begin() : (queued ??= running.then(afterwards, afterwards)))
}

export function createChanges(url: string, names: Names): Changes {
  const listeners = new Set<Listener>()
  const poll = { name: 'strongroom-changes', text: pollStatement(names), query_timeout: pollTimeout }
  let session: pg.Client | undefined
  let snapshot: string | undefined
  let checked = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let polling = false
  let closed = false

  const tell = (keys: string[] | null): void => {
    for (const listener of listeners) listener(keys)
  }

  const open = async (): Promise<pg.Client> => {
    const client = await connect(url, (_, ended) => {
      if (session === ended) session = undefined
    })
    if (closed) {
      await client.end()
      throw new Error('the feed is closed')
    }
    client.on('notification', wake)
    await client.query(`LISTEN ${names.channel}`)
    // Whatever answers now may not be the server that answered before.
    snapshot = undefined
    return (session = client)
  }

  const look = async (): Promise<boolean> => {
    const started = performance.now()
    try {
      const client = session ?? (await open())
      const since = snapshot
      const { rows } = since === undefined
        ? await client.query('SELECT pg_current_snapshot()::text AS snapshot, true AS gap')
        : await client.query({ ...poll, values: [since] })
      const [{ snapshot: now, gap, keys }] = rows as [{ snapshot: string; gap: boolean; keys: string[] }]
      snapshot = now
      if (gap) tell(null)
      else if (keys.length > 0) tell(keys)
      checked = started
      return !closed
    } catch {
      drop()
      return false
    }
  }

  const drop = (): Promise<void> => {
    const client = session
    session = undefined
    snapshot = undefined
    checked = Number.NEGATIVE_INFINITY
    return client ? client.end().catch(() => {}) : Promise.resolve()
  }

  const check = shareChecks(look)

  function wake(): void {
    if (polling || closed || listeners.size === 0) return
    clearTimeout(timer)
    polling = true
    void check().then((answered) => {
      polling = false
      clearTimeout(timer)
      timer = setTimeout(wake, answered ? pollEvery : retryEvery).unref()
    })
  }

  return {
    tell,
    watch(changed) {
      const listener: Listener = (keys) => changed(keys)
      listeners.add(listener)
      wake()
      return {
        fresh(strict) {
          if (!listeners.has(listener) || closed) return false
          return !strict && performance.now() - checked < lease ? true : check()
        },
        close: () => void listeners.delete(listener),
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await drop()
    },
  }
}
