import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  for (const name of ['one', 'two']) await trial.must('PUT', `sys/policies/acl/${name}`, { policy: 'path "secret/data/x" { capabilities = ["read"] }' })
  await trial.must('PUT', 'sys/policies/acl/maker', { policy: 'path "auth/token/*" { capabilities = ["create", "read", "update", "list"] }' })
})
after(() => trial.stop())

const create = async (body: object, token?: string): Promise<any> => (await trial.must('POST', 'auth/token/create', body, token === undefined ? {} : { token })).auth
const self = async (token: string): Promise<any> => (await trial.must('GET', 'auth/token/lookup-self', undefined, { token })).data
const refused = async (path: string, body: object, token: string, what: RegExp): Promise<void> => {
  const { status, text } = await trial.ask('POST', path, body, { token })
  assert.equal(status, 400, text)
  assert.match(text, what)
}

test('a look-up shows a token as Vault does', async () => {
  const auth = await create({ ttl: '1h', policies: ['one'], meta: { a: 'b' }, display_name: 'x y' })
  const { accessor, creation_time, expire_time, issue_time, ttl, ...rest } = await self(auth.client_token)
  assert.deepEqual(rest, { creation_ttl: 3600, display_name: 'token-x-y', entity_id: '', explicit_max_ttl: 0, id: auth.client_token, meta: { a: 'b' }, num_uses: 0, orphan: false, path: 'auth/token/create', policies: ['default', 'one'], renewable: true, type: 'service' })
  assert.equal(accessor, auth.accessor)
  assert.equal(Date.parse(issue_time), creation_time * 1000)
  const life = Date.parse(expire_time) / 1000 - creation_time
  assert.ok(life === 3600 || life === 3601, 'a lifetime counts from the next full second')
  assert.ok(ttl > 3500 && ttl <= 3600)
  const root = await self(trial.root)
  assert.deepEqual([root.ttl, root.expire_time, root.type, root.policies], [0, null, 'service', ['root']])
})

test('a child gets a subset of its parent\'s policies unless the parent has sudo', async () => {
  const maker = (await create({ policies: ['maker', 'one'] })).client_token
  assert.deepEqual((await create({ policies: ['one'] }, maker)).policies, ['default', 'one'])
  assert.deepEqual((await create({}, maker)).policies, ['default', 'maker', 'one'])
  assert.deepEqual((await create({ policies: ['one'], no_default_policy: true }, maker)).policies, ['one'])
  await refused('auth/token/create', { policies: ['two'] }, maker, /child policies must be subset of parent/)
  await refused('auth/token/create', { policies: ['root'] }, maker, /subset of parent|root tokens/)
  await refused('auth/token/create', { id: 'chosen' }, maker, /sudo privileges required to specify token id/)
  await refused('auth/token/create', { no_parent: true }, maker, /required to create orphan token/)
  await refused('auth/token/create', { period: '1h' }, maker, /required to create periodic token/)
  const sudo = await trial.tokenWith('path "auth/token/create" { capabilities = ["create", "update", "sudo"] }')
  assert.deepEqual((await create({ policies: ['two'], no_parent: true }, sudo)).policies, ['default', 'two'])
  await refused('auth/token/create', { policies: ['root'] }, sudo, /root tokens may not be created/)
})

test('lifetimes: the mount\'s, the explicit one and periods bound each other', async () => {
  assert.equal((await create({ policies: ['one'], ttl: '30m', explicit_max_ttl: '5m' })).lease_duration, 300)
  const capped = await trial.must('POST', 'auth/token/create', { policies: ['one'], ttl: '9999h' })
  assert.equal(capped.auth.lease_duration, 2764800)
  assert.match(capped.warnings.join(), /TTL of "9999h0m0s" exceeded the effective max_ttl of "768h0m0s"/)
  const periodic = await create({ policies: ['one'], period: '30m' })
  assert.equal(periodic.lease_duration, 1800)
  assert.equal((await self(periodic.client_token)).period, 1800)
  const renewed = await trial.must('POST', 'auth/token/renew-self', { increment: '10h' }, { token: periodic.client_token })
  assert.equal(renewed.auth.lease_duration, 1800)
  const explicit = (await create({ policies: ['one'], ttl: '5m', explicit_max_ttl: '10m' })).client_token
  const cut = await trial.must('POST', 'auth/token/renew', { token: explicit, increment: '1h' })
  assert.ok(cut.auth.lease_duration <= 600 && cut.auth.lease_duration > 590)
  assert.ok(cut.warnings.length > 0)
  await refused('auth/token/renew', { token: (await create({ policies: ['one'], renewable: false })).client_token }, trial.root, /not renewable/)
})

test('revoking a token ends its children; orphaning lets them live', async () => {
  const parent = (await create({ policies: ['maker'] })).client_token
  const child = (await create({}, parent)).client_token
  const grandchild = (await create({}, child)).client_token
  const batch = (await create({ type: 'batch' }, parent)).client_token
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: batch })).status, 200)
  await trial.must('POST', 'auth/token/revoke-orphan', { token: child })
  assert.equal((await self(grandchild)).orphan, true)
  await trial.must('POST', 'auth/token/revoke', { token: parent })
  for (const gone of [parent, child, batch]) assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: gone })).status, 403)
  assert.equal((await trial.ask('POST', 'auth/token/lookup', { token: parent })).status, 403)
  await trial.must('POST', 'auth/token/revoke-self', {}, { token: grandchild })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: grandchild })).status, 403)
})

