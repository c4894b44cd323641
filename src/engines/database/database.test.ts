import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { answer } from '../../kit/answer.ts'
import type { FaultCode } from '../../kit/errors.ts'
import { startPostgres, type PostgresServer } from '../../storage/postgres/server.test-aid.ts'
import { engineContract } from '../contract.ts'
import { mount, type Harness, type HarnessOptions, type Reply } from '../harness.ts'
import { scramVerifier } from './drivers/postgres.ts'
import { database } from './index.ts'

engineContract(database)

let server: PostgresServer
let root: pg.Client
let address: URL

before(async () => {
  server = await startPostgres()
  address = new URL(await server.createDatabase())
  root = new pg.Client(address.href)
  await root.connect()
  await root.query(`
    CREATE ROLE vault LOGIN CREATEROLE PASSWORD 'vaultpass';
    CREATE ROLE app LOGIN PASSWORD 'old';
    ALTER SCHEMA public OWNER TO vault;
    CREATE TABLE public.probe (n int); ALTER TABLE public.probe OWNER TO vault;
    CREATE TABLE public.others (n int);
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    GRANT app TO vault WITH ADMIN OPTION;`)
})
after(async () => {
  await root.end()
  await server.end()
})

const code = (wanted: FaultCode, message?: RegExp) => (error: unknown): boolean => {
  assert.equal((error as { code: string }).code, wanted, String(error))
  if (message) assert.match((error as Error).message, message)
  return true
}

