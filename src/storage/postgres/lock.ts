// Named locks between nodes: session advisory locks on one connection. The server frees them when that
// connection ends, and this node notices the same end, or the silence of a server that it asks, and calls them lost.

import type pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lock } from '../../kit/storage.ts'
import { createLock, createTurns } from '../turns.ts'
import { connect, unavailable } from './connection.ts'
import type { Names } from './schema.ts'

const firstWait = 10
const longestWait = 200
const beatEvery = 1000
const beatTimeout = 4000

export interface Locks {
  lock(name: string, signal?: AbortSignal): Promise<Lock>
  close(reason: unknown): Promise<void>
}

export function createLocks(url: string, names: Names): Locks {
  const turns = createTurns()
  const closing = new AbortController()
  const held = new Set<(reason: unknown) => void>()
  let session: pg.Client | undefined
  let opening: Promise<pg.Client> | undefined
  let beat: NodeJS.Timeout | undefined

  const lose = (reason: unknown, client: pg.Client | undefined): void => {
    if (client !== session) return
    session = opening = undefined
    clearInterval(beat)
    for (const drop of held) drop(reason)
  }

  const open = async (): Promise<pg.Client> => {
    try {
      const client = (session = await connect(url, lose))
      beat = setInterval(() => {
        client.query({ text: 'SELECT 1', query_timeout: beatTimeout } as pg.QueryConfig).catch((error: unknown) => {
          lose(error, client)
          void client.end().catch(() => {})
        })
      }, beatEvery).unref()
      return client
    } catch (error) {
      opening = undefined
      throw unavailable(error)
    }
  }

  const take = async (id: string, signal: AbortSignal): Promise<pg.Client> => {
    for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
      signal.throwIfAborted()
      const client = await (opening ??= open())
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1::bigint) AS taken', [id])
      if (rows[0].taken) return client
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  const lock = async (name: string, given?: AbortSignal): Promise<Lock> => {
    const signal = given ? AbortSignal.any([given, closing.signal]) : closing.signal
    const done = await turns.take(name, signal)
    try {
      const id = names.lockId(name)
      const client = await take(id, signal)
      const drop = (reason: unknown): void => {
        held.delete(drop)
        lock.lose(reason)
        done()
      }
      const lock = createLock(async () => {
        held.delete(drop)
        // A connection that fails here ends, and the lock with it.
        await client.query('SELECT pg_advisory_unlock($1::bigint)', [id]).catch(() => {})
        done()
      })
      held.add(drop)
      return lock
    } catch (error) {
      done()
      throw signal.aborted ? error : unavailable(error)
    }
  }

  return {
    lock,
    async close(reason) {
      closing.abort(reason)
      const client = await opening?.catch(() => undefined)
      lose(reason, session)
      await client?.end().catch(() => {})
    },
  }
}
