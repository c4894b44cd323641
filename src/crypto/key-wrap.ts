// AES-256 key wrap with padding (RFC 5649).
import { createCipheriv, createDecipheriv } from 'node:crypto'

/** The alternative initial value of section 3. */
const initialValue = Buffer.from('a65959a6', 'hex')

export function wrapPadded(kek: Buffer, secret: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, initialValue)
  return Buffer.concat([cipher.update(secret), cipher.final()])
}

/** Null where the wrapped bytes are not whole. */
export function unwrapPadded(kek: Buffer, wrapped: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', kek, initialValue)
    return Buffer.concat([decipher.update(wrapped), decipher.final()])
  } catch {
    return null
  }
}
