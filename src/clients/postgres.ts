// PostgreSQL as a remote system: pooled connections, transactions, and errors that never repeat a password.
import type pg from 'pg'
import type { ConnectionOptions } from 'node:tls'
import { Fault, invalid } from '../kit/errors.ts'

export interface PostgresSettings {
  /** `postgres://user:password@host:port/database?sslmode=…`, or libpq's `host=… user=… password=…`. */
  url: string
  /** Win over what the URL says. */
  username?: string | undefined
  password?: string | undefined
  maxConnections: number
  /** Seconds; 0 for as long as they work. */
  maxLifetime: number
  tls: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined }
}

/** A failure at the far end; `state` is its SQLSTATE where it told one. */
export class PostgresFault extends Fault {
  readonly state: string | undefined
  constructor(message: string, state: string | undefined) {
    super('upstream', message)
    this.state = state
  }
}

type Row = Record<string, unknown>
export type Query = (sql: string, values?: unknown[]) => Promise<Row[]>

export interface Postgres {
  query: Query
  /** Commits what `run` did, or undoes all of it. */
  transaction<T>(run: (query: Query) => Promise<T>): Promise<T>
  /** Connections in use finish first. */
  close(): Promise<void>
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof sslModes)[number]

interface Target {
  config: pg.ClientConfig
  sslMode: SslMode
}

const dsnPair = /([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s']*)/g
const names: Record<string, string> = { dbname: 'database' }

function parseDsn(text: string): Map<string, string> {
  const pairs = [...text.matchAll(dsnPair)].map(([, name, value]): [string, string] => [
    names[name!] ?? name!, value!.startsWith("'") ? value!.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value!,
  ])
  return new Map(pairs)
}

function parseUrl(text: string): Map<string, string> {
  try {
    const url = new URL(text)
    const parts = { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port, user: url.username, password: url.password, database: url.pathname.slice(1) }
    const given = Object.entries(parts).filter(([, value]) => value !== '')
    return new Map([...url.searchParams, ...given.map(([name, value]): [string, string] => [name, decodeURIComponent(value)])])
  } catch {
    throw invalid('connection_url: not a URL; special characters of user name and password have to be percent-encoded')
  }
}

function parseTarget(settings: PostgresSettings): Target {
  const parts = /^postgres(?:ql)?:\/\//.test(settings.url) ? parseUrl(settings.url) : parseDsn(settings.url)
  const host = parts.get('host')
  if (!host) throw invalid('connection_url: expected postgresql://… or host=… with a host')
  const sslMode = (parts.get('sslmode') ?? 'prefer') as SslMode
  if (!sslModes.includes(sslMode)) throw invalid(`connection_url: sslmode is one of ${sslModes.join(', ')}`)
  const port = Number(parts.get('port') ?? 5432)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid('connection_url: port is a number from 1 to 65535')
  const seconds = Number(parts.get('connect_timeout') ?? 5)
  const user = settings.username || parts.get('user')
  const config: pg.ClientConfig = {
    host,
    port,
    application_name: parts.get('application_name') ?? 'strongroom',
    connectionTimeoutMillis: Math.min(Math.max(seconds || 5, 1), 60) * 1000,
    query_timeout: 30_000,
    keepAlive: true,
    ...(user ? { user, database: parts.get('database') ?? user } : {}),
    password: settings.password ?? parts.get('password') ?? '',
    ...(parts.has('options') ? { options: parts.get('options')! } : {}),
  }
  return { config, sslMode }
}

/** libpq's meaning of the modes: below `verify-ca` the certificate is not looked at unless an authority is given. */
function tlsOptions(mode: SslMode, tls: PostgresSettings['tls']): ConnectionOptions {
  const verified = mode.startsWith('verify') || tls.ca !== undefined
  return {
    rejectUnauthorized: verified,
    ...(verified && mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.certificate ? { cert: tls.certificate } : {}),
    ...(tls.key ? { key: tls.key } : {}),
  }
}

/** The driver's error in words fit for a client: no detail, no statement, no secret. */
function translate(error: unknown, secrets: string[]): Fault {
  if (error instanceof Fault) return error
  const { message = 'failed', code } = error as { message?: string; code?: unknown }
  const clean = secrets.reduce((text, secret) => text.replaceAll(secret, '[password]'), String(message).slice(0, 500))
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
  return new PostgresFault(`postgresql: ${clean}${state ? ` (SQLSTATE ${state})` : ''}`, state)
}

/** Throws `invalid` for settings that cannot be used; connects when it is first used. */
export function openPostgres(settings: PostgresSettings): Postgres {
  const target = parseTarget(settings)
  const secrets = [settings.password, String(target.config.password)].filter((secret): secret is string => Boolean(secret))
  let pool: Promise<pg.Pool> | null = null

  const connect = (): Promise<pg.Pool> => {
    pool ??= makePool(target, settings).catch((error: unknown) => {
      pool = null
      throw error
    })
    return pool
  }
  const guard = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw translate(error, secrets)
    }
  }
  const queryOn = (client: pg.Pool | pg.PoolClient): Query => async (sql, values) => {
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql, values)
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows
  }
  return {
    query: (sql, values) => guard(async () => queryOn(await connect())(sql, values)),
    transaction: (run) => guard(async () => {
      const client = await (await connect()).connect()
      let broken: Error | undefined
      try {
        await client.query('BEGIN')
        const result = await run(queryOn(client))
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => (broken = failure))
        throw error
      } finally {
        client.release(broken)
      }
    }),
    close: async () => {
      const present = await pool?.catch(() => null)
      await present?.end()
    },
  }
}

/** Loaded with the first connection: a server that makes none starts without it. */
const driver = async (): Promise<typeof pg> => (await import('pg')).default

async function makePool({ config, sslMode }: Target, settings: PostgresSettings): Promise<pg.Pool> {
  const tls = tlsOptions(sslMode, settings.tls)
  const ssl = sslMode === 'disable' ? false : sslMode === 'allow' || sslMode === 'prefer' ? await offersTls(config, tls) && tls : tls
  const pool = new (await driver()).Pool({
    ...config,
    ssl,
    max: settings.maxConnections,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: settings.maxLifetime,
    allowExitOnIdle: true,
  })
  // Without a listener an error that breaks an idle connection would end the process.
  pool.on('error', () => {})
  // One that is lent out has no listener of the pool's.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Whether the server speaks TLS; any other failure is the caller's to see. */
async function offersTls(config: pg.ClientConfig, tls: ConnectionOptions): Promise<boolean> {
  const client = new (await driver()).Client({ ...config, ssl: tls })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    if (/does not support SSL/.test((error as Error).message)) return false
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}
