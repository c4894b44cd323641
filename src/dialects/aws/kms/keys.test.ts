import assert from 'node:assert/strict'
import { constants, createCipheriv, createDecipheriv, createHmac, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { test } from 'node:test'
import type { ImportKeyMaterialCommandInput, KMS } from '@aws-sdk/client-kms'
import { arn, bench, bytes, refused, textOf } from './bench.test-aid.ts'

const at = bench()

test('keys are named by id, ARN and alias', async () => {
  const { KeyId, Arn } = await at.newKey({ Description: 'named' })
  await at.kms.createAlias({ AliasName: 'alias/app/main', TargetKeyId: Arn })
  for (const name of [KeyId, Arn, 'alias/app/main', arn('alias/app/main')]) assert.equal((await at.kms.describeKey({ KeyId: name })).KeyMetadata!.Description, 'named')
  await assert.rejects(at.kms.createAlias({ AliasName: 'alias/app/main', TargetKeyId: KeyId }), refused('AlreadyExistsException', /An alias with the name arn:aws:kms:us-east-1:123456789012:alias\/app\/main already exists/))
  const other = await at.newKey()
  await at.kms.updateAlias({ AliasName: 'alias/app/main', TargetKeyId: other.KeyId })
  assert.deepEqual((await at.kms.listAliases({ KeyId })).Aliases, [])
  assert.deepEqual((await at.kms.listAliases({ KeyId: other.KeyId })).Aliases!.map((one) => [one.AliasName, one.AliasArn, one.TargetKeyId]), [['alias/app/main', arn('alias/app/main'), other.KeyId]])
  const pair = await at.newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  await assert.rejects(at.kms.updateAlias({ AliasName: 'alias/app/main', TargetKeyId: pair.KeyId }), refused('ValidationException', /same type/))
  await at.kms.deleteAlias({ AliasName: 'alias/app/main' })
  await assert.rejects(at.kms.describeKey({ KeyId: 'alias/app/main' }), refused('NotFoundException', /Alias arn:aws:kms:us-east-1:123456789012:alias\/app\/main is not found/))
  await assert.rejects(at.kms.deleteAlias({ AliasName: 'alias/app/main' }), refused('NotFoundException'))
  await assert.rejects(at.kms.updateAlias({ AliasName: 'alias/app/main', TargetKeyId: KeyId }), refused('NotFoundException'))
  await assert.rejects(at.kms.createAlias({ AliasName: 'alias/aws/mine', TargetKeyId: KeyId }), refused('NotAuthorizedException'))
  await assert.rejects(at.kms.createAlias({ AliasName: 'alias/x', TargetKeyId: 'alias/y' }), refused('ValidationException', /Not aliases/))
  await assert.rejects(at.kms.describeKey({ KeyId: '12366f9b-1230-123d-123e-123e6ae60c02' }), refused('NotFoundException', /Key 'arn:.*' does not exist/))
  await assert.rejects(at.kms.enableKeyRotation({ KeyId: 'alias/x' }), refused('NotFoundException', /Invalid keyId 'alias\/x'/))
  const service = await Promise.all([1, 2, 3].map(() => at.kms.encrypt({ KeyId: 'alias/aws/ssm', Plaintext: bytes('x') })))
  assert.equal(new Set(service.map((one) => one.KeyId)).size, 1)
  assert.equal((await at.kms.describeKey({ KeyId: 'alias/aws/ssm' })).KeyMetadata!.KeyManager, 'AWS')
})

test('lists come by pages', async () => {
  const found: string[] = []
  for (let Marker: string | undefined; ; ) {
    const page = await at.kms.listKeys({ Limit: 2, ...(Marker !== undefined && { Marker }) })
    found.push(...page.Keys!.map((key) => key.KeyId!))
    assert.equal(page.Truncated, page.NextMarker !== undefined)
    if ((Marker = page.NextMarker) === undefined) break
  }
  const all = (await at.kms.listKeys()).Keys!.map((key) => key.KeyId)
  assert.deepEqual(found, all)
  assert.equal(new Set(found).size, found.length)
  await assert.rejects(at.kms.listKeys({ Marker: '!' }), refused('InvalidMarkerException'))
})

test('a key that is disabled or about to end is of no use to anybody, and comes back', async () => {
  const { KeyId, Arn } = await at.newKey()
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('kept') })
  await at.kms.disableKey({ KeyId })
  await assert.rejects(at.kms.decrypt({ CiphertextBlob }), refused('DisabledException', new RegExp(`${Arn} is disabled.`)))
  await assert.rejects(at.aws.vault('POST', `transit/encrypt/${KeyId}`, { plaintext: '' }), /soft-deleted/)
  await at.kms.enableKey({ KeyId })
  const ending = await at.kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
  assert.ok(Math.abs(ending.DeletionDate!.getTime() - Date.now() - 7 * 86_400_000) < 60_000)
  const shown = (await at.kms.describeKey({ KeyId })).KeyMetadata!
  assert.deepEqual([shown.KeyState, shown.Enabled, shown.DeletionDate?.getTime()], ['PendingDeletion', false, ending.DeletionDate!.getTime()])
  const uses = [() => at.kms.decrypt({ CiphertextBlob }), () => at.kms.enableKey({ KeyId }), () => at.kms.scheduleKeyDeletion({ KeyId }), () => at.kms.tagResource({ KeyId, Tags: [] }), () => at.kms.createAlias({ AliasName: 'alias/ending', TargetKeyId: KeyId }), () => at.kms.updateKeyDescription({ KeyId, Description: '' })]
  for (const use of uses) await assert.rejects(use, refused('KMSInvalidStateException', /is pending deletion/), String(use))
  await assert.rejects(at.aws.vault('POST', `transit/keys/${KeyId}/soft-delete-restore`), /about to be deleted/)
  await at.kms.cancelKeyDeletion({ KeyId })
  assert.equal((await at.kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'Disabled')
  await at.kms.enableKey({ KeyId })
  assert.equal(textOf((await at.kms.decrypt({ CiphertextBlob })).Plaintext), 'kept')
  await assert.rejects(at.kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }), refused('ValidationException'))
  await assert.rejects(at.kms.cancelKeyDeletion({ KeyId }), refused('KMSInvalidStateException', /is not pending deletion/))
})

