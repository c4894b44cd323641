// Authenticated encryption with the nonce in front: nonce, ciphertext, tag.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { Aead } from './key-type.ts'

const tagBytes = 16

/** The subkey of XChaCha20. draft-irtf-cfrg-xchacha-03, section 2.2. */
export function hchacha20(key: KeyObject, nonce: Buffer): Buffer {
  const block = createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64))
  const subkey = Buffer.alloc(32)
  const constants = Buffer.from('expand 32-byte k')
  // ChaCha20 adds its input to the permuted state; HChaCha20 is that state before the addition.
  for (let at = 0; at < 16; at += 4) {
    subkey.writeUInt32LE((block.readUInt32LE(at) - constants.readUInt32LE(at)) >>> 0, at)
    subkey.writeUInt32LE((block.readUInt32LE(48 + at) - nonce.readUInt32LE(at)) >>> 0, 16 + at)
  }
  return subkey
}

/** The key and 12-byte nonce to use below: XChaCha20 folds the longer nonce into both. */
function narrow(key: KeyObject, nonce: Buffer): { key: KeyObject; nonce: Buffer } {
  if (nonce.length === 12) return { key, nonce }
  return { key: createSecretKey(hchacha20(key, nonce.subarray(0, 16))), nonce: Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]) }
}

// The runtime types GCM and ChaCha20-Poly1305 apart, though both take the same calls.
const asGcm = (aead: Aead): 'aes-256-gcm' => aead.cipher as 'aes-256-gcm'

/** `nonceKey`: derive the nonce from the plaintext (convergent encryption, version 3 of the scheme) instead of drawing it. */
export function sealAead(aead: Aead, key: KeyObject, plaintext: Buffer, associated: Buffer | null, nonceKey: Buffer | null): Buffer {
  const nonce = nonceKey
    ? createHmac('sha256', nonceKey).update(plaintext).digest().subarray(0, aead.nonceBytes)
    : randomBytes(aead.nonceBytes)
  const inner = narrow(key, nonce)
  const cipher = createCipheriv(asGcm(aead), inner.key, inner.nonce, { authTagLength: tagBytes })
  if (associated) cipher.setAAD(associated)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext, or null when the ciphertext, the key or the associated data is not the right one. */
export function openAead(aead: Aead, key: KeyObject, sealed: Buffer, associated: Buffer | null): Buffer | null {
  if (sealed.length < aead.nonceBytes + tagBytes) return null
  const inner = narrow(key, sealed.subarray(0, aead.nonceBytes))
  const decipher = createDecipheriv(asGcm(aead), inner.key, inner.nonce, { authTagLength: tagBytes })
  if (associated) decipher.setAAD(associated)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(aead.nonceBytes, sealed.length - tagBytes)), decipher.final()])
  } catch {
    return null
  }
}
