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
      // Two changes of one role at once make PostgreSQL fail one of them.
      await query('SELECT pg_advisory_xact_lock(hashtext($1))', [`strongroom ${account.username}`])
      for (const statement of filled) await query(statement)
    })
  } catch (error) {
    throw withoutSecrets(error, account, values)
  }
}

/** One REVOKE for each object of this database on which the role holds something. */
const revocations = `
  SELECT DISTINCT format('REVOKE ALL PRIVILEGES ON %s %s FROM %I', kind, object, r.rolname) AS revocation FROM pg_roles r CROSS JOIN LATERAL (
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT 'TABLE', format('%I.%I', n.nspname, c.relname)
      FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a
      WHERE a.grantee = r.oid
    UNION ALL SELECT 'ROUTINE', p.oid::regprocedure::text FROM pg_proc p, aclexplode(p.proacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT 'TYPE', y.oid::regtype::text FROM pg_type y, aclexplode(y.typacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT 'SCHEMA', quote_ident(s.nspname) FROM pg_namespace s, aclexplode(s.nspacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT 'DATABASE', quote_ident(d.datname) FROM pg_database d, aclexplode(d.datacl) a WHERE a.grantee = r.oid
  ) AS held(kind, object) WHERE r.rolname = $1`

/**
 * Takes away what the role was granted in this database and drops it. A grant that cannot be taken back does not keep
 * the rest from it; only a role that cannot be dropped is a failure, and then at least it cannot log in.
 */
async function dropRole(query: Query, username: string): Promise<void> {
  const exists = await query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username])
  if (exists.length === 0) return
  const role = quoteIdentifier(username)
  for (const { revocation } of await query(revocations, [username])) await query(String(revocation)).catch(() => {})
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
