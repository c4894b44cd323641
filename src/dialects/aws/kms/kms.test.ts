import assert from 'node:assert/strict'
import { constants, createCipheriv, createDecipheriv, createHash, createHmac, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { after, before, test } from 'node:test'
import { KMS } from '@aws-sdk/client-kms'
import { STS } from '@aws-sdk/client-sts'
import { type AwsServer, type Keys, startAws } from '../server.test-aid.ts'

let aws: AwsServer
let kms: KMS
const clients: { destroy(): void }[] = []
const clientOf = (keys?: Keys): KMS => {
  const client = new KMS(aws.options(keys))
  clients.push(client)
  return client
}
before(async () => {
  aws = await startAws()
  kms = clientOf()
})
after(async () => {
  for (const client of clients) client.destroy()
  await aws.stop()
})

const refused = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))
const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (data: Uint8Array | undefined): string => Buffer.from(data!).toString()
const newKey = async (input: Parameters<KMS['createKey']>[0] = {}) => (await kms.createKey(input)).KeyMetadata!
const arn = (rest: string): string => `arn:aws:kms:us-east-1:123456789012:${rest}`

test('what a key encrypts, it decrypts: by blob alone, with the same context, after rotations, and by no other', async () => {
  const { KeyId, Arn } = await newKey()
  const context = { purpose: 'test', tenant: 'ä' }
  const sealed = await kms.encrypt({ KeyId, Plaintext: bytes('secret'), EncryptionContext: context })
  assert.deepEqual([sealed.KeyId, sealed.EncryptionAlgorithm], [Arn, 'SYMMETRIC_DEFAULT'])
  await kms.rotateKeyOnDemand({ KeyId })
  const opened = await kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { tenant: 'ä', purpose: 'test' } })
  assert.deepEqual([textOf(opened.Plaintext), opened.KeyId], ['secret', Arn])
  for (const wrong of [{}, { purpose: 'test' }, { ...context, more: '' }, { purpose: 'Test', tenant: 'ä' }]) {
    await assert.rejects(kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: wrong }), refused('InvalidCiphertextException'))
  }
  const other = await newKey()
  await assert.rejects(kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context, KeyId: other.KeyId }), refused('IncorrectKeyException', /does not identify a CMK/))
  const moved = await kms.reEncrypt({ CiphertextBlob: sealed.CiphertextBlob, SourceEncryptionContext: context, DestinationKeyId: other.Arn, DestinationEncryptionContext: { to: 'other' } })
  assert.deepEqual([moved.SourceKeyId, moved.KeyId], [Arn, other.Arn])
  assert.equal(textOf((await kms.decrypt({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { to: 'other' } })).Plaintext), 'secret')
})

test('a ciphertext that was altered, renamed or made up is refused', async () => {
  const { KeyId } = await newKey()
  const blob = Buffer.from((await kms.encrypt({ KeyId, Plaintext: bytes('secret') })).CiphertextBlob!)
  for (const at of [0, 1, 2, blob.length - 1, blob.length - 20]) {
    const altered = Buffer.from(blob)
    altered[at]! ^= 1
    await assert.rejects(kms.decrypt({ CiphertextBlob: altered }), refused('InvalidCiphertextException'), String(at))
  }
  await assert.rejects(kms.decrypt({ CiphertextBlob: randomBytes(100) }), refused('InvalidCiphertextException'))
  const elsewhere = Buffer.from(blob)
  elsewhere.write('00000000-0000-4000-8000-000000000000', 3)
  await assert.rejects(kms.decrypt({ CiphertextBlob: elsewhere }), refused('AccessDeniedException', /refers to a customer master key that does not exist/))
  const swapped = Buffer.from(blob)
  swapped.write((await newKey()).KeyId!, 3)
  await assert.rejects(kms.decrypt({ CiphertextBlob: swapped }), refused('InvalidCiphertextException'))
})

