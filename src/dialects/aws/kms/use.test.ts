import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { test } from 'node:test'
import { bench, bytes, refused, textOf } from './bench.test-aid.ts'

const at = bench()

test('what a key encrypts, it decrypts: by blob alone, with the same context, after rotations, and by no other', async () => {
  const { KeyId, Arn } = await at.newKey()
  const context = { purpose: 'test', tenant: 'ä' }
  const sealed = await at.kms.encrypt({ KeyId, Plaintext: bytes('secret'), EncryptionContext: context })
  assert.deepEqual([sealed.KeyId, sealed.EncryptionAlgorithm], [Arn, 'SYMMETRIC_DEFAULT'])
  await at.kms.rotateKeyOnDemand({ KeyId })
  const opened = await at.kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { tenant: 'ä', purpose: 'test' } })
  assert.deepEqual([textOf(opened.Plaintext), opened.KeyId], ['secret', Arn])
  for (const wrong of [{}, { purpose: 'test' }, { ...context, more: '' }, { purpose: 'Test', tenant: 'ä' }]) {
    await assert.rejects(at.kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: wrong }), refused('InvalidCiphertextException'))
  }
  const other = await at.newKey()
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context, KeyId: other.KeyId }), refused('IncorrectKeyException', /does not identify a CMK/))
  const moved = await at.kms.reEncrypt({ CiphertextBlob: sealed.CiphertextBlob, SourceEncryptionContext: context, DestinationKeyId: other.Arn, DestinationEncryptionContext: { to: 'other' } })
  assert.deepEqual([moved.SourceKeyId, moved.KeyId], [Arn, other.Arn])
  assert.equal(textOf((await at.kms.decrypt({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { to: 'other' } })).Plaintext), 'secret')
})

test('a ciphertext that was altered, renamed or made up is refused', async () => {
  const { KeyId } = await at.newKey()
  const blob = Buffer.from((await at.kms.encrypt({ KeyId, Plaintext: bytes('secret') })).CiphertextBlob!)
  for (const place of [0, 1, 2, blob.length - 1, blob.length - 20]) {
    const altered = Buffer.from(blob)
    altered[place]! ^= 1
    await assert.rejects(at.kms.decrypt({ CiphertextBlob: altered }), refused('InvalidCiphertextException'), String(place))
  }
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: randomBytes(100) }), refused('InvalidCiphertextException'))
  const elsewhere = Buffer.from(blob)
  elsewhere.write('00000000-0000-4000-8000-000000000000', 3)
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: elsewhere }), refused('AccessDeniedException', /refers to a customer master key that does not exist/))
  const swapped = Buffer.from(blob)
  swapped.write((await at.newKey()).KeyId!, 3)
  await assert.rejects(at.kms.decrypt({ CiphertextBlob: swapped }), refused('InvalidCiphertextException'))
})

test('data keys and data key pairs open under their key', async () => {
  const { KeyId } = await at.newKey()
  const EncryptionContext = { file: 'a' }
  const data = await at.kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext })
  assert.equal(data.Plaintext!.length, 32)
  assert.deepEqual((await at.kms.decrypt({ CiphertextBlob: data.CiphertextBlob, EncryptionContext })).Plaintext, data.Plaintext)
  assert.equal((await at.kms.generateDataKey({ KeyId, NumberOfBytes: 1000 })).Plaintext!.length, 1000)
  assert.equal('Plaintext' in (await at.kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' })), false)
  await assert.rejects(at.kms.generateDataKey({ KeyId }), refused('ValidationException', /either number of bytes or key spec/))
  await assert.rejects(at.kms.generateDataKeyWithoutPlaintext({ KeyId }), refused('ValidationException', /either number of bytes or key spec/))
  await assert.rejects(at.kms.generateDataKey({ KeyId, KeySpec: 'AES_128', NumberOfBytes: 16 }), refused('ValidationException', /either number of bytes or key spec/))
  await assert.rejects(at.kms.generateDataKey({ KeyId, KeySpec: 'AES_256', Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: bytes('x') } }), refused('UnsupportedOperationException'))
  const pair = await at.kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })
  assert.deepEqual((await at.kms.decrypt({ CiphertextBlob: pair.PrivateKeyCiphertextBlob })).Plaintext, pair.PrivateKeyPlaintext)
  assert.equal(createPublicKey({ key: Buffer.from(pair.PublicKey!), format: 'der', type: 'spki' }).asymmetricKeyType, 'ec')
  assert.equal('PrivateKeyPlaintext' in (await at.kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_SECG_P256K1' })), false)
  assert.equal((await at.kms.generateRandom({ NumberOfBytes: 77 })).Plaintext!.length, 77)
})

