// Group commit: the batches that wait go into one transaction of at most 64 distinct keys. Advisory locks
// on the hashes of all keys, taken in order, keep other nodes out meanwhile, absent keys included.

import type pg from 'pg'
import { Fault } from '../../kit/errors.ts'
import type { Batch } from '../../kit/storage.ts'
import { retry, unavailable } from './connection.ts'
import type { Names } from './schema.ts'

const groupKeys = 64
// A batch with more keys keeps everyone else out by one lock: the server's lock table is finite.
const lockedKeys = 512

interface Waiting {
  batch: Batch
  keys: string[]
  resolve(): void
  reject(error: unknown): void
}

interface Plan {
  conflicts: Set<Waiting>
  put: Map<string, Uint8Array>
  gone: Set<string>
}

/** What a transaction has to write, given the versions of the keys that its batches expect; later batches see earlier ones. */
function plan(group: Waiting[], versions: Map<string, number>): Plan {
  const { conflicts, put, gone }: Plan = { conflicts: new Set(), put: new Map(), gone: new Set() }
  const version = (key: string): number => (put.has(key) ? Number.NaN : gone.has(key) ? 0 : (versions.get(key) ?? 0))
  for (const waiting of group) {
    const { batch } = waiting
    if ([...(batch.expect ?? [])].some(([key, expected]) => version(key) !== expected)) {
      conflicts.add(waiting)
      continue
    }
    for (const [key, value] of batch.put ?? []) {
      gone.delete(key)
      put.set(key, value)
    }
    for (const key of batch.delete ?? []) {
      put.delete(key)
      gone.add(key)
    }
  }
  return { conflicts, put, gone }
}

/** FNV-1a over UTF-16 units, never 0: 0 is the lock that batches of many keys take alone. */
function hash(key: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  return h | 0 || 1
}

function beginStatement({ writeClass }: Names, keys: Set<string>): string {
  if (keys.size > lockedKeys) return `BEGIN; SELECT pg_advisory_xact_lock(${writeClass}, 0)`
  const hashes = [...new Set(Array.from(keys, hash))].sort((a, b) => a - b)
  return `BEGIN; SELECT pg_advisory_xact_lock_shared(${writeClass}, 0);
    SELECT pg_advisory_xact_lock(${writeClass}, h) FROM unnest('{${hashes.join(',')}}'::int[]) AS h`
}

const writeStatement = ({ data, changes, versions, channel }: Names): string => `
  WITH written AS (
    INSERT INTO ${data} (key, version, value)
    SELECT k, nextval('${versions}'), v FROM unnest($1::text[], $2::bytea[]) AS given (k, v)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value RETURNING key
  ), gone AS (
    DELETE FROM ${data} WHERE key = ANY($3::text[]) RETURNING key
  ), noted AS (
    INSERT INTO ${changes} (key) SELECT key FROM written UNION ALL SELECT key FROM gone
  )
  SELECT pg_notify('${channel.slice(1, -1)}', '')`

export interface Group {
  commit(batch: Batch): Promise<void>
  /** Resolves when everything that was asked is settled. */
  drain(): Promise<void>
}

/** Commits through `pool` in at most `parallel` transactions at once; `changed` hears the keys of each before its batches resolve. */
export function createGroup(pool: pg.Pool, names: Names, parallel: number, changed: (keys: string[]) => void): Group {
  const queue: Waiting[] = []
  const running = new Set<Promise<void>>()
  const write = { name: 'strongroom-write', text: writeStatement(names) }
  const read = { name: 'strongroom-versions', text: `SELECT key, version FROM ${names.data} WHERE key = ANY($1::text[])` }

  const next = (): { group: Waiting[]; keys: Set<string> } => {
    const keys = new Set<string>()
    let count = 0
    for (; count < queue.length; count++) {
      const fresh = queue[count]!.keys.filter((key) => !keys.has(key))
      if (count > 0 && keys.size + fresh.length > groupKeys) break
      for (const key of fresh) keys.add(key)
    }
    return { group: queue.splice(0, count), keys }
  }

  // Nothing is written before the versions are known, so up to there everything may be repeated.
  const expectedVersions = async (client: pg.PoolClient, group: Waiting[], keys: Set<string>): Promise<Map<string, number>> => {
    const expected = [...new Set(group.flatMap(({ batch }) => [...(batch.expect?.keys() ?? [])]))]
    // A statement of its own, after the locks: it must see what their former holders committed.
    const [, { rows }] = await Promise.all([client.query(beginStatement(names, keys)), client.query({ ...read, values: [expected] })])
    return new Map(rows.map(({ key, version }) => [key, Number(version)]))
  }

  /** Runs `use` on a connection of the pool, which is dropped if that fails: it may be within a transaction. */
  const lend = async <T>(use: (client: pg.PoolClient) => Promise<T>): Promise<{ client: pg.PoolClient; result: T }> => {
    const client = await pool.connect()
    try {
      return { client, result: await use(client) }
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  const transact = async (group: Waiting[], keys: Set<string>): Promise<Plan> => {
    const reads = group.some(({ batch }) => batch.expect && batch.expect.size > 0)
    const { client, result: versions } = await retry(() => lend(async (client) => (reads ? expectedVersions(client, group, keys) : undefined)))
    const planned = plan(group, versions ?? new Map())
    const { put, gone } = planned
    // All in one flight. A statement that fails makes COMMIT roll back; a connection that fails leaves the outcome open.
    const statements: (string | pg.QueryConfig)[] = reads ? [] : [beginStatement(names, keys)]
    if (put.size + gone.size > 0) statements.push({ ...write, values: [[...put.keys()], [...put.values()], [...gone]] })
    try {
      await Promise.all([...statements, 'COMMIT'].map((statement) => client.query(statement)))
    } catch (error) {
      client.release(true)
      throw error
    }
    client.release()
    return planned
  }

  const run = async (): Promise<void> => {
    const { group, keys } = next()
    try {
      const { conflicts, put, gone } = await transact(group, keys)
      if (put.size + gone.size > 0) changed([...put.keys(), ...gone])
      for (const waiting of group) {
        if (conflicts.has(waiting)) waiting.reject(new Fault('conflict'))
        else waiting.resolve()
      }
    } catch (error) {
      for (const waiting of group) waiting.reject(unavailable(error))
    }
  }

  const pump = (): void => {
    while (queue.length > 0 && running.size < parallel) {
      const one = run().finally(() => {
        running.delete(one)
        pump()
      })
      running.add(one)
    }
  }

  return {
    commit: (batch) => new Promise((resolve, reject) => {
      const keys = [...(batch.expect?.keys() ?? []), ...(batch.put ?? []).map(([key]) => key), ...(batch.delete ?? [])]
      if (queue.push({ batch, keys, resolve, reject }) === 1) setImmediate(pump)
    }),
    async drain() {
      pump()
      while (running.size > 0) await Promise.all(running)
    },
  }
}
