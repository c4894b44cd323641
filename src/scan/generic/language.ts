// How random a text looks: the bits that a model of words needs for it, less the bits that its alphabet would need at random.
import { languageTable } from './language-table.ts'

const letters = 27
let table: Uint8Array | undefined

/** Bits of surprise of the word between the offsets, whatever its case, its beginning and end included. */
function wordBits(text: string, from: number, to: number): number {
  table ??= Buffer.from(languageTable, 'base64')
  let before = 0
  let last = 0
  let sum = 0
  for (let at = from; at <= to; at++) {
    const code = at === to ? 0 : (text.charCodeAt(at) | 32) - 96
    sum += table[(before * letters + last) * letters + code]!
    before = last
    last = code
  }
  return sum / 16
}

/** Digits that people type in a row: counting, repeating, years, round numbers. */
const plainDigits = /^(?:0?1?23?4?5?6?7?8?9?0?|(\d)\1*|(?:19|20)\d\d|\d00+|9876543?2?1?0?|[1-9])$/

const joinBits = 1.5

/** Bits that the model of words, numbers and separators needs. Words are also told by capitals within them. */
export function languageBits(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; ) {
    const kind = kindAt(text.charCodeAt(at))
    let to = at + 1
    while (to < text.length && kindAt(text.charCodeAt(to)) === kind) to++
    if (kind === capital && to < text.length && kindAt(text.charCodeAt(to)) === small) {
      if (to - at > 1) to--
      else while (to < text.length && kindAt(text.charCodeAt(to)) === small) to++
    }
    sum += kind === sign ? signBits(text, at, to) : joinBits + (kind === digit ? digitBits(text.slice(at, to)) : wordBits(text, at, to))
    at = to
  }
  return sum
}

const digitBits = (run: string): number => (plainDigits.test(run) ? 3 + run.length / 2 : 1.5 + 3.32 * run.length)
const signBits = (text: string, from: number, to: number): number => (to - from === 1 && '_-. /:'.includes(text[from]!) ? 2 : 3.5 * (to - from))

/**
 * Bits that the text would need if each character were drawn at random: from all kinds of characters that it shows, or kind
 * by kind with the places told where they change, whichever is less.
 */
export function randomBits(text: string): number {
  let changes = 0
  let bits = 0
  let before = 0
  let seen = 0
  for (let at = 0; at < text.length; at++) {
    const kind = kindAt(text.charCodeAt(at))
    if (kind !== before && at > 0) changes++
    before = kind
    seen |= 1 << kind
    bits += kindBits[kind]!
  }
  if ((seen === hexSmall || seen === hexCapital || seen === digitsAlone || seen === 1 || seen === 2) && /^(?:[\da-f]+|[\dA-F]+)$/.test(text)) return text.length * 4
  return Math.min(text.length * sizeBits[seen]!, bits + changes * changeBits)
}

const small = 0
const capital = 1
const digit = 2
const sign = 3
const kindSizes = [26, 26, 10, 4]
const kindBits = kindSizes.map((size) => Math.log2(size))
const changeBits = 2
const digitsAlone = 1 << digit
const hexSmall = digitsAlone | (1 << small)
const hexCapital = digitsAlone | (1 << capital)
/** Bits of a character of any of the kinds of a set. */
const sizeBits = Array.from({ length: 16 }, (_, set) => Math.log2(Math.max(2, kindSizes.reduce((sum, size, kind) => sum + ((set >> kind) & 1) * size, 0))))

function kindAt(code: number): number {
  if (code >= 97 && code <= 122) return small
  if (code >= 65 && code <= 90) return capital
  return code >= 48 && code <= 57 ? digit : sign
}

/** Above 0: better explained as random than as words; grows with length for truly random texts. */
export const randomness = (text: string): number => languageBits(text) - randomBits(text)
