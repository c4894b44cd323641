// The store for any number of nodes: one PostgreSQL database (or what speaks its wire and knows its snapshots).

import pg from 'pg'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Item, Storage, StorageType } from '../../kit/storage.ts'
import { checkBatch, range } from '../key.ts'
import { backUp, restore } from './backup.ts'
import { connectionConfig, retry } from './connection.ts'
import { createChanges } from './feed.ts'
import { createGroup } from './group.ts'
import { createLocks } from './lock.ts'
import { createNames, createTables, keptChanges, type Names } from './schema.ts'

export interface PostgresOptions {
  /** Connection URL; `sslmode` and `sslrootcert` in it choose TLS. */
  url: string
  /** An existing schema; without it the connection's own. */
  schema?: string
  /** Begins the name of every table, so that stores may share a database. */
  prefix?: string
  /** Connections for reads and writes, half of them for writes at most; watching and locks use one more each. */
  poolSize?: number
}

const trimEvery = 1000
const defaultPool = 10
// A node that stalls within a transaction holds locks that others wait for.
const idleInTransaction = 10_000

const createReads = (pool: pg.Pool, { data }: Names): Pick<Storage, 'get' | 'list'> => {
  const one = { name: 'strongroom-get', text: `SELECT value, version FROM ${data} WHERE key = $1` }
  const some = { name: 'strongroom-list', text: `SELECT key FROM ${data} WHERE key >= $1 AND key < $2 AND key <> $3 ORDER BY key LIMIT $4` }
  const rest = { name: 'strongroom-rest', text: `SELECT key FROM ${data} WHERE key >= $1 AND key <> $2 ORDER BY key LIMIT $3` }

  return {
    async get(key): Promise<Item | null> {
      const { rows } = await retry(() => pool.query({ ...one, values: [key] }))
      return rows.length === 0 ? null : { value: rows[0].value, version: Number(rows[0].version) }
    },
    async list(prefix, page) {
      const { from, after, to, limit } = range(prefix, page)
      const query = to === null ? { ...rest, values: [from, after, limit] } : { ...some, values: [from, to, after, limit] }
      return (await retry(() => pool.query(query))).rows.map(({ key }) => key)
    },
  }
}

// In one statement, so that whoever misses the rows also sees the mark.
const trimStatement = ({ changes, state }: Names): string => `
  WITH gone AS (DELETE FROM ${changes} WHERE seq <= (SELECT max(seq) FROM ${changes}) - ${keptChanges} RETURNING xid),
  newest AS (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1)
  UPDATE ${state} SET trimmed = greatest(trimmed, newest.xid) FROM newest`

/** Opens the store in the database at `url`, laid out first where it is new; a Fault `unavailable` where it does not answer. */
export async function openPostgres({ url, schema = '', prefix = 'strongroom_', poolSize = defaultPool }: PostgresOptions): Promise<Storage> {
  const names = createNames(schema, prefix)
  const pool = new pg.Pool({ ...connectionConfig(url), max: poolSize, pipeline: true, idle_in_transaction_session_timeout: idleInTransaction })
  // A connection that breaks leaves the pool by itself; without listeners, on one that is lent out too, the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await retry(() => layOut(pool, names))
  } catch (error) {
    await pool.end()
    throw error
  }
  const changes = createChanges(url, names)
  const locks = createLocks(url, names)
  let untrimmed = 0
  const group = createGroup(pool, names, Math.max(1, poolSize >> 1), (keys) => {
    changes.tell(keys)
    untrimmed += keys.length
    if (untrimmed < trimEvery) return
    untrimmed = 0
    // Left undone, it is done by the next write that counts to a thousand.
    void pool.query(trimStatement(names)).catch(() => {})
  })
  const reads = createReads(pool, names)
  let closed: Promise<void> | undefined
  const open = (): void => {
    if (closed) throw new Fault('unavailable', 'the store is closed')
  }
  const close = async (): Promise<void> => {
    await Promise.all([group.drain(), changes.close(), locks.close(new Fault('unavailable', 'the store is closed'))])
    await pool.end()
  }

  return {
    distant: true,
    async get(key) {
      open()
      return reads.get(key)
    },
    async list(prefix, page) {
      open()
      return reads.list(prefix, page)
    },
    async commit(batch) {
      open()
      checkBatch(batch)
      await group.commit(batch)
      return 0
    },
    watch: changes.watch,
    lock: locks.lock,
    backup: () => backUp(url, names),
    async restore(source) {
      open()
      await restore(url, names, source)
      changes.tell(null)
    },
    close: () => (closed ??= close()),
  }
}

async function layOut(pool: pg.Pool, names: Names): Promise<void> {
  const client = await pool.connect()
  try {
    await createTables(client, names)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}

export const postgresStorage: StorageType = {
  type: 'postgres',
  about: 'A PostgreSQL database at `connection_url`, shared by any number of nodes.',
  async open({ connection_url: url, schema, table_prefix: prefix, pool_size: size }) {
    if (!url) throw invalid('storage "postgres" needs a connection_url')
    const poolSize = size === undefined ? defaultPool : Number(size)
    if (!Number.isInteger(poolSize) || poolSize < 1 || poolSize > 1000) throw invalid('pool_size is a whole number from 1 to 1000')
    return openPostgres({ url, poolSize, ...(schema !== undefined && { schema }), ...(prefix !== undefined && { prefix }) })
  },
}
