import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, type Credentials, GetAccessKeyInfoCommand, GetCallerIdentityCommand, GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { type AwsServer, type Keys, startAws } from '../server.test-aid.ts'

let aws: AwsServer
let person: Keys
before(async () => {
  aws = await startAws({ development: false })
  await aws.vault('POST', 'secret/data/app/one', { data: { v: '1' } })
  await aws.vault('PUT', 'sys/policies/acl/reader', { policy: 'path "secret/data/app/*" { capabilities = ["read"] }' })
  person = await aws.keyWith('path "auth/aws/assume/*" { capabilities = ["update"] }\npath "auth/aws/federation/*" { capabilities = ["update"] }')
})
after(() => aws.stop())

const arn = (role: string): string => `arn:aws:iam::123456789012:role/${role}`
const keysOf = (given: Credentials | undefined): Keys => ({ accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken! })
const read = (keys: Keys) => aws.secrets(keys).send(new GetSecretValueCommand({ SecretId: 'app/one' }))
const named = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))

test('a role gives its policies to who it trusts', async () => {
  await aws.vault('POST', 'auth/aws/role/reader', { policies: ['reader'], trusted_access_keys: [person.accessKeyId] })
  await assert.rejects(read(person), named('AccessDeniedException', /^User: arn:aws:iam::123456789012:user\/\S+ is not authorized to perform: secretsmanager:GetSecretValue/))
  const { Credentials, AssumedRoleUser } = await aws.sts(person).send(new AssumeRoleCommand({ RoleArn: arn('reader'), RoleSessionName: 'session' }))
  assert.equal(AssumedRoleUser!.Arn, 'arn:aws:sts::123456789012:assumed-role/reader/session')
  assert.match(Credentials!.AccessKeyId!, /^ASIA[A-Z2-7]{16}$/)
  assert.ok(Math.abs(Credentials!.Expiration!.getTime() - Date.now() - 3_600_000) < 60_000)
  assert.equal((await read(keysOf(Credentials))).SecretString, '{"v":"1"}')
  await assert.rejects(aws.secrets(keysOf(Credentials)).send(new PutSecretValueCommand({ SecretId: 'app/one', SecretString: 'x' })), named('AccessDeniedException'))
  assert.equal((await aws.sts(keysOf(Credentials)).send(new GetCallerIdentityCommand({}))).Arn, AssumedRoleUser!.Arn)
})

test('a role that does not trust the caller looks like one that is not there', async () => {
  await aws.vault('POST', 'auth/aws/role/closed', { policies: ['reader'], trusted_policies: ['somebody-else'] })
  await aws.vault('POST', 'auth/aws/role/told', { policies: ['reader'], trusted_arns: ['arn:aws:iam::123456789012:user/*'], external_id: 'shibboleth' })
  const assume = (role: string, more = {}) => aws.sts(person).send(new AssumeRoleCommand({ RoleArn: arn(role), RoleSessionName: 'session', ...more }))
  for (const role of ['closed', 'missing', 'told']) await assert.rejects(assume(role), named('AccessDenied', new RegExp(`is not authorized to perform: sts:AssumeRole on resource: ${arn(role)}$`)))
  await assume('told', { ExternalId: 'shibboleth' })
  await assert.rejects(assume('told', { ExternalId: 'shibboleth', DurationSeconds: 7200 }), named('ValidationError', /MaxSessionDuration/))
})

