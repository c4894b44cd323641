// Key specs and algorithms of KMS, as the transit engine knows them. One row each.
// https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html

export const usages = { ENCRYPT_DECRYPT: 'encrypt', SIGN_VERIFY: 'sign', GENERATE_VERIFY_MAC: 'mac', KEY_AGREEMENT: 'agree' } as const
export type Usage = keyof typeof usages

export const usageOf = (purpose: string | undefined): Usage => (Object.keys(usages) as Usage[]).find((usage) => usages[usage] === purpose) ?? 'ENCRYPT_DECRYPT'

export interface Spec {
  name: string
  /** Of the transit engine. */
  type: string
  /** Bytes of an HMAC key, else 0. */
  size: number
  usages: readonly Usage[]
}

const spec = (name: string, type: string, usages: readonly Usage[], size = 0): Spec => ({ name, type, size, usages })
const rsa = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'] as const
const curve = ['SIGN_VERIFY', 'KEY_AGREEMENT'] as const
const mac = ['GENERATE_VERIFY_MAC'] as const

const specs: readonly Spec[] = [
  spec('SYMMETRIC_DEFAULT', 'aes256-gcm96', ['ENCRYPT_DECRYPT']),
  spec('RSA_2048', 'rsa-2048', rsa),
  spec('RSA_3072', 'rsa-3072', rsa),
  spec('RSA_4096', 'rsa-4096', rsa),
  spec('ECC_NIST_P256', 'ecdsa-p256', curve),
  spec('ECC_NIST_P384', 'ecdsa-p384', curve),
  spec('ECC_NIST_P521', 'ecdsa-p521', curve),
  spec('ECC_SECG_P256K1', 'ecdsa-secp256k1', ['SIGN_VERIFY']),
  spec('ECC_NIST_EDWARDS25519', 'ed25519', ['SIGN_VERIFY']),
  spec('HMAC_224', 'hmac', mac, 28),
  spec('HMAC_256', 'hmac', mac, 32),
  spec('HMAC_384', 'hmac', mac, 48),
  spec('HMAC_512', 'hmac', mac, 64),
]

/** Specs of KMS that are not offered here. */
const unsupported = ['SM2', 'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87', 'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024']

export const specNames = [...specs.map((one) => one.name), ...unsupported]
export const specNamed = (name: string): Spec | undefined => specs.find((one) => one.name === name)

const symmetric = ['aes256-gcm96', 'aes128-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305']

/** The spec that a key shows; keys that other dialects made show the nearest. */
export function specOf(type: string, size: number): Spec {
  if (symmetric.includes(type)) return specs[0]!
  const found = specs.find((one) => one.type === type && (one.size === 0 || one.size === size))
  return found ?? specs.findLast((one) => one.type === type && one.size <= size)!
}

/** The spec's name out of what the engine says of a key that does not fit: `hmac-32`, `rsa-2048`. */
export function specWord(word: string): string {
  const [, size] = /^hmac-(\d+)$/.exec(word) ?? []
  return specOf(size === undefined ? word : 'hmac', Number(size ?? 0)).name
}

export const pairSpecs = specs.filter((one) => one.usages !== mac && one.type !== 'aes256-gcm96')

export interface EncryptionAlgorithm {
  name: string
  types: readonly string[]
  /** What is asked of the key that is named. */
  demand: object
  /** Absent for symmetric keys. */
  padding?: 'oaep' | 'oaep-sha1'
  /** Bytes that the padding takes. */
  overhead: number
}

const rsaTypes = ['rsa-2048', 'rsa-3072', 'rsa-4096']
const oaep = (name: string, padding: 'oaep' | 'oaep-sha1', overhead: number): EncryptionAlgorithm => ({ name, types: rsaTypes, demand: { types: rsaTypes }, padding, overhead })

export type EncryptionName = 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'
export const encryptionAlgorithms: Record<EncryptionName, EncryptionAlgorithm> = {
  SYMMETRIC_DEFAULT: { name: 'SYMMETRIC_DEFAULT', types: symmetric, demand: { symmetric: true }, overhead: 0 },
  RSAES_OAEP_SHA_1: oaep('RSAES_OAEP_SHA_1', 'oaep-sha1', 42),
  RSAES_OAEP_SHA_256: oaep('RSAES_OAEP_SHA_256', 'oaep', 66),
}

export interface SigningAlgorithm {
  types: readonly string[]
  hash: string
  /** Bytes of the digest. */
  bytes: number
  scheme?: 'pss' | 'pkcs1v15'
  /** Takes whole messages alone. */
  raw?: true
}

const signing = (types: readonly string[], bits: number, scheme?: 'pss' | 'pkcs1v15'): SigningAlgorithm => ({ types, hash: `sha2-${bits}`, bytes: bits / 8, ...(scheme && { scheme }) })

export const signingAlgorithms: Record<string, SigningAlgorithm> = {
  RSASSA_PKCS1_V1_5_SHA_256: signing(rsaTypes, 256, 'pkcs1v15'),
  RSASSA_PKCS1_V1_5_SHA_384: signing(rsaTypes, 384, 'pkcs1v15'),
  RSASSA_PKCS1_V1_5_SHA_512: signing(rsaTypes, 512, 'pkcs1v15'),
  RSASSA_PSS_SHA_256: signing(rsaTypes, 256, 'pss'),
  RSASSA_PSS_SHA_384: signing(rsaTypes, 384, 'pss'),
  RSASSA_PSS_SHA_512: signing(rsaTypes, 512, 'pss'),
  ECDSA_SHA_256: signing(['ecdsa-p256', 'ecdsa-secp256k1'], 256),
  ECDSA_SHA_384: signing(['ecdsa-p384'], 384),
  ECDSA_SHA_512: signing(['ecdsa-p521'], 512),
  ED25519_SHA_512: { ...signing(['ed25519'], 512), raw: true },
}

export const macAlgorithms: Record<string, { size: number; hash: string }> = {
  HMAC_SHA_224: { size: 28, hash: 'sha2-224' },
  HMAC_SHA_256: { size: 32, hash: 'sha2-256' },
  HMAC_SHA_384: { size: 48, hash: 'sha2-384' },
  HMAC_SHA_512: { size: 64, hash: 'sha2-512' },
}

const fitting = (table: Record<string, { types: readonly string[] }>, type: string): string[] => Object.keys(table).filter((name) => table[name]!.types.includes(type))

/** The lists of algorithms that a key of this spec and usage shows. */
export function algorithmsOf({ type, size }: Spec, usage: Usage): Record<string, string[]> {
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: fitting(encryptionAlgorithms, type) }
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: fitting(signingAlgorithms, type) }
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: Object.keys(macAlgorithms).filter((name) => macAlgorithms[name]!.size === size) }
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: ['ECDH'] }
  }
}