test('data keys and data key pairs open under their key', async () => {
  const { KeyId } = await newKey()
  const EncryptionContext = { file: 'a' }
  const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext })
  assert.equal(data.Plaintext!.length, 32)
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: data.CiphertextBlob, EncryptionContext })).Plaintext, data.Plaintext)
  assert.equal((await kms.generateDataKey({ KeyId, NumberOfBytes: 1000 })).Plaintext!.length, 1000)
  assert.equal('Plaintext' in (await kms.generateDataKeyWithoutPlaintext({ KeyId })), false)
  await assert.rejects(kms.generateDataKey({ KeyId }), refused('ValidationException', /either number of bytes or key spec/))
  await assert.rejects(kms.generateDataKey({ KeyId, KeySpec: 'AES_128', NumberOfBytes: 16 }), refused('ValidationException', /either number of bytes or key spec/))
  const pair = await kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: pair.PrivateKeyCiphertextBlob })).Plaintext, pair.PrivateKeyPlaintext)
  assert.equal(createPublicKey({ key: Buffer.from(pair.PublicKey!), format: 'der', type: 'spki' }).asymmetricKeyType, 'ec')
  assert.equal('PrivateKeyPlaintext' in (await kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_SECG_P256K1' })), false)
  assert.equal((await kms.generateRandom({ NumberOfBytes: 77 })).Plaintext!.length, 77)
})

for (const KeySpec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
  test(`${KeySpec}: the runtime verifies what the key signs, of messages and digests`, async () => {
    const { KeyId, SigningAlgorithms } = await newKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
    const shown = await kms.getPublicKey({ KeyId })
    assert.deepEqual(shown.SigningAlgorithms, SigningAlgorithms)
    const key = createPublicKey({ key: Buffer.from(shown.PublicKey!), format: 'der', type: 'spki' })
    const message = Buffer.from('a message')
    for (const SigningAlgorithm of SigningAlgorithms!) {
      const hash = KeySpec === 'ECC_NIST_EDWARDS25519' ? null : `sha${SigningAlgorithm.slice(-3)}`
      const padding = SigningAlgorithm.startsWith('RSASSA_PSS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}
      const raw = { KeyId, SigningAlgorithm, Message: message }
      const forms = hash === null ? [raw] : [raw, { KeyId, SigningAlgorithm, Message: createHash(hash).update(message).digest(), MessageType: 'DIGEST' as const }]
      for (const form of forms) {
        const { Signature } = await kms.sign(form)
        assert.ok(verify(hash, message, { key, ...padding }, Signature!), SigningAlgorithm)
        assert.equal((await kms.verify({ ...form, Signature })).SignatureValid, true)
        const other = Buffer.from(form.Message)
        other[0]! ^= 1
        await assert.rejects(kms.verify({ ...form, Message: other, Signature }), refused('KMSInvalidSignatureException'))
        await assert.rejects(kms.verify({ ...form, Signature: randomBytes(64) }), refused('KMSInvalidSignatureException'))
      }
      if (hash !== null) await assert.rejects(kms.sign({ ...raw, MessageType: 'DIGEST' }), refused('ValidationException', /Digest is invalid length/))
    }
  })
}

test('RSA keys encrypt for who holds the public key alone', async () => {
  const { KeyId, Arn } = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  const key = createPublicKey({ key: Buffer.from((await kms.getPublicKey({ KeyId })).PublicKey!), format: 'der', type: 'spki' })
  for (const [EncryptionAlgorithm, oaepHash, most] of [['RSAES_OAEP_SHA_1', 'sha1', 214], ['RSAES_OAEP_SHA_256', 'sha256', 190]] as const) {
    const CiphertextBlob = publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes('for you'))
    assert.equal(textOf((await kms.decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm })).Plaintext), 'for you')
    const own = await kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: randomBytes(most) })
    assert.equal((await kms.decrypt({ KeyId, CiphertextBlob: own.CiphertextBlob, EncryptionAlgorithm })).Plaintext!.length, most)
    await assert.rejects(kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: randomBytes(most + 1) }), refused('ValidationException', new RegExp(`cannot encrypt data larger than ${most} bytes`)))
    await assert.rejects(kms.decrypt({ CiphertextBlob, EncryptionAlgorithm }), refused('ValidationException', /KeyId/))
    await assert.rejects(kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: bytes('x'), EncryptionContext: { a: 'b' } }), refused('ValidationException'))
  }
  await assert.rejects(kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('InvalidKeyUsageException', /SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048/))
  await assert.rejects(kms.sign({ KeyId, Message: bytes('x'), SigningAlgorithm: 'RSASSA_PSS_SHA_256' }), refused('InvalidKeyUsageException', new RegExp(`${Arn} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`)))
  await assert.rejects(kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }), refused('InvalidKeyUsageException'))
  await assert.rejects(aws.vault('POST', `transit/sign/${KeyId}`, { input: '' }), /400.*for another use/)
})

