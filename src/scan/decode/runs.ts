// Runs of Base64 and hexadecimal digits that decode to readable text.
import type { Text } from '../match/text.ts'
import type { Part } from './index.ts'

const least = 32
const most = 1 << 20
const value = new Int8Array(256).fill(-1)
;[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((character, at) => (value[character.charCodeAt(0)] = at))
value[45] = 62
value[95] = 63
const hexDigit = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') hexDigit[character.charCodeAt(0)] = 1

/** Looks at every 32nd byte only: a run that long cannot hide between two looks. */
export function findRuns(text: Text, parts: Part[], limit: number): void {
  const { bytes, length } = text
  for (let look = least - 1; look < length; look += least) {
    if (value[bytes[look]!]! < 0) continue
    const floor = look - least
    let from = look
    while (from > 0 && from > floor && value[bytes[from - 1]!]! >= 0) from--
    let to = look + 1
    if (to - from < least) {
      const need = from + least
      while (to < length && to < need && value[bytes[to]!]! >= 0) to++
      if (to < need) continue
    }
    while (from > 0 && look - from < most && value[bytes[from - 1]!]! >= 0) from--
    while (to < length && to - from < most && value[bytes[to]!]! >= 0) to++
    const part = decodeRun(bytes, from, to)
    if (part !== null) parts.push(part)
    if (parts.length >= limit) return
    look = to
  }
}

const isReadable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9

function decodeRun(bytes: Buffer, from: number, to: number): Part | null {
  if ((to - from) % 2 === 0 && to - from >= 32 && isHex(bytes, from, to)) {
    const decoded = Buffer.from(bytes.toString('latin1', from, to), 'hex')
    return isText(decoded) ? { encoding: 'hex', start: from, end: to, bytes: decoded } : null
  }
  // A `/` or `-` before the encoded text belongs to a path or name; the text itself begins at a group of four.
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
    const group = (value[bytes[at]!]! << 18) | (value[bytes[at + 1]!]! << 12) | (value[bytes[at + 2]!]! << 6) | value[bytes[at + 3]!]!
    if (!isReadable((group >> 16) & 255) || !isReadable((group >> 8) & 255) || !isReadable(group & 255)) return false
  }
  return true
}

/** Almost wholly printable ASCII, and a text rather than one repeated character. */
function isText(decoded: Uint8Array): boolean {
  let strange = 0
  for (const byte of decoded) if (!isReadable(byte)) strange++
  return decoded.length >= 12 && strange <= decoded.length / 20
}
