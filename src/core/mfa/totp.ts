// One-time codes by time. https://www.rfc-editor.org/rfc/rfc6238
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { TotpMethod } from './records.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 base32 without padding. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) text += alphabet[(value >>> (bits -= 5)) & 31]
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}

export function fromBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text) {
    value = ((value << 5) | alphabet.indexOf(letter)) & 0xfff
    bits += 5
    if (bits >= 8) bytes.push((value >>> (bits -= 8)) & 255)
  }
  return Buffer.from(bytes)
}

/** The code of one period (RFC 4226, section 5.3). */
export function codeAt({ algorithm, digits }: Pick<TotpMethod, 'algorithm' | 'digits'>, secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm.toLowerCase(), fromBase32(secret)).update(counter).digest()
  const at = mac.at(-1)! & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

/** The period whose code was given, or null; every period that counts is compared, in constant time each. */
export function matchingStep(method: Pick<TotpMethod, 'algorithm' | 'digits' | 'period' | 'skew'>, secret: string, code: string, now: number): number | null {
  const given = Buffer.from(code.trim())
  const current = Math.floor(now / method.period)
  let found: number | null = null
  for (let step = Math.max(0, current - method.skew); step <= current + method.skew; step++) {
    const right = Buffer.from(codeAt(method, secret, step))
    if (given.length === right.length && timingSafeEqual(given, right)) found = step
  }
  return found
}

/** A new secret and the URL by which authenticator apps take it. */
export function makeTotp(method: TotpMethod, account: string): { secret: string; url: string } {
  const secret = base32(randomBytes(method.keySize))
  const query = new URLSearchParams({ algorithm: method.algorithm, digits: String(method.digits), issuer: method.issuer, period: String(method.period), secret })
  return { secret, url: `otpauth://totp/${encodeURIComponent(method.issuer)}:${encodeURIComponent(account)}?${query}` }
}