test('MACs of one key and size verify under it alone', async () => {
  for (const [KeySpec, MacAlgorithm, size] of [['HMAC_224', 'HMAC_SHA_224', 28], ['HMAC_256', 'HMAC_SHA_256', 32], ['HMAC_384', 'HMAC_SHA_384', 48], ['HMAC_512', 'HMAC_SHA_512', 64]] as const) {
    const { KeyId, MacAlgorithms } = await newKey({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' })
    assert.deepEqual(MacAlgorithms, [MacAlgorithm])
    const { Mac } = await kms.generateMac({ KeyId, MacAlgorithm, Message: bytes('m') })
    assert.equal(Mac!.length, size)
    assert.equal((await kms.verifyMac({ KeyId, MacAlgorithm, Message: bytes('m'), Mac })).MacValid, true)
    await assert.rejects(kms.verifyMac({ KeyId, MacAlgorithm, Message: bytes('n'), Mac }), refused('KMSInvalidMacException'))
    await assert.rejects(kms.generateMac({ KeyId, MacAlgorithm: size === 64 ? 'HMAC_SHA_256' : 'HMAC_SHA_512', Message: bytes('m') }), refused('InvalidKeyUsageException', new RegExp(`incompatible with key spec ${KeySpec}`)))
    await assert.rejects(kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('InvalidKeyUsageException', /key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt/))
  }
})

test('two sides agree on a secret', async () => {
  const { KeyId } = await newKey({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' })
  const own = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const theirs = createPublicKey({ key: Buffer.from((await kms.getPublicKey({ KeyId })).PublicKey!), format: 'der', type: 'spki' })
  const derived = await kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: own.publicKey.export({ format: 'der', type: 'spki' }) })
  assert.deepEqual(Buffer.from(derived.SharedSecret!), diffieHellman({ privateKey: own.privateKey, publicKey: theirs }))
  const elsewhere = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
  await assert.rejects(kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: elsewhere }), refused('ValidationException'))
})