test('rotation: by the day, on demand, and only where it can be', async () => {
  const { KeyId, Arn } = await at.newKey()
  assert.equal((await at.kms.getKeyRotationStatus({ KeyId })).KeyRotationEnabled, false)
  await at.kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 100 })
  const status = await at.kms.getKeyRotationStatus({ KeyId })
  assert.deepEqual([status.KeyRotationEnabled, status.RotationPeriodInDays], [true, 100])
  assert.equal((await at.aws.vault('GET', `transit/keys/${KeyId}`)).data.auto_rotate_period, 8_640_000)
  assert.equal((await at.kms.rotateKeyOnDemand({ KeyId })).KeyId, Arn)
  await at.kms.rotateKeyOnDemand({ KeyId: Arn })
  assert.deepEqual((await at.kms.getKeyRotationStatus({ KeyId })).NextRotationDate, status.NextRotationDate, 'on demand leaves the schedule as it is')
  const first = await at.kms.listKeyRotations({ KeyId, Limit: 1 })
  assert.deepEqual([first.Rotations!.length, first.Rotations![0]!.RotationType, first.Truncated], [1, 'ON_DEMAND', true])
  assert.equal((await at.kms.listKeyRotations({ KeyId, Marker: first.NextMarker })).Rotations!.length, 1)
  for (let count = 2; count < 25; count++) await at.kms.rotateKeyOnDemand({ KeyId })
  await assert.rejects(at.kms.rotateKeyOnDemand({ KeyId }), refused('LimitExceededException', /No more on-demand rotations/))
  const all = (await at.kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations!
  assert.deepEqual([all.length, all[0]!.RotationDate, all[0]!.KeyMaterialState, all.at(-1)!.KeyMaterialState], [26, undefined, 'NON_CURRENT', 'CURRENT'])
  assert.equal((await at.kms.describeKey({ KeyId })).KeyMetadata!.CurrentKeyMaterialId, all.at(-1)!.KeyMaterialId)
  const data = await at.kms.generateDataKey({ KeyId, KeySpec: 'AES_128' })
  assert.deepEqual([data.KeyMaterialId, (await at.kms.decrypt({ CiphertextBlob: data.CiphertextBlob })).KeyMaterialId], [all.at(-1)!.KeyMaterialId, all.at(-1)!.KeyMaterialId])
  const mac = await at.newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await assert.rejects(at.kms.enableKeyRotation({ KeyId: mac.KeyId }), refused('UnsupportedOperationException'))
})

