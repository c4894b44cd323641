import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arn, bench, bytes, refused, textOf } from './bench.test-aid.ts'

const at = bench()

test('one key, two dialects: Vault opens what KMS sealed, and KMS knows the keys of Vault', async () => {
  await at.aws.vault('POST', 'transit/keys/orders')
  const sealed = await at.kms.encrypt({ KeyId: 'alias/orders', Plaintext: bytes('shared') })
  assert.equal(sealed.KeyId, arn('key/orders'))
  const blob = Buffer.from(sealed.CiphertextBlob!)
  const ciphertext = `vault:v1:${blob.subarray(3 + 'orders'.length + 4).toString('base64')}`
  assert.equal(Buffer.from((await at.aws.vault('POST', 'transit/decrypt/orders', { ciphertext })).data.plaintext, 'base64').toString(), 'shared')
  assert.equal((await at.kms.describeKey({ KeyId: 'orders' })).KeyMetadata!.KeySpec, 'SYMMETRIC_DEFAULT')
  await at.aws.vault('POST', 'transit/keys/orders/rotate')
  await at.aws.vault('POST', 'transit/keys/orders/config', { min_decryption_version: 2 })
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: blob }), refused('InvalidCiphertextException'))
  await at.aws.vault('DELETE', 'transit/keys/orders/soft-delete')
  assert.equal((await at.kms.describeKey({ KeyId: 'orders' })).KeyMetadata!.KeyState, 'Disabled')
  await assert.rejects(at.kms.encrypt({ KeyId: 'nobody-made-this', Plaintext: bytes('x') }), refused('NotFoundException'))
  await assert.rejects(at.aws.vault('GET', 'transit/keys/nobody-made-this'), /404/)
})

test('the policy of the caller decides, by the paths of the transit engine', async () => {
  const { KeyId, Arn } = await at.newKey()
  await at.kms.createAlias({ AliasName: 'alias/guarded', TargetKeyId: KeyId })
  const writer = at.clientOf(await at.aws.keyWith(`path "transit/encrypt/${KeyId}" { capabilities = ["update"] }`))
  const { CiphertextBlob } = await writer.encrypt({ KeyId: 'alias/guarded', Plaintext: bytes('x') })
  await assert.rejects(writer.decrypt({ CiphertextBlob }), refused('AccessDeniedException', /user\/aws-test-\d+ is not authorized to perform: kms:Decrypt on resource: arn:aws:kms/))
  await assert.rejects(writer.describeKey({ KeyId: Arn }), refused('AccessDeniedException'))
  await assert.rejects(writer.createKey({}), refused('AccessDeniedException'))
  await assert.rejects(writer.encrypt({ KeyId: 'alias/other', Plaintext: bytes('x') }), refused('AccessDeniedException'))
  const denied = at.clientOf(await at.aws.keyWith(`path "transit/*" { capabilities = ["create", "read", "update", "delete", "list", "patch"] }\npath "transit/decrypt/${KeyId}" { capabilities = ["deny"] }`))
  await assert.rejects(denied.decrypt({ CiphertextBlob }), refused('AccessDeniedException'))
  await assert.rejects(denied.reEncrypt({ CiphertextBlob, DestinationKeyId: (await at.newKey()).KeyId }), refused('AccessDeniedException'))
})