test('keys are named by id, ARN and alias', async () => {
  const { KeyId, Arn } = await newKey({ Description: 'named' })
  await kms.createAlias({ AliasName: 'alias/app/main', TargetKeyId: Arn })
  for (const name of [KeyId, Arn, 'alias/app/main', arn('alias/app/main')]) assert.equal((await kms.describeKey({ KeyId: name })).KeyMetadata!.Description, 'named')
  await assert.rejects(kms.createAlias({ AliasName: 'alias/app/main', TargetKeyId: KeyId }), refused('AlreadyExistsException', /An alias with the name arn:aws:kms:us-east-1:123456789012:alias\/app\/main already exists/))
  const other = await newKey()
  await kms.updateAlias({ AliasName: 'alias/app/main', TargetKeyId: other.KeyId })
  assert.deepEqual((await kms.listAliases({ KeyId })).Aliases, [])
  assert.deepEqual((await kms.listAliases({ KeyId: other.KeyId })).Aliases!.map((one) => [one.AliasName, one.AliasArn, one.TargetKeyId]), [['alias/app/main', arn('alias/app/main'), other.KeyId]])
  await kms.deleteAlias({ AliasName: 'alias/app/main' })
  await assert.rejects(kms.describeKey({ KeyId: 'alias/app/main' }), refused('NotFoundException', /Alias arn:aws:kms:us-east-1:123456789012:alias\/app\/main is not found/))
  await assert.rejects(kms.deleteAlias({ AliasName: 'alias/app/main' }), refused('NotFoundException'))
  await assert.rejects(kms.updateAlias({ AliasName: 'alias/app/main', TargetKeyId: KeyId }), refused('NotFoundException'))
  await assert.rejects(kms.createAlias({ AliasName: 'alias/aws/mine', TargetKeyId: KeyId }), refused('NotAuthorizedException'))
  await assert.rejects(kms.createAlias({ AliasName: 'alias/x', TargetKeyId: 'alias/y' }), refused('ValidationException', /Not aliases/))
  await assert.rejects(kms.describeKey({ KeyId: '12366f9b-1230-123d-123e-123e6ae60c02' }), refused('NotFoundException', /Key 'arn:.*' does not exist/))
  await assert.rejects(kms.enableKeyRotation({ KeyId: 'alias/x' }), refused('NotFoundException', /Invalid keyId alias\/x/))
  const service = await Promise.all([1, 2, 3].map(() => kms.encrypt({ KeyId: 'alias/aws/ssm', Plaintext: bytes('x') })))
  assert.equal(new Set(service.map((one) => one.KeyId)).size, 1)
  assert.equal((await kms.describeKey({ KeyId: 'alias/aws/ssm' })).KeyMetadata!.KeyManager, 'AWS')
})

test('lists come by pages', async () => {
  const found: string[] = []
  for (let Marker: string | undefined; ; ) {
    const page = await kms.listKeys({ Limit: 2, ...(Marker !== undefined && { Marker }) })
    found.push(...page.Keys!.map((key) => key.KeyId!))
    assert.equal(page.Truncated, page.NextMarker !== undefined)
    if ((Marker = page.NextMarker) === undefined) break
  }
  const all = (await kms.listKeys()).Keys!.map((key) => key.KeyId)
  assert.deepEqual(found, all)
  assert.equal(new Set(found).size, found.length)
  await assert.rejects(kms.listKeys({ Marker: '!' }), refused('InvalidMarkerException'))
})

test('a key that is disabled or about to end is of no use to anybody, and comes back', async () => {
  const { KeyId, Arn } = await newKey()
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: bytes('kept') })
  await kms.disableKey({ KeyId })
  await assert.rejects(kms.decrypt({ CiphertextBlob }), refused('DisabledException', new RegExp(`${Arn} is disabled.`)))
  await assert.rejects(aws.vault('POST', `transit/encrypt/${KeyId}`, { plaintext: '' }), /soft-deleted/)
  await kms.enableKey({ KeyId })
  const ending = await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
  assert.ok(Math.abs(ending.DeletionDate!.getTime() - Date.now() - 7 * 86_400_000) < 60_000)
  const shown = (await kms.describeKey({ KeyId })).KeyMetadata!
  assert.deepEqual([shown.KeyState, shown.Enabled, shown.DeletionDate?.getTime()], ['PendingDeletion', false, ending.DeletionDate!.getTime()])
  for (const refusal of [kms.decrypt({ CiphertextBlob }), kms.enableKey({ KeyId }), kms.scheduleKeyDeletion({ KeyId }), kms.tagResource({ KeyId, Tags: [] }), kms.createAlias({ AliasName: 'alias/ending', TargetKeyId: KeyId }), kms.updateKeyDescription({ KeyId, Description: '' })]) {
    await assert.rejects(refusal, refused('KMSInvalidStateException', /is pending deletion/))
  }
  await assert.rejects(aws.vault('POST', `transit/keys/${KeyId}/soft-delete-restore`), /about to be deleted/)
  await kms.cancelKeyDeletion({ KeyId })
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'Disabled')
  await kms.enableKey({ KeyId })
  assert.equal(textOf((await kms.decrypt({ CiphertextBlob })).Plaintext), 'kept')
  await assert.rejects(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }), refused('ValidationException'))
  await assert.rejects(kms.cancelKeyDeletion({ KeyId }), refused('KMSInvalidStateException', /is not pending deletion/))
})

