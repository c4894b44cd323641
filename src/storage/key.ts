// The order of keys and the ranges that prefixes span, the same in every backend: bytes of the UTF-8
// form, which is the order of code points (and not that of JavaScript's UTF-16 strings).

import { Fault, invalid } from '../kit/errors.ts'
import type { Batch, Page } from '../kit/storage.ts'

/** Longest key in bytes: what one entry of a PostgreSQL index holds beside the rest of its row. */
export const longestKey = 2048
/** Largest value in bytes; a body of 32 MiB fits with its envelope. */
export const largestValue = 64 * 1024 * 1024
const defaultLimit = 1000

/** Negative, zero or positive as `a` lies before, at or after `b` in the order of keys. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

// Surrogates stand for code points above U+FFFF and so come after U+E000..U+FFFF.
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** The least key greater than every key that begins with `prefix`; null where there is none. */
export function afterPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!)
  while (points.length > 0) {
    const last = points.pop()!
    if (last === 0x10ffff) continue
    const next = last === 0xd7ff ? 0xe000 : last + 1
    return String.fromCodePoint(...points, next)
  }
  return null
}

/** The keys a list call asks for: `from` inclusive, without `after`, below `to` (null: to the end), at most `limit`. */
export function range(prefix: string, page: Page = {}): { from: string; after: string; to: string | null; limit: number } {
  const after = page.after ?? ''
  const limit = page.limit ?? defaultLimit
  if (!Number.isSafeInteger(limit) || limit < 0) throw invalid('the limit of a list is a whole number')
  return { from: compareKeys(after, prefix) > 0 ? after : prefix, after, to: afterPrefix(prefix), limit }
}

/** Throws unless every backend can hold what `batch` puts. */
export function checkBatch(batch: Batch): void {
  for (const [key, value] of batch.put ?? []) {
    if (key === '' || key.includes('\0') || !key.isWellFormed()) throw invalid('a storage key is well-formed text without NUL')
    if (key.length > longestKey / 3 && Buffer.byteLength(key) > longestKey) throw invalid(`a storage key has at most ${longestKey} bytes`)
    if (value.byteLength > largestValue) throw new Fault('too-large', `a stored value has at most ${largestValue} bytes`)
  }
}