const url = (credentials = '{{username}}:{{password}}@', query = ''): string => `postgresql://${credentials}${address.host}${address.pathname}${query}`
const creation = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; \
    GRANT SELECT ON public.probe TO "{{name}}";`

async function logIn(username: string, password: string, sql = 'SELECT * FROM probe'): Promise<pg.QueryResult> {
  const client = new pg.Client({ host: address.hostname, port: Number(address.port), database: address.pathname.slice(1), user: username, password })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

async function setUp(more: Record<string, unknown> = {}, options: HarnessOptions = {}): Promise<Harness> {
  await root.query(`ALTER ROLE vault PASSWORD 'vaultpass'`)
  const d = mount(database, options)
  await d.write('config/pg', {
    plugin_name: 'postgresql-database-plugin', allowed_roles: 'read*,app', connection_url: url(), username: 'vault', password: 'vaultpass', ...more,
  })
  await d.write('roles/readonly', { db_name: 'pg', creation_statements: creation, default_ttl: '1h', max_ttl: '24h' })
  return d
}

const lease = (reply: Reply): Record<string, unknown> => reply.lease!.data
const handler = database.leases!.creds!
const expiry = async (username: string): Promise<number> =>
  (await root.query('SELECT extract(epoch FROM rolvaliduntil)::bigint AS t FROM pg_roles WHERE rolname = $1', [username])).rows[0].t * 1
const exists = async (username: string): Promise<boolean> => (await root.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username])).rowCount === 1

test('an account is made, read-only, renewed and dropped with its lease', async () => {
  const d = await setUp()
  const reply = await d.read('creds/readonly')
  const { username, password } = reply.data
  assert.match(username, /^v-token-readonly-[A-Za-z0-9]{20}-\d{10}$/)
  assert.deepEqual([reply.lease!.kind, reply.lease!.ttl, reply.lease!.maxTtl], ['creds', 3600, 86400])
  await logIn(username, password)
  await assert.rejects(logIn(username, password, 'INSERT INTO probe VALUES (1)'), /permission denied/)
  const now = Date.now() / 1000
  assert.ok(Math.abs((await expiry(username)) - now - 3605) < 60)
  await handler.renew!(d.context, lease(reply), 7200)
  assert.ok(Math.abs((await expiry(username)) - now - 7205) < 60)
  await handler.revoke(d.context, lease(reply))
  assert.equal(await exists(username), false)
  await handler.revoke(d.context, lease(reply))
})

test('the mount bounds what a role gives', async () => {
  const d = await setUp({}, { mount: { defaultTtl: 600, maxTtl: 1200 } })
  await d.write('roles/readonly', { default_ttl: 0, max_ttl: 0 })
  const now = Date.now() / 1000
  assert.ok(Math.abs((await expiry((await d.read('creds/readonly')).data.username)) - now - 605) < 60)
  await d.write('roles/readonly', { default_ttl: '10h' })
  assert.ok(Math.abs((await expiry((await d.read('creds/readonly')).data.username)) - now - 1205) < 60)
})

test('own statements revoke and renew, also after the role is gone', async () => {
  const d = await setUp()
  await d.write('roles/reader', {
    db_name: 'pg', creation_statements: [creation], renew_statements: [`COMMENT ON ROLE "{{name}}" IS '{{expiration}}'`],
    revocation_statements: [`DO $$ BEGIN REVOKE ALL ON public.probe FROM "{{name}}"; END $$`, 'DROP ROLE IF EXISTS "{{name}}"'],
  })
  const reply = await d.read('creds/reader')
  await handler.renew!(d.context, lease(reply), 60)
  const comment = await root.query(`SELECT shobj_description(oid, 'pg_authid') AS c FROM pg_roles WHERE rolname = $1`, [reply.data.username])
  assert.match(comment.rows[0].c, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0000$/)
  await d.delete('roles/reader')
  await assert.rejects(handler.renew!(d.context, lease(reply), 60), code('invalid', /could not find role/))
  await handler.revoke(d.context, lease(reply))
  assert.equal(await exists(reply.data.username), false)
})

test('a role that cannot be dropped can at least no longer log in, and revocation is tried again', async () => {
  const d = await setUp()
  const reply = await d.read('creds/readonly')
  const { username, password } = reply.data
  await root.query(`GRANT SELECT ON public.others TO "${username}"`)
  await assert.rejects(handler.revoke(d.context, lease(reply)), code('upstream', /2BP01/))
  await assert.rejects(logIn(username, password), /not permitted to log in/)
  await root.query(`REVOKE ALL ON public.others FROM "${username}"`)
  await handler.revoke(d.context, lease(reply))
  assert.equal(await exists(username), false)
})

test('a creation that fails leaves nothing, and its error no password', async () => {
  const d = await setUp({ password_policy: 'p' }, { ask: async () => answer({ data: { password: 'hunter22' } }) })
  await d.write('roles/readbad', { db_name: 'pg', creation_statements: `CREATE ROLE "{{name}}" PASSWORD '{{password}}'; hunter22;` })
  const before = (await root.query('SELECT count(*) FROM pg_roles')).rows[0].count
  await assert.rejects(d.read('creds/readbad'), (error: Error) => {
    assert.doesNotMatch(error.message + String(error.cause) + error.stack, /hunter22/)
    return code('upstream', /syntax error.*42601/)(error)
  })
  assert.equal((await root.query('SELECT count(*) FROM pg_roles')).rows[0].count, before)
  await d.write('roles/readempty', { db_name: 'pg' })
  await assert.rejects(d.read('creds/readempty'), code('invalid', /empty creation statements/))
})

test('passwords by policy, with every character, and as SCRAM verifiers', async () => {
  const wild = `q'"\\$$;{{name}} ü`
  const d = await setUp({ password_policy: 'p' }, { ask: async (op, path) => answer({ data: { password: `${op} ${path}`.endsWith('policies/password/p/generate') ? wild : '' } }) })
  const plain = (await d.read('creds/readonly')).data
  assert.equal(plain.password, wild)
  await logIn(plain.username, wild)
  await d.write('config/pg', { password_authentication: 'scram-sha-256', username_template: 'u-{{random 8}}' })
  const scram = (await d.read('creds/readonly')).data
  assert.match(scram.username, /^u-/)
  await logIn(scram.username, wild)
})

