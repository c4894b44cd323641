// What a reviewer tries to get more than was given: by tokens, roles, identity, namespaces, wrapping and names.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  await trial.must('POST', 'secret/data/crown', { data: { value: 'jewels' } })
  await trial.must('PUT', 'sys/policies/acl/admin', { policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }' })
  await trial.must('PUT', 'sys/policies/acl/superuser', { policy: 'path "secret/*" { capabilities = ["read"] }' })
  await trial.must('PUT', 'sys/policies/acl/app-x', { policy: 'path "secret/data/app" { capabilities = ["read"] }' })
})
after(() => trial.stop())

const statusOf = async (token: string, path = 'secret/data/crown', method = 'GET', body?: unknown, headers = {}): Promise<number> => (await trial.ask(method, path, body, { token, headers })).status
const create = 'path "auth/token/create" { capabilities = ["create", "update"] }\npath "auth/token/create/*" { capabilities = ["create", "update"] }\npath "auth/token/create-orphan" { capabilities = ["create", "update"] }'

test('a child token has no policy, period, id or freedom that its parent could not give', async () => {
  const token = await trial.tokenWith(create)
  for (const body of [{ policies: ['admin'] }, { policies: ['ADMIN '] }, { policies: 'default,admin' }, { policies: ['root'] }, { policies: ['response-wrapping'] }, { period: '1h' }, { id: 'chosen' }, { no_parent: true }, { entity_alias: 'x' }, { num_uses: -1 }, { ttl: '-1h' }, { ttl: 1e308 }, { explicit_max_ttl: '9'.repeat(40) }]) {
    assert.equal(await statusOf(token, 'auth/token/create', 'POST', body), 400, JSON.stringify(body))
  }
  const { auth } = await trial.must('POST', 'auth/token/create', { ttl: '9000h' }, { token })
  assert.ok(auth.lease_duration <= 768 * 3600)
})

test('a policy whose name spells a set of others is not that set', async () => {
  await trial.must('POST', 'auth/token/roles/globs', { allowed_policies_glob: 'app-*' })
  const real = (await trial.must('POST', 'auth/token/create', { policies: ['app-x', 'superuser'] })).auth.client_token
  assert.equal(await statusOf(real), 200)
  const token = await trial.tokenWith(create)
  for (const name of ['app-x,default,superuser', 'app-x","default","superuser', 'app-x;:default,superuser', 'app-x;:admin']) {
    const { auth } = await trial.must('POST', 'auth/token/create/globs', { policies: [name], no_default_policy: true }, { token })
    assert.deepEqual(auth.token_policies, [name])
    assert.equal(await statusOf(auth.client_token), 403, name)
  }
})

test('what a token role forbids stays forbidden, however it is spelt and whatever else is forbidden', async () => {
  const token = await trial.tokenWith(create)
  await trial.must('POST', 'auth/token/roles/without', { disallowed_policies: ['root', 'Admin', 'superuser'], disallowed_policies_glob: ['Sec-*'] })
  for (const name of ['admin', 'ADMIN', ' admin', 'superuser', 'root', 'sec-ops', 'SEC-OPS']) assert.equal(await statusOf(token, 'auth/token/create/without', 'POST', { policies: [name] }), 400, name)
  await trial.must('POST', 'auth/token/roles/only', { allowed_policies: ['app-x'], allowed_entity_aliases: ['svc-*'] })
  for (const body of [{ policies: ['admin'] }, { policies: ['app-x', 'admin'] }, { entity_alias: 'admin' }]) assert.equal(await statusOf(token, 'auth/token/create/only', 'POST', body), 400, JSON.stringify(body))
  const { auth } = await trial.must('POST', 'auth/token/create/only', {}, { token })
  assert.deepEqual(auth.token_policies, ['app-x', 'default'])
})

test('no role, user, entity, group, key or alias may have the policy root', async () => {
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  for (const type of ['approle', 'aws']) await trial.must('POST', `sys/auth/${type}`, { type })
  for (const name of ['root', 'ROOT', ' root ']) {
    for (const [path, body] of [
      ['auth/userpass/users/u', { password: 'long enough', token_policies: [name] }], ['auth/approle/role/r', { token_policies: [name] }], ['identity/entity', { name: 'e', policies: [name] }],
      ['identity/group', { name: 'g', policies: [name] }], ['auth/aws/key', { name: 'k', policies: [name] }], ['auth/aws/role/r', { policies: [name] }],
    ] as const) assert.equal((await trial.ask('POST', path, body)).status, 400, `${path} ${name}`)
  }
  const user = await trial.tokenWith(create)
  await trial.must('POST', 'auth/token/roles/rootly', { allowed_policies: ['root'] })
  assert.equal(await statusOf(user, 'auth/token/create/rootly', 'POST', {}), 400)
  assert.equal((await trial.ask('PUT', 'sys/policies/acl/Root', { policy: 'path "a" { capabilities = ["deny"] }' })).status, 400)
  assert.equal((await trial.ask('PUT', 'sys/policies/acl/response-wrapping', { policy: 'path "*" { capabilities = ["read"] }' })).status, 400)
})

