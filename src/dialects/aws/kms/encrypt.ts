// Encrypt, Decrypt, ReEncrypt.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { sessionAllows } from '../iam/session.ts'
import { blob, boolean, string, structure } from '../shape.ts'
import { ask } from './ask.ts'
import { associatedOf, encryptionContext, formatBlob, materialId, parseBlob, versionOfSealed } from './ciphertext.ts'
import { checkTokens, grantTokens } from './grant.ts'
import { type Place, find, inRegion, keyArn, keyId } from './reference.ts'
import { type EncryptionAlgorithm, type EncryptionName, encryptionAlgorithms } from './specs.ts'

const algorithmName = string({ words: [...Object.keys(encryptionAlgorithms), 'SM2PKE'] })
const optionalKey = string({ min: 1, max: 2048 })
const ciphertextBlob = blob({ required: true, min: 1, max: 6144 })

type Context = Record<string, string> | undefined

function algorithmOf(name = 'SYMMETRIC_DEFAULT'): EncryptionAlgorithm {
  if (!(name in encryptionAlgorithms)) throw new AwsFault('UnsupportedOperationException', `Algorithm ${name} is not supported.`)
  return encryptionAlgorithms[name as EncryptionName]
}

/** Nitro enclaves, whose answers are encrypted for them alone. */
export const recipient = structure({ KeyEncryptionAlgorithm: string({ words: ['RSAES_OAEP_SHA_256'] }), AttestationDocument: blob({ min: 1, max: 262_144 }) })

/** Refuses what would otherwise answer in the clear. */
export function refuseRecipient(given: object | undefined): void {
  if (given) throw new AwsFault('UnsupportedOperationException', 'Recipient is not supported.')
}

