// The stored form of every value: `version (1) | key term (4, big endian) | nonce (12) | ciphertext | tag (16)`.
// The full key path and the term are associated data: a moved or swapped ciphertext does not open.
import type { KeyObject } from 'node:crypto'
import { open, seal } from '../crypto/aead.ts'

const version = 1
const header = 5

function associatedData(path: string, term: number): Buffer {
  const data = Buffer.allocUnsafe(header + Buffer.byteLength(path))
  data[0] = version
  data.writeUInt32BE(term, 1)
  data.write(path, header)
  return data
}

export function sealEnvelope(key: KeyObject, term: number, path: string, plaintext: Uint8Array): Buffer {
  const sealed = seal(key, plaintext, associatedData(path, term), header)
  sealed[0] = version
  sealed.writeUInt32BE(term, 1)
  return sealed
}

/** The key term that a stored value names; throws where it is not an envelope. */
export function envelopeTerm(sealed: Uint8Array): number {
  if (sealed.length < header || sealed[0] !== version) throw new Error('not a sealed value')
  return ((sealed[1]! << 24) | (sealed[2]! << 16) | (sealed[3]! << 8) | sealed[4]!) >>> 0
}

/** Throws unless the value was sealed with this key, at this path. */
export function openEnvelope(key: KeyObject, path: string, sealed: Uint8Array): Buffer {
  return open(key, sealed, associatedData(path, envelopeTerm(sealed)), header)
}