test('policies and tags are kept with a key', async () => {
  const { KeyId } = await at.newKey({ Tags: [{ TagKey: 'a', TagValue: '1' }] })
  await at.kms.tagResource({ KeyId, Tags: [{ TagKey: 'b', TagValue: '2' }, { TagKey: '__proto__', TagValue: '3' }] })
  await at.kms.untagResource({ KeyId, TagKeys: ['a'] })
  assert.deepEqual((await at.kms.listResourceTags({ KeyId })).Tags, [{ TagKey: '__proto__', TagValue: '3' }, { TagKey: 'b', TagValue: '2' }])
  await assert.rejects(at.kms.tagResource({ KeyId, Tags: [{ TagKey: 'x', TagValue: '' }, { TagKey: 'x', TagValue: '' }] }), refused('TagException'))
  await assert.rejects(at.kms.tagResource({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] }), refused('TagException'))
  await assert.rejects(at.kms.tagResource({ KeyId, Tags: Array.from({ length: 49 }, (_, index) => ({ TagKey: `t${index}`, TagValue: '' })) }), refused('LimitExceededException'))
  assert.match((await at.kms.getKeyPolicy({ KeyId })).Policy!, /key-default-1/)
  const policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}'
  await at.kms.putKeyPolicy({ KeyId, Policy: policy })
  assert.equal((await at.kms.getKeyPolicy({ KeyId, PolicyName: 'default' })).Policy, policy)
  await assert.rejects(at.kms.putKeyPolicy({ KeyId, Policy: '{"Statement":[]}' }), refused('MalformedPolicyDocumentException'))
  await assert.rejects(at.kms.getKeyPolicy({ KeyId, PolicyName: 'other' }), refused('NotFoundException'))
})

test('a key for several regions', async () => {
  const { KeyId, MultiRegionConfiguration } = await at.newKey({ MultiRegion: true, Description: 'here' })
  assert.match(KeyId!, /^mrk-[0-9a-f]{32}$/)
  assert.deepEqual(MultiRegionConfiguration, { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: arn(`key/${KeyId}`), Region: 'us-east-1' }, ReplicaKeys: [] })
  const replica = (await at.kms.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1', Description: 'there' })).ReplicaKeyMetadata!
  assert.deepEqual([replica.Arn, replica.Description, replica.MultiRegionConfiguration!.MultiRegionKeyType], [`arn:aws:kms:eu-west-1:123456789012:key/${KeyId}`, 'there', 'REPLICA'])
  await assert.rejects(at.kms.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' }), refused('AlreadyExistsException'))
  const elsewhere = at.clientOf(undefined, 'ap-south-1')
  await assert.rejects(elsewhere.describeKey({ KeyId }), refused('NotFoundException', /Key 'arn:aws:kms:ap-south-1:.*' does not exist/))
  await assert.rejects(elsewhere.decrypt({ CiphertextBlob: (await at.kms.encrypt({ KeyId, Plaintext: bytes('x') })).CiphertextBlob }), refused('AccessDeniedException'))
  await assert.rejects(at.clientOf(undefined, 'eu-west-1').replicateKey({ KeyId, ReplicaRegion: 'ap-south-1' }), refused('UnsupportedOperationException', /is not a multi-region primary key/))
  await assert.rejects(at.kms.replicateKey({ KeyId: (await at.newKey()).KeyId, ReplicaRegion: 'eu-west-1' }), refused('UnsupportedOperationException'))
  const there = at.clientOf(undefined, 'eu-west-1')
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('both') })
  await at.kms.updatePrimaryRegion({ KeyId, PrimaryRegion: 'eu-west-1' })
  assert.deepEqual((await at.kms.describeKey({ KeyId })).KeyMetadata!.MultiRegionConfiguration!.MultiRegionKeyType, 'REPLICA')
  assert.equal(textOf((await there.decrypt({ CiphertextBlob })).Plaintext), 'both')
  await assert.rejects(there.scheduleKeyDeletion({ KeyId }), refused('KMSInvalidStateException', /has replica keys/))
  await at.kms.scheduleKeyDeletion({ KeyId })
  await assert.rejects(at.kms.describeKey({ KeyId }), refused('NotFoundException'), 'the replica has ended')
  assert.equal(textOf((await there.decrypt({ CiphertextBlob })).Plaintext), 'both', 'and the key has not')
  assert.equal((await there.scheduleKeyDeletion({ KeyId })).KeyState, 'PendingDeletion')
})

