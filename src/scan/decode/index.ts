// Finds encoded parts of a text and undoes one layer: Base64, hexadecimal, percent and Unicode escapes.
// A part counts only where it decodes to readable text, so that identifiers and hashes cost next to nothing.
import type { Text } from '../match/text.ts'
import { undoEscapes } from './escapes.ts'
import { leastRun, Piece } from './piece.ts'
import { decodeRun } from './runs.ts'

export interface Part {
  encoding: 'base64' | 'hex' | 'percent' | 'unicode'
  /** Offsets of the encoded part in the text. */
  start: number
  end: number
  /** What it says. */
  bytes: Buffer
}

let piece: Piece | undefined

/** The encoded parts of a text that decode to readable text, at most `limit` of them. A run is told of each piece by itself. */
export function decodeAll(text: Text, limit = 2000): Part[] {
  const parts: Part[] = []
  const { bytes, length } = text
  if (length < leastEscaped) return parts
  piece ??= new Piece()
  for (let from = 0; from < length; ) {
    const to = piece.load(bytes, from)
    const runs = to - from < leastRun ? [] : piece.runs()
    for (let at = 0; at < runs.length && parts.length < limit; at += 2) {
      const part = decodeRun(bytes, runs[at]!, runs[at + 1]!)
      if (part !== null) parts.push(part)
    }
    undoEscapes(text, piece.escapes(), parts, limit)
    from = to
  }
  return parts
}

/** Eight characters, one of them written as `%XX`. */
const leastEscaped = 10
