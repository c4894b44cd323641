// Refusals of KMS word for word, as AWS was seen to answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KMS, KeyMetadata } from '@aws-sdk/client-kms'
import { arn, bench, bytes } from './bench.test-aid.ts'

const at = bench()
const keys: Record<'plain' | 'mac' | 'signer' | 'agreement' | 'disabled' | 'empty', KeyMetadata> = {} as never
test('keys to be refused', async () => {
  keys.plain = await at.newKey()
  keys.mac = await at.newKey({ KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC' })
  keys.signer = await at.newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  keys.agreement = await at.newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
  keys.empty = await at.newKey({ Origin: 'EXTERNAL' })
  keys.disabled = await at.newKey()
  await at.kms.disableKey({ KeyId: keys.disabled.KeyId })
})

const absent = '134f2428-cec1-4b25-a1ae-9048164dba47'
const member = (name: string, limit: string, value = ''): string => `1 validation error detected: Value${value} at '${name}' failed to satisfy constraint: Member must ${limit}`
const id = (name: keyof typeof keys): { KeyId: string } => ({ KeyId: keys[name].KeyId! })

type Row = [call: (kms: KMS) => Promise<unknown>, name: string, message: () => string]
const rows: Row[] = [
  [(kms) => kms.describeKey({ KeyId: absent }), 'NotFoundException', () => `Key '${arn(`key/${absent}`)}' does not exist`],
  [(kms) => kms.describeKey({ KeyId: 'fake-key-id' }), 'NotFoundException', () => "Invalid keyId 'fake-key-id'"],
  [(kms) => kms.describeKey({ KeyId: absent.replaceAll('-', '') }), 'NotFoundException', () => `Invalid keyId '${absent.replaceAll('-', '')}'`],
  [(kms) => kms.describeKey({ KeyId: 'arn:aws:s3:::bucket' }), 'InvalidArnException', () => 'Invalid arn arn:aws:s3:::bucket'],
  [(kms) => kms.createAlias({ AliasName: 'app', TargetKeyId: absent }), 'ValidationException', () => 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'],
  [(kms) => kms.generateRandom({}), 'ValidationException', () => 'NumberOfBytes is required.'],
  [(kms) => kms.generateRandom({ NumberOfBytes: 1025 }), 'ValidationException', () => member('numberOfBytes', 'have value less than or equal to 1024', " '1025'")],
  [(kms) => kms.encrypt({ ...id('plain'), Plaintext: Buffer.alloc(4097) }), 'ValidationException', () => member('plaintext', 'have length less than or equal to 4096')],
  [(kms) => kms.generateMac({ ...id('mac'), MacAlgorithm: 'HMAC_SHA_256', Message: bytes('m') }), 'InvalidKeyUsageException', () => 'Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.'],
  [(kms) => kms.generateMac({ ...id('plain'), MacAlgorithm: 'HMAC_SHA_224', Message: bytes('m') }), 'InvalidKeyUsageException', () => `${keys.plain.Arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`],
  [(kms) => kms.sign({ ...id('signer'), MessageType: 'DIGEST', Message: bytes('m'), SigningAlgorithm: 'ECDSA_SHA_256' }), 'ValidationException', () => 'Digest is invalid length for algorithm ECDSA_SHA_256.'],
  [(kms) => kms.deriveSharedSecret({ ...id('signer'), KeyAgreementAlgorithm: 'ECDH', PublicKey: bytes('x') }), 'InvalidKeyUsageException', () => `${keys.signer.Arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`],
  [(kms) => kms.deriveSharedSecret({ ...id('agreement'), KeyAgreementAlgorithm: 'OTHER' as never, PublicKey: bytes('x') }), 'ValidationException', () => member('keyAgreementAlgorithm', 'satisfy enum value set: [ECDH]', " 'OTHER'")],
  [(kms) => kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' }), 'ValidationException', () => 'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048'],
  [(kms) => kms.createKey({ KeySpec: 'HMAC_256' }), 'ValidationException', () => 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.'],
  [(kms) => kms.createKey({ Tags: [{ TagKey: 'AWS:x', TagValue: '' }] }), 'TagException', () => 'Tags beginning with aws: are reserved'],
  [(kms) => kms.createKey({ Tags: [{ TagKey: 'x', TagValue: '' }, { TagKey: 'x', TagValue: '' }] }), 'TagException', () => 'Duplicate tag keys'],
  [(kms) => kms.createKey({ Tags: Array.from({ length: 51 }, (_, index) => ({ TagKey: `t${index}`, TagValue: '' })) }), 'TagException', () => 'Too many tags'],
  [(kms) => kms.createKey({ Tags: [{ TagKey: 'k'.repeat(129), TagValue: '' }] }), 'ValidationException', () => member('tags.1.member.tagKey', 'have length less than or equal to 128', ` '${'k'.repeat(129)}'`)],
  [(kms) => kms.rotateKeyOnDemand(id('disabled')), 'DisabledException', () => `${keys.disabled.Arn} is disabled.`],
  [(kms) => kms.rotateKeyOnDemand(id('empty')), 'KMSInvalidStateException', () => `${keys.empty.Arn} is pending import.`],
  [(kms) => kms.getParametersForImport({ ...id('plain'), WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }), 'UnsupportedOperationException', () => `${keys.plain.Arn} origin is AWS_KMS which is not valid for this operation.`],
  [(kms) => kms.createGrant({ ...id('plain'), GranteePrincipal: 'somebody', Operations: ['Decrypt'] }), 'InvalidArnException', () => 'ARN does not refer to a valid principal: somebody'],
  [(kms) => kms.revokeGrant({ ...id('plain'), GrantId: 'no grant' }), 'InvalidGrantIdException', () => 'Invalid grant ID.'],
  [(kms) => kms.revokeGrant({ ...id('plain'), GrantId: 'aabbccdd' }), 'NotFoundException', () => 'Grant ID aabbccdd not found'],
  [(kms) => kms.listKeys({ Marker: 'made-up' }), 'InvalidMarkerException', () => 'Could not deserialize marker.'],
]

for (const [index, [call, name, message]] of rows.entries()) {
  test(`refusal ${index + 1}: ${name}`, () => assert.rejects(call(at.kms), (error: Error) => {
    assert.deepEqual([error.name, error.message], [name, message()])
    return true
  }))
}

test('some refusals come without words', async () => {
  const { CiphertextBlob } = await at.kms.encrypt({ ...id('plain'), Plaintext: bytes('x'), EncryptionContext: { a: 'b' } })
  const { Signature } = await at.kms.sign({ ...id('signer'), Message: bytes('one'), SigningAlgorithm: 'ECDSA_SHA_256' })
  const rsa = await at.newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  const silent: [() => Promise<unknown>, string][] = [
    [() => at.kms.decrypt({ CiphertextBlob }), 'InvalidCiphertextException'],
    [() => at.kms.verify({ ...id('signer'), Message: bytes('two'), Signature, SigningAlgorithm: 'ECDSA_SHA_256' }), 'KMSInvalidSignatureException'],
    [() => at.kms.rotateKeyOnDemand({ KeyId: rsa.KeyId }), 'UnsupportedOperationException'],
    [() => at.kms.deriveSharedSecret({ ...id('agreement'), KeyAgreementAlgorithm: 'ECDH', PublicKey: bytes('no key') }), 'ValidationException'],
  ]
  for (const [asked, name] of silent) await assert.rejects(asked(), (error: Error) => error.name === name && ['', 'UnknownError'].includes(error.message))
})
