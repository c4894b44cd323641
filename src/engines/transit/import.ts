// Bring your own key: import under the mount's wrapping key, and export wrapped for another mount.
import {
  constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt, randomBytes, type KeyObject,
} from 'node:crypto'
import { unwrapPadded, wrapPadded } from '../../crypto/key-wrap.ts'
import { invalid } from '../../kit/errors.ts'
import { boolean, duration, integer, object, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import {
  addVersion, blankKey, changeKey, findKey, liveVersions, needBase64, needKey, pairVersion, secretVersion, storeKey, versionAt,
  type Key, type KeyVersion,
} from './key.ts'
import { generateKeys, isAsymmetric, isOfType, keyType } from './key-type.ts'
import { privateOf, publicOf } from './material.ts'

const wrappingKeyPath = 'import/wrapping-key'
const wrappedBytes = 512

const oaepHashes = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512']
function oaep(hash: string) {
  if (!oaepHashes.includes(hash.toUpperCase())) throw invalid(`unknown hash function: ${hash.slice(0, 32)}`)
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash.toLowerCase() }
}

/** The mount's RSA-4096 pair, made when it is first asked for. */
async function wrappingPair(store: View): Promise<KeyVersion> {
  const present = await store.read<KeyVersion>(wrappingKeyPath)
  if (present) return present
  const fresh = pairVersion(await generateKeys(keyType('rsa-4096')), Date.now())
  return store.update(async (tx) => {
    const raced = await tx.read<KeyVersion>(wrappingKeyPath)
    if (!raced) tx.write(wrappingKeyPath, fresh)
    return raced ?? fresh
  })
}

async function unwrap(store: View, ciphertext: string, hash: string): Promise<Buffer> {
  const bytes = needBase64(ciphertext, 'ciphertext')
  const padding = oaep(hash)
  if (bytes.length <= wrappedBytes) throw invalid('provided ciphertext is too short')
  const opener = privateOf(await wrappingPair(store), 'import')
  let kek: Buffer | null = null
  try {
    kek = privateDecrypt({ key: opener, ...padding }, bytes.subarray(0, wrappedBytes))
    const secret = kek.length === 32 ? unwrapPadded(kek, bytes.subarray(wrappedBytes)) : null
    if (secret) return secret
  } catch {
    // Whatever failed is told in the same words as a wrapped key that is not whole.
  } finally {
    kek?.fill(0)
  }
  throw invalid('could not unwrap the imported key')
}

const isText = (value: string | undefined): value is string => value !== undefined && value !== ''

interface Given {
  ciphertext?: string | undefined
  public_key?: string | undefined
  hash_function: string
}

/** The version that the request's key material makes. */
async function materialOf(store: View, typeName: string, derived: boolean, given: Given, now: number): Promise<KeyVersion> {
  const type = keyType(typeName)
  if (isText(given.ciphertext) && isText(given.public_key)) throw invalid('only one of the following fields, ciphertext and public_key, can be set')
  if (isText(given.ciphertext)) {
    const secret = await unwrap(store, given.ciphertext, given.hash_function)
    if (!isAsymmetric(type)) return secretVersion(typeName, secret, now)
    const privateKey = parseKey(() => createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }))
    if (!isOfType(type, privateKey)) throw invalid(`the imported key is not of type ${typeName}`)
    return pairVersion({ privateKey, publicKey: createPublicKey(privateKey) }, now)
  }
  if (!isText(given.public_key)) throw invalid('one of ciphertext and public_key is required')
  if (!isAsymmetric(type)) throw invalid('provided type does not support public_key import')
  if (derived) throw invalid('a derived key needs its private part')
  const publicKey = parseKey(() => createPublicKey(given.public_key!))
  if (!isOfType(type, publicKey)) throw invalid(`the imported key is not of type ${typeName}`)
  return pairVersion({ publicKey }, now)
}

/** OpenSSL's own message may quote what it read, so it is not passed on. */
export function parseKey(parse: () => KeyObject): KeyObject {
  try {
    return parse()
  } catch {
    throw invalid('error parsing asymmetric key')
  }
}

const name = text({ about: 'Name of the key.', required: true })
const given = {
  ciphertext: text({ about: 'An AES-256 key encrypted with the wrapping key (RSA-OAEP), then the key under it (AES-KWP), base64.', secret: true }),
  public_key: text({ about: 'The public part alone, PEM; such a key verifies and encrypts.' }),
  hash_function: text({ about: 'Hash of OAEP: SHA1, SHA224, SHA256, SHA384 or SHA512.', default: 'SHA256' }),
}

const wrappingKey = route({
  op: 'read',
  path: 'wrapping_key',
  about: 'The public key to wrap keys with before they are imported.',
  takes: {},
  gives: { public_key: text({ about: 'RSA-4096, PEM.' }) },
  run: async (context) => ({ public_key: publicOf(await wrappingPair(context.store)).export({ type: 'spki', format: 'pem' }).toString() }),
})