test('rotation: by the day, on demand, and only where it can be', async () => {
  const { KeyId, Arn } = await newKey()
  assert.equal((await kms.getKeyRotationStatus({ KeyId })).KeyRotationEnabled, false)
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 100 })
  const status = await kms.getKeyRotationStatus({ KeyId })
  assert.deepEqual([status.KeyRotationEnabled, status.RotationPeriodInDays], [true, 100])
  assert.equal((await aws.vault('GET', `transit/keys/${KeyId}`)).data.auto_rotate_period, 8_640_000)
  await kms.rotateKeyOnDemand({ KeyId })
  await kms.rotateKeyOnDemand({ KeyId: Arn })
  const first = await kms.listKeyRotations({ KeyId, Limit: 1 })
  assert.deepEqual([first.Rotations!.length, first.Rotations![0]!.RotationType, first.Truncated], [1, 'ON_DEMAND', true])
  assert.equal((await kms.listKeyRotations({ KeyId, Marker: first.NextMarker })).Rotations!.length, 1)
  for (let at = 2; at < 25; at++) await kms.rotateKeyOnDemand({ KeyId })
  await assert.rejects(kms.rotateKeyOnDemand({ KeyId }), refused('LimitExceededException'))
  const mac = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await assert.rejects(kms.enableKeyRotation({ KeyId: mac.KeyId }), refused('UnsupportedOperationException'))
})

test('policies and tags are kept with a key', async () => {
  const { KeyId } = await newKey({ Tags: [{ TagKey: 'a', TagValue: '1' }] })
  await kms.tagResource({ KeyId, Tags: [{ TagKey: 'b', TagValue: '2' }, { TagKey: '__proto__', TagValue: '3' }] })
  await kms.untagResource({ KeyId, TagKeys: ['a'] })
  assert.deepEqual((await kms.listResourceTags({ KeyId })).Tags, [{ TagKey: '__proto__', TagValue: '3' }, { TagKey: 'b', TagValue: '2' }])
  await assert.rejects(kms.tagResource({ KeyId, Tags: [{ TagKey: 'x', TagValue: '' }, { TagKey: 'x', TagValue: '' }] }), refused('TagException'))
  await assert.rejects(kms.tagResource({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] }), refused('TagException'))
  await assert.rejects(kms.tagResource({ KeyId, Tags: Array.from({ length: 49 }, (_, at) => ({ TagKey: `t${at}`, TagValue: '' })) }), refused('LimitExceededException'))
  assert.match((await kms.getKeyPolicy({ KeyId })).Policy!, /key-default-1/)
  const policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}'
  await kms.putKeyPolicy({ KeyId, Policy: policy })
  assert.equal((await kms.getKeyPolicy({ KeyId, PolicyName: 'default' })).Policy, policy)
  await assert.rejects(kms.putKeyPolicy({ KeyId, Policy: '{"Statement":[]}' }), refused('MalformedPolicyDocumentException'))
  await assert.rejects(kms.getKeyPolicy({ KeyId, PolicyName: 'other' }), refused('NotFoundException'))
})

