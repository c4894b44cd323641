import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { type Trial, startTrial } from '../../../../test/server.test-aid.ts'
import { claimsOf, readTemplate } from './template.ts'

const issuer = 'https://vault.example:8200'
let trial: Trial
let token: string
let entityId: string
before(async () => {
  trial = await startTrial({ api_addr: 'https://api.example' })
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('PUT', 'sys/policies/acl/oidc', { policy: 'path "identity/oidc/token/*" { capabilities = ["read"] }' })
  await trial.must('POST', 'auth/userpass/users/ann', { password: 'pass', token_policies: 'oidc' })
  const { auth } = await trial.must('POST', 'auth/userpass/login/ann', { password: 'pass' }, { token: null })
  token = auth.client_token
  entityId = auth.entity_id
})
after(() => trial.stop())

const keys = async () => (await trial.must('GET', 'identity/oidc/.well-known/keys', undefined, { token: null })).keys
const sign = async (role: string): Promise<string> => (await trial.must('GET', `identity/oidc/token/${role}`, undefined, { token })).data.token
const introspect = async (signed: string, client_id?: string): Promise<boolean> => (await trial.must('POST', 'identity/oidc/introspect', { token: signed, client_id })).active

test('a token says who the caller is, and anybody can verify it with the published keys', async () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256']) {
    await trial.must('POST', `identity/oidc/key/${algorithm}`, { algorithm, allowed_client_ids: '*' })
    await trial.must('POST', `identity/oidc/role/${algorithm}`, { key: algorithm, ttl: '10m', template: '{"user": {{identity.entity.aliases.x.name}}, "name": "{{ identity.entity.name }}", "groups": {{identity.entity.groups.names}}}' })
    const { client_id } = (await trial.must('GET', `identity/oidc/role/${algorithm}`)).data
    const signed = await sign(algorithm)
    const { payload } = await jwtVerify(signed, createLocalJWKSet({ keys: await keys() }), { issuer: 'https://api.example/v1/identity/oidc', audience: client_id, algorithms: [algorithm] })
    assert.equal(payload.sub, entityId)
    assert.deepEqual([payload.user, payload.groups], ['', []])
    assert.match(String(payload.name), /^entity_/)
    assert.equal(payload.exp! - payload.iat!, 600)
    assert.equal(await introspect(signed, client_id), true)
    assert.equal(await introspect(signed, 'another'), false)
    assert.equal(await introspect(`${signed.slice(0, -4)}AAAA`), false)
  }
  assert.ok((await keys()).every((key: object) => !('d' in key)), 'no private part is published')
})

test('a rotated key verifies what it signed until its time has passed', async () => {
  await trial.must('POST', 'identity/oidc/key/turn', { algorithm: 'ES256', allowed_client_ids: '*' })
  await trial.must('POST', 'identity/oidc/role/turn', { key: 'turn' })
  const old = await sign('turn')
  await trial.must('POST', 'identity/oidc/key/turn/rotate', {})
  const next = await sign('turn')
  assert.notEqual(decodeProtectedHeader(old).kid, decodeProtectedHeader(next).kid)
  assert.ok((await introspect(old)) && (await introspect(next)))
  await trial.must('POST', 'identity/oidc/key/turn/rotate', { verification_ttl: 0 })
  assert.equal(await introspect(next), false)
  assert.equal(await introspect(old), true)
})

test('who may sign: an entity, by a role that the key lists', async () => {
  await trial.must('POST', 'identity/oidc/key/closed', { algorithm: 'ES256' })
  await trial.must('POST', 'identity/oidc/role/closed', { key: 'closed', client_id: 'mine' })
  assert.equal((await trial.ask('GET', 'identity/oidc/token/closed', undefined, { token })).status, 403)
  await trial.must('POST', 'identity/oidc/key/closed', { allowed_client_ids: ['mine'] })
  const signed = await sign('closed')
  assert.match((await trial.ask('GET', 'identity/oidc/token/closed')).text, /no entity/)
  assert.match((await trial.ask('DELETE', 'identity/oidc/key/closed')).text, /referenced by these roles: closed/)
  await trial.must('POST', `identity/entity/id/${entityId}`, { disabled: true })
  assert.equal(await introspect(signed), false)
  await trial.must('POST', `identity/entity/id/${entityId}`, { disabled: false })
})

test('a role names a key that is there', async () => {
  assert.match((await trial.ask('POST', 'identity/oidc/role/lost', {})).text, /the key parameter is required/)
  assert.match((await trial.ask('POST', 'identity/oidc/role/lost', { key: 'none' })).body.errors[0], /cannot find key "none"/)
  assert.equal((await trial.ask('POST', 'identity/oidc/key/none/rotate')).status, 400)
})

test('the issuer is configured as scheme, host and port', async () => {
  assert.match((await trial.must('POST', 'identity/oidc/config', { issuer })).warnings[0], /issuer/)
  const discovered = await trial.must('GET', 'identity/oidc/.well-known/openid-configuration', undefined, { token: null })
  assert.deepEqual([discovered.issuer, discovered.jwks_uri], [`${issuer}/v1/identity/oidc`, `${issuer}/v1/identity/oidc/.well-known/keys`])
  for (const odd of ['ftp://x', 'https://x/path', 'https://x?y', 'words']) assert.equal((await trial.ask('POST', 'identity/oidc/config', { issuer: odd })).status, 400, odd)
})

test('templates: values are escaped, reserved claims and unknown parameters refused', () => {
  const identity = { entity: { id: 'e', name: 'a "quoted" name\\', metadata: { 'team"': '{"x":1}' }, aliases: new Map() }, groups: [{ id: 'g', name: 'one', metadata: {} }] }
  const template = readTemplate(Buffer.from('{"n": {{identity.entity.name}}, "m": {{identity.entity.metadata}}, "g": {{identity.entity.groups.ids}}, "t": {{time.now.plus.1h}}}').toString('base64'))
  assert.deepEqual(claimsOf(template, identity, 1000), { n: 'a "quoted" name\\', m: { 'team"': '{"x":1}' }, g: ['g'], t: 4600 })
  for (const odd of ['{"sub": "x"}', '{"x": {{identity.other}}}', '{"x": ', '[1]', 'bm90IGpzb24=']) assert.throws(() => readTemplate(odd), { code: 'invalid' }, odd)
})
