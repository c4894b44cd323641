import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arn, bench, bytes, refused, textOf } from './bench.test-aid.ts'

const at = bench()
const root = 'arn:aws:iam::123456789012:root'
const nothing = 'path "auth/token/lookup-self" { capabilities = ["read"] }'
const everything = 'path "transit/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }'

const text = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: ['kms:PutKeyPolicy', 'kms:Encrypt'], Resource: '*' }, ...Statement.map((one) => ({ Effect: 'Allow', Resource: '*', ...one }))] })

async function person(rules: string) {
  const keys = await at.aws.keyWith(rules)
  return { kms: at.clientOf(keys), arn: await at.arnOf(keys) }
}

test('a key policy says who may use a key: our policies count where it leaves it to the account', async () => {
  const { KeyId } = await at.newKey()
  const [ann, bob] = [await person(nothing), await person(everything)]
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('x') })
  assert.equal(textOf((await bob.kms.decrypt({ CiphertextBlob })).Plaintext), 'x')
  await at.kms.putKeyPolicy({ KeyId, Policy: text({ Principal: { AWS: ann.arn }, Action: 'kms:Decrypt' }) })
  assert.equal(textOf((await ann.kms.decrypt({ CiphertextBlob })).Plaintext), 'x')
  await assert.rejects(ann.kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('AccessDeniedException', /no identity-based policy allows the kms:Encrypt action/))
  await bob.kms.encrypt({ KeyId, Plaintext: bytes('x') })
  await assert.rejects(bob.kms.decrypt({ CiphertextBlob }), refused('AccessDeniedException', /because no resource-based policy allows the kms:Decrypt action$/))
  await assert.rejects(bob.kms.describeKey({ KeyId }), refused('AccessDeniedException'))
  const line = at.aws.audit().findLast((one) => one.type === 'response' && one.request.dialect?.action === 'Decrypt' && one.error)
  assert.equal(line.request.dialect.parameters.keyId ?? line.request.dialect.service, 'kms.amazonaws.com')
})

test('what our policies deny outright stays denied, and a Deny of the key policy beats everything, grants included', async () => {
  const { KeyId } = await at.newKey()
  const [barred, ann] = [await person(`path "transit/decrypt/${KeyId}" { capabilities = ["deny"] }`), await person(everything)]
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('x') })
  await at.kms.createGrant({ KeyId, GranteePrincipal: ann.arn, Operations: ['Decrypt'] })
  await at.kms.putKeyPolicy({ KeyId, Policy: text({ Principal: { AWS: [barred.arn, root] }, Action: 'kms:*' }, { Effect: 'Deny', Principal: { AWS: ann.arn }, Action: 'kms:Dec*' }) })
  await assert.rejects(barred.kms.decrypt({ CiphertextBlob }), refused('AccessDeniedException'))
  await assert.rejects(ann.kms.decrypt({ CiphertextBlob }), refused('AccessDeniedException', /with an explicit deny in a resource-based policy$/))
  await ann.kms.describeKey({ KeyId })
})

test('a grant works where the key policy says nothing', async () => {
  const { KeyId } = await at.newKey()
  const ann = await person(nothing)
  const EncryptionContext = { tenant: 'a' }
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext })
  await at.kms.createGrant({ KeyId, GranteePrincipal: ann.arn, Operations: ['Decrypt'], Constraints: { EncryptionContextEquals: EncryptionContext } })
  await at.kms.putKeyPolicy({ KeyId, Policy: text() })
  assert.equal(textOf((await ann.kms.decrypt({ CiphertextBlob, EncryptionContext })).Plaintext), 'x')
  const other = await at.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: 'b' } })
  await assert.rejects(ann.kms.decrypt({ CiphertextBlob: other.CiphertextBlob, EncryptionContext: { tenant: 'b' } }), refused('AccessDeniedException'))
})

test('conditions on the encryption context, aliases, grants and the way of the request', async () => {
  const { KeyId } = await at.newKey({ Tags: [{ TagKey: 'team', TagValue: 'red' }] })
  await at.kms.createAlias({ AliasName: 'alias/judged', TargetKeyId: KeyId })
  const ann = await person(nothing)
  const sealed = new Map<string, Uint8Array>()
  for (const tenant of ['a', 'b']) sealed.set(tenant, (await at.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { Tenant: tenant } })).CiphertextBlob!)
  const outcome = async (Condition: object, tenant = 'a'): Promise<string> => {
    await at.kms.putKeyPolicy({ KeyId, Policy: text({ Principal: { AWS: ann.arn }, Action: 'kms:Decrypt', Condition }) })
    return ann.kms.decrypt({ CiphertextBlob: sealed.get(tenant), EncryptionContext: { Tenant: tenant }, KeyId: 'alias/judged' }).then(() => 'read', (error: Error) => error.name)
  }
  const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }
  assert.equal(await outcome(tenant), 'read')
  assert.equal(await outcome(tenant, 'b'), 'AccessDeniedException')
  assert.equal(await outcome({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['Tenant'] } }), 'read')
  assert.equal(await outcome({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['tenant'] } }), 'AccessDeniedException')
  assert.equal(await outcome({ StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } }), 'AccessDeniedException')
  assert.equal(await outcome({ StringEquals: { 'kms:CallerAccount': '123456789012', 'kms:RequestAlias': 'alias/judged', 'aws:ResourceTag/team': 'red' } }), 'read')
  assert.equal(await outcome({ 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/jud*' } }), 'read')
  assert.equal(await outcome({ 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/other' } }), 'AccessDeniedException')
})

test('a policy that is kept can be changed again, unless the caller says otherwise', async () => {
  const { KeyId } = await at.newKey()
  const ann = await person(nothing)
  const closed = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: ann.arn }, Action: 'kms:Decrypt', Resource: '*' } })
  const lockout = refused('MalformedPolicyDocumentException', /will not allow you to update the key policy in the future/)
  await assert.rejects(at.kms.putKeyPolicy({ KeyId, Policy: closed }), lockout)
  await assert.rejects(at.kms.createKey({ Policy: closed }), lockout)
  await assert.rejects(at.kms.putKeyPolicy({ KeyId, Policy: text({ Principal: '*', Action: 'kms:*', Condition: { StringSounds: { 'aws:x': 'y' } } }) }), refused('MalformedPolicyDocumentException'))
  await at.kms.putKeyPolicy({ KeyId, Policy: closed, BypassPolicyLockoutSafetyCheck: true })
  await assert.rejects(at.kms.describeKey({ KeyId: arn(`key/${KeyId}`) }), refused('AccessDeniedException'))
  // Whoever administers the store still can.
  await at.aws.vault('PATCH', `transit/keys/${KeyId}`, { attributes: { policy: null } })
  await at.kms.describeKey({ KeyId })
})