test('a grant gives one principal what it says, under its constraints, until it is taken back', async () => {
  const { KeyId } = await at.newKey()
  const keys = await at.aws.keyWith('path "auth/token/lookup-self" { capabilities = ["read"] }')
  const me = await at.arnOf(keys)
  const user = at.clientOf(keys)
  const EncryptionContext = { tenant: 'a', more: 'b' }
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('granted'), EncryptionContext })
  const decrypt = { CiphertextBlob, EncryptionContext }
  await assert.rejects(user.decrypt(decrypt), refused('AccessDeniedException'))
  const made = await at.kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: 'a' } }, Name: 'one' })
  assert.equal((await at.kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: 'a' } }, Name: 'one' })).GrantId, made.GrantId)
  assert.equal(textOf((await user.decrypt({ ...decrypt, GrantTokens: [made.GrantToken!] })).Plaintext), 'granted')
  await assert.rejects(user.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext }), refused('AccessDeniedException'))
  const unbound = await at.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: 'b' } })
  await assert.rejects(user.decrypt({ CiphertextBlob: unbound.CiphertextBlob, EncryptionContext: { tenant: 'b' } }), refused('AccessDeniedException'))
  await assert.rejects(user.decrypt({ ...decrypt, GrantTokens: ['made up'] }), refused('InvalidGrantTokenException'))
  const noted = at.aws.audit().findLast((line) => line.type === 'response' && line.request.dialect?.parameters?.grantId === made.GrantId)
  assert.equal(noted.request.path, `transit/decrypt/${KeyId}`)
  assert.equal(noted.auth.display_name, me)

  assert.deepEqual((await at.kms.listGrants({ KeyId })).Grants!.map((one) => [one.GrantId, one.GranteePrincipal, one.Operations, one.Constraints]), [[made.GrantId, me, ['Decrypt'], { EncryptionContextSubset: { tenant: 'a' } }]])
  await assert.rejects(user.retireGrant({ GrantToken: made.GrantToken }), refused('AccessDeniedException'))
  await at.kms.revokeGrant({ KeyId, GrantId: made.GrantId })
  await assert.rejects(user.decrypt(decrypt), refused('AccessDeniedException'))
  await assert.rejects(at.kms.revokeGrant({ KeyId, GrantId: made.GrantId }), refused('NotFoundException', new RegExp(`Grant ID ${made.GrantId} not found`)))
})

test('a grant can be handed on but not widened, and given up by who may retire it', async () => {
  const { KeyId } = await at.newKey()
  const keys = await at.aws.keyWith('path "auth/token/lookup-self" { capabilities = ["read"] }')
  const me = await at.arnOf(keys)
  const user = at.clientOf(keys)
  const held = await at.kms.createGrant({ KeyId, GranteePrincipal: me, RetiringPrincipal: me, Operations: ['Encrypt', 'CreateGrant'], Constraints: { EncryptionContextEquals: { a: 'b' } } })
  const other = await at.kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Encrypt'] })
  const friend = { KeyId, GranteePrincipal: 'arn:aws:iam::123456789012:user/friend' }
  await assert.rejects(user.createGrant({ ...friend, Operations: ['Decrypt'] }), refused('AccessDeniedException'))
  await assert.rejects(user.createGrant({ ...friend, Operations: ['Encrypt'] }), refused('AccessDeniedException'))
  await user.createGrant({ ...friend, Operations: ['Encrypt'], Constraints: { EncryptionContextEquals: { a: 'b' } } })
  assert.equal((await at.kms.listRetirableGrants({ RetiringPrincipal: me })).Grants!.length, 1)
  await assert.rejects(user.retireGrant({ GrantToken: other.GrantToken }), refused('AccessDeniedException'))
  await user.retireGrant({ GrantToken: held.GrantToken })
  assert.deepEqual((await at.kms.listGrants({ KeyId, GrantId: held.GrantId })).Grants, [])

  const denying = await at.aws.keyWith(`path "transit/encrypt/${KeyId}" { capabilities = ["deny"] }`)
  const denied = at.clientOf(denying)
  await at.kms.createGrant({ KeyId, GranteePrincipal: await at.arnOf(denying), Operations: ['Encrypt'] })
  await assert.rejects(denied.encrypt({ KeyId, Plaintext: bytes('x') }), refused('AccessDeniedException'))
})

test('accounts have keys of their own', async () => {
  const { KeyId } = await at.newKey()
  const stranger = at.clientOf({ accessKeyId: '210987654321', secretAccessKey: 'test' })
  await assert.rejects(stranger.describeKey({ KeyId }), refused('NotFoundException'))
  await assert.rejects(stranger.describeKey({ KeyId: arn(`key/${KeyId}`) }), refused('AccessDeniedException'))
  assert.deepEqual((await stranger.listKeys({})).Keys, [])
  assert.equal((await stranger.createKey({})).KeyMetadata!.AWSAccountId, '210987654321')
})

