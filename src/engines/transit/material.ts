// Key objects of stored versions, imported once per record: importing costs more than using.
import { createHmac, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import type { Key, KeyVersion } from './key.ts'
import { keyType } from './key-type.ts'

interface Material {
  secret?: KeyObject
  private?: KeyObject
  public?: KeyObject
  hmac?: KeyObject
  /** HKDF's pseudo-random key of RFC 5869, section 2.2. */
  extracted?: KeyObject
}

/** Keyed by the version's record, which the frame shares between requests and replaces when it changes. */
const materials = new WeakMap<KeyVersion, Material>()

function materialOf(version: KeyVersion): Material {
  let found = materials.get(version)
  if (!found) materials.set(version, (found = {}))
  return found
}

const decode = (text: string): Buffer => Buffer.from(text, 'base64')

export const secretOf = (version: KeyVersion): KeyObject => (materialOf(version).secret ??= createSecretKey(decode(version.key!)))

export const publicOf = (version: KeyVersion): KeyObject =>
  (materialOf(version).public ??= createPublicKey({ key: decode(version.public!), format: 'der', type: 'spki' }))

/** Throws `invalid` where only the public part was imported. */
export function privateOf(version: KeyVersion, purpose: string): KeyObject {
  if (!version.private) throw invalid(`requested version for ${purpose} does not contain a private part`)
  return (materialOf(version).private ??= createPrivateKey({ key: decode(version.private), format: 'der', type: 'pkcs8' }))
}

export function hmacOf(version: KeyVersion): KeyObject {
  const text = version.hmac ?? version.key
  if (!text) throw invalid('no HMAC key exists for that key version')
  return (materialOf(version).hmac ??= createSecretKey(decode(text)))
}

/** Seed and public key side by side: the private key as Go's libraries keep it. */
export function edwardsBytes(version: KeyVersion): Buffer {
  const jwk = privateOf(version, 'export').export({ format: 'jwk' })
  return Buffer.concat([Buffer.from(jwk.d!, 'base64url'), Buffer.from(jwk.x!, 'base64url')])
}

/** The raw 32 bytes of an Ed25519 public key. */
export const edwardsPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')

const noContext =
  "missing 'context' for key derivation; the key was created using a derived key, which means additional, " +
  'per-request information must be included in order to perform operations with the key'

/** HKDF-SHA256 without salt; unlike the runtime's own, it takes a context of any length. RFC 5869. */
export function hkdf(secret: Buffer | KeyObject, context: Buffer, bytes: number): Buffer {
  const input = Buffer.isBuffer(secret) ? secret : secret.export()
  return expand(createSecretKey(createHmac('sha256', Buffer.alloc(32)).update(input).digest()), context, bytes)
}

function expand(extracted: KeyObject, context: Buffer, bytes: number): Buffer {
  const blocks: Buffer[] = []
  let last: Buffer = Buffer.alloc(0)
  for (let at = 1; blocks.length * 32 < bytes; at++) {
    last = createHmac('sha256', extracted).update(last).update(context).update(Buffer.of(at)).digest()
    blocks.push(last)
  }
  return Buffer.concat(blocks).subarray(0, bytes)
}

/** The key of a context: what a derived key uses in place of its own secret. */
export function deriveBytes(key: Key, version: KeyVersion, context: Buffer, bytes: number): Buffer {
  if (context.length === 0) throw invalid(noContext)
  const material = materialOf(version)
  material.extracted ??= createSecretKey(
    createHmac('sha256', Buffer.alloc(32)).update(keyType(key.type).edwards ? edwardsBytes(version) : secretOf(version).export()).digest(),
  )
  return expand(material.extracted, context, bytes)
}

const edwardsPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 private key of a context. */
export function deriveEdwards(key: Key, version: KeyVersion, context: Buffer): KeyObject {
  const seed = deriveBytes(key, version, context, 32)
  return createPrivateKey({ key: Buffer.concat([edwardsPrefix, seed]), format: 'der', type: 'pkcs8' })
}