test('accessors look up, renew and revoke without showing the token', async () => {
  const { client_token, accessor } = await create({ policies: ['one'], ttl: '1h' })
  const looked = await trial.must('POST', 'auth/token/lookup-accessor', { accessor })
  assert.equal(looked.data.id, '')
  assert.ok((await trial.must('LIST', 'auth/token/accessors')).data.keys.includes(accessor))
  const renewed = await trial.ask('POST', 'auth/token/renew-accessor', { accessor })
  assert.ok(!renewed.text.includes(client_token))
  await trial.must('POST', 'auth/token/revoke-accessor', { accessor })
  await refused('auth/token/lookup-accessor', { accessor }, trial.root, /invalid accessor/)
})

test('a limited token may be looked at with its last use, then it is gone', async () => {
  const token = (await create({ policies: ['one'], num_uses: 2 })).client_token
  assert.equal((await self(token)).num_uses, 1)
  assert.equal((await self(token)).num_uses, 0)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token })).status, 403)
  const maker = (await create({ policies: ['maker'], num_uses: 5 })).client_token
  await refused('auth/token/create', {}, maker, /restricted use token cannot generate child tokens/)
})

test('batch tokens are made, used, and refused what they cannot do', async () => {
  const { client_token: batch, accessor, token_type } = await create({ type: 'batch', policies: ['maker'] })
  assert.deepEqual([accessor, token_type], ['', 'batch'])
  assert.equal((await self(batch)).type, 'batch')
  await refused('auth/token/create', {}, batch, /batch tokens cannot create more tokens/)
  await refused('auth/token/revoke', { token: batch }, trial.root, /batch tokens cannot be revoked/)
  for (const odd of [{ policies: ['root'] }, { num_uses: 3 }, { period: '1h' }, { explicit_max_ttl: '1h' }]) await refused('auth/token/create', { type: 'batch', policies: ['one'], ...odd }, trial.root, /batch tokens cannot/)
})

test('a role decides what its tokens are', async () => {
  await trial.must('POST', 'auth/token/roles/app', { allowed_policies: 'one', allowed_policies_glob: 't*', disallowed_policies: 'tabu', orphan: true, path_suffix: 'app', token_period: '1h', renewable: true })
  const made = (await trial.must('POST', 'auth/token/create/app', {})).auth
  assert.deepEqual([made.policies, made.orphan, made.lease_duration], [['default', 'one'], true, 3600])
  const seen = await self(made.client_token)
  assert.deepEqual([seen.role, seen.path], ['app', 'auth/token/create/app/app'])
  assert.deepEqual((await trial.must('POST', 'auth/token/create/app', { policies: ['two'] })).auth.policies, ['default', 'two'])
  await refused('auth/token/create/app', { policies: ['maker'] }, trial.root, /must be subset of the role's allowed policies/)
  await refused('auth/token/create/app', { policies: ['tabu'] }, trial.root, /disallowed by this role/)
  await refused('auth/token/create/absent', {}, trial.root, /unknown role/)
  assert.deepEqual((await trial.must('LIST', 'auth/token/roles')).data.keys, ['app'])
  await trial.must('DELETE', 'auth/token/roles/app')
  await refused('auth/token/renew', { token: made.client_token }, trial.root, /could not be found, not renewing/)
})

test('a new token can be wrapped', async () => {
  const wrapped = await trial.must('POST', 'auth/token/create', { policies: ['one'] }, { headers: { 'x-vault-wrap-ttl': '60' } })
  assert.equal(wrapped.auth, null)
  const opened = await trial.must('POST', 'sys/wrapping/unwrap', {}, { token: wrapped.wrap_info.token })
  assert.equal(opened.auth.accessor, wrapped.wrap_info.wrapped_accessor)
  assert.equal((await self(opened.auth.client_token)).accessor, opened.auth.accessor)
})

test('namespaces do not see each other\'s tokens', async () => {
  for (const path of ['left', 'right']) await trial.must('POST', `sys/namespaces/${path}`, {})
  const inLeft = { headers: { 'x-vault-namespace': 'left' } }
  const { client_token, accessor } = (await trial.must('POST', 'auth/token/create', { policies: ['default'] }, inLeft)).auth
  const inRight = { headers: { 'x-vault-namespace': 'right' } }
  assert.equal((await trial.ask('POST', 'auth/token/lookup', { token: client_token }, inRight)).status, 403)
  for (const [path, body] of [['lookup-accessor', { accessor }], ['renew-accessor', { accessor }]] as const) assert.equal((await trial.ask('POST', `auth/token/${path}`, body, inRight)).status, 400)
  for (const [path, body] of [['revoke-accessor', { accessor }], ['revoke', { token: client_token }]] as const) await trial.must('POST', `auth/token/${path}`, body, inRight)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { ...inRight, token: client_token })).status, 403)
  assert.equal((await trial.must('GET', 'auth/token/lookup-self', undefined, { ...inLeft, token: client_token } as object)).data.accessor, accessor)
  assert.ok(!(await trial.must('LIST', 'auth/token/accessors')).data.keys.includes(accessor))
})
