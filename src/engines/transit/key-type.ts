// The types of keys: what each can do, and how a new version of it is made. One row per type.
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { invalid } from '../../kit/errors.ts'

const generatePair = promisify(generateKeyPair)

export interface Aead {
  cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305'
  keyBytes: number
  nonceBytes: 12 | 24
}

export interface KeyType {
  name: string
  aead?: Aead
  /** A curve by the name that JWK uses. */
  curve?: 'P-256' | 'P-384' | 'P-521' | 'secp256k1'
  rsaBits?: number
  edwards?: true
  hmac?: true
}

const row = (name: string, traits: Omit<KeyType, 'name'>): [string, KeyType] => [name, { name, ...traits }]

const types = new Map<string, KeyType>([
  row('aes128-gcm96', { aead: { cipher: 'aes-128-gcm', keyBytes: 16, nonceBytes: 12 } }),
  row('aes256-gcm96', { aead: { cipher: 'aes-256-gcm', keyBytes: 32, nonceBytes: 12 } }),
  row('chacha20-poly1305', { aead: { cipher: 'chacha20-poly1305', keyBytes: 32, nonceBytes: 12 } }),
  row('xchacha20-poly1305', { aead: { cipher: 'chacha20-poly1305', keyBytes: 32, nonceBytes: 24 } }),
  row('ed25519', { edwards: true }),
  row('ecdsa-p256', { curve: 'P-256' }),
  row('ecdsa-p384', { curve: 'P-384' }),
  row('ecdsa-p521', { curve: 'P-521' }),
  row('ecdsa-secp256k1', { curve: 'secp256k1' }),
  row('rsa-2048', { rsaBits: 2048 }),
  row('rsa-3072', { rsaBits: 3072 }),
  row('rsa-4096', { rsaBits: 4096 }),
  row('hmac', { hmac: true }),
])

export const keyTypeNames = [...types.keys()]

/** Throws `invalid` for a name that is no type. */
export function keyType(name: string): KeyType {
  const found = types.get(name)
  if (!found) throw invalid(`unknown key type ${name}`)
  return found
}

export const encrypts = (type: KeyType): boolean => type.aead !== undefined || type.rsaBits !== undefined
export const signs = (type: KeyType): boolean => isAsymmetric(type)
export const derives = (type: KeyType): boolean => type.aead !== undefined || type.edwards === true
export const isAsymmetric = (type: KeyType): boolean => type.curve !== undefined || type.rsaBits !== undefined || type.edwards === true

/** Bytes of the secret of a symmetric type; the range of an HMAC key is Vault's, and 28 the size that AWS gives keys for SHA-224. */
export function checkSecretSize(type: KeyType, bytes: number): void {
  const fits = type.hmac ? bytes === 28 || (bytes >= 32 && bytes <= 512) : bytes === type.aead?.keyBytes
  if (!fits) throw invalid(`invalid key size ${bytes} bytes for key type ${type.name}`)
}

export async function generateKeys(type: KeyType): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if (type.rsaBits) return generatePair('rsa', { modulusLength: type.rsaBits })
  if (type.curve) return generatePair('ec', { namedCurve: type.curve })
  return generatePair('ed25519')
}

/** Whether an asymmetric key, private or public, is of this type. */
export function isOfType(type: KeyType, key: KeyObject): boolean {
  if (type.rsaBits) return key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === type.rsaBits
  if (type.curve) return key.asymmetricKeyType === 'ec' && curveOf(key) === type.curve
  return key.asymmetricKeyType === 'ed25519'
}

const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521', secp256k1: 'secp256k1' }

/** The curve of an elliptic key by JWK's name, or undefined. */
export const curveOf = (key: KeyObject): string | undefined => curves[key.asymmetricKeyDetails?.namedCurve ?? '']
