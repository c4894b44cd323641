import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { type Trial, startTrial } from '../../../../test/server.test-aid.ts'

const redirect_uri = 'https://app.example/callback'
const place = 'identity/oidc/provider/default'
let trial: Trial
let token: string
let entityId: string
let app: { client_id: string; client_secret: string }
before(async () => {
  trial = await startTrial({ api_addr: 'https://api.example' })
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('POST', 'auth/userpass/users/ann', { password: 'pass' })
  const { auth } = await trial.must('POST', 'auth/userpass/login/ann', { password: 'pass' }, { token: null })
  token = auth.client_token
  entityId = auth.entity_id
  await trial.must('POST', 'identity/oidc/scope/names', { template: '{"handle": {{identity.entity.name}}}' })
  await trial.must('POST', 'identity/oidc/provider/default', { scopes_supported: ['names'] })
  app = await client('app', { assignments: ['allow_all'] })
})
after(() => trial.stop())

async function client(name: string, settings: object): Promise<{ client_id: string; client_secret: string }> {
  await trial.must('POST', `identity/oidc/client/${name}`, { redirect_uris: redirect_uri, ...settings })
  return (await trial.must('GET', `identity/oidc/client/${name}`)).data
}
const authorize = (client_id: string, more: object = {}) => trial.ask('POST', `${place}/authorize`, { client_id, redirect_uri, scope: 'openid names', response_type: 'code', state: 'abc', nonce: 'n', ...more }, { token })
const exchange = (code: string, more: object = {}) => trial.ask('POST', `${place}/token`, { grant_type: 'authorization_code', code, redirect_uri, ...app, ...more }, { token: null })

test('a code becomes tokens, once; the identity token can be verified, the access token tells who', async () => {
  const { body } = await authorize(app.client_id)
  assert.equal(body.state, 'abc')
  const granted = await exchange(body.code)
  assert.equal(granted.status, 200, granted.text)
  const keys = await trial.must('GET', `${place}/.well-known/keys`, undefined, { token: null })
  const found = await trial.must('GET', `${place}/.well-known/openid-configuration`, undefined, { token: null })
  const { payload } = await jwtVerify(granted.body.id_token, createLocalJWKSet(keys), { issuer: found.issuer, audience: app.client_id })
  assert.deepEqual([payload.sub, payload.nonce], [entityId, 'n'])
  assert.match(String(payload.handle), /^entity_/)
  assert.equal(payload.at_hash, createHash('sha256').update(granted.body.access_token).digest().subarray(0, 16).toString('base64url'))
  const info = await trial.ask('GET', `${place}/userinfo`, undefined, { token: null, headers: { authorization: `Bearer ${granted.body.access_token}` } })
  assert.deepEqual(info.body, { handle: payload.handle, sub: entityId })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: granted.body.access_token })).status, 403, 'an access token is good for nothing else')
  assert.equal((await trial.ask('GET', `${place}/userinfo`, undefined, { token })).status, 401)
  assert.equal((await exchange(body.code)).body.error, 'invalid_grant')
})

test('a code is for its client, its redirect and its secret; a wrong try uses it up', async () => {
  const other = await client('other', { assignments: ['allow_all'] })
  for (const wrong of [{ client_secret: 'wrong' }, { redirect_uri: 'https://evil.example' }, other]) {
    const { code } = (await authorize(app.client_id)).body
    assert.ok((await exchange(code, wrong)).status >= 400)
  }
  const { code } = (await authorize(app.client_id)).body
  await exchange(code, { redirect_uri: 'https://evil.example' })
  assert.equal((await exchange(code)).body.error, 'invalid_grant')
})

test('what may not be authorized is refused in the words of the specification', async () => {
  const closed = await client('closed', { assignments: [] })
  const cases: [string, object, string][] = [
    ['unknown', {}, 'invalid_client_id'],
    [app.client_id, { redirect_uri: `${redirect_uri}/more` }, 'invalid_redirect_uri'],
    [app.client_id, { response_type: 'token' }, 'unsupported_response_type'],
    [app.client_id, { scope: 'names' }, 'invalid_scope'],
    [closed.client_id, {}, 'access_denied'],
  ]
  for (const [id, more, error] of cases) assert.equal((await authorize(id, more)).body.error, error)
  await trial.must('POST', 'identity/oidc/assignment/some', { entity_ids: [entityId] })
  await trial.must('POST', 'identity/oidc/client/closed', { assignments: ['some'] })
  assert.equal((await authorize(closed.client_id)).status, 200)
})

