import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  for (const path of ['app/one', 'app/deep/two', 'other/three']) await trial.must('POST', `secret/data/${path}`, { data: { value: path } })
})
after(() => trial.stop())

test('paths that could mean two things are refused before routing', async () => {
  const token = await trial.tokenWith('path "secret/data/app/*" { capabilities = ["read"] }')
  for (const path of ['secret/data/app/../other/three', 'secret/data/app/%2e%2e/other/three', 'secret//data/app/one', 'secret/data/app/%252e%252e/x', 'secret/data/app/./one', 'secret/data/app/%00', 'secret/data/app/one%0a', 'secret/data/app/%ff', './secret/data/app/one']) {
    const { status } = await trial.ask('GET', path, undefined, { token })
    assert.equal(status, 400, path)
  }
})

test('a slash that is encoded is a slash to policy and engine alike', async () => {
  const token = await trial.tokenWith('path "secret/data/app/*" { capabilities = ["read"] }')
  assert.equal((await trial.ask('GET', 'secret/data/app%2Fone', undefined, { token })).body.data.data.value, 'app/one')
  assert.equal((await trial.ask('GET', 'secret/data/other%2Fthree', undefined, { token })).status, 403)
})

test('deny beats every glob of the same reach, for every operation, LIST included', async () => {
  const token = await trial.tokenWith('path "secret/*" { capabilities = ["create", "read", "update", "delete", "list", "patch"] }\npath "secret/data/app/*" { capabilities = ["deny"] }\npath "secret/metadata/app/*" { capabilities = ["deny"] }')
  const patch = { 'content-type': 'application/merge-patch+json' }
  assert.equal((await trial.ask('GET', 'secret/data/app/one', undefined, { token })).status, 403)
  assert.equal((await trial.ask('POST', 'secret/data/app/one', { data: {} }, { token })).status, 403)
  assert.equal((await trial.ask('PATCH', 'secret/data/app/one', { data: {} }, { token, headers: patch })).status, 403)
  assert.equal((await trial.ask('DELETE', 'secret/data/app/one', undefined, { token })).status, 403)
  assert.equal((await trial.ask('LIST', 'secret/metadata/app', undefined, { token })).status, 403)
  assert.equal((await trial.ask('GET', 'secret/metadata/app?list=true', undefined, { token })).status, 403)
  assert.equal((await trial.ask('GET', 'secret/data/other/three', undefined, { token })).status, 200)
})

test('create and update are told apart only by whether the secret is there', async () => {
  const creator = await trial.tokenWith('path "secret/data/made/*" { capabilities = ["create"] }')
  assert.equal((await trial.ask('POST', 'secret/data/made/x', { data: { a: 1 } }, { token: creator })).status, 200)
  assert.equal((await trial.ask('POST', 'secret/data/made/x', { data: { a: 2 } }, { token: creator })).status, 403)
  const updater = await trial.tokenWith('path "secret/data/made/*" { capabilities = ["update"] }')
  assert.equal((await trial.ask('POST', 'secret/data/made/x', { data: { a: 3 } }, { token: updater })).status, 200)
  assert.equal((await trial.ask('POST', 'secret/data/made/new', { data: { a: 1 } }, { token: updater })).status, 403)
})

test('root-protected paths need sudo', async () => {
  const rules = (capabilities: string): string => `path "sys/audit" { capabilities = [${capabilities}] }\npath "sys/remount" { capabilities = [${capabilities}] }`
  const plain = await trial.tokenWith(rules('"read", "update"'))
  const sudo = await trial.tokenWith(rules('"read", "update", "sudo"'))
  assert.equal((await trial.ask('GET', 'sys/audit', undefined, { token: plain })).status, 403)
  assert.equal((await trial.ask('GET', 'sys/audit', undefined, { token: sudo })).status, 200)
  assert.equal((await trial.ask('POST', 'sys/remount', { from: 'x', to: 'y' }, { token: plain })).status, 403)
})

