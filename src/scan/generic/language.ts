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

/** Bits that the text would need if each character were drawn at random from the kinds of characters that it shows. */
export function randomBits(text: string): number {
  let size = 0
  if (/^[\da-f]+$/.test(text) || /^[\dA-F]+$/.test(text)) size = 16
  else {
    if (/[a-z]/.test(text)) size += 26
    if (/[A-Z]/.test(text)) size += 26
    if (/\d/.test(text)) size += 10
    if (/[^A-Za-z\d]/.test(text)) size += 4
  }
  return text.length * Math.log2(Math.max(2, size))
}

/** Above 0: better explained as random than as words; grows with length for truly random texts. */
export const randomness = (text: string): number => languageBits(text) - randomBits(text)
