// Authenticated encryption with AES-256-GCM (NIST SP 800-38D): `nonce (12) | ciphertext | tag (16)`, a fresh
// random nonce each time.
import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto'

export const nonceBytes = 12
export const tagBytes = 16
export const keyBytes = 32

/** Random bytes are drawn for many nonces at once: asking the system for twelve costs as much as sealing. */
const drawn = Buffer.alloc(nonceBytes * 256)
let left = 0

/** The nonce of the value that is being sealed: taken over before the next is drawn. */
const nonce = Buffer.alloc(nonceBytes)

function drawNonce(): void {
  if (left === 0) {
    randomFillSync(drawn)
    left = drawn.length
  }
  left -= nonceBytes
  drawn.copy(nonce, 0, left, left + nonceBytes)
}

/** Encrypts under a fresh nonce. `room` bytes are left in front of the nonce, unset, for the caller's own header. */
export function seal(key: KeyObject, plaintext: Uint8Array, aad: Uint8Array, room = 0): Buffer {
  const sealed = Buffer.allocUnsafe(room + nonceBytes + plaintext.length + tagBytes)
  drawNonce()
  nonce.copy(sealed, room)
  const body = room + nonceBytes
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  sealed.set(cipher.update(plaintext), body)
  cipher.final()
  sealed.set(cipher.getAuthTag(), body + plaintext.length)
  return sealed
}

/** Decrypts what lies after the first `room` bytes; throws an Error without detail when anything was altered. */
export function open(key: KeyObject, sealed: Uint8Array, aad: Uint8Array, room = 0): Buffer {
  const body = room + nonceBytes
  const end = sealed.length - tagBytes
  if (end < body) throw new Error('the ciphertext is too short')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(room, body), { authTagLength: tagBytes })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(body, end))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw new Error('the ciphertext does not open with this key in this place')
  }
  return plaintext
}
