// Percent-encoded texts, and escapes such as `\u0041`, `\x41`: undone over the run without white space that holds them.
import type { Text } from '../match/text.ts'
import type { Part } from './index.ts'

const reach = 4096
const percent = 37
const backslash = 92
const isHex = (byte: number | undefined): boolean => byte !== undefined && ((byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 102))

export function findEscapes(text: Text, parts: Part[], limit: number): void {
  collect(text, parts, limit, percent, (bytes, at) => isHex(bytes[at + 1]) && isHex(bytes[at + 2]), 'percent', unpercent)
  collect(text, parts, limit, backslash, startsEscape, 'unicode', unescape)
}

/** `\u00XX` or `\xXX` of a printable character; line feeds and the like would make every string literal a candidate. */
function startsEscape(bytes: Uint8Array, at: number): boolean {
  const kind = bytes[at + 1]
  if (kind === 120) return isHex(bytes[at + 2]) && isHex(bytes[at + 3]) && bytes[at + 2]! >= 50
  return kind === 117 && bytes[at + 2] === 48 && bytes[at + 3] === 48 && isHex(bytes[at + 4]) && isHex(bytes[at + 5]) && bytes[at + 4]! >= 50
}

type Undo = (encoded: string) => string

function collect(text: Text, parts: Part[], limit: number, mark: number, starts: (bytes: Uint8Array, at: number) => boolean, encoding: Part['encoding'], undo: Undo): void {
  const { bytes, length } = text
  for (let at = bytes.indexOf(mark); at !== -1 && at < length; at = bytes.indexOf(mark, at + 1)) {
    if (!starts(bytes, at)) continue
    let from = at
    while (from > 0 && at - from < reach && bytes[from - 1]! > 32) from--
    let to = at
    while (to < length && to - at < reach && bytes[to]! > 32) to++
    const encoded = bytes.toString('latin1', from, to)
    const decoded = undo(encoded)
    if (decoded.length >= 8 && decoded !== encoded) parts.push({ encoding, start: from, end: to, bytes: Buffer.from(decoded, 'latin1') })
    if (parts.length >= limit) return
    at = to
  }
}

const unpercent: Undo = (encoded) => encoded.replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
const unescape: Undo = (encoded) =>
  encoded.replace(/\\(?:u00|x)([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