test('tags of a session: their names, and what of the request is told', async () => {
  await aws.vault('POST', 'auth/aws/role/tagged', { policies: ['reader'], trusted_access_keys: [person.accessKeyId] })
  const assume = (more: object) => aws.sts(person).send(new AssumeRoleCommand({ RoleArn: arn('tagged'), RoleSessionName: 'session', ...more }))
  assert.equal((await assume({})).PackedPolicySize, undefined)
  assert.ok((await assume({ Tags: [{ Key: 'Project', Value: 'one' }], TransitiveTagKeys: ['Project'] })).PackedPolicySize! > 0)
  await assert.rejects(assume({ Tags: [{ Key: 'Project', Value: '1' }, { Key: 'project', Value: '2' }] }), named('InvalidParameterValue', /case insensitive/))
  await assert.rejects(assume({ Tags: [{ Key: 'Project', Value: '1' }], TransitiveTagKeys: ['Other'] }), named('InvalidParameterValue', /must be included in the requested tags/))

  await aws.vault('PUT', 'sys/policies/acl/chain', { policy: 'path "auth/aws/assume/*" { capabilities = ["update"] }' })
  await aws.vault('POST', 'auth/aws/role/first', { policies: ['chain'], trusted_access_keys: [person.accessKeyId] })
  await aws.vault('POST', 'auth/aws/role/second', { policies: ['reader'], trusted_policies: ['chain'] })
  const first = await assume({ RoleArn: arn('first'), Tags: [{ Key: 'Project', Value: 'one' }, { Key: 'Other', Value: 'x' }], TransitiveTagKeys: ['project', 'Project'] })
  const chained = (more: object) => aws.sts(keysOf(first.Credentials)).send(new AssumeRoleCommand({ RoleArn: arn('second'), RoleSessionName: 'next', ...more }))
  await assert.rejects(chained({ Tags: [{ Key: 'PROJECT', Value: 'two' }] }), named('InvalidParameterValue', /conflicts with a transitive tag key/))
  const second = await chained({ Tags: [{ Key: 'source_identity', Value: 'somebody' }] })
  const key = (await aws.server.core.accessKeys.find(second.Credentials!.AccessKeyId!))!
  assert.deepEqual([key.metadata, key.transitive], [{ Project: 'one' }, ['Project']])
})

test('session tokens belong to their key, and a disabled or deleted key opens nothing', async () => {
  const { Credentials } = await aws.sts(person).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
  const keys = keysOf(Credentials)
  await aws.sts(keys).send(new GetCallerIdentityCommand({}))
  await assert.rejects(aws.sts({ ...keys, sessionToken: 'another' }).send(new GetCallerIdentityCommand({})), named('InvalidClientTokenId'))
  await assert.rejects(aws.sts({ accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey }).send(new GetCallerIdentityCommand({})), named('InvalidClientTokenId'))
  await assert.rejects(aws.sts(keys).send(new GetSessionTokenCommand({})), named('AccessDenied'))
  assert.equal((await aws.sts(person).send(new GetAccessKeyInfoCommand({ AccessKeyId: keys.accessKeyId }))).Account, '123456789012')

  const other = await aws.keyWith('path "nothing" { capabilities = ["read"] }')
  const identify = () => aws.sts(other).send(new GetCallerIdentityCommand({}))
  await identify()
  await aws.vault('POST', `auth/aws/key/${other.accessKeyId}`, { status: 'Inactive' })
  await assert.rejects(identify(), named('InvalidClientTokenId'))
  await aws.vault('POST', `auth/aws/key/${other.accessKeyId}`, { status: 'Active' })
  await identify()
  const { data } = await aws.vault('POST', `auth/aws/key/${other.accessKeyId}/rotate`)
  assert.notEqual(data.access_key, other.accessKeyId)
  await aws.vault('DELETE', `auth/aws/key/${other.accessKeyId}`)
  await assert.rejects(identify(), named('InvalidClientTokenId'))
  assert.deepEqual((await aws.vault('LIST', 'auth/aws/key')).data.keys.includes(other.accessKeyId), false)
})

test('an expired temporary key says so to who holds it', async () => {
  const { Credentials } = await aws.sts(person).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
  await aws.server.core.accessKeys.change(Credentials!.AccessKeyId!, (key) => ({ ...key, expiresAt: key.createdAt - 1 }))
  await assert.rejects(read(keysOf(Credentials)), named('ExpiredTokenException'))
  await assert.rejects(read({ ...keysOf(Credentials), secretAccessKey: 'wrong' }), named('InvalidSignatureException'))
})

test('a session policy narrows a key, a federated user has what it is given', async () => {
  await aws.vault('POST', 'auth/aws/role/narrow', { policies: ['reader'], trusted_access_keys: [person.accessKeyId] })
  const withPolicy = async (Resource: string, Action = 'secretsmanager:Get*') => keysOf((await aws.sts(person).send(new AssumeRoleCommand({ RoleArn: arn('narrow'), RoleSessionName: 'session', Policy: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }) }))).Credentials)
  await read(await withPolicy('arn:aws:secretsmanager:*:*:secret:app/*'))
  await assert.rejects(read(await withPolicy('arn:aws:secretsmanager:*:*:secret:other/*')), named('AccessDeniedException'))
  await assert.rejects(read(await withPolicy('*', 'ssm:*')), named('AccessDeniedException'))
  await assert.rejects(aws.sts(person).send(new AssumeRoleCommand({ RoleArn: arn('narrow'), RoleSessionName: 'session', Policy: '{' })), named('MalformedPolicyDocumentException'))
  const federated = await aws.sts(person).send(new GetFederationTokenCommand({ Name: 'visitor' }))
  assert.match(federated.FederatedUser!.Arn!, /:federated-user\/visitor$/)
  await assert.rejects(read(keysOf(federated.Credentials)), named('AccessDeniedException'))
})