test('a key of another account is found in the mount that its account keeps keys in', async () => {
  const account = '210987654322'
  const owner = at.clientOf({ accessKeyId: account, secretAccessKey: 'test' })
  await owner.listKeys({})
  await at.aws.vault('POST', `${account}/sys/mounts/own-keys`, { type: 'transit' })
  await at.aws.vault('POST', `${account}/auth/aws/config`, { keys: 'own-keys' })
  const { Arn: KeyId } = (await owner.createKey({})).KeyMetadata!
  await owner.createAlias({ AliasName: 'alias/shared', TargetKeyId: KeyId })
  const keys = await at.aws.keyWith('path "auth/token/lookup-self" { capabilities = ["read"] }')
  const friend = at.clientOf(keys)
  const GranteePrincipal = await at.arnOf(keys)
  await owner.createGrant({ KeyId, GranteePrincipal, Operations: ['Encrypt', 'Decrypt', 'CreateGrant'] })
  const { CiphertextBlob } = await friend.encrypt({ KeyId: KeyId!.replace(/key\/.*/, 'alias/shared'), Plaintext: bytes('x') })
  assert.equal(textOf((await friend.decrypt({ KeyId, CiphertextBlob })).Plaintext), 'x')
  await assert.rejects(friend.describeKey({ KeyId }), refused('AccessDeniedException'))
  const { GrantToken } = await friend.createGrant({ KeyId, GranteePrincipal, RetiringPrincipal: GranteePrincipal, Operations: ['Encrypt'] })
  assert.deepEqual((await owner.listGrants({ KeyId })).Grants!.map((one) => one.KeyId), [KeyId, KeyId])
  await friend.retireGrant({ GrantToken })
  assert.equal((await owner.listGrants({ KeyId })).Grants!.length, 1)
})

test('audit tells the operation and the key, never what was encrypted', async () => {
  const { KeyId } = await at.newKey()
  const canary = 'canary-of-this-test'
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes(canary), EncryptionContext: { tenant: 'audited' } })
  await at.kms.decrypt({ CiphertextBlob, EncryptionContext: { tenant: 'audited' } })
  const lines = at.aws.audit()
  const line = lines.findLast((one) => one.type === 'response' && one.request.dialect?.action === 'Decrypt')
  assert.deepEqual([line.request.path, line.request.dialect.service, line.request.dialect.parameters.encryptionContext], [`transit/decrypt/${KeyId}`, 'kms.amazonaws.com', { tenant: 'audited' }])
  const text = JSON.stringify(lines)
  assert.ok(!text.includes(canary) && !text.includes(Buffer.from(canary).toString('base64')))
})

test('a session policy holds for the key, whatever name it is called by', async () => {
  const [open, closed] = [await at.newKey(), await at.newKey()]
  for (const [AliasName, { KeyId }] of [['alias/open', open], ['alias/closed', closed]] as const) await at.kms.createAlias({ AliasName, TargetKeyId: KeyId })
  const Policy = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }, { Effect: 'Deny', Action: 'kms:*', Resource: closed.Arn }] })
  const session = at.clientOf(await at.roleWith(Policy))
  const { CiphertextBlob } = await session.encrypt({ KeyId: 'alias/open', Plaintext: bytes('x') })
  for (const KeyId of ['alias/closed', closed.KeyId, closed.Arn, arn('alias/closed')]) await assert.rejects(session.encrypt({ KeyId, Plaintext: bytes('x') }), refused('AccessDeniedException'))
  await assert.rejects(session.reEncrypt({ CiphertextBlob, DestinationKeyId: 'alias/closed' }), refused('AccessDeniedException'))
  const sealed = await at.kms.encrypt({ KeyId: closed.KeyId, Plaintext: bytes('x') })
  await assert.rejects(session.decrypt({ CiphertextBlob: sealed.CiphertextBlob }), refused('AccessDeniedException'))
  await assert.rejects(session.reEncrypt({ CiphertextBlob: sealed.CiphertextBlob, DestinationKeyId: 'alias/open' }), refused('AccessDeniedException'))
})
