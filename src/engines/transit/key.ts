// A named key: one record with all its versions, and the rules about which version may be used for what.
import { randomBytes, type KeyObject } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Reader, Transaction, View } from '../../kit/view.ts'
import { type KeyType, checkSecretSize, derives, encrypts, generateKeys, isAsymmetric, keyType, signs } from './key-type.ts'

export interface KeyVersion {
  /** ISO 8601. */
  created: string
  /** The secret of a symmetric type, base64. */
  key?: string
  /** PKCS #8 DER, base64; absent where only the public part was imported. */
  private?: string
  /** SubjectPublicKeyInfo DER, base64. */
  public?: string
  /** The secret for `hmac/` of types that are not HMAC keys themselves, base64. */
  hmac?: string
  /** Certificates in PEM, the leaf first. */
  chain?: string[]
  /** Why it was made, where it is not the first. */
  cause?: 'automatic' | 'on-demand'
  /** Imported material is forgotten then; milliseconds since 1970. */
  expires?: number
  /** SHA-256 of imported material, base64: what was forgotten can only be imported again as it was. */
  fingerprint?: string
}

/** What a key may be used for where that is bound: `mac` is HMAC, `agree` Diffie-Hellman. */
export const purposes = ['encrypt', 'sign', 'mac', 'agree'] as const
export type Purpose = (typeof purposes)[number]

interface Occasion {
  time: string
  version: number
}

export interface Key {
  name: string
  type: string
  derived: boolean
  convergent: boolean
  exportable: boolean
  plaintextBackup: boolean
  deletionAllowed: boolean
  softDeleted: boolean
  imported: boolean
  importedRotation: boolean
  /** Seconds; 0 for never. */
  autoRotate: number
  /** When the running period began, where rotations on demand do not begin another: milliseconds since 1970. */
  autoRotateFrom?: number
  /** Bytes of an HMAC key, else 0. */
  size: number
  latest: number
  minAvailable: number
  minDecryption: number
  minEncryption: number
  versions: Record<string, KeyVersion>
  backup?: Occasion
  restore?: Occasion
  /** Absent: whatever the type can do. */
  purpose?: Purpose
  /** When the record was made, where no version tells: ISO 8601. */
  created?: string
  /** What dialects keep with the key. */
  attributes?: Record<string, unknown>
  /** Names that stand for the key, without a prefix. */
  aliases?: string[]
  /** Milliseconds since 1970. */
  deletion?: { asked: number; due: number }
  /** Its material comes from outside and may be forgotten again. */
  external?: true
  /** Material from outside that the next rotation takes on. */
  pending?: KeyVersion
}

export const keyFolder = 'policy/'
/** Marks the keys that the rotation chore has to look at. */
export const autoFolder = 'auto/'

const namePattern = /^\w(?:[\w.@-]*\w)?$/

export const findKey = (store: Reader, name: string): Promise<Key | null> => store.read<Key>(keyFolder + name)

export const absent = (message: string): Fault => new Fault('invalid', message, { reason: ['key-absent'] })

/** The key for an operation that uses it; throws `invalid` when it is absent, soft-deleted, about to be deleted, or without material. */
export async function needKey(store: Reader, name: string, missing = 'encryption key not found'): Promise<Key> {
  const key = await findKey(store, name)
  if (!key) throw absent(missing)
  refuseEnding(key)
  if (key.softDeleted) throw new Fault('invalid', `key ${name} is soft-deleted; restore it before use`, { reason: ['key-disabled'] })
  refuseEmpty(key)
  return key
}

/** Throws where the key is about to be deleted. */
export function refuseEnding(key: Key): void {
  if (key.deletion) throw new Fault('invalid', `key ${key.name} is about to be deleted`, { reason: ['key-pending-deletion'] })
}

/** Whether a version from outside has lost its material. */
export const isForgotten = ({ key, private: pair }: KeyVersion): boolean => key === undefined && pair === undefined

/** Whether the key waits for material from outside: it never had any, or some of it is forgotten. */
export const isEmpty = (key: Key): boolean => key.external === true && (key.latest === 0 || Object.values(key.versions).some(isForgotten))

/** Throws where the key waits for material from outside. */
export function refuseEmpty(key: Key): void {
  if (isEmpty(key)) throw new Fault('invalid', `key ${key.name} waits for its material`, { reason: ['key-pending-import'] })
}

