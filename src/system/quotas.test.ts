import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('a quota is for something that is there, once', async () => {
  const set = (name: string, body: object) => trial.ask('POST', `sys/quotas/rate-limit/${name}`, body)
  assert.equal((await set('all', { rate: 1000 })).status, 204)
  assert.equal((await set('all', { rate: 2000 })).status, 204)
  assert.equal((await set('store', { rate: 1000, path: 'secret/' })).status, 204)
  for (const [body, words] of [
    [{ rate: 0 }, /'rate' is invalid/],
    [{}, /'rate' is invalid/],
    [{ rate: 5 }, /similar properties exists under the name "all"/],
    [{ rate: 5, path: 'secret' }, /similar properties exists under the name "store"/],
    [{ rate: 5, path: 'nowhere/' }, /invalid mount path "nowhere\/"/],
    [{ rate: 5, path: 'auth/token', role: 'x' }, /"auth\/token\/" does not support use with role-based quotas/],
    [{ rate: 5, path: 'secret', role: 'x' }, /"secret\/" is not a valid auth method/],
    [{ rate: 5, role: 'x' }, /"" is not a valid auth method/],
    [{ rate: 5, path: 'auth/token/create', role: 'x' }, /both a path suffix and a role/],
    [{ rate: 5, path: 'secret/x', interval: '-1s' }, /interval/],
    [{ rate: 5, path: 'secret/x', group_by: 'name' }, /invalid grouping mode "name"/],
    [{ rate: 5, path: 'secret/x', group_by: 'none', secondary_rate: 1 }, /only valid when using entity-based grouping/],
    [{ rate: 5, path: 'secret/x', group_by: 'entity_then_ip', secondary_rate: -1 }, /greater than or equal to 0/],
  ] as const) {
    const { status, body: answered } = await set('more', body)
    assert.equal(status, 400)
    assert.match(answered.errors[0], words)
  }
  assert.equal((await trial.must('GET', 'sys/quotas/rate-limit/all')).data.inheritable, true)
  assert.deepEqual((await trial.must('LIST', 'sys/quotas/rate-limit')).data.keys, ['all', 'store'])
})

test('what a quota says, and what it says where nothing was given', async () => {
  const said = async (body: object) => {
    await trial.must('POST', 'sys/quotas/rate-limit/said', body)
    return (await trial.must('GET', 'sys/quotas/rate-limit/said')).data
  }
  const usual = { name: 'said', type: 'rate-limit', role: '', inheritable: false, interval: 1, block_interval: 0, group_by: 'ip', secondary_rate: 0 }
  assert.deepEqual(await said({ rate: 0.5, path: '/secret/data/x/' }), { ...usual, rate: 0.5, path: 'secret/data/x' })
  assert.deepEqual(await said({ rate: 5, path: 'sys', interval: '2m', block_interval: '5m', group_by: 'entity_then_none' }), { ...usual, rate: 5, path: 'sys/', interval: 120, block_interval: 300, group_by: 'entity_then_none', secondary_rate: 5 })
  await trial.must('DELETE', 'sys/quotas/rate-limit/said')
})

test('a quota may be for a namespace, or for what lies in it', async () => {
  await trial.must('POST', 'sys/namespaces/team')
  await trial.must('POST', 'team/sys/mounts/kv', { type: 'kv' })
  for (const path of ['team', 'team/kv', 'team/kv/below/*']) await trial.must('POST', `sys/quotas/lease-count/${path.replaceAll(/\W/g, '-')}`, { max_leases: 5, path })
  assert.equal((await trial.ask('POST', 'sys/quotas/lease-count/none', { max_leases: 5, path: 'team/none' })).status, 400)
})

/** Statuses of some reads, one after the other. */
const reads = async (times: number, path: string, options: object = {}): Promise<number[]> => {
  const found: number[] = []
  for (let i = 0; i < times; i++) found.push((await trial.ask('GET', path, undefined, options)).status)
  return found
}
const rate = (name: string, body: object) => trial.must('POST', `sys/quotas/rate-limit/${name}`, { interval: '1h', ...body })
const drop = (name: string) => trial.must('DELETE', `sys/quotas/rate-limit/${name}`)