test('namespaces never see each other', async () => {
  await trial.must('POST', 'sys/namespaces/red')
  await trial.must('POST', 'sys/namespaces/blue')
  for (const name of ['red', 'blue']) {
    await trial.must('POST', `${name}/sys/mounts/secret`, { type: 'kv', options: { version: '2' } })
    await trial.must('POST', `${name}/secret/data/own`, { data: { of: name } })
    await trial.must('PUT', `${name}/sys/policies/acl/all`, { policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }' })
  }
  const red = (await trial.must('POST', 'red/auth/token/create', { policies: ['all'] })).auth
  const inBlue = { token: red.client_token, headers: { 'x-vault-namespace': 'blue' } }
  assert.equal((await trial.ask('GET', 'red/secret/data/own', undefined, { token: red.client_token })).body.data.data.of, 'red')
  assert.equal((await trial.ask('GET', 'blue/secret/data/own', undefined, { token: red.client_token })).status, 403)
  assert.equal((await trial.ask('GET', 'secret/data/own', undefined, inBlue)).status, 403)
  assert.equal((await trial.ask('GET', 'secret/data/app/one', undefined, { token: red.client_token })).status, 403)
  const blue = (await trial.must('POST', 'blue/auth/token/create', { policies: ['all'] })).auth
  const seen = await trial.ask('POST', 'red/auth/token/lookup-accessor', { accessor: blue.accessor }, { token: red.client_token })
  assert.notEqual(seen.status, 200)
  const accessors = await trial.ask('LIST', 'red/auth/token/accessors', undefined, { token: red.client_token })
  assert.ok(!accessors.text.includes(blue.accessor))
})

test('reserved names are compared after normalisation', async () => {
  for (const name of ['sys', 'SYS', ' sys', 'ｓｙｓ', 'auth', 'root', '..']) assert.equal((await trial.ask('POST', `sys/namespaces/${encodeURIComponent(name)}`)).status, 400, name)
  for (const path of ['sys/x', 'auth', 'identity', 'cubbyhole/a', 'secret/below', 'a*b', 'a+b']) assert.equal((await trial.ask('POST', `sys/mounts/${encodeURIComponent(path).replaceAll('%2F', '/')}`, { type: 'kv' })).status, 400, path)
})

test('an engine that asks for its caller is authorised at every hop', async () => {
  const mayCopy = 'path "secret/copy/*" { capabilities = ["create", "update"] }'
  const token = await trial.tokenWith(mayCopy)
  assert.equal((await trial.ask('POST', 'secret/copy/app/one', { to: 'stolen' }, { token })).status, 403)
  const reader = await trial.tokenWith(`${mayCopy}\npath "secret/data/app/one" { capabilities = ["read"] }`)
  assert.equal((await trial.ask('POST', 'secret/copy/app/one', { to: 'stolen' }, { token: reader })).status, 403)
  const both = await trial.tokenWith(`${mayCopy}\npath "secret/data/app/one" { capabilities = ["read"] }\npath "secret/data/copied" { capabilities = ["create"] }`)
  assert.equal((await trial.ask('POST', 'secret/copy/app/one', { to: 'copied' }, { token: both })).status, 200)
})

test('a limited token ends with its last use, an expired or revoked one opens nothing', async () => {
  const rules = 'path "secret/data/app/one" { capabilities = ["read"] }'
  const twice = await trial.tokenWith(rules, { num_uses: 2 })
  const statuses = []
  for (let use = 0; use < 3; use++) statuses.push((await trial.ask('GET', 'secret/data/app/one', undefined, { token: twice })).status)
  assert.deepEqual(statuses, [200, 200, 403])
  const gone = await trial.tokenWith(rules)
  await trial.must('POST', 'auth/token/revoke', { token: gone })
  assert.equal((await trial.ask('GET', 'secret/data/app/one', undefined, { token: gone })).status, 403)
})

test('revoking a token ends its children, and its private folder goes with it', async () => {
  const rules = 'path "auth/token/create" { capabilities = ["update"] }'
  const parent = await trial.tokenWith(rules)
  const child = (await trial.must('POST', 'auth/token/create', {}, { token: parent })).auth.client_token as string
  await trial.must('POST', 'cubbyhole/own', { a: 'b' }, { token: parent })
  await trial.must('POST', 'auth/token/revoke', { token: parent })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: child })).status, 403)
  assert.deepEqual(await trial.server.core.cubbyhole.keys(''), [])
})

test('a wrapped answer opens once, also for two who ask at the same time', async () => {
  const wrapped = await trial.must('GET', 'secret/data/app/one', undefined, { headers: { 'x-vault-wrap-ttl': '60s' } })
  assert.equal(wrapped.data, null)
  const token = wrapped.wrap_info.token as string
  const answers = await Promise.all([1, 2, 3].map(() => trial.ask('POST', 'sys/wrapping/unwrap', { token }, { token: null })))
  assert.deepEqual(answers.map((one) => one.status).sort(), [200, 400, 400])
  assert.equal(answers.find((one) => one.status === 200)!.body.data.data.value, 'app/one')
})

test('a locked namespace answers nobody but the root policy until its key unlocks it', async () => {
  await trial.must('POST', 'sys/namespaces/locked')
  await trial.must('PUT', 'locked/sys/policies/acl/all', { policy: 'path "*" { capabilities = ["read", "update", "sudo"] }' })
  const token = (await trial.must('POST', 'locked/auth/token/create', { policies: ['all'] })).auth.client_token as string
  const asked = (): Promise<number> => trial.ask('GET', 'locked/sys/mounts', undefined, { token }).then((answer) => answer.status)
  assert.equal(await asked(), 200)
  const { unlock_key: key } = (await trial.must('POST', 'sys/namespaces/api-lock/lock/locked')).data
  assert.equal(await asked(), 503)
  assert.equal((await trial.ask('POST', 'locked/sys/namespaces/api-lock/unlock', { unlock_key: 'wrong' }, { token })).status, 400)
  assert.equal(await asked(), 503)
  await trial.must('POST', 'locked/sys/namespaces/api-lock/unlock', { unlock_key: key }, { token })
  assert.equal(await asked(), 200)
})
