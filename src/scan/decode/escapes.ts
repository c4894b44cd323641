// Percent-encoded texts, and escapes such as `\u0041`, `\x41`: undone over the run without white space that holds them.
import type { Text } from '../match/text.ts'
import type { Part } from './index.ts'
import { backslash, percent } from './piece.ts'

const reach = 4096

interface Kind {
  mark: number
  encoding: Part['encoding']
  undo(encoded: string): string
}

const kinds: Kind[] = [
  { mark: percent, encoding: 'percent', undo: (encoded) => encoded.replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))) },
  { mark: backslash, encoding: 'unicode', undo: (encoded) => encoded.replace(/\\(?:u00|x)([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))) },
]

/** Adds what the escapes that begin at the offsets say. */
export function undoEscapes(text: Text, places: number[], parts: Part[], limit: number): void {
  if (places.length === 0) return
  for (const { mark, encoding, undo } of kinds) {
    let done = -1
    for (const at of places) {
      if (at <= done || text.bytes[at] !== mark) continue
      if (parts.length >= limit) return
      const { from, to } = surroundings(text, at)
      const encoded = text.bytes.toString('latin1', from, to)
      const decoded = undo(encoded)
      if (decoded.length >= 8 && decoded !== encoded) parts.push({ encoding, start: from, end: to, bytes: Buffer.from(decoded, 'latin1') })
      done = to
    }
  }
}

function surroundings({ bytes, length }: Text, at: number): { from: number; to: number } {
  let from = at
  while (from > 0 && at - from < reach && bytes[from - 1]! > 32) from--
  let to = at
  while (to < length && to - at < reach && bytes[to]! > 32) to++
  return { from, to }
}
