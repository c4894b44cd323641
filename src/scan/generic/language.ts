// How random a text looks: the bits that a model of words needs for it, less the bits that its alphabet would need at random.
import { languageTable } from './language-table.ts'

const letters = 27
let table: Uint8Array | undefined

/** Bits of surprise of one lower-case word, its beginning and end included. */
function wordBits(word: string): number {
  table ??= Buffer.from(languageTable, 'base64')
  let before = 0
  let last = 0
  let sum = 0
  for (let at = 0; at <= word.length; at++) {
    const code = at === word.length ? 0 : word.charCodeAt(at) - 96
    sum += table[(before * letters + last) * letters + code]!
    before = last
    last = code
  }
  return sum / 16
}

/** Digits that people type in a row: counting, repeating, years, round numbers. */
const plainDigits = /^(?:0?1?23?4?5?6?7?8?9?0?|(\d)\1*|(?:19|20)\d\d|\d00+|9876543?2?1?0?|[1-9])$/

const piece = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+/g
const joinBits = 1.5

/** Bits that the model of words, numbers and separators needs. */
export function languageBits(text: string): number {
  let sum = 0
  for (const [run] of text.matchAll(piece)) {
    const code = run.charCodeAt(0)
    if (code >= 48 && code <= 57) sum += joinBits + (plainDigits.test(run) ? 3 + run.length / 2 : 1.5 + 3.32 * run.length)
    else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) sum += joinBits + wordBits(run.toLowerCase())
    else sum += run.length === 1 && '_-. /:'.includes(run) ? 2 : 3.5 * run.length
  }
  return sum
}

/**
 * Bits that the text would need if each character were drawn at random: from all kinds of characters that it shows, or kind
 * by kind with the places told where they change, whichever is less.
 */
export function randomBits(text: string): number {
  let changes = 0
  let bits = 0
  let before = 0
  const seen = [0, 0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const kind = kindAt(text.charCodeAt(at))
    if (kind !== before && at > 0) changes++
    before = kind
    seen[kind] = 1
    bits += kindBits[kind]!
  }
  if (/^(?:[\da-f]+|[\dA-F]+)$/.test(text)) return text.length * 4
  const size = seen.reduce((sum, held, kind) => sum + held * kindSizes[kind]!, 0)
  return Math.min(text.length * Math.log2(Math.max(2, size)), bits + changes * changeBits)
}

/** Small letters, capitals, digits, signs. */
const kindSizes = [26, 26, 10, 4]
const kindBits = kindSizes.map((size) => Math.log2(size))
const changeBits = 2

function kindAt(code: number): number {
  if (code >= 97 && code <= 122) return 0
  if (code >= 65 && code <= 90) return 1
  return code >= 48 && code <= 57 ? 2 : 3
}

/** Above 0: better explained as random than as words; grows with length for truly random texts. */
export const randomness = (text: string): number => languageBits(text) - randomBits(text)