/** An AppRole with roles, and a login for each. */
async function withRoles(mount: string, roles: string[]): Promise<(role: string, secret?: string) => Promise<number>> {
  await trial.must('POST', `sys/auth/${mount}`, { type: 'approle' })
  const credentials = new Map<string, object>()
  for (const role of roles) {
    await trial.must('POST', `auth/${mount}/role/${role}`, { bind_secret_id: true, token_ttl: '1h' })
    const { role_id } = (await trial.must('GET', `auth/${mount}/role/${role}/role-id`)).data
    const { secret_id } = (await trial.must('POST', `auth/${mount}/role/${role}/secret-id`)).data
    credentials.set(role, { role_id, secret_id })
  }
  return async (role, secret) => (await trial.ask('POST', `auth/${mount}/login`, { ...credentials.get(role), ...(secret !== undefined && { secret_id: secret }) }, { token: null })).status
}

test('the quota of a role counts its logins, wrong ones too, and nothing else; its deletion frees the role', async () => {
  const login = await withRoles('machines', ['web', 'other'])
  await rate('machines', { rate: 4, path: 'auth/machines' })
  await rate('web', { rate: 2, path: 'auth/machines/', role: 'Web' })
  assert.deepEqual([await login('web'), await login('web', 'wrong'), await login('web'), await login('web')], [200, 400, 429, 429])
  assert.deepEqual([await login('other'), await login('other')], [200, 200])
  assert.deepEqual(await reads(3, 'auth/machines/role/web'), [200, 200, 429])
  assert.equal(await login('other'), 429)
  await drop('machines')
  assert.deepEqual([await login('other'), await login('web')], [200, 429])
  await drop('web')
  assert.equal(await login('web'), 200)
  await rate('web', { rate: 1, path: 'auth/machines', role: 'web' })
  assert.deepEqual([await login('web'), await login('web')], [200, 429])
  await drop('web')
})

test('of those that cover a path the most specific quota counts', async () => {
  await trial.must('POST', 'sys/mounts/plain', { type: 'kv' })
  for (const key of ['foo', 'foo/bar', 'food', 'else']) await trial.must('POST', `plain/${key}`, { a: 'b' })
  await rate('mount', { rate: 1, path: 'plain' })
  await rate('glob', { rate: 2, path: 'plain/foo*' })
  await rate('exact', { rate: 1, path: 'plain/foo' })
  assert.deepEqual(await reads(2, 'plain/foo'), [200, 429])
  assert.deepEqual([...(await reads(1, 'plain/foo/bar')), ...(await reads(2, 'plain/food'))], [200, 200, 429])
  assert.deepEqual(await reads(2, 'plain/else'), [200, 429])
  await drop('glob')
  assert.deepEqual(await reads(1, 'plain/food'), [429])
  await rate('exact', { rate: 3, path: 'plain/foo' })
  assert.deepEqual(await reads(4, 'plain/foo'), [200, 200, 200, 429])
  for (const name of ['mount', 'exact']) await drop(name)
})

test('a namespace inherits where the quota says so, however the request names it', async () => {
  await trial.must('POST', 'sys/namespaces/firm')
  await trial.must('POST', 'firm/sys/namespaces/crew')
  const paths = ['firm/sys/policies/acl/default', 'firm/crew/sys/policies/acl/default']
  const inside = (namespace: string) => ({ headers: { 'x-vault-namespace': namespace } })
  await rate('firm', { rate: 1, path: 'firm' })
  assert.deepEqual(await reads(2, paths[0]!), [200, 429])
  assert.deepEqual(await reads(1, 'sys/policies/acl/default', inside('firm')), [429])
  assert.deepEqual(await reads(2, paths[1]!), [200, 200])
  await rate('firm', { rate: 2, path: 'firm', inheritable: true })
  assert.deepEqual([...(await reads(1, paths[0]!)), ...(await reads(2, paths[1]!))], [200, 200, 429])
  await rate('crew', { rate: 1, path: 'firm/crew' })
  assert.deepEqual(await reads(2, 'sys/policies/acl/default', inside('firm/crew')), [200, 429])
  for (const name of ['firm', 'crew', 'all']) await drop(name)
  await rate('all', { rate: 3, inheritable: false })
  assert.deepEqual(await reads(4, paths[0]!), [200, 200, 200, 200])
  await drop('all')
})

