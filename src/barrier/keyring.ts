// The keyring: the data keys by term, and when to make the next. Immutable; stored sealed under the root key, as
// `length of the header (4, big endian) | header in JSON | the keys (32 each) in the header's order`: keys never become text.
import { createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import { keyBytes } from '../crypto/aead.ts'
import { invalid } from '../kit/errors.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'

export const keyringPath = 'core/keyring'
/** The root key under the keyring, so that another process can follow a rekey. */
export const rootKeyPath = 'core/root-key'
/** The keyring's own envelope names this term: no data key has it. */
const rootTerm = 0

export interface RotationConfig {
  enabled: boolean
  /** Encryptions after which a term is followed by the next; NIST SP 800-38D allows 2^32 random nonces, this is 90% of it at most. */
  maxOperations: number
  /** Seconds after which a term is followed by the next; 0: never by time. */
  interval: number
}

export const minOperations = 1_000_000
export const maxOperations = 3_865_470_566
const minInterval = 24 * 3600
const defaultRotation: RotationConfig = { enabled: true, maxOperations, interval: 0 }

/** Refuses a configuration that Vault refuses: operations out of range, an interval under a day. */
export function checkRotation(config: RotationConfig): void {
  if (config.maxOperations < minOperations || config.maxOperations > maxOperations) {
    throw invalid(`max_operations must be between ${minOperations} and ${maxOperations}`)
  }
  if (config.interval !== 0 && config.interval < minInterval) throw invalid('interval must be 0 or at least 24 hours')
}

export interface Term {
  key: KeyObject
  /** ISO 8601. */
  installTime: string
}

export interface Keyring {
  terms: ReadonlyMap<number, Term>
  active: number
  rotation: RotationConfig
}

interface Header {
  active: number
  rotation: RotationConfig
  terms: { term: number; installTime: string }[]
}

export function newKeyring(now: Date): Keyring {
  return addTerm({ terms: new Map(), active: 0, rotation: defaultRotation }, now)
}

/** The same keyring with one more term, which becomes the active one. */
export function addTerm(keyring: Keyring, now: Date): Keyring {
  const raw = randomBytes(keyBytes)
  const term = { key: createSecretKey(raw), installTime: now.toISOString() }
  raw.fill(0)
  const active = keyring.active + 1
  return { ...keyring, terms: new Map([...keyring.terms, [active, term]]), active }
}

export function sealKeyring(keyring: Keyring, rootKey: Uint8Array): Buffer {
  const terms = Array.from(keyring.terms, ([term, { installTime }]) => ({ term, installTime }))
  const header = Buffer.from(JSON.stringify({ active: keyring.active, rotation: keyring.rotation, terms } satisfies Header))
  const plaintext = Buffer.alloc(4 + header.length + terms.length * keyBytes)
  plaintext.writeUInt32BE(header.length)
  plaintext.set(header, 4)
  let at = 4 + header.length
  for (const { key } of keyring.terms.values()) {
    const raw = key.export()
    plaintext.set(raw, at)
    raw.fill(0)
    at += keyBytes
  }
  const sealed = sealEnvelope(createSecretKey(rootKey), rootTerm, keyringPath, plaintext)
  plaintext.fill(0)
  return sealed
}

/** Throws where `rootKey` is not the one that sealed it. */
export function openKeyring(sealed: Uint8Array, rootKey: Uint8Array): Keyring {
  const plaintext = openEnvelope(createSecretKey(rootKey), keyringPath, sealed)
  const keys = 4 + plaintext.readUInt32BE()
  const { active, rotation, terms } = JSON.parse(plaintext.toString('utf8', 4, keys)) as Header
  const keyAt = (index: number): KeyObject => createSecretKey(plaintext.subarray(keys + index * keyBytes, keys + (index + 1) * keyBytes))
  const ring = { active, rotation, terms: new Map(terms.map(({ term, installTime }, index) => [term, { key: keyAt(index), installTime }])) }
  plaintext.fill(0)
  return ring
}

/** Whether two root keys are the same, in constant time. */
export const sameKey = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