/** Throws the fault that tells of a request that would have succeeded. */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun) throw new AwsFault('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}

function checkContext(algorithm: EncryptionAlgorithm, context: Context): void {
  if (algorithm.padding && context && Object.keys(context).length > 0) throw new AwsFault('ValidationException', 'You cannot use an encryption context with an asymmetric KMS key.')
}

/** The ciphertext blob in base64, and under which material where there may be several. */
async function seal(exchange: Exchange, place: Place, plaintext: Buffer, context: Context, name: string | undefined, action?: string): Promise<{ blob: string; material?: string }> {
  const algorithm = algorithmOf(name)
  checkContext(algorithm, context)
  const body = algorithm.padding ? { unmarked: true, padding_scheme: algorithm.padding } : associatedOf(context)
  const terms = { context, algorithm: algorithm.name, ...(action !== undefined && { action }) }
  try {
    const { ciphertext } = await ask<{ ciphertext: string }>(exchange, place, 'write', 'encrypt/:name', { plaintext: plaintext.toString('base64'), ...body, demand: algorithm.demand }, terms)
    return algorithm.padding ? { blob: ciphertext } : { blob: formatBlob(place.name, ciphertext), material: materialId(place.name, versionOfSealed(ciphertext)) }
  } catch (cause) {
    const [is, type = ''] = cause instanceof Fault ? (cause.reason ?? []) : []
    if (is !== 'too-long') throw cause
    const most = Number(type.slice(4)) / 8 - algorithm.overhead
    throw new AwsFault('ValidationException', `Algorithm ${algorithm.name} and key spec RSA_${type.slice(4)} cannot encrypt data larger than ${most} bytes.`)
  }
}

interface Sealed {
  blob: Buffer
  key: string | undefined
  context: Context
  algorithm: string | undefined
}

const unreachable = (): AwsFault => new AwsFault('AccessDeniedException', 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.')

interface Opened {
  place: Place
  /** Base64. */
  plaintext: string
  algorithm: string
  /** Absent for keys that have but one. */
  material?: string
}

async function open(exchange: Exchange, { blob, key, context, algorithm: name }: Sealed, action?: string): Promise<Opened> {
  const algorithm = algorithmOf(name)
  checkContext(algorithm, context)
  const terms = { context, algorithm: algorithm.name, ...(action !== undefined && { action }) }
  const { demand } = algorithm
  if (algorithm.padding) {
    if (key === undefined) throw new AwsFault('ValidationException', 'You must specify a KeyId to decrypt a ciphertext that was encrypted under an asymmetric KMS key.')
    const place = await find(exchange, key)
    const { plaintext } = await ask<{ plaintext: string }>(exchange, place, 'write', 'decrypt/:name', { ciphertext: blob.toString('base64'), unmarked: true, padding_scheme: algorithm.padding, demand }, terms)
    return { place, plaintext, algorithm: algorithm.name }
  }
  const parsed = parseBlob(blob)
  const place = key === undefined ? parsed && (await placeOf(exchange, parsed.name)) : await find(exchange, key)
  if (!parsed || !place) throw new AwsFault('InvalidCiphertextException', '')
  if (parsed.name !== place.name) throw new AwsFault('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.')
  const { plaintext } = await ask<{ plaintext: string }>(exchange, place, 'write', 'decrypt/:name', { ciphertext: parsed.sealed, ...associatedOf(context), demand }, terms).catch((cause: unknown) => {
    throw key === undefined && cause instanceof AwsFault && cause.type === 'NotFoundException' ? unreachable() : cause
  })
  return { place, plaintext, algorithm: algorithm.name, material: materialId(place.name, versionOfSealed(parsed.sealed)) }
}

const placeOf = (exchange: Exchange, name: string): Promise<Place> =>
  inRegion(exchange, { namespace: exchange.namespace, keys: exchange.settings.keys, name, arn: keyArn(exchange, name), asked: name }).catch(() => {
    throw unreachable()
  })

const encrypt = operation({
  name: 'Encrypt',
  about: 'Encrypts up to 4 KiB with a key.',
  access: [{ op: 'write', path: 'transit/encrypt/:name' }],
  input: { KeyId: keyId, Plaintext: blob({ required: true, min: 1, max: 4096, secret: true }), EncryptionContext: encryptionContext, GrantTokens: grantTokens, EncryptionAlgorithm: algorithmName, DryRun: boolean() },
  shows: ['KeyId', 'EncryptionContext', 'EncryptionAlgorithm'],
  async run(exchange, { KeyId, Plaintext, EncryptionContext, EncryptionAlgorithm, GrantTokens, DryRun }) {
    checkTokens(GrantTokens)
    const place = await find(exchange, KeyId)
    const { blob: CiphertextBlob } = await seal(exchange, place, Plaintext, EncryptionContext, EncryptionAlgorithm)
    endDryRun(DryRun)
    return { CiphertextBlob, KeyId: place.arn, EncryptionAlgorithm: EncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT' }
  },
})

const decrypt = operation({
  name: 'Decrypt',
  about: 'Decrypts what Encrypt or GenerateDataKey encrypted; the ciphertext tells the key.',
  access: [{ op: 'write', path: 'transit/decrypt/:name' }],
  input: { CiphertextBlob: ciphertextBlob, EncryptionContext: encryptionContext, GrantTokens: grantTokens, KeyId: optionalKey, EncryptionAlgorithm: algorithmName, Recipient: recipient, DryRun: boolean() },
  shows: ['KeyId', 'EncryptionContext', 'EncryptionAlgorithm'],
  async run(exchange, { CiphertextBlob, KeyId, EncryptionContext, EncryptionAlgorithm, GrantTokens, Recipient, DryRun }) {
    checkTokens(GrantTokens)
    refuseRecipient(Recipient)
    const { place, plaintext, algorithm, material } = await open(exchange, { blob: CiphertextBlob, key: KeyId, context: EncryptionContext, algorithm: EncryptionAlgorithm })
    endDryRun(DryRun)
    return { KeyId: place.arn, Plaintext: plaintext, EncryptionAlgorithm: algorithm, KeyMaterialId: material }
  },
})

const reEncrypt = operation({
  name: 'ReEncrypt',
  about: 'Decrypts with one key and encrypts with another; the plaintext is not shown.',
  access: [{ op: 'write', path: 'transit/decrypt/:name' }, { op: 'write', path: 'transit/encrypt/:name' }],
  input: {
    CiphertextBlob: ciphertextBlob, SourceEncryptionContext: encryptionContext, SourceKeyId: optionalKey, DestinationKeyId: keyId, DestinationEncryptionContext: encryptionContext,
    SourceEncryptionAlgorithm: algorithmName, DestinationEncryptionAlgorithm: algorithmName, GrantTokens: grantTokens, DryRun: boolean(),
  },
  shows: ['SourceKeyId', 'DestinationKeyId', 'SourceEncryptionContext', 'DestinationEncryptionContext'],
  async run(exchange, input) {
    checkTokens(input.GrantTokens)
    const destination = await find(exchange, input.DestinationKeyId)
    const source = await open(exchange, { blob: input.CiphertextBlob, key: input.SourceKeyId, context: input.SourceEncryptionContext, algorithm: input.SourceEncryptionAlgorithm }, 'ReEncryptFrom')
    if (!sessionAllows(exchange, 'kms:ReEncryptFrom', source.place.arn)) await exchange.refuse(new Fault('denied', undefined, { reason: ['session'] }))
    const { blob: CiphertextBlob, material } = await seal(exchange, destination, Buffer.from(source.plaintext, 'base64'), input.DestinationEncryptionContext, input.DestinationEncryptionAlgorithm, 'ReEncryptTo')
    endDryRun(input.DryRun)
    return {
      CiphertextBlob, SourceKeyId: source.place.arn, KeyId: destination.arn, SourceEncryptionAlgorithm: source.algorithm,
      DestinationEncryptionAlgorithm: input.DestinationEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT', SourceKeyMaterialId: source.material, DestinationKeyMaterialId: material,
    }
  },
})

export const encryptOperations = [encrypt, decrypt, reEncrypt]