const importKey = route({
  op: 'write',
  path: 'keys/:name/import',
  about: 'Make a named key from material made elsewhere.',
  takes: {
    ...given,
    name,
    type: text({ about: 'Type of the key.', default: 'aes256-gcm96' }),
    allow_rotation: boolean({ about: 'Let the key be rotated here.', default: false }),
    derived: boolean({ about: 'Derive a key from the context of each request.', default: false }),
    exportable: boolean({ about: 'Let the key be exported.', default: false }),
    allow_plaintext_backup: boolean({ about: 'Let the key be backed up in the clear.', default: false }),
    auto_rotate_period: duration({ about: 'Seconds between automatic rotations; 0 for none.', default: 0 }),
    convergent_encryption: boolean({ about: 'Not for imported keys.', default: false }),
  },
  async run(context, input) {
    if (input.convergent_encryption) throw invalid('import cannot be used on keys with convergent encryption enabled')
    if (input.auto_rotate_period > 0 && !input.allow_rotation) throw invalid('allow_rotation must be set to true if auto-rotation is enabled')
    const key = blankKey(input.name, input.type.toLowerCase(), {
      derived: input.derived, exportable: input.exportable, plaintextBackup: input.allow_plaintext_backup,
      autoRotate: input.auto_rotate_period, imported: true, importedRotation: input.allow_rotation,
    })
    await storeImported(context.store, key, await materialOf(context.store, key.type, key.derived, input, context.now()))
  },
})

/** Stores a key of one version that was made elsewhere; throws `invalid` where the name is taken. */
export async function storeImported(store: View, key: Key, version: KeyVersion): Promise<void> {
  if (keyType(key.type).hmac) key.size = Buffer.from(version.key!, 'base64').length
  addVersion(key, version)
  await store.update(async (tx) => {
    if (await findKey(tx, key.name)) {
      throw invalid('the import path cannot be used with an existing key; use import-version to rotate an existing imported key')
    }
    await storeKey(tx, key)
  })
}

const importVersion = route({
  op: 'write',
  path: 'keys/:name/import_version',
  about: 'Add a version made elsewhere to an imported key, or the private part to a version that has none.',
  takes: { ...given, name, version: integer({ about: 'The version that gets its private part; default: a new one.' }) },
  async run(context, input) {
    const present = await needKey(context.store, input.name, `no key found with name ${input.name}; to import a new key, use the import/ endpoint`)
    const fresh = await materialOf(context.store, present.type, present.derived, input, context.now())
    await changeKey(context.store, input.name, (key) => {
      if (!key.imported) throw invalid('the import_version endpoint can only be used with an imported key')
      if (key.external) throw invalid('this key has one version, whose material is imported at material/')
      if (key.convergent) throw invalid('import_version cannot be used on keys with convergent encryption enabled')
      const completes = (number: number): boolean => {
        const version = key.versions[number]
        return version !== undefined && !version.private && fresh.private !== undefined && version.public === fresh.public
      }
      const target = input.version ?? (completes(key.latest) ? key.latest : undefined)
      if (target === undefined) return addVersion(key, fresh)
      if (!completes(target)) throw invalid(`version ${target} does not lack this private key`)
      key.versions[target]!.private = fresh.private!
    })
  },
})

const byokExport = route({
  op: 'read',
  path: 'byok-export/:destination/:source/:version?',
  about: 'An exportable key, wrapped with the public key of another mount as its import expects it.',
  takes: {
    destination: text({ about: 'Name of the RSA key to wrap with.', required: true }),
    source: text({ about: 'Name of the key to export.', required: true }),
    version: text({ about: 'Version to export, or latest; default: all.', default: '' }),
    hash: text({ about: 'Hash of OAEP.', default: 'SHA256' }),
  },
  gives: {
    name: text({ about: 'Name of the exported key.' }),
    type: text({ about: 'Its type.' }),
    keys: object({ about: 'Wrapped keys by version, base64.' }),
  },
  async run(context, input) {
    const destination = await needKey(context.store, input.destination, 'no such destination key to export to')
    const source = await needKey(context.store, input.source, 'no such source key for export')
    if (!source.exportable) throw invalid('key is not exportable')
    if (!keyType(destination.type).rsaBits) throw invalid(`unsupported wrapping key type ${destination.type}`)
    const wrapper = publicOf(versionAt(destination, destination.latest))
    const keys = Object.fromEntries(chooseVersions(source, input.version).map((number) => {
      const version = versionAt(source, number)
      const secret = version.key ? Buffer.from(version.key, 'base64') : privateOf(version, 'export').export({ type: 'pkcs8', format: 'der' })
      const kek = randomBytes(32)
      const wrapped = Buffer.concat([publicEncrypt({ key: wrapper, ...oaep(input.hash) }, kek), wrapPadded(kek, secret)])
      return [number, wrapped.toString('base64')]
    }))
    return { name: source.name, type: source.type, keys }
  },
})

/** Versions that an export asks for: `latest`, `3`, `v3`, or all where it is empty. */
export function chooseVersions(key: Key, wanted: string): number[] {
  if (wanted === '') return liveVersions(key)
  const number = wanted === 'latest' ? key.latest : /^v?\d{1,9}$/.test(wanted) ? Number(wanted.replace('v', '')) : NaN
  if (Number.isNaN(number)) throw invalid('invalid key version')
  if (number < key.minDecryption) throw invalid('version for export is below minimum decryption version')
  if (!key.versions[number]) throw invalid('version does not exist or cannot be found')
  return [number]
}

export const importRoutes: Route[] = [wrappingKey, importKey, importVersion, byokExport]
