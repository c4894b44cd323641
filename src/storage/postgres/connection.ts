// Connections to the server: their settings, which failures mean that it went away, and bounded retries.

import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../../kit/errors.ts'

const retryDelays = [50, 250]
const connectTimeout = 5000
const queryTimeout = 60_000

/** Settings of every connection; TLS follows the URL's `sslmode`. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'strongroom',
    keepAlive: true,
    connectionTimeoutMillis: connectTimeout,
    query_timeout: queryTimeout,
  }
}

/** Whether the error says that the connection or the server is gone rather than that a statement was refused. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return !(error instanceof Fault)
  return /^(08|57P)/.test(error.code ?? '')
}

const repeatable = new Set(['40001', '40P01'])
const mayRepeat = (error: unknown): boolean =>
  isConnectionError(error) || (error instanceof pg.DatabaseError && repeatable.has(error.code ?? ''))

/** Runs what may safely run twice, again after short delays while the connection fails or the server asks for it. */
export async function retry<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const delay = retryDelays[attempt]
      if (delay === undefined || !mayRepeat(error)) throw unavailable(error)
      await sleep(delay)
    }
  }
}

/** What a failure of the database is to its caller: the store may work again later. */
export function unavailable(cause: unknown): Fault {
  return cause instanceof Fault ? cause : new Fault('unavailable', 'the store failed', { cause })
}

/** Connects outside the pool, for sessions that hold state; `gone` is called once when the connection that was made ends. */
export async function connect(url: string, gone: (error: unknown, client: pg.Client) => void): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(url))
  // Without a listener an error that breaks an idle connection would end the process.
  let reason: unknown = new Error('the connection ended')
  client.on('error', (error) => (reason = error))
  await client.connect()
  client.once('end', () => gone(reason, client))
  return client
}