test('RFC 7677: the SCRAM verifier is the one of its example', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))
  assert.equal(verifier, 'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})

test('connections: verified, merged, shown without secrets, listed, deleted', async () => {
  const d = await setUp()
  await assert.rejects(d.write('config/pg', { password: 'wrong-password' }), (error: Error) => {
    assert.doesNotMatch(error.message, /wrong-password/)
    return code('invalid', /error verifying connection.*28P01/)(error)
  })
  await d.write('config/pg', { max_open_connections: 2 })
  const shown = (await d.read('config/pg')).data
  assert.deepEqual(shown.connection_details, { connection_url: url(), username: 'vault', max_open_connections: 2 })
  assert.deepEqual(shown.allowed_roles, ['read*', 'app'])
  assert.doesNotMatch(JSON.stringify(shown), /vaultpass/)
  const inline = await d.write('config/inline', { plugin_name: 'postgresql-database-plugin', connection_url: url('vault:vaultpass@', '?sslmode=disable') })
  assert.match(inline.warnings![0]!, /Password found in connection_url/)
  assert.match((await d.read('config/inline')).data.connection_details.connection_url, /vault:xxxxx@/)
  await d.write('config/dsn', {
    plugin_name: 'postgresql-database-plugin', username: 'vault', password: 'vaultpass',
    connection_url: `host=${address.hostname} port=${address.port} dbname='${address.pathname.slice(1)}' user={{username}} password={{password}}`,
  })
  assert.deepEqual(await d.list('config'), ['dsn', 'inline', 'pg'])
  await d.write('reset/pg')
  await d.delete('config/dsn')
  assert.equal((await d.read('config/dsn')).status, 404)
  await assert.rejects(d.write('reset/dsn'), code('invalid', /failed to find entry/))
  for (const bad of [
    { plugin_name: 'oracle' }, { plugin_name: '' }, { connection_url: 'nonsense' }, { connection_url: url(undefined, '?sslmode=maybe') },
    { username_template: '{{ nothing }}' }, { connection_url: url(undefined, '?sslmode=require') },
  ]) await assert.rejects(d.write('config/bad', { plugin_name: 'postgresql-database-plugin', connection_url: url(), username: 'vault', password: 'vaultpass', ...bad }), code('invalid'))
  await d.write('config/later', { plugin_name: 'postgresql-database-plugin', connection_url: 'postgresql://{{username}}:{{password}}@127.0.0.1:1/x', username: 'a', password: 'b', verify_connection: false })
  await assert.rejects(d.write('reset/later'), code('upstream', /ECONNREFUSED/))
})

test('only allowed roles of known names get accounts', async () => {
  const d = await setUp()
  await d.write('roles/writer', { db_name: 'pg', creation_statements: creation })
  await assert.rejects(d.read('creds/writer'), code('denied', /not an allowed role/))
  await assert.rejects(d.read('creds/nobody'), code('invalid', /unknown role/))
  await d.write('roles/readkey', { db_name: 'pg', creation_statements: creation, credential_type: 'rsa_private_key', credential_config: { key_bits: 2048 } })
  await assert.rejects(d.read('creds/readkey'), code('invalid', /unsupported credential_type/))
  await assert.rejects(d.write('roles/odd', { creation_statements: creation }), code('invalid', /database name is required/))
  await assert.rejects(d.write('roles/odd', { db_name: 'pg', default_ttl: '2h', max_ttl: '1h' }), code('invalid'))
  assert.deepEqual(await d.list('roles'), ['readkey', 'readonly', 'writer'])
  const { creation_statements, default_ttl, credential_type } = (await d.read('roles/readonly')).data
  assert.deepEqual([creation_statements, default_ttl, credential_type], [[creation], 3600, 'password'])
})

test("rotate-root: the old password is dead, the new one nobody's, and accounts are still made", async () => {
  const d = await setUp()
  await d.write('rotate-root/pg')
  await assert.rejects(logIn('vault', 'vaultpass'), /authentication failed/)
  const { username, password } = (await d.read('creds/readonly')).data
  await logIn(username, password)
  await d.write('rotate-root/pg')
  await d.read('creds/readonly')
  const stored = await d.store.read<{ options: { password: string }; pending?: string }>('config/pg')
  assert.equal(stored!.pending, undefined)
  await logIn('vault', stored!.options.password)
})

test('a root rotation cut short at any point is settled by the next use', async () => {
  for (const atDatabase of [false, true]) {
    const d = await setUp()
    const stored = (await d.store.read<object>('config/pg'))!
    await d.store.write('config/pg', { ...stored, pending: 'Pending-1', revision: 'cut' })
    if (atDatabase) await root.query(`ALTER ROLE vault PASSWORD 'Pending-1'`)
    const { username, password } = (await d.read('creds/readonly')).data
    await logIn(username, password)
    await d.write('rotate-root/pg')
    const settled = await d.store.read<{ options: { password: string }; pending?: string }>('config/pg')
    assert.equal(settled!.pending, undefined)
    await logIn('vault', settled!.options.password)
  }
})

test('a static role changes the password at once, in time, and on demand', async () => {
  const d = await setUp()
  await d.write('static-roles/app', { db_name: 'pg', username: 'app', rotation_period: '1h' })
  const first = (await d.read('static-creds/app')).data
  assert.ok(first.ttl > 3500 && first.ttl <= 3600)
  assert.deepEqual([first.username, first.rotation_period], ['app', 3600])
  await logIn('app', first.password, 'SELECT 1')
  await d.chores()
  assert.equal((await d.read('static-creds/app')).data.password, first.password)
  d.advance(3601)
  await d.chores()
  const second = (await d.read('static-creds/app')).data
  assert.notEqual(second.password, first.password)
  await logIn('app', second.password, 'SELECT 1')
  await d.write('rotate-role/app')
  await logIn('app', (await d.read('static-creds/app')).data.password, 'SELECT 1')
  assert.deepEqual(await d.list('static-roles'), ['app'])
  assert.equal((await d.store.keys('due/')).length, 1)
  await d.delete('static-roles/app')
  assert.deepEqual(await d.store.keys('due/'), [])
  assert.equal((await d.read('static-roles/app')).status, 404)
})

test('a static rotation that fails is tried again with the same password', async () => {
  const d = await setUp()
  await d.write('static-roles/app', { db_name: 'pg', username: 'app', rotation_period: 60 })
  const before = (await d.read('static-creds/app')).data.password
  await d.write('static-roles/app', { username: 'app', rotation_statements: ['SELECT 1 FROM missing'] })
  d.advance(61)
  await assert.rejects(d.chores(), /1 static roles could not be rotated/)
  const pending = (await d.store.read<{ pending: { secret: string } }>('static-role/app'))!.pending.secret
  assert.equal((await d.read('static-creds/app')).data.password, before)
  await logIn('app', before, 'SELECT 1')
  await d.write('static-roles/app', { username: 'app', rotation_statements: [] })
  d.advance(11)
  await d.chores()
  assert.equal((await d.read('static-creds/app')).data.password, pending)
  await logIn('app', pending, 'SELECT 1')
})

test('rotations of one role at the same time agree', async () => {
  const d = await setUp()
  await d.write('static-roles/app', { db_name: 'pg', username: 'app', rotation_period: 60 })
  await Promise.all(Array.from({ length: 4 }, () => d.write('rotate-role/app')))
  await logIn('app', (await d.read('static-creds/app')).data.password, 'SELECT 1')
})

test('schedules: the next time in UTC, and a missed window waits for the one after', async () => {
  const d = await setUp()
  await d.write('static-roles/app', { db_name: 'pg', username: 'app', rotation_schedule: '0 0 * * *', rotation_window: '1h' })
  const first = (await d.read('static-creds/app')).data
  assert.deepEqual([first.rotation_schedule, first.rotation_window], ['0 0 * * *', 3600])
  assert.ok(first.ttl > 0 && first.ttl <= 86400)
  d.advance(first.ttl + 7200)
  await d.chores()
  assert.equal((await d.read('static-creds/app')).data.password, first.password)
  d.advance((await d.read('static-creds/app')).data.ttl + 10)
  await d.chores()
  assert.notEqual((await d.read('static-creds/app')).data.password, first.password)
})

test('static roles are refused where their parts do not go together', async () => {
  const d = await setUp()
  const good = { db_name: 'pg', username: 'app', rotation_period: 60 }
  for (const bad of [
    { rotation_period: 1 }, { username: '' }, { db_name: '' }, { db_name: 'none' }, { rotation_schedule: '* * * * *' }, { rotation_window: 7200 },
    { rotation_period: undefined }, { rotation_period: undefined, rotation_schedule: 'never' }, { rotation_period: undefined, rotation_schedule: '* * * * * *' }, { rotation_period: undefined, rotation_schedule: '0 0 * * *', rotation_window: 60 },
  ]) await assert.rejects(d.write('static-roles/app', { ...good, ...bad }), code('invalid'), JSON.stringify(bad))
  await assert.rejects(d.write('static-roles/other', good), code('denied'))
  await assert.rejects(d.write('static-roles/readonly', good), code('invalid', /must be unique/))
  await assert.rejects(d.write('static-roles/app', { ...good, username: 'nobody' }), code('upstream', /42704/))
  assert.equal((await d.read('static-roles/app')).status, 404)
  await d.write('static-roles/app', good)
  await assert.rejects(d.write('static-roles/app', { ...good, username: 'vault' }), code('invalid', /cannot update/))
  await assert.rejects(d.write('roles/app', { db_name: 'pg' }), code('invalid', /must be unique/))
})

test('a database that went away fails clearly and works again when it is back', async () => {
  const d = await setUp()
  await d.read('creds/readonly')
  await root.end()
  await server.stop()
  await assert.rejects(d.read('creds/readonly'), code('upstream'))
  await server.start()
  root = new pg.Client(address.href)
  await root.connect()
  const { username, password } = (await d.read('creds/readonly')).data
  await logIn(username, password)
})