test('a batch token makes no token, keeps nothing, is not renewed, and ends with its parent', async () => {
  const rules = `${create}\npath "cubbyhole/*" { capabilities = ["create", "update", "read"] }\npath "auth/token/renew-self" { capabilities = ["update"] }\npath "secret/data/crown" { capabilities = ["read"] }`
  const parent = await trial.tokenWith(rules)
  const batch = (await trial.must('POST', 'auth/token/create', { type: 'batch', ttl: '10m' }, { token: parent })).auth.client_token as string
  assert.equal(await statusOf(batch), 200)
  for (const [path, body] of [['auth/token/create', {}], ['auth/token/create-orphan', {}], ['cubbyhole/x', { a: 'b' }], ['auth/token/renew-self', {}]] as const) assert.equal(await statusOf(batch, path, 'POST', body), 400, path)
  assert.equal((await trial.ask('POST', 'auth/token/revoke', { token: batch })).status, 400)
  for (const body of [{ type: 'batch', period: '1h' }, { type: 'batch', num_uses: 1 }, { type: 'batch', explicit_max_ttl: '1h' }, { type: 'batch', policies: ['root'] }]) assert.equal((await trial.ask('POST', 'auth/token/create', body)).status, 400, JSON.stringify(body))
  for (const forged of [`${batch.slice(0, -2)}AA`, `hvb.${Buffer.from('{"policies":["root"]}').toString('base64url')}`, 'hvb.', `hvb.${'A'.repeat(40_000)}`]) assert.equal(await statusOf(forged), 403)
  await trial.must('POST', 'auth/token/revoke', { token: parent })
  assert.equal(await statusOf(batch), 403)
})

test('a limited token is used no more often than it says, also by many at once, and makes no tokens', async () => {
  const limited = await trial.tokenWith(`${create}\npath "secret/data/crown" { capabilities = ["read"] }`, { num_uses: 3 })
  const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(limited)))
  assert.equal(statuses.filter((status) => status === 200).length, 3)
  const other = await trial.tokenWith(create, { num_uses: 5 })
  assert.equal(await statusOf(other, 'auth/token/create', 'POST', {}), 400)
})

test('a wrapping token opens its answer and nothing else', async () => {
  const wrap = async (): Promise<string> => (await trial.must('GET', 'secret/data/crown', undefined, { headers: { 'x-vault-wrap-ttl': '60s' } })).wrap_info.token
  for (const [method, path] of [['GET', 'secret/data/crown'], ['GET', 'auth/token/lookup-self'], ['POST', 'auth/token/create'], ['POST', 'auth/token/renew-self'], ['GET', 'sys/policies/acl/admin'], ['POST', 'cubbyhole/other']] as const) {
    assert.equal(await statusOf(await wrap(), path, method, method === 'POST' ? { a: 'b' } : undefined), 403, path)
  }
  assert.equal((await trial.ask('POST', 'sys/wrapping/unwrap', { token: trial.root })).status, 400, 'a token that wraps nothing')
  const own = await wrap()
  assert.equal((await trial.ask('POST', 'sys/wrapping/unwrap', {}, { token: own })).status, 200)
  assert.equal((await trial.ask('POST', 'sys/wrapping/unwrap', {}, { token: own })).status, 400)
  for (const ttl of ['-1s', '1e9', 'x', '9'.repeat(40)]) assert.equal((await trial.ask('GET', 'secret/data/crown', undefined, { headers: { 'x-vault-wrap-ttl': ttl } })).status, 400, ttl)
})

