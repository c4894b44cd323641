// Backup from one snapshot of the database, and restore in one transaction.

import type pg from 'pg'
import { Fault } from '../../kit/errors.ts'
import { readFrames, writeFrames, type Entry } from '../frames.ts'
import { connect, unavailable } from './connection.ts'
import type { Names } from './schema.ts'

const fetchRows = 32
const insertBytes = 4 * 1024 * 1024
const insertRows = 1000

async function* readAll(url: string, { data }: Names): AsyncGenerator<Entry> {
  const client = await connect(url, () => {})
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await client.query(`DECLARE items NO SCROLL CURSOR FOR SELECT key, version, value FROM ${data} ORDER BY key`)
    for (;;) {
      const { rows } = await client.query(`FETCH ${fetchRows} FROM items`)
      if (rows.length === 0) return
      for (const { key, version, value } of rows) yield { key, value, version: Number(version) }
    }
  } catch (error) {
    throw unavailable(error)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The store as of one moment, in the common frames. */
export const backUp = (url: string, names: Names): AsyncGenerator<Uint8Array> => writeFrames(readAll(url, names))

async function insertAll(client: pg.Client, { data }: Names, source: AsyncIterable<Uint8Array>): Promise<void> {
  let entries: Entry[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    const columns = [entries.map(({ key }) => key), entries.map(({ version }) => version), entries.map(({ value }) => value)]
    await client.query(`INSERT INTO ${data} SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])`, columns)
    entries = []
    size = 0
  }
  for await (const entry of readFrames(source)) {
    entries.push(entry)
    size += entry.value.byteLength
    if (size >= insertBytes || entries.length >= insertRows) await flush()
  }
  await flush()
}

/** Fills the empty store; nothing of it is seen by anyone before all of it is. */
export async function restore(url: string, names: Names, source: AsyncIterable<Uint8Array>): Promise<void> {
  const { data, state, versions } = names
  const client = await connect(url, () => {})
  try {
    await client.query(`BEGIN; LOCK TABLE ${data} IN EXCLUSIVE MODE`)
    const { rows } = await client.query(`SELECT 1 FROM ${data} LIMIT 1`)
    if (rows.length > 0) throw new Fault('precondition', 'the store is not empty')
    await insertAll(client, names, source)
    await client.query(`SELECT setval('${versions}', greatest(nextval('${versions}'), (SELECT max(version) FROM ${data})))`)
    await client.query(`UPDATE ${state} SET trimmed = pg_current_xact_id()`)
    await client.query('COMMIT')
  } catch (error) {
    throw unavailable(error)
  } finally {
    await client.end().catch(() => {})
  }
}
