// encrypt, decrypt, rewrap, datakey: plaintext in and out under a named key.
import { constants, privateDecrypt, publicEncrypt, createSecretKey, type KeyObject } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, choice, integer, text } from '../../kit/field.ts'
import { route, type Context, type Route } from '../../kit/route.ts'
import { openAead, sealAead } from './aead.ts'
import { batchInput, batchResults, integerOf, runItems, textOf, type Item } from './batch.ts'
import { readLimits } from './settings.ts'
import { type Demand, demandFields, meet, readings, written } from './demand.ts'
import { absent, blankKey, broken, createKey, findKey, needBase64, needKey, versionAt, versionForUse, type Key } from './key.ts'
import { encrypts, generateKeys, isAsymmetric, keyType, type KeyType } from './key-type.ts'
import { deriveBytes, privateOf, publicOf, secretOf } from './material.ts'

export interface CipherOptions {
  context: Buffer
  associated: Buffer | null
  padding: Padding
  unmarked?: boolean
}

const paddings = ['oaep', 'oaep-sha1', 'pkcs1v15'] as const
type Padding = (typeof paddings)[number]

const rsaPadding = (padding: Padding) =>
  padding === 'pkcs1v15'
    ? { padding: constants.RSA_PKCS1_PADDING }
    : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: padding === 'oaep' ? 'sha256' : 'sha1' }

function needCipher(key: Key, options: CipherOptions, what: 'encryption' | 'decryption'): KeyType {
  const type = keyType(key.type)
  if (!encrypts(type)) throw invalid(`message ${what} not supported for key type ${key.type}`)
  if (options.associated && !type.aead) throw invalid(`'associated_data' provided for non-AEAD cipher suite ${key.type}`)
  return type
}

/** The key and, for convergent keys, the nonce key that a version and context stand for. */
function symmetric(key: Key, type: KeyType, number: number, context: Buffer) {
  const version = versionAt(key, number)
  if (!key.derived) return { secret: secretOf(version), nonceKey: null }
  const bytes = type.aead!.keyBytes
  const derived = deriveBytes(key, version, context, key.convergent ? bytes + 32 : bytes)
  return { secret: createSecretKey(derived.subarray(0, bytes)), nonceKey: key.convergent ? derived.subarray(bytes) : null }
}

/** `vault:vN:BASE64` under version `wanted`, 0 for the latest. */
export function encryptBytes(key: Key, wanted: number, plaintext: Buffer, options: CipherOptions): { ciphertext: string; number: number } {
  const type = needCipher(key, options, 'encryption')
  const number = versionForUse(key, wanted, 'encryption')
  if (!type.aead) {
    try {
      return { ciphertext: written(number, publicEncrypt({ key: publicOf(versionAt(key, number)), ...rsaPadding(options.padding) }, plaintext), options.unmarked ?? false), number }
    } catch {
      throw new Fault('invalid', 'failed to RSA encrypt the plaintext: it is too long for this key', { reason: ['too-long', key.type] })
    }
  }
  const { secret, nonceKey } = symmetric(key, type, number, options.context)
  return { ciphertext: written(number, sealAead(type.aead, secret, plaintext, options.associated, nonceKey), options.unmarked ?? false), number }
}

/** Throws `invalid` for anything that this key did not encrypt with these options. */
export function decryptText(key: Key, ciphertext: string, options: CipherOptions): Buffer {
  const type = needCipher(key, options, 'decryption')
  for (const { number, bytes } of readings(key, ciphertext, 'ciphertext', options.unmarked ?? false)) {
    const plaintext = type.aead
      ? openAead(type.aead, symmetric(key, type, number, options.context).secret, bytes, options.associated)
      : openRsa(privateOf(versionAt(key, number), 'decryption'), bytes, options.padding)
    if (plaintext) return plaintext
  }
  throw broken('invalid ciphertext: unable to decrypt')
}

function openRsa(key: KeyObject, bytes: Buffer, padding: Padding): Buffer | null {
  try {
    return privateDecrypt({ key, ...rsaPadding(padding) }, bytes)
  } catch {
    return null
  }
}