test('quotas go where their mount goes, and with it, or with their namespace', async () => {
  await trial.must('POST', 'sys/namespaces/gone')
  await trial.must('POST', 'gone/sys/mounts/kv', { type: 'kv' })
  await trial.must('POST', 'sys/mounts/kv', { type: 'kv' })
  await withRoles('robots', ['web'])
  const paths = async () => (await Promise.all(['one', 'deep', 'role', 'team', 'below'].map((name) => trial.ask('GET', `sys/quotas/rate-limit/${name}`)))).map(({ body }) => body.data?.path ?? null)
  await rate('one', { rate: 1, path: 'kv' })
  await rate('deep', { rate: 2, path: 'kv/foo*' })
  await rate('role', { rate: 2, path: 'auth/robots', role: 'web' })
  await rate('team', { rate: 50, path: 'gone' })
  await rate('below', { rate: 50, path: 'gone/kv/a' })
  await trial.must('POST', 'sys/quotas/lease-count/role', { max_leases: 2, path: 'auth/robots', role: 'web' })
  await trial.must('POST', 'sys/remount', { from: 'kv', to: 'moved' })
  await trial.must('POST', 'sys/remount', { from: 'auth/robots', to: 'auth/machinery' })
  assert.deepEqual(await paths(), ['moved/', 'moved/foo*', 'auth/machinery/', 'gone/', 'gone/kv/a'])
  assert.equal((await trial.must('GET', 'sys/quotas/lease-count/role')).data.path, 'auth/machinery/')
  assert.deepEqual(await reads(2, 'moved/x'), [404, 429])
  for (const path of ['sys/mounts/moved', 'sys/auth/machinery', 'sys/namespaces/gone']) await trial.must('DELETE', path)
  assert.deepEqual(await paths(), [null, null, null, null, null])
  assert.equal((await trial.ask('GET', 'sys/quotas/lease-count/role')).status, 404)
})

test('clients are told apart by address, by entity, or not at all', async () => {
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  const tokens: string[] = []
  for (const name of ['ann', 'bob']) {
    await trial.must('POST', `auth/userpass/users/${name}`, { password: 'pass-of-test' })
    tokens.push((await trial.must('POST', `auth/userpass/login/${name}`, { password: 'pass-of-test' })).auth.client_token)
  }
  const [ann, bob] = tokens
  const look = (token: string, remote: string, times = 1) => reads(times, 'auth/token/lookup-self', { token, remote })
  const path = 'auth/token/lookup-self'
  await rate('group', { rate: 2, path, group_by: 'none' })
  assert.deepEqual([...(await look(ann!, '10.0.0.1')), ...(await look(bob!, '10.0.0.2')), ...(await look(trial.root, '10.0.0.3'))], [200, 200, 429])
  await rate('group', { rate: 2, path, group_by: 'ip' })
  assert.deepEqual([...(await look(ann!, '10.0.0.1')), ...(await look(bob!, '10.0.0.1', 2)), ...(await look(bob!, '10.0.0.2'))], [200, 200, 429, 200])
  await rate('group', { rate: 2, path, group_by: 'entity_then_ip', secondary_rate: 1 })
  assert.deepEqual([...(await look(ann!, '10.0.0.1')), ...(await look(ann!, '10.0.0.2', 2)), ...(await look(bob!, '10.0.0.1'))], [200, 200, 429, 200])
  assert.deepEqual([...(await look(trial.root, '10.0.0.1', 2)), ...(await look(trial.root, '10.0.0.2'))], [200, 429, 200])
  await rate('group', { rate: 2, path, group_by: 'entity_then_none', secondary_rate: 1 })
  assert.deepEqual([...(await look(trial.root, '10.0.0.1')), ...(await look('hvs.unknown', '10.0.0.2')), ...(await look(ann!, '10.0.0.1'))], [200, 429, 200])
  await drop('group')
})

