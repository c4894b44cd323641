// Key material from outside.
import { hash } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { blob, string, timestamp } from '../shape.ts'
import { ask } from './ask.ts'
import { materialId } from './ciphertext.ts'
import { type Entry, need, rotates } from './entry.ts'
import { type Place, find, keyId } from './reference.ts'

const wrappings: Record<string, string> = {
  RSAES_PKCS1_V1_5: 'pkcs1', RSAES_OAEP_SHA_1: 'oaep-sha1', RSAES_OAEP_SHA_256: 'oaep-sha256', RSA_AES_KEY_WRAP_SHA_1: 'aes-sha1', RSA_AES_KEY_WRAP_SHA_256: 'aes-sha256',
}

const materialFaults: Record<string, string> = {
  ticket: 'InvalidImportTokenException', 'ticket-expired': 'ExpiredImportTokenException', 'key-material': 'IncorrectKeyMaterialException', 'key-material-other': 'IncorrectKeyMaterialException',
}

const material = string({ min: 64, max: 64, pattern: /^^[a-f0-9]+$$/ })

/** The version that a material is of; default the newest. */
function versionNamed(name: string, { versions, pending }: Entry, id: string | undefined): number | undefined {
  if (id === undefined) return versions.at(-1)?.number
  const found = [...versions, ...(pending ? [pending] : [])].find(({ number }) => materialId(name, number) === id)
  if (!found) throw new AwsFault('NotFoundException', `Key material ${id} is not found.`)
  return found.number
}

/** What is refused has no id yet: it is named by what came. */
const waits = ({ arn, name }: Place, offered: Buffer, pending: number): AwsFault =>
  new AwsFault('KMSInvalidStateException', `New key material (id: ${hash('sha256', offered, 'hex')}) cannot be imported into KMS key ${arn}, because another key material (id: ${materialId(name, pending)}) is pending rotation.`)

function expiresOf({ ExpirationModel = 'KEY_MATERIAL_EXPIRES', ValidTo }: { ExpirationModel?: string | undefined; ValidTo?: number | undefined }, now: number): number {
  if (ExpirationModel !== 'KEY_MATERIAL_EXPIRES') {
    if (ValidTo !== undefined) throw new AwsFault('ValidationException', 'A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE')
    return 0
  }
  if (ValidTo === undefined) throw new AwsFault('ValidationException', 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  if (ValidTo <= now || ValidTo > now + 365 * 86_400_000) throw new AwsFault('ValidationException', 'The validTo date must be in the future, at most 365 days from now.')
  return Math.trunc(ValidTo)
}

export const importOperations = [
  operation({
    name: 'GetParametersForImport',
    about: 'Gives a public key to wrap key material with, and a token for its import.',
    access: [{ op: 'write', path: 'transit/keys/:name/import-parameters' }],
    input: { KeyId: keyId, WrappingAlgorithm: string({ required: true, words: [...Object.keys(wrappings), 'SM2PKE'] }), WrappingKeySpec: string({ required: true, words: ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] }) },
    shows: ['KeyId', 'WrappingAlgorithm', 'WrappingKeySpec'],
    async run(exchange, { KeyId, WrappingAlgorithm, WrappingKeySpec }) {
      const wrapping = wrappings[WrappingAlgorithm]
      if (wrapping === undefined || WrappingKeySpec === 'SM2') throw new AwsFault('UnsupportedOperationException', 'SM2 is not supported.')
      const place = await find(exchange, KeyId, false)
      const made = await ask<{ ticket: string; public_key: string; expires: number }>(exchange, place, 'write', 'keys/:name/import-parameters', { wrapping, wrapping_key: WrappingKeySpec.toLowerCase().replace('_', '-') })
      return { KeyId: place.arn, ImportToken: Buffer.from(made.ticket, 'hex').toString('base64'), PublicKey: made.public_key, ParametersValidTo: made.expires / 1000 }
    },
  }),
  operation({
    name: 'ImportKeyMaterial',
    about: 'Imports key material that was wrapped for it.',
    access: [{ op: 'write', path: 'transit/keys/:name/material' }],
    input: {
      KeyId: keyId, ImportToken: blob({ required: true, min: 1, max: 6144, secret: true }), EncryptedKeyMaterial: blob({ required: true, min: 1, max: 6144, secret: true }), ValidTo: timestamp(),
      ExpirationModel: string({ words: ['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'] }), ImportType: string({ words: ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL'] }),
      KeyMaterialDescription: string({ max: 256, pattern: /^^[a-zA-Z0-9:/_\s.-]+$$/ }), KeyMaterialId: material,
    },
    shows: ['KeyId', 'ExpirationModel'],
    async run(exchange, input) {
      const place = await find(exchange, input.KeyId, false)
      const body = { ticket: input.ImportToken.toString('hex'), material: input.EncryptedKeyMaterial.toString('base64'), expires: expiresOf(input, exchange.core.now()), fresh: input.ImportType === 'NEW_KEY_MATERIAL' }
      const entry = await ask<Entry & { imported_version: number }>(exchange, place, 'write', 'keys/:name/material', body).catch((cause: unknown) => {
        const [is = ''] = (cause instanceof Fault && cause.reason) || []
        if (is === 'key-material-waits') throw waits(place, input.EncryptedKeyMaterial, Number((cause as Fault).reason![1]))
        throw is in materialFaults ? new AwsFault(materialFaults[is]!, '') : cause
      })
      return { KeyId: place.arn, ...(rotates(entry) && { KeyMaterialId: materialId(place.name, entry.imported_version) }) }
    },
  }),
  operation({
    name: 'DeleteImportedKeyMaterial',
    about: 'Forgets imported key material; the same can be imported again.',
    access: [{ op: 'delete', path: 'transit/keys/:name/material' }],
    input: { KeyId: keyId, KeyMaterialId: material },
    shows: ['KeyId', 'KeyMaterialId'],
    async run(exchange, { KeyId, KeyMaterialId }) {
      const { place, entry } = await need(exchange, KeyId)
      const version = versionNamed(place.name, entry, KeyMaterialId)
      await ask(exchange, place, 'delete', 'keys/:name/material', version === undefined ? {} : { version })
      return { KeyId: place.arn, ...(rotates(entry) && version !== undefined && { KeyMaterialId: materialId(place.name, version) }) }
    },
  }),
]