test('what CreateKey cannot make, it refuses by name', async () => {
  for (const [input, name] of [
    [{ KeySpec: 'RSA_2048' }, 'ValidationException'], [{ KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'], [{ KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'],
    [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException'], [{ KeySpec: 'OTHER' as never }, 'ValidationException'], [{ Origin: 'AWS_CLOUDHSM' }, 'UnsupportedOperationException'],
    [{ KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'], [{ Policy: '{' }, 'MalformedPolicyDocumentException'],
  ] as [Parameters<KMS['createKey']>[0], string][]) await assert.rejects(kms.createKey(input), refused(name), JSON.stringify(input))
})

test('one key, two dialects: Vault opens what KMS sealed, and KMS knows the keys of Vault', async () => {
  await aws.vault('POST', 'transit/keys/orders')
  const sealed = await kms.encrypt({ KeyId: 'alias/orders', Plaintext: bytes('shared') })
  assert.equal(sealed.KeyId, arn('key/orders'))
  const blob = Buffer.from(sealed.CiphertextBlob!)
  const ciphertext = `vault:v1:${blob.subarray(3 + 'orders'.length + 4).toString('base64')}`
  assert.equal(Buffer.from((await aws.vault('POST', 'transit/decrypt/orders', { ciphertext })).data.plaintext, 'base64').toString(), 'shared')
  assert.equal((await kms.describeKey({ KeyId: 'orders' })).KeyMetadata!.KeySpec, 'SYMMETRIC_DEFAULT')
  await aws.vault('POST', 'transit/keys/orders/rotate')
  await aws.vault('POST', 'transit/keys/orders/config', { min_decryption_version: 2 })
  await assert.rejects(kms.decrypt({ CiphertextBlob: blob }), refused('InvalidCiphertextException'))
  await aws.vault('DELETE', 'transit/keys/orders/soft-delete')
  assert.equal((await kms.describeKey({ KeyId: 'orders' })).KeyMetadata!.KeyState, 'Disabled')
  await assert.rejects(kms.encrypt({ KeyId: 'nobody-made-this', Plaintext: bytes('x') }), refused('NotFoundException'))
  await assert.rejects(aws.vault('GET', 'transit/keys/nobody-made-this'), /404/)
})

test('the policy of the caller decides, by the paths of the transit engine', async () => {
  const { KeyId, Arn } = await newKey()
  await kms.createAlias({ AliasName: 'alias/guarded', TargetKeyId: KeyId })
  const writer = clientOf(await aws.keyWith(`path "transit/encrypt/${KeyId}" { capabilities = ["update"] }`))
  const { CiphertextBlob } = await writer.encrypt({ KeyId: 'alias/guarded', Plaintext: bytes('x') })
  await assert.rejects(writer.decrypt({ CiphertextBlob }), refused('AccessDeniedException', /user\/aws-test-\d+ is not authorized to perform: kms:Decrypt on resource: arn:aws:kms/))
  await assert.rejects(writer.describeKey({ KeyId: Arn }), refused('AccessDeniedException'))
  await assert.rejects(writer.createKey({}), refused('AccessDeniedException'))
  await assert.rejects(writer.encrypt({ KeyId: 'alias/other', Plaintext: bytes('x') }), refused('AccessDeniedException'))
  const denied = clientOf(await aws.keyWith(`path "transit/*" { capabilities = ["create", "read", "update", "delete", "list", "patch"] }\npath "transit/decrypt/${KeyId}" { capabilities = ["deny"] }`))
  await assert.rejects(denied.decrypt({ CiphertextBlob }), refused('AccessDeniedException'))
  await assert.rejects(denied.reEncrypt({ CiphertextBlob, DestinationKeyId: (await newKey()).KeyId }), refused('AccessDeniedException'))
})

test('a grant gives one principal what it says, under its constraints, until it is taken back', async () => {
  const { KeyId } = await newKey()
  const keys = await aws.keyWith('path "auth/token/lookup-self" { capabilities = ["read"] }')
  const sts = new STS(aws.options(keys))
  clients.push(sts)
  const me = (await sts.getCallerIdentity({})).Arn!
  const user = clientOf(keys)
  const EncryptionContext = { tenant: 'a', more: 'b' }
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: bytes('granted'), EncryptionContext })
  const decrypt = { CiphertextBlob, EncryptionContext }
  await assert.rejects(user.decrypt(decrypt), refused('AccessDeniedException'))
  const made = await kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: 'a' } }, Name: 'one' })
  assert.equal((await kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: 'a' } }, Name: 'one' })).GrantId, made.GrantId)
  assert.equal(textOf((await user.decrypt({ ...decrypt, GrantTokens: [made.GrantToken!] })).Plaintext), 'granted')
  await assert.rejects(user.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext }), refused('AccessDeniedException'))
  const unbound = await kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: 'b' } })
  await assert.rejects(user.decrypt({ CiphertextBlob: unbound.CiphertextBlob, EncryptionContext: { tenant: 'b' } }), refused('AccessDeniedException'))
  await assert.rejects(user.decrypt({ ...decrypt, GrantTokens: ['made up'] }), refused('InvalidGrantTokenException'))
  const noted = aws.audit().findLast((line) => line.type === 'response' && line.request.dialect?.parameters?.grantId === made.GrantId)
  assert.equal(noted.request.path, `transit/decrypt/${KeyId}`)
  assert.equal(noted.auth.display_name, me)

  assert.deepEqual((await kms.listGrants({ KeyId })).Grants!.map((one) => [one.GrantId, one.GranteePrincipal, one.Operations, one.Constraints]), [[made.GrantId, me, ['Decrypt'], { EncryptionContextSubset: { tenant: 'a' } }]])
  await assert.rejects(user.retireGrant({ GrantToken: made.GrantToken }), refused('AccessDeniedException'))
  await kms.revokeGrant({ KeyId, GrantId: made.GrantId })
  await assert.rejects(user.decrypt(decrypt), refused('AccessDeniedException'))
  await assert.rejects(kms.revokeGrant({ KeyId, GrantId: made.GrantId }), refused('NotFoundException', new RegExp(`Grant ID ${made.GrantId} not found`)))
})

