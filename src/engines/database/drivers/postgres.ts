// PostgreSQL accounts: roles with a password and an end of validity.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { openPostgres, PostgresFault, type Postgres, type Query } from '../../../clients/postgres.ts'
import { invalid } from '../../../kit/errors.ts'
import { choice } from '../../../kit/field.ts'
import { fillStatement, quoteIdentifier } from '../statement.ts'
import { fillUrl, LoginRefused, sqlOptions, type Account, type Database, type Driver, type SqlOptions } from './driver.ts'

const authentications = ['password', 'scram-sha-256'] as const

const options = {
  ...sqlOptions,
  password_authentication: choice(authentications)({ about: 'Send passwords as they are, or only their SCRAM-SHA-256 verifier.' }),
}

const defaults = {
  login: `ALTER ROLE "{{username}}" WITH PASSWORD '{{password}}'`,
  expiration: `ALTER ROLE "{{name}}" VALID UNTIL '{{expiration}}'`,
}

/** The verifier that PostgreSQL stores, so that the server never sees the password. RFC 5803. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const keyed = (word: string): Buffer => createHmac('sha256', salted).update(word).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest()
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored.toString('base64')}:${keyed('Server Key').toString('base64')}`
}

/** `2026-01-31 23:59:59+0000`. */
const formatTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('T', ' ').replace(/\..*/, '+0000')

function valuesOf(account: Account, scram: boolean): Record<string, string> {
  const values: Record<string, string> = { name: account.username, username: account.username }
  if (account.expiration !== undefined) values.expiration = formatTime(account.expiration)
  if (account.login && 'password' in account.login) values.password = scram ? scramVerifier(account.login.password) : account.login.password
  return values
}

/** An error may quote the statement near which it arose; what was filled in does not leave with it. */
function withoutSecrets(error: unknown, account: Account, values: Record<string, string>): unknown {
  if (!(error instanceof PostgresFault)) return error
  if (error.state === '28P01' || error.state === '28000') return new LoginRefused(error.message)
  const secrets = [values.password, account.login && 'password' in account.login ? account.login.password : undefined]
  const message = secrets.reduce((text: string, secret) => (secret ? text.replaceAll(secret, '[password]') : text), error.message)
  return new PostgresFault(message, error.state)
}

async function run(postgres: Postgres, account: Account, statements: string[], scram: boolean): Promise<void> {
  const values = valuesOf(account, scram)
  const filled = statements.map((statement) => fillStatement(statement, values))
  try {
    await postgres.transaction(async (query) => {
      for (const statement of filled) await query(statement)
    })
  } catch (error) {
    throw withoutSecrets(error, account, values)
  }
}

const granted = 'SELECT DISTINCT table_schema AS schema FROM information_schema.role_column_grants WHERE grantee = $1'

/**
 * Takes away what the role was granted in this database and drops it. A grant that cannot be taken back does not keep
 * the rest from it; only a role that cannot be dropped is a failure, and then at least it cannot log in.
 */
async function dropRole(query: Query, username: string): Promise<void> {
  const exists = await query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username])
  if (exists.length === 0) return
  const role = quoteIdentifier(username)
  const schemas = new Set(['public', ...(await query(granted, [username])).map((row) => String(row.schema))])
  const [database] = await query('SELECT current_database() AS name')
  const revocations = [...schemas].map(quoteIdentifier).flatMap((schema) => [
    `REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA ${schema} FROM ${role}`,
    `REVOKE ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA ${schema} FROM ${role}`,
    `REVOKE ALL PRIVILEGES ON ALL ROUTINES IN SCHEMA ${schema} FROM ${role}`,
    `REVOKE ALL PRIVILEGES ON SCHEMA ${schema} FROM ${role}`,
  ])
  revocations.push(`REVOKE ALL PRIVILEGES ON DATABASE ${quoteIdentifier(String(database!.name))} FROM ${role}`)
  for (const revocation of revocations) await query(revocation).catch(() => {})
  try {
    await query(`DROP ROLE IF EXISTS ${role}`)
  } catch (error) {
    await query(`ALTER ROLE ${role} NOLOGIN`).catch(() => {})
    throw error
  }
}

function open(raw: Record<string, unknown>): Database {
  const given = raw as SqlOptions & { password_authentication?: (typeof authentications)[number] }
  if (!given.connection_url) throw invalid('connection_url cannot be empty')
  const scram = given.password_authentication === 'scram-sha-256'
  const postgres = openPostgres({
    url: fillUrl(given),
    username: given.username,
    password: given.password,
    maxConnections: Math.min(Math.max(given.max_open_connections ?? 4, 1), 100),
    maxLifetime: given.max_connection_lifetime ?? 0,
    tls: { ca: given.tls_ca, certificate: given.tls_certificate, key: given.private_key },
  })
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw withoutSecrets(error, { username: '' }, {})
    }
  }
  return {
    ping: () => guard(async () => void (await postgres.query('SELECT 1'))),
    create: async (account, statements) => {
      if (statements.length === 0) throw invalid('empty creation statements')
      await run(postgres, account, statements, scram)
    },
    setLogin: (account, statements) => run(postgres, account, statements.length ? statements : [defaults.login], scram),
    setExpiration: (account, statements) => run(postgres, account, statements.length ? statements : [defaults.expiration], scram),
    drop: (account, statements) =>
      statements.length ? run(postgres, account, statements, scram) : guard(() => dropRole(postgres.query, account.username)),
    close: () => postgres.close(),
  }
}

export const postgresDriver: Driver = {
  plugin: 'postgresql-database-plugin',
  about: 'PostgreSQL, and what speaks its wire.',
  options,
  credentials: ['password'],
  usernameTemplate: '{{ printf "v-%s-%s-%s-%s" (.DisplayName | truncate 8) (.RoleName | truncate 8) (random 20) (unix_time) | truncate 63 }}',
  open,
}