test('web identities: issuer, audience, subject and claims decide', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const stranger = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  let asked = 0
  const provider = createServer((request, response) => {
    asked++
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }))
  })
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const role = { policies: ['reader'], issuer: 'ci', bound_subjects: ['repo:acme/*:ref:refs/heads/main'], bound_claims: { environment: 'production' } }
  await aws.vault('POST', 'auth/aws/role/web', role)
  await aws.vault('POST', 'auth/aws/config/issuer/ci', { issuer })
  const token = (claims: Record<string, unknown> = {}, key = privateKey) =>
    new SignJWT({ iss: issuer, aud: 'sts.amazonaws.com', sub: 'repo:acme/app:ref:refs/heads/main', environment: 'production', exp: Math.trunc(Date.now() / 1000) + 300, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key)
  const assume = async (WebIdentityToken: string, name = 'web') => aws.sts().send(new AssumeRoleWithWebIdentityCommand({ RoleArn: arn(name), RoleSessionName: 'build', WebIdentityToken }))
  try {
    // Loopback is internal: nothing is asked before it is allowed.
    await assert.rejects(assume(await token()), named('IDPCommunicationErrorException'))
    assert.equal(asked, 0)
    await aws.vault('POST', 'auth/aws/config/issuer/ci', { issuer, allowed_networks: ['127.0.0.1/32'] })
    const given = await assume(await token())
    assert.deepEqual([given.SubjectFromWebIdentityToken, given.Audience, given.Provider], ['repo:acme/app:ref:refs/heads/main', 'sts.amazonaws.com', issuer])
    assert.equal((await read(keysOf(given.Credentials))).SecretString, '{"v":"1"}')
    await assert.rejects(assume(await token({}, stranger.privateKey)), named('InvalidIdentityTokenException'))
    await assert.rejects(assume(await token({ aud: 'elsewhere' })), named('InvalidIdentityTokenException', /audience/))
    await assert.rejects(assume(await token({ iss: 'https://elsewhere.example' })), named('InvalidIdentityTokenException'))
    await assert.rejects(assume(await token({ exp: Math.trunc(Date.now() / 1000) - 600 })), named('ExpiredTokenException'))
    for (const claims of [{ sub: 'repo:acme/app:ref:refs/heads/dev' }, { sub: 'repo:evil/app:ref:refs/heads/main' }, { environment: 'staging' }, { environment: undefined }]) await assert.rejects(assume(await token(claims)), named('AccessDenied', /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/))
    await assert.rejects(assume(await token(), 'reader'), named('AccessDenied'))
    await assert.rejects(assume(await token(), 'missing'), named('AccessDenied'))
    await assert.rejects(assume('not.a.token'), named('InvalidIdentityTokenException'))
  } finally {
    provider.close()
  }
  await assert.rejects(aws.vault('POST', 'auth/aws/role/anyone', { issuer: 'ci' }), /bound_subjects or bound_claims/)
})

test('a namespace is an account of its own', async () => {
  await aws.vault('POST', 'sys/namespaces/team')
  await aws.vault('POST', 'team/sys/auth/aws', { type: 'aws' })
  await aws.vault('POST', 'team/auth/aws/config', { account: '444455556666' })
  const { data } = await aws.vault('POST', 'team/auth/aws/key', { name: 'inside' })
  const keys = { accessKeyId: data.access_key, secretAccessKey: data.secret_key }
  const me = await aws.sts(keys).send(new GetCallerIdentityCommand({}))
  assert.deepEqual([me.Account, me.Arn], ['444455556666', 'arn:aws:iam::444455556666:user/inside'])
  await assert.rejects(aws.secrets(keys).send(new GetSecretValueCommand({ SecretId: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app/one' })), named('AccessDeniedException'))
  await assert.rejects(aws.vault('POST', 'auth/aws/config', { account: '444455556666' }), /409/)
})