test('a grant can be handed on but not widened, and given up by who may retire it', async () => {
  const { KeyId } = await newKey()
  const keys = await aws.keyWith('path "auth/token/lookup-self" { capabilities = ["read"] }')
  const sts = new STS(aws.options(keys))
  clients.push(sts)
  const me = (await sts.getCallerIdentity({})).Arn!
  const user = clientOf(keys)
  const held = await kms.createGrant({ KeyId, GranteePrincipal: me, RetiringPrincipal: me, Operations: ['Encrypt', 'CreateGrant'], Constraints: { EncryptionContextEquals: { a: 'b' } } })
  const other = await kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Encrypt'] })
  const friend = { KeyId, GranteePrincipal: 'arn:aws:iam::123456789012:user/friend' }
  await assert.rejects(user.createGrant({ ...friend, Operations: ['Decrypt'] }), refused('AccessDeniedException'))
  await assert.rejects(user.createGrant({ ...friend, Operations: ['Encrypt'] }), refused('AccessDeniedException'))
  await user.createGrant({ ...friend, Operations: ['Encrypt'], Constraints: { EncryptionContextEquals: { a: 'b' } } })
  assert.equal((await kms.listRetirableGrants({ RetiringPrincipal: me })).Grants!.length, 1)
  await assert.rejects(user.retireGrant({ GrantToken: other.GrantToken }), refused('AccessDeniedException'))
  await user.retireGrant({ GrantToken: held.GrantToken })
  assert.deepEqual((await kms.listGrants({ KeyId, GrantId: held.GrantId })).Grants, [])

  const denying = await aws.keyWith(`path "transit/encrypt/${KeyId}" { capabilities = ["deny"] }`)
  const denied = clientOf(denying)
  const deniedSts = new STS(aws.options(denying))
  clients.push(deniedSts)
  await kms.createGrant({ KeyId, GranteePrincipal: (await deniedSts.getCallerIdentity({})).Arn, Operations: ['Encrypt'] })
  await assert.rejects(denied.encrypt({ KeyId, Plaintext: bytes('x') }), refused('AccessDeniedException'))
})