const name = text({ about: 'Name of the key.', required: true })
const contextField = text({ about: 'Context of a derived key, base64.', default: '' })
const associatedField = text({ about: 'Data bound to the ciphertext, base64; the same is needed to decrypt. For AEAD keys.', default: '' })
const versionField = integer({ about: 'Version to encrypt with; 0 for the latest.', default: 0 })
const paddingField = choice(paddings)({ about: 'Padding of RSA keys; oaep uses SHA-256.', default: 'oaep' })
const partialField = integer({ about: 'Status to answer with where some items fail and some succeed; default 400.' })
const keyVersion = integer({ about: 'The version that was used.' })
const shared = { ...demandFields, name, context: contextField, associated_data: associatedField, batch_input: batchInput, padding_scheme: paddingField }

interface CipherInput {
  name: string
  context: string
  associated_data: string
  batch_input?: Item[] | undefined
  padding_scheme: Padding
  demand?: Demand | undefined
  unmarked: boolean
  partial_failure_response_code?: number | undefined
}

const cipherOptions = (item: Item, { padding_scheme, unmarked }: Pick<CipherInput, 'padding_scheme' | 'unmarked'>): CipherOptions => ({
  context: needBase64(textOf(item, 'context'), 'context'),
  associated: textOf(item, 'associated_data') === '' ? null : needBase64(textOf(item, 'associated_data'), 'associated_data'),
  padding: padding_scheme,
  unmarked,
})

const single = (input: CipherInput, more: Item): Item => ({ context: input.context, associated_data: input.associated_data, ...more })

/** The key that a request names, fit for what it wants. */
async function keyToUse(context: Context, input: Pick<CipherInput, 'name' | 'demand'>): Promise<Key> {
  const key = await needKey(context.store, input.name)
  meet(key, 'encrypt', input.demand)
  return key
}

/** Where a key is absent it is made, unless the mount forbids it: derived when the request carries a context. */
async function keyToEncrypt(context: Context, input: CipherInput & { type: string; convergent_encryption: boolean }): Promise<Key> {
  const present = await findKey(context.store, input.name)
  if (present) return keyToUse(context, input)
  if (input.demand) throw absent('encryption key not found')
  if ((await readLimits(context.store)).disableUpsert) throw invalid('encryption key not found')
  const contexts = (input.batch_input ?? [{ context: input.context }]).map((item) => textOf(item, 'context') !== '')
  if (new Set(contexts).size > 1) throw invalid('context should be set either in all the request blocks or in none')
  const derived = contexts[0] === true
  if (input.convergent_encryption && !derived) throw invalid('convergent encryption requires derivation to be enabled, so context is required')
  if (!keyType(input.type).aead) throw invalid(`key type ${input.type} not supported for this operation`)
  const blank = blankKey(input.name, input.type, { derived, convergent: input.convergent_encryption })
  return (await createKey(context.store, blank, context.now())).key
}

const encrypt = route({
  op: 'write',
  path: 'encrypt/:name',
  about: 'Encrypt with a named key; makes the key where there is none and the policy allows creation.',
  takes: {
    ...shared,
    plaintext: text({ about: 'What to encrypt, base64.', secret: true }),
    key_version: versionField,
    partial_failure_response_code: partialField,
    type: text({ about: 'Type of the key that is made.', default: 'aes256-gcm96' }),
    convergent_encryption: boolean({ about: 'Whether the key that is made gives equal ciphertexts for equal plaintexts.', default: false }),
  },
  gives: { ciphertext: text({ about: 'vault:vN: and base64.' }), key_version: keyVersion, batch_results: batchResults },
  exists: async (context, input) => (await findKey(context.store, input.name)) !== null,
  async run(context, input) {
    if (!input.batch_input && input.plaintext === undefined) throw invalid('missing plaintext to encrypt')
    for (const item of input.batch_input ?? []) if (item.plaintext === undefined) throw invalid('missing plaintext to encrypt')
    const key = await keyToEncrypt(context, input)
    return runItems(
      input.batch_input,
      () => single(input, { plaintext: input.plaintext!, key_version: input.key_version }),
      (item) => {
        const plaintext = needBase64(textOf(item, 'plaintext'), 'plaintext')
        const { ciphertext, number } = encryptBytes(key, integerOf(item, 'key_version'), plaintext, cipherOptions(item, input))
        return { ciphertext, key_version: number }
      },
      { failed: 400, partial: input.partial_failure_response_code },
    )
  },
})

