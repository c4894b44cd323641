// Runs of Base64 and hexadecimal digits that decode to readable text.
import type { Part } from './index.ts'
import { digitValue, hexDigit } from './piece.ts'

const most = 1 << 20

const isReadable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9

/** What the run between the offsets decodes to, or null where that is no text. */
export function decodeRun(bytes: Buffer, from: number, end: number): Part | null {
  const to = Math.min(end, from + most)
  if ((to - from) % 2 === 0 && isHex(bytes, from, to)) {
    const decoded = Buffer.from(bytes.toString('latin1', from, to), 'hex')
    return isText(decoded) ? { encoding: 'hex', start: from, end: to, bytes: decoded } : null
  }
  if (!beginsReadable(bytes, from)) return null
  const decoded = Buffer.from(bytes.toString('latin1', from, to), 'base64')
  return isText(decoded) ? { encoding: 'base64', start: from, end: to, bytes: decoded } : null
}

function isHex(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!hexDigit[bytes[at]!]) return false
  return true
}

/** The first twelve bytes that the run decodes to, without decoding the rest. */
function beginsReadable(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 16; at += 4) {
    const group = (digitValue[bytes[at]!]! << 18) | (digitValue[bytes[at + 1]!]! << 12) | (digitValue[bytes[at + 2]!]! << 6) | digitValue[bytes[at + 3]!]!
    if (!isReadable((group >> 16) & 255) || !isReadable((group >> 8) & 255) || !isReadable(group & 255)) return false
  }
  return true
}

/** Almost wholly printable ASCII. */
function isText(decoded: Uint8Array): boolean {
  let strange = 0
  for (const byte of decoded) if (!isReadable(byte)) strange++
  return decoded.length >= 12 && strange <= decoded.length / 20
}
