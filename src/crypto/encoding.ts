// Encodings of random identifiers and keys.
import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Bytes from here on would favour some characters. */
const fair = 256 - (256 % alphabet.length)

/** A random text of base62 characters, each equally likely. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < fair) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/** Bytes written in hex or in base64 of either alphabet, padded or not; null where the text is neither. Hex wins where both fit. */
export function decodeHexOrBase64(text: string): Buffer | null {
  if (text === '') return null
  if (text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text)) return Buffer.from(text, 'hex')
  if (/^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1) return Buffer.from(text, 'base64')
  return null
}

/** The exclusive or of two byte strings of one length; throws a RangeError where they differ in length. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  if (a.length !== b.length) throw new RangeError('the lengths differ')
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!))
}
