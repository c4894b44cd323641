// Keys and random bytes that leave: data keys and data key pairs, encrypted under a key that stays.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, number, string } from '../shape.ts'
import { ask } from './ask.ts'
import { associatedOf, encryptionContext, formatBlob, materialId, versionOfSealed } from './ciphertext.ts'
import { endDryRun, recipient, refuseRecipient } from './encrypt.ts'
import { checkTokens, grantTokens } from './grant.ts'
import { type Place, find, keyId } from './reference.ts'
import { encryptionAlgorithms, pairSpecs, specNamed } from './specs.ts'

interface Asked {
  KeyId: string
  EncryptionContext?: Record<string, string> | undefined
  GrantTokens?: string[] | undefined
  Recipient?: object | undefined
}

/** Whether what was made is shown in the clear too, or encrypted alone. */
type Kind = 'plaintext' | 'wrapped'

/** What the engine drew; all but the ciphertext in base64. */
interface Made {
  ciphertext: string
  plaintext?: string
  /** Of a pair. */
  public_key?: string
}

/** A data key under a key; `what`: its size or the type of a pair. */
async function draw(exchange: Exchange, { KeyId, EncryptionContext, GrantTokens, Recipient }: Asked, kind: Kind, what: Record<string, unknown>): Promise<{ place: Place; made: Made; blob: string; material: string }> {
  checkTokens(GrantTokens)
  refuseRecipient(Recipient)
  const place = await find(exchange, KeyId)
  const body = { ...what, ...associatedOf(EncryptionContext), demand: encryptionAlgorithms.SYMMETRIC_DEFAULT.demand }
  const made = await ask<Made>(exchange, place, 'write', `datakey/${kind}/:name`, body, { context: EncryptionContext, algorithm: 'SYMMETRIC_DEFAULT' })
  return { place, made, blob: formatBlob(place.name, made.ciphertext), material: materialId(place.name, versionOfSealed(made.ciphertext)) }
}

const dataKeyInput = { KeyId: keyId, EncryptionContext: encryptionContext, NumberOfBytes: number({ min: 1, max: 1024 }), KeySpec: string({ words: ['AES_256', 'AES_128'] }), GrantTokens: grantTokens, Recipient: recipient, DryRun: boolean() }

function sizeOf({ NumberOfBytes, KeySpec }: { NumberOfBytes?: number | undefined; KeySpec?: string | undefined }): { bytes: number } {
  if ((NumberOfBytes === undefined) === (KeySpec === undefined)) throw new AwsFault('ValidationException', 'Please specify either number of bytes or key spec.')
  return { bytes: NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32) }
}

function pairOf(name: string): { pair: string } {
  const spec = specNamed(name)
  if (!spec) throw new AwsFault('UnsupportedOperationException', `KeyPairSpec ${name} is not supported.`)
  return { pair: spec.type }
}

const pairInput = { KeyId: keyId, KeyPairSpec: string({ required: true, words: [...pairSpecs.map((spec) => spec.name), 'SM2', 'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] }), EncryptionContext: encryptionContext, GrantTokens: grantTokens, Recipient: recipient, DryRun: boolean() }

const pairOperation = (name: string, about: string, kind: Kind) =>
  operation({
    name,
    about,
    access: [{ op: 'write', path: `transit/datakey/${kind}/:name` }],
    input: pairInput,
    shows: ['KeyId', 'EncryptionContext', 'KeyPairSpec'],
    async run(exchange, input) {
      const { place, made, blob, material } = await draw(exchange, input, kind, pairOf(input.KeyPairSpec))
      endDryRun(input.DryRun)
      return { PrivateKeyCiphertextBlob: blob, ...(kind === 'plaintext' && { PrivateKeyPlaintext: made.plaintext }), PublicKey: made.public_key, KeyId: place.arn, KeyPairSpec: input.KeyPairSpec, KeyMaterialId: material }
    },
  })

export const dataKeyOperations = [
  operation({
    name: 'GenerateDataKey',
    about: 'Makes a data key, in the clear and encrypted.',
    access: [{ op: 'write', path: 'transit/datakey/plaintext/:name' }],
    input: dataKeyInput,
    shows: ['KeyId', 'EncryptionContext', 'NumberOfBytes', 'KeySpec'],
    async run(exchange, input) {
      const { place, made, blob, material } = await draw(exchange, input, 'plaintext', sizeOf(input))
      endDryRun(input.DryRun)
      return { CiphertextBlob: blob, Plaintext: made.plaintext, KeyId: place.arn, KeyMaterialId: material }
    },
  }),
  operation({
    name: 'GenerateDataKeyWithoutPlaintext',
    about: 'Makes a data key and shows it encrypted alone.',
    access: [{ op: 'write', path: 'transit/datakey/wrapped/:name' }],
    input: dataKeyInput,
    shows: ['KeyId', 'EncryptionContext', 'NumberOfBytes', 'KeySpec'],
    async run(exchange, input) {
      const { place, blob, material } = await draw(exchange, input, 'wrapped', sizeOf(input))
      endDryRun(input.DryRun)
      return { CiphertextBlob: blob, KeyId: place.arn, KeyMaterialId: material }
    },
  }),
  pairOperation('GenerateDataKeyPair', 'Makes a key pair; its private part in the clear and encrypted.', 'plaintext'),
  pairOperation('GenerateDataKeyPairWithoutPlaintext', 'Makes a key pair and shows its private part encrypted alone.', 'wrapped'),
  operation({
    name: 'GenerateRandom',
    about: 'Random bytes.',
    access: [{ op: 'write', path: 'transit/random' }],
    input: { NumberOfBytes: number({ min: 1, max: 1024 }), CustomKeyStoreId: string({ min: 1, max: 64 }), Recipient: recipient },
    async run(exchange, { NumberOfBytes, CustomKeyStoreId, Recipient }) {
      refuseRecipient(Recipient)
      if (CustomKeyStoreId !== undefined) throw new AwsFault('UnsupportedOperationException', 'Custom key stores are not supported.')
      if (NumberOfBytes === undefined) throw new AwsFault('ValidationException', 'NumberOfBytes is required.')
      const { random_bytes } = await exchange.ask('write', `${exchange.settings.keys}random`, { bytes: NumberOfBytes })
      return { Plaintext: random_bytes }
    },
  }),
]
