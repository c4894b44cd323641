import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeAt } from '../../src/core/mfa/totp.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'

let trial: Trial
let accessor: string
before(async () => {
  trial = await startTrial()
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('POST', 'sys/auth/approle', { type: 'approle' })
  accessor = (await trial.must('GET', 'sys/auth')).data['userpass/'].accessor
})
after(() => trial.stop())

const addUser = (name: string): Promise<unknown> => trial.must('POST', `auth/userpass/users/${name}`, { password: 'right' })
const logIn = (name: string, password = 'right', headers = {}) => trial.ask('POST', `auth/userpass/login/${encodeURIComponent(name)}`, { password }, { token: null, headers })

/** Everything that the store holds below the barrier's encryption, keys and values. */
async function plainStore(): Promise<string> {
  const view = trial.server.core.barrier.view('')
  let all = ''
  for (let after: string | undefined; ; ) {
    const keys = await view.keys('', { limit: 500, ...(after !== undefined && { after }) })
    for (const key of keys) if (!key.startsWith('barrier/')) all += `${key}\n${Buffer.from((await view.get(key).catch(() => null)) ?? []).toString()}\n`
    if (keys.length < 500) return all
    after = keys.at(-1)
  }
}

test('unknown and known users are refused in the same words, and locked out alike', async () => {
  await addUser('known')
  for (let attempt = 1; attempt <= 7; attempt++) {
    const [known, unknown] = [await logIn('known', 'wrong'), await logIn('unknown', 'wrong')]
    assert.deepEqual([known.status, known.text], [unknown.status, unknown.text])
    assert.equal(known.status, attempt <= 5 ? 400 : 403)
  }
  assert.equal((await logIn('known')).status, 403, 'a locked user cannot log in with the right password')
})

test('lockout counts a user, not a spelling', async () => {
  await addUser('spelt')
  for (const name of ['spelt', 'SPELT', ' Spelt ', 'ｓｐｅｌｔ', 'sPELT']) assert.equal((await logIn(name, 'wrong')).status, 400)
  assert.equal((await logIn('spelt')).status, 403)
  const locked = (await trial.must('GET', 'sys/locked-users')).data
  assert.ok(locked.by_namespace[0].mount_accessors[0].alias_identifiers.includes('spelt'))
  assert.equal((await trial.ask('POST', `sys/locked-users/${accessor}/unlock/SPELT`, {})).status, 204)
  assert.equal((await logIn('spelt')).status, 200)
})

test('many guesses at once are cut off as well', async () => {
  await addUser('burst')
  await Promise.all(Array.from({ length: 40 }, () => logIn('burst', 'wrong')))
  assert.equal((await logIn('burst')).status, 403)
})

test('a success in between begins the count anew, and lockout can be tuned or switched off', async () => {
  await addUser('clumsy')
  for (let round = 0; round < 3; round++) {
    for (let attempt = 0; attempt < 4; attempt++) await logIn('clumsy', 'wrong')
    assert.equal((await logIn('clumsy')).status, 200)
  }
  await trial.must('POST', 'sys/auth/userpass/tune', { user_lockout_config: { lockout_threshold: '2', lockout_duration: '10m' } })
  await logIn('clumsy', 'wrong')
  await logIn('clumsy', 'wrong')
  assert.equal((await logIn('clumsy')).status, 403)
  await trial.must('POST', 'sys/auth/userpass/tune', { user_lockout_config: { lockout_disable: true } })
  assert.equal((await logIn('clumsy')).status, 200)
})

test('neither tokens, passwords nor secret ids can be read from the store', async () => {
  await addUser('stored')
  const { client_token, accessor } = (await logIn('stored')).body.auth
  await trial.must('POST', 'auth/approle/role/stored', {})
  const { secret_id } = (await trial.must('POST', 'auth/approle/role/stored/secret-id')).data
  const plain = await plainStore()
  assert.ok(plain.includes(accessor), 'the walk sees the token\'s record')
  for (const secret of [client_token, trial.root, secret_id, '"right"']) assert.ok(!plain.includes(secret))
})