test('key material can be brought, forgotten, and brought again as it was', async () => {
  const { KeyId, KeyState, Origin } = await newKey({ Origin: 'EXTERNAL' })
  assert.deepEqual([KeyState, Origin], ['PendingImport', 'EXTERNAL'])
  await assert.rejects(kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('KMSInvalidStateException', /is pending import/))
  const material = randomBytes(32)
  const bring = async (WrappingAlgorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256', secret: Buffer) => {
    const { PublicKey, ImportToken } = await kms.getParametersForImport({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' })
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
  await assert.rejects(kms.importKeyMaterial({ ...first, ImportToken: randomBytes(32) }), refused('InvalidImportTokenException'))
  await assert.rejects(kms.importKeyMaterial({ ...first, EncryptedKeyMaterial: randomBytes(300) }), refused('InvalidCiphertextException'))
  await kms.importKeyMaterial(first)
  await assert.rejects(kms.importKeyMaterial(first), refused('InvalidImportTokenException'))
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: bytes('brought') })
  const sealed = Buffer.from(CiphertextBlob!).subarray(7 + KeyId!.length)
  const opener = createDecipheriv('aes-256-gcm', material, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16))
  assert.equal(opener.update(sealed.subarray(12, -16)).toString() + opener.final().toString(), 'brought')
  await kms.deleteImportedKeyMaterial({ KeyId })
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'PendingImport')
  await assert.rejects(kms.decrypt({ CiphertextBlob }), refused('KMSInvalidStateException'))
  await assert.rejects(bring('RSAES_OAEP_SHA_1', randomBytes(32)).then((input) => kms.importKeyMaterial(input)), refused('IncorrectKeyMaterialException'))
  await kms.importKeyMaterial(await bring('RSAES_OAEP_SHA_256', material))
  assert.equal(textOf((await kms.decrypt({ CiphertextBlob })).Plaintext), 'brought')
  await assert.rejects(kms.rotateKeyOnDemand({ KeyId }), refused('UnsupportedOperationException'))
  await assert.rejects(kms.getParametersForImport({ KeyId: (await newKey()).KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }), refused('UnsupportedOperationException'))

  const mac = await newKey({ Origin: 'EXTERNAL', KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const parameters = await kms.getParametersForImport({ KeyId: mac.KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' })
  const key = createPublicKey({ key: Buffer.from(parameters.PublicKey!), format: 'der', type: 'spki' })
  const secret = randomBytes(28)
  await kms.importKeyMaterial({ KeyId: mac.KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial: publicEncrypt({ key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, secret), ValidTo: new Date(Date.now() + 86_400_000) })
  const { Mac } = await kms.generateMac({ KeyId: mac.KeyId, MacAlgorithm: 'HMAC_SHA_224', Message: bytes('m') })
  assert.deepEqual(Buffer.from(Mac!), createHmac('sha224', secret).update('m').digest())
  assert.equal((await kms.describeKey({ KeyId: mac.KeyId })).KeyMetadata!.ExpirationModel, 'KEY_MATERIAL_EXPIRES')
})

test('accounts have keys of their own', async () => {
  const { KeyId } = await newKey()
  const stranger = clientOf({ accessKeyId: '210987654321', secretAccessKey: 'test' })
  await assert.rejects(stranger.describeKey({ KeyId }), refused('NotFoundException'))
  await assert.rejects(stranger.describeKey({ KeyId: arn(`key/${KeyId}`) }), refused('AccessDeniedException'))
  assert.deepEqual((await stranger.listKeys({})).Keys, [])
  assert.equal((await stranger.createKey({})).KeyMetadata!.AWSAccountId, '210987654321')
})

test('audit tells the operation and the key, never what was encrypted', async () => {
  const { KeyId } = await newKey()
  const canary = 'canary-of-this-test'
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: bytes(canary), EncryptionContext: { tenant: 'audited' } })
  await kms.decrypt({ CiphertextBlob, EncryptionContext: { tenant: 'audited' } })
  const lines = aws.audit()
  const line = lines.findLast((one) => one.type === 'response' && one.request.dialect?.action === 'Decrypt')
  assert.deepEqual([line.request.path, line.request.dialect.service, line.request.dialect.parameters.encryptionContext], [`transit/decrypt/${KeyId}`, 'kms.amazonaws.com', { tenant: 'audited' }])
  const text = JSON.stringify(lines)
  assert.ok(!text.includes(canary) && !text.includes(Buffer.from(canary).toString('base64')))
})