test('a refused authorization carries the state of its request; lists of clients never carry their secrets', async () => {
  const { body } = await authorize(app.client_id, { response_type: 'token', state: 'mine' })
  assert.equal(body.state, 'mine')
  const { key_info } = (await trial.must('LIST', 'identity/oidc/client')).data
  const listed = Object.values(key_info) as Record<string, unknown>[]
  assert.ok(listed.length > 0)
  for (const one of listed) assert.deepEqual([typeof one.client_id, one.client_secret], ['string', undefined])
  assert.equal((await trial.must('LIST', 'identity/oidc/scope')).data.key_info, undefined)
})

test('public clients prove themselves with PKCE', async () => {
  const open = await client('open', { assignments: ['allow_all'], client_type: 'public' })
  assert.equal(open.client_secret, undefined)
  assert.equal((await authorize(open.client_id)).body.error, 'invalid_request')
  const verifier = 'v'.repeat(43)
  const challenge = { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' }
  const proven = { client_id: open.client_id, client_secret: '' }
  const first = (await authorize(open.client_id, challenge)).body.code
  assert.equal((await exchange(first, { ...proven, code_verifier: 'wrong' })).body.error, 'invalid_grant')
  const second = (await authorize(open.client_id, challenge)).body.code
  assert.equal((await exchange(second, { ...proven, code_verifier: verifier })).status, 200)
})

test('what is built in is listed and stays', async () => {
  assert.deepEqual((await trial.must('LIST', 'identity/oidc/assignment')).data.keys, ['allow_all', 'some'])
  assert.deepEqual((await trial.must('LIST', 'identity/oidc/provider')).data.keys, ['default'])
  for (const path of ['assignment/allow_all', 'provider/default', 'key/default']) assert.equal((await trial.ask('DELETE', `identity/oidc/${path}`)).status, 400, path)
  await trial.must('DELETE', 'identity/oidc/client/open')
  assert.equal((await trial.ask('GET', 'identity/oidc/client/open')).status, 404)
})

test('the default key and provider are there before anybody made them', async () => {
  const fresh = await startTrial({ api_addr: 'https://api.example' })
  try {
    assert.deepEqual((await fresh.must('LIST', 'identity/oidc/key')).data.keys, ['default'])
    assert.deepEqual((await fresh.must('GET', 'identity/oidc/key/default')).data, { algorithm: 'RS256', allowed_client_ids: ['*'], rotation_period: 86_400, verification_ttl: 86_400 })
    assert.deepEqual((await fresh.must('GET', 'identity/oidc/.well-known/keys')).keys, [])
    const issuer = 'https://api.example/v1/identity/oidc/provider/default'
    assert.deepEqual((await fresh.must('GET', 'identity/oidc/provider/default')).data, { allowed_client_ids: ['*'], issuer, scopes_supported: [] })
    await fresh.must('POST', 'identity/oidc/key/default', { verification_ttl: '2h' })
    const changed = (await fresh.must('GET', 'identity/oidc/key/default')).data
    assert.deepEqual([changed.allowed_client_ids, changed.verification_ttl], [['*'], 7200])
  } finally {
    await fresh.stop()
  }
})

test('what a client or provider refers to must be there, and stays', async () => {
  await trial.must('POST', 'identity/oidc/key/short', { verification_ttl: '1h', allowed_client_ids: '*' })
  await trial.must('POST', 'identity/oidc/assignment/staff', { entity_ids: [entityId] })
  const refused: [object, RegExp][] = [
    [{ key: 'none' }, /key "none" does not exist/],
    [{ assignments: 'none' }, /assignment "none" does not exist/],
    [{ key: 'short', id_token_ttl: '2h' }, /id_token_ttl cannot be greater/],
  ]
  for (const [settings, message] of refused) assert.match((await trial.ask('POST', 'identity/oidc/client/bound', settings)).body.errors[0], message)
  await trial.must('POST', 'identity/oidc/client/bound', { key: 'short', assignments: 'staff', id_token_ttl: '1h' })
  for (const [path, message] of [['key/short', /these clients: bound/], ['assignment/staff', /these clients: bound/], ['scope/names', /these providers: default/]] as const) {
    const answered = await trial.ask('DELETE', `identity/oidc/${path}`)
    assert.equal(answered.status, 400)
    assert.match(answered.text, message)
  }
  await trial.must('DELETE', 'identity/oidc/client/bound')
  await trial.must('DELETE', 'identity/oidc/assignment/staff')
  await trial.must('DELETE', 'identity/oidc/key/short')
})