for (const KeySpec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
  test(`${KeySpec}: the runtime verifies what the key signs, of messages and digests`, async () => {
    const { KeyId, SigningAlgorithms } = await at.newKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
    const shown = await at.kms.getPublicKey({ KeyId })
    assert.deepEqual(shown.SigningAlgorithms, SigningAlgorithms)
    const key = createPublicKey({ key: Buffer.from(shown.PublicKey!), format: 'der', type: 'spki' })
    const message = Buffer.from('a message')
    for (const SigningAlgorithm of SigningAlgorithms!) {
      const hash = KeySpec === 'ECC_NIST_EDWARDS25519' ? null : `sha${SigningAlgorithm.slice(-3)}`
      const padding = SigningAlgorithm.startsWith('RSASSA_PSS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}
      const raw = { KeyId, SigningAlgorithm, Message: message }
      const forms = hash === null ? [raw] : [raw, { KeyId, SigningAlgorithm, Message: createHash(hash).update(message).digest(), MessageType: 'DIGEST' as const }]
      for (const form of forms) {
        const { Signature } = await at.kms.sign(form)
        assert.ok(verify(hash, message, { key, ...padding }, Signature!), SigningAlgorithm)
        assert.equal((await at.kms.verify({ ...form, Signature })).SignatureValid, true)
        const other = Buffer.from(form.Message)
        other[0]! ^= 1
        await assert.rejects(at.kms.verify({ ...form, Message: other, Signature }), refused('KMSInvalidSignatureException'))
        await assert.rejects(at.kms.verify({ ...form, Signature: randomBytes(64) }), refused('KMSInvalidSignatureException'))
      }
      if (hash !== null) await assert.rejects(at.kms.sign({ ...raw, MessageType: 'DIGEST' }), refused('ValidationException', /Digest is invalid length/))
    }
  })
}

test('RSA keys encrypt for who holds the public key alone', async () => {
  const { KeyId, Arn } = await at.newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  const key = createPublicKey({ key: Buffer.from((await at.kms.getPublicKey({ KeyId })).PublicKey!), format: 'der', type: 'spki' })
  for (const [EncryptionAlgorithm, oaepHash, most] of [['RSAES_OAEP_SHA_1', 'sha1', 214], ['RSAES_OAEP_SHA_256', 'sha256', 190]] as const) {
    const CiphertextBlob = publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes('for you'))
    assert.equal(textOf((await at.kms.decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm })).Plaintext), 'for you')
    const own = await at.kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: randomBytes(most) })
    assert.equal((await at.kms.decrypt({ KeyId, CiphertextBlob: own.CiphertextBlob, EncryptionAlgorithm })).Plaintext!.length, most)
    await assert.rejects(at.kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: randomBytes(most + 1) }), refused('ValidationException', new RegExp(`cannot encrypt data larger than ${most} bytes`)))
    await assert.rejects(at.kms.decrypt({ CiphertextBlob, EncryptionAlgorithm }), refused('ValidationException', /KeyId/))
    await assert.rejects(at.kms.encrypt({ KeyId, EncryptionAlgorithm, Plaintext: bytes('x'), EncryptionContext: { a: 'b' } }), refused('ValidationException'))
  }
  await assert.rejects(at.kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('InvalidKeyUsageException', /SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048/))
  await assert.rejects(at.kms.sign({ KeyId, Message: bytes('x'), SigningAlgorithm: 'RSASSA_PSS_SHA_256' }), refused('InvalidKeyUsageException', new RegExp(`${Arn} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`)))
  await assert.rejects(at.kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }), refused('InvalidKeyUsageException'))
  await assert.rejects(at.aws.vault('POST', `transit/sign/${KeyId}`, { input: '' }), /400.*for another use/)
  await assert.rejects(at.aws.vault('POST', `transit/keys/${KeyId}/config`, { exportable: true }), /400.*neither be exported/)
  await assert.rejects(at.aws.vault('GET', `transit/export/encryption-key/${KeyId}`), /not exportable/)
})

test('MACs of one key and size verify under it alone', async () => {
  for (const [KeySpec, MacAlgorithm, size] of [['HMAC_224', 'HMAC_SHA_224', 28], ['HMAC_256', 'HMAC_SHA_256', 32], ['HMAC_384', 'HMAC_SHA_384', 48], ['HMAC_512', 'HMAC_SHA_512', 64]] as const) {
    const { KeyId, MacAlgorithms } = await at.newKey({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' })
    assert.deepEqual(MacAlgorithms, [MacAlgorithm])
    const { Mac } = await at.kms.generateMac({ KeyId, MacAlgorithm, Message: bytes('m') })
    assert.equal(Mac!.length, size)
    assert.equal((await at.kms.verifyMac({ KeyId, MacAlgorithm, Message: bytes('m'), Mac })).MacValid, true)
    await assert.rejects(at.kms.verifyMac({ KeyId, MacAlgorithm, Message: bytes('n'), Mac }), refused('KMSInvalidMacException'))
    await assert.rejects(at.kms.generateMac({ KeyId, MacAlgorithm: size === 64 ? 'HMAC_SHA_256' : 'HMAC_SHA_512', Message: bytes('m') }), refused('InvalidKeyUsageException', new RegExp(`incompatible with key spec ${KeySpec}`)))
    await assert.rejects(at.kms.encrypt({ KeyId, Plaintext: bytes('x') }), refused('InvalidKeyUsageException', /key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt/))
  }
})

test('two sides agree on a secret', async () => {
  const { KeyId } = await at.newKey({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' })
  const own = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const theirs = createPublicKey({ key: Buffer.from((await at.kms.getPublicKey({ KeyId })).PublicKey!), format: 'der', type: 'spki' })
  const derived = await at.kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: own.publicKey.export({ format: 'der', type: 'spki' }) })
  assert.deepEqual(Buffer.from(derived.SharedSecret!), diffieHellman({ privateKey: own.privateKey, publicKey: theirs }))
  const elsewhere = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
  await assert.rejects(at.kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: elsewhere }), refused('ValidationException'))
})