/** Throws where the key is bound to another use. */
export function needPurpose(key: Key, purpose: Purpose): void {
  if (key.purpose !== undefined && key.purpose !== purpose) throw new Fault('invalid', `key ${key.name} is for another use: ${key.purpose}`, { reason: ['key-purpose', key.purpose] })
}

/** Writes the record and keeps the rotation chore's marker in step. */
export async function storeKey(tx: Transaction, key: Key): Promise<void> {
  tx.write(keyFolder + key.name, key)
  const marker = autoFolder + key.name
  if (key.autoRotate > 0) tx.write(marker, {})
  else if (await tx.get(marker)) tx.delete(marker)
}

/** Changes a key in one transaction; `change` gets a copy of its own. Throws `invalid` where there is none. */
export function changeKey(store: View, name: string, change: (key: Key) => void | Promise<void>, missing?: string): Promise<Key> {
  return store.update((tx) => changeWithin(tx, name, change, missing))
}

/** The same in a transaction that writes more. */
export async function changeWithin(tx: Transaction, name: string, change: (key: Key) => void | Promise<void>, missing?: string): Promise<Key> {
  const stored = await findKey(tx, name)
  if (!stored) throw absent(missing ?? `no existing key named ${name} could be found`)
  const key = structuredClone(stored)
  await change(key)
  await storeKey(tx, key)
  return key
}

type Settings = 'derived' | 'convergent' | 'exportable' | 'plaintextBackup' | 'autoRotate' | 'size' | 'imported' | 'importedRotation' | 'purpose' | 'attributes' | 'external' | 'created'
export type KeySettings = Partial<Pick<Key, Settings>>

/** A record without versions, its settings checked against each other and the type. */
export function blankKey(name: string, typeName: string, settings: KeySettings): Key {
  if (!namePattern.test(name)) throw invalid('name: letters, digits, and . - _ @ inside')
  const type = keyType(typeName)
  const key: Key = {
    name, type: type.name, derived: false, convergent: false, exportable: false, plaintextBackup: false, deletionAllowed: false,
    softDeleted: false, imported: false, importedRotation: false, autoRotate: 0, size: 0,
    latest: 0, minAvailable: 0, minDecryption: 1, minEncryption: 0, versions: {}, ...settings,
  }
  if (key.convergent && !key.derived) throw invalid('convergent encryption requires derivation to be enabled')
  if (key.derived && !derives(type)) throw invalid(`key derivation and convergent encryption not supported for keys of type ${type.name}`)
  if (key.convergent && !type.aead) throw invalid(`convergent encryption not supported for keys of type ${type.name}`)
  if (key.size !== 0 && !type.hmac) throw invalid(`key_size is not valid for algorithm ${type.name}`)
  if (type.hmac) {
    key.size ||= 32
    checkSecretSize(type, key.size)
  }
  if (key.purpose) checkPurpose(type, key.purpose)
  checkStays(key)
  checkAutoRotate(key.autoRotate)
  return key
}

function checkPurpose(type: KeyType, purpose: Purpose): void {
  const fits = { encrypt: encrypts(type), sign: signs(type), mac: type.hmac === true, agree: type.curve !== undefined }[purpose]
  if (!fits) throw invalid(`keys of type ${type.name} are not for ${purpose}`)
}

/** A key that is bound to one use never leaves. */
export function checkStays(key: Key): void {
  if (key.purpose !== undefined && (key.exportable || key.plaintextBackup)) throw invalid('a key that is bound to one use can neither be exported nor backed up in the clear')
}

export function checkAutoRotate(seconds: number): void {
  if (seconds !== 0 && seconds < 3600) throw invalid('auto rotate period must be 0 to disable or at least an hour')
}

/** Fresh material for the next version; slow for RSA, so never made inside a transaction. */
export async function makeVersion(key: Pick<Key, 'type' | 'size'>, now: number): Promise<KeyVersion> {
  const type = keyType(key.type)
  if (isAsymmetric(type)) return pairVersion(await generateKeys(type), now)
  return secretVersion(key.type, randomBytes(type.hmac ? key.size : type.aead!.keyBytes), now)
}

export function secretVersion(typeName: string, secret: Buffer, now: number): KeyVersion {
  const type = keyType(typeName)
  checkSecretSize(type, secret.length)
  const version: KeyVersion = { created: new Date(now).toISOString(), key: secret.toString('base64') }
  return type.hmac ? version : { ...version, hmac: randomBytes(32).toString('base64') }
}

export function pairVersion(pair: { publicKey: KeyObject; privateKey?: KeyObject }, now: number): KeyVersion {
  const version: KeyVersion = {
    created: new Date(now).toISOString(),
    public: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    hmac: randomBytes(32).toString('base64'),
  }
  if (pair.privateKey) version.private = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
  return version
}