const decrypt = route({
  op: 'write',
  path: 'decrypt/:name',
  pure: true,
  about: 'Decrypt what the named key encrypted.',
  takes: { ...shared, ciphertext: text({ about: 'vault:vN: and base64.', default: '' }), partial_failure_response_code: partialField },
  gives: { plaintext: text({ about: 'What was encrypted, base64.', secret: true }), batch_results: batchResults },
  async run(context, input) {
    if (!input.batch_input && input.ciphertext === '') throw invalid('missing ciphertext to decrypt')
    const key = await keyToUse(context, input)
    return runItems(
      input.batch_input,
      () => single(input, { ciphertext: input.ciphertext }),
      (item) => ({ plaintext: decryptText(key, textOf(item, 'ciphertext'), cipherOptions(item, input)).toString('base64') }),
      { failed: 400, partial: input.partial_failure_response_code },
    )
  },
})

const rewrap = route({
  op: 'write',
  path: 'rewrap/:name',
  pure: true,
  about: 'Encrypt anew, with the latest version, what an older version encrypted; the plaintext is not shown.',
  takes: {
    ...shared,
    ciphertext: text({ about: 'vault:vN: and base64.', default: '' }),
    key_version: versionField,
    partial_failure_response_code: partialField,
  },
  gives: { ciphertext: text({ about: 'vault:vN: and base64.' }), key_version: keyVersion, batch_results: batchResults },
  async run(context, input) {
    if (!input.batch_input && input.ciphertext === '') throw invalid('missing ciphertext to decrypt')
    const key = await keyToUse(context, input)
    return runItems(
      input.batch_input,
      () => single(input, { ciphertext: input.ciphertext, key_version: input.key_version }),
      (item) => {
        const options = cipherOptions(item, input)
        const { ciphertext, number } = encryptBytes(key, integerOf(item, 'key_version'), decryptText(key, textOf(item, 'ciphertext'), options), options)
        return { ciphertext, key_version: number }
      },
      { failed: 400, partial: input.partial_failure_response_code },
    )
  },
})

const datakey = route({
  op: 'write',
  path: 'datakey/:plaintext/:name',
  pure: true,
  about: 'A fresh data key, encrypted with the named key and, under datakey/plaintext, in the clear beside it.',
  takes: {
    ...shared,
    plaintext: choice(['plaintext', 'wrapped'])({ about: 'Whether the data key is shown: plaintext or wrapped.', required: true }),
    bits: integer({ about: 'Size of the data key: 128, 256 or 512.', default: 256 }),
    bytes: integer({ about: 'Size of the data key in bytes, 1 to 1024, in place of bits.' }),
    pair: text({ about: 'Make a key pair of this type instead: the data key is its private part, PKCS #8.', default: '' }),
    key_version: versionField,
  },
  gives: {
    ciphertext: text({ about: 'The encrypted data key.' }),
    plaintext: text({ about: 'The data key, base64.', secret: true }),
    public_key: text({ about: 'The public part of a pair, DER, base64.' }),
    key_version: keyVersion,
  },
  async run(context, input) {
    const key = await keyToUse(context, input)
    const { secret, publicKey } = await freshData(context, input)
    const { ciphertext, number } = encryptBytes(key, input.key_version, secret, cipherOptions(single(input, {}), input))
    const shown = input.plaintext === 'plaintext' ? { plaintext: secret.toString('base64') } : {}
    secret.fill(0)
    return { ciphertext, key_version: number, ...shown, ...(publicKey && { public_key: publicKey.toString('base64') }) }
  },
})

async function freshData(context: Context, { bits, bytes, pair }: { bits: number; bytes?: number | undefined; pair: string }): Promise<{ secret: Buffer; publicKey?: Buffer }> {
  if (pair !== '') {
    const type = keyType(pair)
    if (!isAsymmetric(type)) throw invalid(`keys of type ${pair} are not pairs`)
    const { privateKey, publicKey } = await generateKeys(type)
    return { secret: privateKey.export({ type: 'pkcs8', format: 'der' }), publicKey: publicKey.export({ type: 'spki', format: 'der' }) }
  }
  if (bytes !== undefined ? bytes < 1 || bytes > 1024 : ![128, 256, 512].includes(bits)) throw invalid('invalid bit length')
  return { secret: context.random(bytes ?? bits / 8) }
}

export const encryptRoutes: Route[] = [encrypt, decrypt, rewrap, datakey]