test('an error never carries a token, a password or a code', async () => {
  const canary = 'hvs.canary-that-nobody-gave'
  const asked = await Promise.all([
    trial.ask('POST', 'auth/token/lookup', { token: canary }),
    trial.ask('POST', 'auth/token/revoke-orphan', { token: canary }),
    trial.ask('POST', 'auth/token/renew', { token: canary }),
    trial.ask('GET', 'secret/data/x', undefined, { token: canary }),
    trial.ask('POST', 'sys/wrapping/unwrap', { token: canary }),
    trial.ask('POST', 'auth/approle/login', { role_id: canary, secret_id: canary }, { token: null }),
    trial.ask('POST', 'sys/mfa/validate', { mfa_request_id: canary, mfa_payload: { x: [canary] } }, { token: null }),
    logIn('stored', canary),
  ])
  for (const { status, text } of asked) {
    assert.ok(status >= 400)
    assert.ok(!text.includes(canary), text)
  }
  assert.ok(!trial.logged.join().includes(canary))
})

test('a TOTP code works once, attempts are limited, and a waiting login is used once', async () => {
  await addUser('second')
  const { entity_id } = (await logIn('second')).body.auth
  const { method_id } = (await trial.must('POST', 'identity/mfa/method/totp', { issuer: 'test', method_name: 'totp' })).data
  const url = new URL((await trial.must('POST', 'identity/mfa/method/totp/admin-generate', { method_id, entity_id })).data.url)
  await trial.must('POST', 'identity/mfa/login-enforcement/second', { mfa_method_ids: [method_id], identity_entity_ids: [entity_id] })
  const secret = url.searchParams.get('secret')!
  const code = (offset: number): string => codeAt({ algorithm: 'SHA1', digits: 6 }, secret, Math.floor(Date.now() / 30_000) + offset)
  const validate = (id: string, given: string) => trial.ask('POST', 'sys/mfa/validate', { mfa_request_id: id, mfa_payload: { [method_id]: [given] } }, { token: null })

  const first = (await logIn('second')).body.auth
  assert.equal(first.client_token, '')
  const id = first.mfa_requirement.mfa_request_id
  assert.equal(first.mfa_requirement.mfa_constraints.second.any[0].id, method_id)
  assert.equal((await validate(id, 'wrong!')).status, 403)
  const right = code(0)
  const answers = await Promise.all([validate(id, right), validate(id, right), validate(id, right)])
  assert.equal(answers.filter((one) => one.status === 200 && one.body.auth.client_token !== '').length, 1)
  assert.equal((await validate(id, code(1))).status, 400)
  assert.equal((await logIn('second', 'right', { 'x-vault-mfa': `${method_id}:${right}` })).status, 403, 'the code was used')
  const single = await logIn('second', 'right', { 'x-vault-mfa': `totp:${code(1)}` })
  assert.equal(single.status, 200)
  assert.notEqual(single.body.auth.client_token, '')
  assert.equal((await logIn('second', 'right', { 'x-vault-mfa': `totp:${code(0)}` })).status, 403, 'an older code is not taken either')

  const next = (await logIn('second')).body.auth.mfa_requirement.mfa_request_id
  for (let attempt = 0; attempt < 5; attempt++) await validate(next, '000000')
  assert.match((await validate(next, code(1))).text, /attempts exceeded/)
  assert.equal((await trial.ask('DELETE', `identity/mfa/method/totp/${method_id}`)).status, 400, 'an enforcement uses it')
  assert.equal((await trial.ask('POST', 'identity/mfa/method/duo', { method_name: 'x' })).status, 400)
})

test('a token is refused from outside its networks', async () => {
  await trial.must('POST', 'auth/token/roles/near', { token_bound_cidrs: '127.0.0.0/8', allowed_policies: 'default' })
  const { client_token } = (await trial.must('POST', 'auth/token/create/near', {})).auth
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 200)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token, remote: '192.0.2.1' })).status, 403)
})