export function addVersion(key: Key, version: KeyVersion): void {
  key.latest++
  key.versions[key.latest] = version
}

/** Adds a version made beforehand, as rotation does; an imported key must allow it. */
export function rotateKey(key: Key, version: KeyVersion): void {
  refuseEnding(key)
  if (key.softDeleted) throw new Fault('invalid', `key ${key.name} is soft-deleted; restore it before use`, { reason: ['key-disabled'] })
  if (key.imported && !key.importedRotation && !key.external) throw invalid(`imported key ${key.name} does not allow rotation within Strongroom`)
  addVersion(key, version)
  key.imported = key.external === true
}

/** Makes the key unless it exists; tells whether it did. */
export async function createKey(store: View, blank: Key, now: number): Promise<{ key: Key; created: boolean }> {
  const before = await findKey(store, blank.name)
  if (before) return { key: before, created: false }
  const version = blank.external ? null : await makeVersion(blank, now)
  return store.update(async (tx) => {
    const raced = await findKey(tx, blank.name)
    if (raced) return { key: raced, created: false }
    const key = structuredClone(blank)
    if (version) addVersion(key, version)
    await storeKey(tx, key)
    return { key, created: true }
  })
}

/** The version to produce something new with: 0 for the latest. `purpose`: `encryption` or `signing`. */
export function versionForUse(key: Key, wanted: number, purpose: string): number {
  const number = wanted === 0 ? key.latest : wanted
  if (number < 0) throw invalid(`requested version for ${purpose} is negative`)
  if (number > key.latest) throw invalid(`requested version for ${purpose} is higher than the latest key version`)
  if (wanted !== 0 && number < Math.max(key.minEncryption, 1)) {
    throw invalid(`requested version for ${purpose} is less than the minimum encryption key version`)
  }
  return number
}

export function versionAt(key: Key, number: number): KeyVersion {
  const version = key.versions[number]
  if (!version) throw invalid('no such key version')
  return version
}

/** The numbers of the versions that may still be read, ascending. */
export const liveVersions = (key: Key): number[] =>
  Object.keys(key.versions).map(Number).filter((number) => number >= key.minDecryption).sort((a, b) => a - b)

export interface Marked {
  number: number
  bytes: Buffer
}

/** What cannot be read; dialects tell it from other mistakes. */
export const broken = (message: string): Fault => new Fault('invalid', message, { reason: ['broken'] })

/** Takes `vault:v3:BASE64` apart and refuses versions that may not be read. `what`: `ciphertext`, `signature`, `HMAC`. */
export function parseMarked(key: Key, text: string, what: string, encoding: 'base64' | 'base64url' = 'base64'): Marked {
  if (!text.startsWith('vault:v')) throw broken(`invalid ${what}: no prefix`)
  const at = text.indexOf(':', 7)
  if (at < 0) throw broken(`invalid ${what}: wrong number of fields`)
  const digits = text.slice(7, at)
  if (!/^\d{1,9}$/.test(digits)) throw broken(`invalid ${what}: version number could not be decoded`)
  const number = Number(digits)
  if (number > key.latest) throw broken(`invalid ${what}: version is too new`)
  if (number < key.minDecryption) throw new Fault('invalid', 'ciphertext or signature version is disallowed by policy (too old)', { reason: ['version-old'] })
  const body = text.slice(at + 1)
  const clean = encoding === 'base64' ? decodeBase64(body) : /^[\w-]*$/.test(body) ? Buffer.from(body, 'base64url') : null
  if (!clean) throw broken(`invalid ${what}: could not decode base64`)
  return { number, bytes: clean }
}

export const mark = (number: number, bytes: Buffer, encoding: 'base64' | 'base64url' = 'base64'): string =>
  `vault:v${number}:${bytes.toString(encoding)}`

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/

/** Standard base64 with its padding, or null. Line breaks are ignored, as Go does. */
export function decodeBase64(text: string): Buffer | null {
  const joined = text.includes('\n') ? text.replaceAll(/[\r\n]/g, '') : text
  return joined.length % 4 === 0 && alphabet.test(joined) ? Buffer.from(joined, 'base64') : null
}

/** Base64 of the request; throws `invalid` that names the field. */
export function needBase64(text: string, name: string): Buffer {
  const bytes = decodeBase64(text)
  if (!bytes) throw invalid(`unable to decode ${name} as base64`)
  return bytes
}
