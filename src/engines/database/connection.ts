// Stored connections and the open databases behind them: one pool each, replaced when its settings change.
import { Fault, invalid } from '../../kit/errors.ts'
import { matchesAnyGlob } from '../../kit/glob.ts'
import type { Context } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'
import { LoginRefused, type Database } from './drivers/driver.ts'
import { driverFor } from './drivers/index.ts'

export interface Connection {
  plugin: string
  version: string
  /** By the names of the driver's options. */
  options: Record<string, unknown>
  /** Role names, `*` inside for any characters. */
  allowedRoles: string[]
  rootStatements: string[]
  passwordPolicy: string
  /** Changes whenever the open pool is out of date. */
  revision: string
  /** A new administrator's password that the database may already want: kept until one of the two is known to work. */
  pending?: string
}

export const connectionFolder = 'config/'

export const findConnection = (store: Reader, name: string): Promise<Connection | null> => store.read<Connection>(connectionFolder + name)

export async function needConnection(store: Reader, name: string): Promise<Connection> {
  const found = await findConnection(store, name)
  if (!found) throw invalid(`failed to find entry for connection with name: "${name}"`)
  return found
}

/** Throws `denied` unless the connection lets roles of this name use it. */
export function checkAllowed(connection: Connection, role: string): void {
  if (!matchesAnyGlob(connection.allowedRoles, role)) throw new Fault('denied', `"${role}" is not an allowed role`)
}

const databases = new Map<string, { revision: string; database: Database }>()
const keyOf = (context: Context, name: string): string => `${context.mount.uuid}/${name}`

/** Forgets the open pool; work under way on it finishes first. */
export function closeConnection(context: Context, name: string): void {
  const present = databases.get(keyOf(context, name))
  databases.delete(keyOf(context, name))
  present?.database.close().catch(() => {})
}

function acquire(context: Context, name: string, connection: Connection): Database {
  const present = databases.get(keyOf(context, name))
  if (present?.revision === connection.revision) return present.database
  closeConnection(context, name)
  const database = driverFor(connection.plugin).open(connection.options)
  databases.set(keyOf(context, name), { revision: connection.revision, database })
  return database
}

/** Logs in once with a set of options that is not stored (yet). */
export async function tryConnection(plugin: string, options: Record<string, unknown>): Promise<void> {
  const database = driverFor(plugin).open(options)
  try {
    await database.ping()
  } finally {
    await database.close().catch(() => {})
  }
}

/** Makes the pending password the connection's own, once it is known that it logs in. */
export async function settlePending(context: Context, name: string, connection: Connection): Promise<Connection> {
  const password = connection.pending
  await tryConnection(connection.plugin, { ...connection.options, password })
  return context.store.update(async (tx) => {
    const present = await needConnection(tx, name)
    if (present.pending !== password) return present
    const { pending: _, ...rest } = present
    const settled: Connection = { ...rest, options: { ...present.options, password }, revision: newRevision(context) }
    tx.write(connectionFolder + name, settled)
    return settled
  })
}

export const newRevision = (context: Context): string => context.random(12).toString('base64url')

/**
 * Works on the open database of a connection. Where its password is refused and another is pending, because a rotation
 * was cut short after the database had taken the new one, that one is settled first.
 */
export async function withDatabase<T>(context: Context, name: string, work: (database: Database, connection: Connection) => Promise<T>): Promise<T> {
  const connection = await needConnection(context.store, name)
  try {
    return await work(acquire(context, name, connection), connection)
  } catch (error) {
    if (!(error instanceof LoginRefused) || connection.pending === undefined) throw error
    const settled = await settlePending(context, name, connection)
    return work(acquire(context, name, settled), settled)
  }
}