test('who may ask about policies learns of its own namespace alone', async () => {
  const entity = (await trial.must('POST', 'identity/entity', { name: 'boss', policies: ['admin'] })).data.id
  await trial.must('POST', 'sys/namespaces/curious')
  await trial.must('PUT', 'curious/sys/policies/acl/all', { policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }' })
  const admin = (await trial.must('POST', 'curious/auth/token/create', { policies: ['all'] })).auth.client_token
  const foreign = (await trial.must('POST', 'auth/token/create', { policies: ['admin'] })).auth.accessor
  const inside = { token: admin, headers: { 'x-vault-namespace': 'curious' } }
  for (const [path, body] of [
    ['sys/policies/simulate', { path: 'x', entity_id: entity }], ['sys/policies/simulate', { path: 'x', accessor: foreign }], ['sys/capabilities-accessor', { accessor: foreign, paths: ['x'] }],
    ['auth/token/lookup-accessor', { accessor: foreign }], ['auth/token/renew-accessor', { accessor: foreign }], ['auth/token/lookup', { token: trial.root }],
    ['identity/entity/merge', { to_entity_id: entity, from_entity_ids: [entity] }], ['identity/entity', { id: entity, policies: [] }], ['auth/aws/key', { name: 'k', entity_id: entity }],
  ] as const) assert.ok((await trial.ask('POST', path, body, inside)).status >= 400, path)
  await trial.ask('POST', 'auth/token/revoke', { token: trial.root }, inside)
  await trial.ask('POST', 'auth/token/revoke-accessor', { accessor: foreign }, inside)
  assert.equal((await trial.ask('POST', 'auth/token/lookup-accessor', { accessor: foreign })).status, 200, 'a token of another namespace lives')
  await trial.ask('DELETE', `identity/entity/id/${entity}`, undefined, inside)
  assert.equal((await trial.ask('GET', 'sys/mounts')).status, 200, 'the root token lives')
  assert.equal((await trial.must('GET', `identity/entity/id/${entity}`)).data.policies[0], 'admin')
})

test('a namespace\'s administrator changes nothing of the server, and nothing around the namespace', async () => {
  await trial.must('POST', 'sys/namespaces/tenant')
  await trial.must('PUT', 'tenant/sys/policies/acl/all', { policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }' })
  const token = (await trial.must('POST', 'tenant/auth/token/create', { policies: ['all'] })).auth.client_token as string
  for (const [method, path] of [
    ['POST', 'sys/seal'], ['POST', 'sys/step-down'], ['POST', 'sys/rotate'], ['GET', 'sys/audit'], ['PUT', 'sys/audit/x'], ['POST', 'sys/config/cors'], ['GET', 'sys/config/state/sanitized'], ['POST', 'sys/config/reload/all'], ['POST', 'sys/loggers'], ['GET', 'sys/host-info'],
    ['GET', 'sys/in-flight-req'], ['PUT', 'sys/config/ui/headers/x-a'], ['GET', 'sys/storage/raft/snapshot'], ['POST', 'sys/quotas/rate-limit/x'], ['GET', 'sys/metrics'], ['POST', 'sys/generate-root/attempt'], ['POST', 'sys/rekey/init'], ['LIST', 'sys/version-history'],
  ] as const) {
    const body = method === 'POST' || method === 'PUT' ? { type: 'file', level: 'trace', enable: true, allowed_origins: '*', values: ['x'], rate: 1, secret_shares: 1, secret_threshold: 1 } : undefined
    const { status } = await trial.ask(method, path, body, { token, headers: { 'x-vault-namespace': 'tenant' } })
    assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`)
  }
  for (const headers of [{ 'x-vault-namespace': 'tenant' }, { 'x-vault-namespace': 'tenant/' }, { 'x-vault-namespace': '/tenant' }, { 'x-vault-namespace': 'root' }, {}, { 'x-vault-namespace': 'tenant, ' }, { 'x-vault-namespace': 'tenant/../' }, { 'x-vault-namespace': 'tenant%2f..' }]) {
    for (const path of ['secret/data/crown', '../secret/data/crown', 'tenant/../secret/data/crown', 'root/secret/data/crown', 'sys/policies/acl/admin', 'sys/leases/lookup/', 'identity/entity/name/boss']) {
      assert.notEqual((await trial.ask('GET', path, undefined, { token, headers })).status, 200, `${JSON.stringify(headers)} ${path}`)
    }
  }
})

test('mounts and namespaces never lie over each other', async () => {
  await trial.must('POST', 'sys/namespaces/land')
  await trial.must('POST', 'land/sys/mounts/kv', { type: 'kv' })
  await trial.must('POST', 'land/kv/own', { a: 'b' })
  for (const path of ['land', 'land/kv', 'land/other', 'land/sys']) assert.equal((await trial.ask('POST', `sys/mounts/${path}`, { type: 'kv' })).status, 400, path)
  assert.equal((await trial.ask('POST', 'sys/remount', { from: 'secret', to: 'land/kv2' })).status, 400)
  assert.equal((await trial.must('GET', 'land/kv/own')).data.a, 'b')
  assert.equal((await trial.ask('POST', 'sys/namespaces/secret')).status, 400)
  assert.equal((await trial.ask('GET', 'secret/data/crown')).body.data.data.value, 'jewels')
})

test('a namespace made anew knows nothing of its namesake', async () => {
  await trial.must('POST', 'sys/namespaces/phoenix')
  await trial.must('PUT', 'phoenix/sys/policies/acl/all', { policy: 'path "*" { capabilities = ["read", "update", "list", "sudo"] }' })
  const service = (await trial.must('POST', 'phoenix/auth/token/create', { policies: ['all'] })).auth.client_token as string
  const batch = (await trial.must('POST', 'phoenix/auth/token/create-orphan', { policies: ['all'], type: 'batch', ttl: '1h' })).auth.client_token as string
  assert.equal(await statusOf(batch, 'phoenix/auth/token/lookup-self'), 200)
  await trial.must('DELETE', 'sys/namespaces/phoenix')
  await trial.must('POST', 'sys/namespaces/phoenix')
  assert.equal((await trial.ask('GET', 'phoenix/sys/policies/acl/all')).status, 404)
  for (const token of [service, batch]) assert.equal(await statusOf(token, 'phoenix/auth/token/lookup-self'), 403)
})

test('names of Object\'s own members are names like others', async () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']) {
    assert.equal((await trial.ask('GET', `sys/policies/acl/${name}`)).status, 404, name)
    await trial.must('PUT', `sys/policies/acl/${name}`, { policy: 'path "secret/data/none" { capabilities = ["read"] }' })
    const named = (await trial.must('POST', 'auth/token/create', { policies: [name] })).auth.client_token
    assert.equal(await statusOf(named), 403)
    assert.equal((await trial.ask('GET', `secret/data/${name}`)).status, 404)
    const kept = JSON.parse(`{"data":{${name === '__proto__' ? '"a"' : JSON.stringify(name)}:"kept","x":"y"}}`)
    await trial.must('POST', `secret/data/${name}`, kept)
    assert.deepEqual((await trial.must('GET', `secret/data/${name}`)).data.data, kept.data)
    await trial.must('POST', `secret/metadata/${name}`, `{"custom_metadata":{${JSON.stringify(name)}:"v"}}`)
    for (const path of [`auth/token/roles/${name}`, `identity/entity/name/${name}`, `identity/group/name/${name}`, `sys/policies/password/${name}`, `sys/quotas/rate-limit/${name}`, `sys/plugins/catalog/${name}`, `sys/tools/hash/${name}`]) {
      assert.ok([400, 404, 405].includes((await trial.ask('GET', path)).status), path)
    }
  }
  assert.equal((await trial.ask('POST', 'secret/data/p', '{"data":{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":true},"a":1}}')).status, 200)
  assert.equal((await trial.must('GET', 'secret/data/p')).data.data.polluted, undefined)
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})

test('identity templates never widen a rule', async () => {
  const accessor = (await trial.must('GET', 'sys/auth')).data['userpass/'].accessor
  await trial.must('PUT', 'sys/policies/acl/personal', { policy: `path "secret/data/{{identity.entity.aliases.${accessor}.name}}" { capabilities = ["read"] }\npath "secret/data/{{identity.entity.metadata.team}}/x" { capabilities = ["read"] }` })
  for (const [name, team] of [['+', 'a'], ['a', '*'], ['b', '+'], ['c', '../..'], ['d', 'a/b'], ['e', 'x,y']] as const) {
    const entity = (await trial.must('POST', 'identity/entity', { name: `of ${name}`, policies: ['personal'], metadata: { team } })).data.id
    await trial.must('POST', 'identity/entity-alias', { name, canonical_id: entity, mount_accessor: accessor })
    await trial.must('POST', `auth/userpass/users/${encodeURIComponent(name)}`, { password: 'long enough' })
    const login = await trial.ask('POST', `auth/userpass/login/${encodeURIComponent(name)}`, { password: 'long enough' }, { token: null })
    if (login.status !== 200) continue
    for (const path of ['secret/data/crown', 'secret/data/crown/x', 'secret/data/a/b/x']) assert.equal(await statusOf(login.body.auth.client_token, path), 403, `${name} ${team} ${path}`)
  }
})