test('answers carry how the client stands, and audit is told of refusals, where that is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-quotas-'))
  const file = join(folder, 'audit.log')
  await trial.must('POST', 'sys/audit/quotas', { type: 'file', options: { file_path: file } })
  const path = 'sys/policies/acl/default'
  const refusals = () => readFileSync(file, 'utf8').split('\n').filter((line) => line.includes('rate limit quota exceeded')).map((line) => JSON.parse(line))
  await rate('told', { rate: 2, path })
  const silent = await trial.ask('GET', path)
  assert.deepEqual([silent.status, silent.headers['x-ratelimit-limit']], [200, undefined])
  await trial.must('POST', 'sys/quotas/config', { enable_rate_limit_response_headers: true })
  const { headers } = await trial.ask('GET', path)
  assert.deepEqual([headers['x-ratelimit-limit'], headers['x-ratelimit-remaining'], headers['retry-after']], ['2', '0', undefined])
  const refused = await trial.ask('GET', path)
  assert.deepEqual([refused.status, refused.headers['x-ratelimit-remaining'], refused.body.errors], [429, '0', [`request path "${path}": rate limit quota exceeded`]])
  for (const [name, most] of [['retry-after', 1800], ['x-ratelimit-reset', 3600]] as const) assert.ok(Number(refused.headers[name]) > most - 60 && Number(refused.headers[name]) <= most, name)
  assert.equal(refusals().length, 0)
  await trial.must('POST', 'sys/quotas/config', { enable_rate_limit_audit_logging: true, enable_rate_limit_response_headers: false })
  const logged = await trial.ask('GET', path)
  assert.deepEqual([logged.status, logged.headers['retry-after']], [429, undefined])
  const [line, more] = refusals()
  assert.deepEqual([line.type, line.request.path, line.request.operation, more], ['request', path, 'read', undefined])
  assert.ok(!JSON.stringify(line).includes(trial.root))
  await trial.must('POST', 'sys/quotas/config', { enable_rate_limit_audit_logging: false })
  await drop('told')
  await trial.must('DELETE', 'sys/audit/quotas')
  rmSync(folder, { recursive: true })
})

test('a lease count bounds the logins of an auth mount or of its role, until tokens end', async () => {
  const login = await withRoles('bounded', ['web', 'other'])
  const count = (name: string, body: object) => trial.must('POST', `sys/quotas/lease-count/${name}`, body)
  await count('web', { max_leases: 2, path: 'auth/bounded', role: 'web' })
  assert.deepEqual([await login('web'), await login('web'), await login('web'), await login('other')], [200, 200, 429, 200])
  assert.equal((await trial.must('GET', 'sys/quotas/lease-count/web')).data.role, 'web')
  await count('mount', { max_leases: 4, path: 'auth/bounded' })
  assert.deepEqual([await login('other'), await login('other')], [200, 429])
  await trial.must('POST', 'sys/leases/revoke-prefix/auth/bounded')
  await count('mount', { max_leases: 3, path: 'auth/bounded' })
  assert.deepEqual([await login('web'), await login('other')], [200, 200])
  for (const name of ['web', 'mount']) await trial.must('DELETE', `sys/quotas/lease-count/${name}`)
})

test('a lease count bounds the secrets of a path, of a mount, of a namespace and those that inherit', async () => {
  const { core } = trial.server
  await trial.must('POST', 'sys/namespaces/big')
  for (const namespace of ['big/crew', 'big/club']) await trial.must('POST', `big/sys/namespaces/${namespace.slice('big/'.length)}`)
  for (const namespace of ['big', 'big/crew', 'big/club']) await trial.must('POST', `${namespace}/sys/mounts/db`, { type: 'kv' })
  const lease = async (namespace: string, path: string): Promise<number> => {
    try {
      await core.leases.create(core.mounts.at(`${namespace}/db/`)!, `db/${path}`, { kind: 'test', data: {} }, '', 0)
      return 200
    } catch (cause) {
      return (cause as { status: number }).status
    }
  }
  const count = (name: string, body: object) => trial.must('POST', `sys/quotas/lease-count/${name}`, body)
  await count('path', { max_leases: 1, path: 'big/db/creds/one' })
  assert.deepEqual([await lease('big', 'creds/one'), await lease('big', 'creds/one'), await lease('big', 'creds/one-more')], [200, 429, 200])
  await count('mount', { max_leases: 3, path: 'big/db' })
  assert.deepEqual([await lease('big', 'creds/two'), await lease('big', 'creds/two'), await lease('big/crew', 'x')], [200, 429, 200])
  await count('namespace', { max_leases: 5, path: 'big', inheritable: true })
  assert.deepEqual([await lease('big/crew', 'x'), await lease('big/club', 'x')], [200, 429])
  await count('namespace', { max_leases: 5, path: 'big' })
  assert.equal(await lease('big/club', 'x'), 200)
})
