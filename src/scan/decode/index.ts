// Finds encoded parts of a text and undoes one layer: Base64, hexadecimal, percent and Unicode escapes.
// A part counts only where it decodes to readable text, so that identifiers and hashes cost next to nothing.
import type { Text } from '../match/text.ts'
import { findRuns } from './runs.ts'
import { findEscapes } from './escapes.ts'

export interface Part {
  encoding: 'base64' | 'hex' | 'percent' | 'unicode'
  /** Offsets of the encoded part in the text. */
  start: number
  end: number
  /** What it says. */
  bytes: Buffer
}

/** The encoded parts of a text that decode to readable text, at most `limit` of them. */
export function decodeAll(text: Text, limit = 2000): Part[] {
  const parts: Part[] = []
  findRuns(text, parts, limit)
  findEscapes(text, parts, limit)
  return parts
}
