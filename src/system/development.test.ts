import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateSecretCommand, GetSecretValueCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type AwsServer, startAws } from '../dialects/aws/server.test-aid.ts'

let open: AwsServer
let closed: AwsServer
before(async () => {
  open = await startAws()
  closed = await startAws({ development: false })
})
after(async () => {
  await open.stop()
  await closed.stop()
})

const account = '111122223333'
const tenant = { accessKeyId: account, secretAccessKey: 'test' }
const role = { RoleArn: `arn:aws:iam::${account}:role/anything`, RoleSessionName: 'session' }

test('development: well-known keys, accounts on demand, any role', async () => {
  assert.equal((await open.sts().send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::123456789012:root')
  const made = await open.secrets(tenant).send(new CreateSecretCommand({ Name: 'own', SecretString: 'x' }))
  assert.match(made.ARN!, new RegExp(`:${account}:secret:own-`))
  await assert.rejects(open.secrets().send(new GetSecretValueCommand({ SecretId: 'own' })), { name: 'ResourceNotFoundException' })
  await assert.rejects(open.secrets({ accessKeyId: '999988887777', secretAccessKey: 'test' }).send(new GetSecretValueCommand({ SecretId: made.ARN! })), { name: 'AccessDeniedException' })
  assert.equal((await open.sts(tenant).send(new AssumeRoleCommand(role))).AssumedRoleUser!.Arn, `arn:aws:sts::${account}:assumed-role/anything/session`)
  await open.sts().send(new AssumeRoleWithWebIdentityCommand({ ...role, WebIdentityToken: 'anything' }))
  await assert.rejects(open.sts({ accessKeyId: 'test', secretAccessKey: 'wrong' }).send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' })
})

test('development: reset empties everything but the root token', async () => {
  await open.vault('POST', 'secret/data/gone', { data: { a: 'b' } })
  await open.vault('PUT', 'sys/policies/acl/gone', { policy: 'path "secret/*" { capabilities = ["read"] }' })
  const { auth } = await open.vault('POST', 'auth/token/create', { policies: ['gone'] })
  const key = await open.keyWith('path "secret/*" { capabilities = ["read"] }')
  await assert.rejects(open.vault('POST', 'sys/internal/reset', undefined, auth.client_token), /^Error: 403/)
  await open.vault('POST', 'sys/internal/reset')
  assert.equal((await open.secrets().send(new ListSecretsCommand({}))).SecretList!.length, 0)
  assert.equal((await open.secrets(tenant).send(new ListSecretsCommand({}))).SecretList!.length, 0)
  await assert.rejects(open.vault('GET', 'auth/token/lookup-self', undefined, auth.client_token), /^Error: 403/)
  await assert.rejects(open.vault('GET', 'sys/policies/acl/gone'), /^Error: 404/)
  await assert.rejects(open.sts(key).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
  await open.vault('POST', 'secret/data/new', { data: { a: 'b' } })
})

test('outside development none of it exists', async () => {
  for (const keys of [{ accessKeyId: 'test', secretAccessKey: 'test' }, tenant]) {
    await assert.rejects(closed.sts(keys).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
    await assert.rejects(closed.secrets(keys).send(new ListSecretsCommand({})), { name: 'UnrecognizedClientException' })
  }
  assert.deepEqual(closed.server.core.namespaces.below(''), [])
  await assert.rejects(closed.vault('POST', 'sys/internal/reset'), /^Error: 404/)
  const admin = await closed.keyWith('path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan", "sudo"] }')
  await assert.rejects(closed.sts(admin).send(new AssumeRoleCommand({ ...role, RoleArn: 'arn:aws:iam::123456789012:role/anything' })), { name: 'AccessDenied' })
  await assert.rejects(closed.sts(admin).send(new AssumeRoleWithWebIdentityCommand({ ...role, RoleArn: 'arn:aws:iam::123456789012:role/anything', WebIdentityToken: 'anything' })), { name: 'AccessDenied' })
  await assert.rejects(closed.vault('POST', 'auth/aws/key', { name: 'x', policies: ['root'] }), /root policy/)
  await assert.rejects(closed.vault('POST', 'auth/aws/function/local', { kind: 'executable', file: '/bin/true' }), /function_folder/)
})