test('what CreateKey cannot make, it refuses by name', async () => {
  for (const [input, name] of [
    [{ KeySpec: 'RSA_2048' }, 'ValidationException'], [{ KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'], [{ KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'],
    [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException'], [{ KeySpec: 'OTHER' as never }, 'ValidationException'], [{ Origin: 'AWS_CLOUDHSM' }, 'UnsupportedOperationException'],
    [{ KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'], [{ Policy: '{' }, 'MalformedPolicyDocumentException'],
  ] as [Parameters<KMS['createKey']>[0], string][]) await assert.rejects(at.kms.createKey(input), refused(name), JSON.stringify(input))
})

test('key material can be brought, forgotten, and brought again as it was', async () => {
  const { KeyId, KeyState, Origin } = await at.newKey({ Origin: 'EXTERNAL' })
  assert.deepEqual([KeyState, Origin], ['PendingImport', 'EXTERNAL'])
  await assert.rejects(at.kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('KMSInvalidStateException', /is pending import/))
  const material = randomBytes(32)
  const bring = async (WrappingAlgorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256', secret: Buffer) => {
    const { PublicKey, ImportToken } = await at.kms.getParametersForImport({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' })
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
    const oaep = (data: Buffer): Buffer => publicEncrypt({ key, oaepHash: WrappingAlgorithm.endsWith('256') ? 'sha256' : 'sha1', padding: constants.RSA_PKCS1_OAEP_PADDING }, data)
    let EncryptedKeyMaterial = oaep(secret)
    if (WrappingAlgorithm.startsWith('RSA_AES')) {
      const kek = randomBytes(32)
      const wrap = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'))
      EncryptedKeyMaterial = Buffer.concat([oaep(kek), wrap.update(secret), wrap.final()])
    }
    return { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' as const }
  }
  const first = await bring('RSA_AES_KEY_WRAP_SHA_256', material)
  await assert.rejects(at.kms.importKeyMaterial({ ...first, ImportToken: randomBytes(32) }), refused('InvalidImportTokenException'))
  await assert.rejects(at.kms.importKeyMaterial({ ...first, EncryptedKeyMaterial: randomBytes(300) }), refused('InvalidCiphertextException'))
  await at.kms.importKeyMaterial(first)
  await assert.rejects(at.kms.importKeyMaterial(first), refused('InvalidImportTokenException'))
  const { CiphertextBlob } = await at.kms.encrypt({ KeyId, Plaintext: bytes('brought') })
  const sealed = Buffer.from(CiphertextBlob!).subarray(7 + KeyId!.length)
  const opener = createDecipheriv('aes-256-gcm', material, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16))
  assert.equal(opener.update(sealed.subarray(12, -16)).toString() + opener.final().toString(), 'brought')
  await at.kms.deleteImportedKeyMaterial({ KeyId })
  assert.equal((await at.kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'PendingImport')
  await assert.rejects(at.kms.decrypt({ CiphertextBlob }), refused('KMSInvalidStateException'))
  await assert.rejects(bring('RSAES_OAEP_SHA_1', randomBytes(32)).then((input) => at.kms.importKeyMaterial(input)), refused('IncorrectKeyMaterialException'))
  await at.kms.importKeyMaterial(await bring('RSAES_OAEP_SHA_256', material))
  assert.equal(textOf((await at.kms.decrypt({ CiphertextBlob })).Plaintext), 'brought')
  await assert.rejects(at.kms.enableKeyRotation({ KeyId }), refused('UnsupportedOperationException', /origin is EXTERNAL/))
  await rotateBrought(KeyId!, CiphertextBlob!, (secret) => bring('RSAES_OAEP_SHA_256', secret))
  await assert.rejects(at.kms.getParametersForImport({ KeyId: (await at.newKey()).KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }), refused('UnsupportedOperationException'))

  const mac = await at.newKey({ Origin: 'EXTERNAL', KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const parameters = await at.kms.getParametersForImport({ KeyId: mac.KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' })
  const key = createPublicKey({ key: Buffer.from(parameters.PublicKey!), format: 'der', type: 'spki' })
  const secret = randomBytes(28)
  await at.kms.importKeyMaterial({ KeyId: mac.KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial: publicEncrypt({ key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, secret), ValidTo: new Date(Date.now() + 86_400_000) })
  const { Mac } = await at.kms.generateMac({ KeyId: mac.KeyId, MacAlgorithm: 'HMAC_SHA_224', Message: bytes('m') })
  assert.deepEqual(Buffer.from(Mac!), createHmac('sha224', secret).update('m').digest())
  assert.equal((await at.kms.describeKey({ KeyId: mac.KeyId })).KeyMetadata!.ExpirationModel, 'KEY_MATERIAL_EXPIRES')
})

async function rotateBrought(KeyId: string, before: Uint8Array, bring: (secret: Buffer) => Promise<ImportKeyMaterialCommandInput>): Promise<void> {
  await assert.rejects(at.kms.rotateKeyOnDemand({ KeyId }), refused('KMSInvalidStateException', /No available key material pending rotation/))
  const next = randomBytes(32)
  const { KeyMaterialId } = await at.kms.importKeyMaterial({ ...(await bring(next)), ImportType: 'NEW_KEY_MATERIAL' })
  await assert.rejects(bring(randomBytes(32)).then((input) => at.kms.importKeyMaterial({ ...input, ImportType: 'NEW_KEY_MATERIAL' })), refused('KMSInvalidStateException', /is pending rotation/))
  const states = async () => (await at.kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations!.map((one) => [one.KeyMaterialState, one.ImportState])
  assert.deepEqual(await states(), [['CURRENT', 'IMPORTED'], ['PENDING_ROTATION', 'IMPORTED']])
  await at.kms.rotateKeyOnDemand({ KeyId })
  assert.deepEqual(await states(), [['NON_CURRENT', 'IMPORTED'], ['CURRENT', 'IMPORTED']])
  assert.equal((await at.kms.describeKey({ KeyId })).KeyMetadata!.CurrentKeyMaterialId, KeyMaterialId)
  assert.equal(textOf((await at.kms.decrypt({ CiphertextBlob: before })).Plaintext), 'brought')
  const after = await at.kms.encrypt({ KeyId, Plaintext: bytes('later') })
  await at.kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId })
  assert.deepEqual([(await at.kms.describeKey({ KeyId })).KeyMetadata!.KeyState, ...(await states())], ['PendingImport', ['NON_CURRENT', 'IMPORTED'], ['CURRENT', 'PENDING_IMPORT']])
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: before }), refused('KMSInvalidStateException'), 'one material that is missing stops the whole key')
  await at.kms.importKeyMaterial(await bring(next))
  assert.equal(textOf((await at.kms.decrypt({ CiphertextBlob: after.CiphertextBlob })).Plaintext), 'later')
  await assert.rejects(at.kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: '0'.repeat(64) }), refused('NotFoundException'))
}

test('a key pair can be brought too', async () => {
  const { KeyId } = await at.newKey({ Origin: 'EXTERNAL', KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const bring = async (namedCurve: string) => {
    const { PublicKey, ImportToken } = await at.kms.getParametersForImport({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' })
    const pair = generateKeyPairSync('ec', { namedCurve })
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
    const EncryptedKeyMaterial = publicEncrypt({ key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, pair.privateKey.export({ type: 'pkcs8', format: 'der' }))
    await at.kms.importKeyMaterial({ KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })
    return pair.publicKey
  }
  await assert.rejects(bring('P-384'), refused('IncorrectKeyMaterialException'))
  await assert.rejects(at.kms.getPublicKey({ KeyId }), refused('KMSInvalidStateException', /pending import/))
  const publicKey = await bring('P-256')
  const { Signature } = await at.kms.sign({ KeyId, Message: bytes('m'), SigningAlgorithm: 'ECDSA_SHA_256' })
  assert.ok(verify('sha256', bytes('m'), publicKey, Signature!))
  await at.kms.deleteImportedKeyMaterial({ KeyId })
  assert.equal((await at.aws.vault('GET', `transit/keys/${KeyId}`)).data.latest_version, 1)
  await assert.rejects(at.kms.sign({ KeyId, Message: bytes('m'), SigningAlgorithm: 'ECDSA_SHA_256' }), refused('KMSInvalidStateException'))
})
