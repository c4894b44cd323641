// The tables in the database, and the names and numbers derived from their prefix.

import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { Fault, invalid } from '../../kit/errors.ts'

/** Rows of `changes` that are kept; whoever is further behind drops every cache. */
export const keptChanges = 100_000

export interface Names {
  data: string
  changes: string
  state: string
  versions: string
  channel: string
  /** First half of the advisory locks that guard keys while they are written. */
  writeClass: number
  /** The advisory lock that stands for a named lock. */
  lockId(name: string): string
}

/** Quoted names for a `schema` ('' is the connection's own) and table `prefix`; a Fault `invalid` for other than plain identifiers. */
export function createNames(schema: string, prefix: string): Names {
  for (const part of [schema, prefix]) {
    if (!/^[a-z0-9_]{0,32}$/.test(part)) throw invalid('a schema or table prefix has at most 32 letters a-z, digits and _')
  }
  const table = (name: string): string => (schema ? `"${schema}".` : '') + `"${prefix}${name}"`
  const digest = (text: string): Buffer => createHash('sha256').update(`strongroom ${schema}.${prefix} ${text}`).digest()
  return {
    data: table('data'),
    changes: table('changes'),
    state: table('state'),
    versions: table('versions'),
    channel: `"strongroom_${digest('channel').toString('hex', 0, 8)}"`,
    writeClass: digest('write').readInt32BE(0),
    lockId: (name) => digest(`lock ${name}`).readBigInt64BE(0).toString(),
  }
}

// Values are ciphertext: compressing them would cost and gain nothing (EXTERNAL). `trimmed` is the newest
// transaction whose changes were removed, so that a reader knows when it is too far behind.
const tables = ({ data, changes, state, versions }: Names): string => `
  CREATE TABLE IF NOT EXISTS ${data} (key text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, value bytea NOT NULL);
  ALTER TABLE ${data} ALTER COLUMN value SET STORAGE EXTERNAL;
  CREATE SEQUENCE IF NOT EXISTS ${versions};
  CREATE TABLE IF NOT EXISTS ${changes} (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), key text NOT NULL
  );
  CREATE INDEX IF NOT EXISTS ${changes.split('.').at(-1)!.replace(/"$/, '_xid"')} ON ${changes} (xid);
  CREATE TABLE IF NOT EXISTS ${state} (single boolean PRIMARY KEY DEFAULT true CHECK (single), trimmed xid8 NOT NULL);
  INSERT INTO ${state} (trimmed) VALUES ('0') ON CONFLICT DO NOTHING;
`

/** Lays out the tables where they are missing. */
export async function createTables(client: Pick<Client, 'query'>, names: Names): Promise<void> {
  const { rows } = await client.query(`SELECT current_setting('server_encoding') AS encoding, to_regclass($1) IS NOT NULL AS found`, [names.state])
  if (rows[0].encoding !== 'UTF8') throw new Fault('invalid', 'the database must be encoded in UTF8')
  if (rows[0].found) return
  await client.query('BEGIN')
  await client.query(`SELECT pg_advisory_xact_lock(${names.lockId('tables')})`)
  await client.query(tables(names))
  await client.query('COMMIT')
}
