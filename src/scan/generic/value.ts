// Reads the value that stands behind a name, whatever the notation; bounded, over bytes.
import type { Step, Way } from '../match/sieve.ts'

export interface Value {
  start: number
  end: number
  quoted: boolean
  /** Only white space stands between name and value: the tie is weak. */
  loose: boolean
  /** The value is an item of a list that may go on. */
  list?: boolean
}

const tab = 9
const newline = 10
const space = 32
const valueLimit = 2048

const flags = (characters: string): Uint8Array => {
  const table = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) table[byte] = 1
  return table
}
const closers = flags('\\"\'`])*')
const operators = flags('=:>?|!~')
const quotes = flags('"\'`')
const stops = flags(' \t\r\n,;"\'`<>&|)(}]\\')
const prefixes = flags('bBrRuUfFLN@')
const letters = flags('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz[]<>.?*&:')
const valueWord = /^(?:value|default|content|data|secret|string)["']?\s*[:=>]\s*/i

function skipBlank(bytes: Uint8Array, at: number, length: number, limit: number): number {
  const ceiling = Math.min(length, at + limit)
  while (at < ceiling && (bytes[at] === space || bytes[at] === tab)) at++
  return at
}

/** Skips white space and at most one newline; also one that is written as `\n`. */
function skipBreak(bytes: Uint8Array, at: number, length: number): number {
  at = skipBlank(bytes, at, length, 64)
  if (bytes[at] === 13) at++
  if (bytes[at] === newline) at = skipBlank(bytes, at + 1, length, 64)
  return at
}

/** The value behind a name that ends at `at`, or null where nothing is assigned there. */
export function readValue(bytes: Buffer, at: number, length: number): Value | null {
  let quotedName = false
  const closed = Math.min(length, at + 6)
  while (at < closed && closers[bytes[at]!]) {
    if (quotes[bytes[at]!]) quotedName = true
    at++
  }
  const blank = skipBlank(bytes, at, length, 32)
  const spaced = blank > at
  const byte = bytes[blank]!
  if (operators[byte] || (byte === 43 && bytes[blank + 1] === 61)) return behindOperator(bytes, blank, length)
  if (byte === 40 /* ( */) return quotedAt(bytes, skipBreak(bytes, blank + 1, length), length, false)
  if (byte === 44 /* , */) return quotedName ? quotedAt(bytes, skipBreak(bytes, blank + 1, length), length, false) : null
  if (quotedName || byte === newline || byte === 13) return besideAttribute(bytes, blank, length)
  if (!spaced) return null
  const typed = behindType(bytes, blank, length)
  if (typed !== null) return typed
  if (byte === 45 /* token - '…' */ && bytes[blank + 1] === space) return quotedAt(bytes, skipBlank(bytes, blank + 1, length, 8), length, false)
  if (byte === 105 /* token is … */ && bytes[blank + 1] === 115 && (bytes[blank + 2] === space || bytes[blank + 2] === 58)) return inSentence(bytes, skipBlank(bytes, blank + 3, length, 8), length)
  return quotedAt(bytes, blank, length, true) ?? bareAt(bytes, blank, length, true)
}

/** What stands behind every name that `readValue` finds a value for; `name` takes the rest of the name. */
export function valueWays(name: Step): Way[] {
  const closing = upTo(6, closers)
  const gap = upTo(32, flags(' \t'))
  const broken = upTo(256, flags(' \t\r\n'))
  const opening = flags('bBrRuUfFLN@\\"\'`')
  const quotedName = [name, upTo(6, closers.map((held, byte) => held & ~quotes[byte]!)), one(quotes), closing]
  const attribute = one(flags('vVdDcCsS"<'))
  return [
    { from: 0, steps: [name, closing, gap, one(flags('=:>?|!~+'))] },
    { from: 0, steps: [name, closing, gap, one(flags('(')), broken, one(opening)] },
    { from: 0, steps: [...quotedName, gap, one(flags(',')), broken, one(flags('bBrRuUfFLN@\\"\'`vVdDcCsS<'))] },
    { from: 0, steps: [...quotedName, broken, attribute] },
    { from: 0, steps: [name, closing, gap, one(flags('\r\n')), broken, attribute] },
    { from: 0, steps: [name, closing, { set: flags(' \t'), least: 1, most: 32 }, one(flags(' \t\r\n,(=:>?|!~').map((held) => 1 - held))] },
  ]
}

const upTo = (most: number, set: Uint8Array): Step => ({ set, least: 0, most })
const one = (set: Uint8Array): Step => ({ set, least: 1, most: 1 })

/** A value in prose: the stop at the end of its sentence is no part of it. */
function inSentence(bytes: Buffer, at: number, length: number): Value | null {
  const value = quotedAt(bytes, at, length, true) ?? bareAt(bytes, at, length, true)
  if (value !== null && !value.quoted && bytes[value.end - 1] === 46 && value.end > value.start + 1) value.end--
  return value
}

function behindOperator(bytes: Buffer, at: number, length: number): Value | null {
  const from = at
  if (bytes[at] === 43 /* += */) at++
  while (at < length && at - from < 5 && operators[bytes[at]!]) at++
  if (bytes[at] === 45 /* :- of a shell */ && bytes[at - 1] === 58) at++
  const after = skipBlank(bytes, at, length, 64)
  const quoted = quotedAt(bytes, skipBreak(bytes, after, length), length, false)
  if (quoted !== null) return quoted
  if (bytes[from] === 62 && at === from + 1) return elementAt(bytes, after, length)
  if (bytes[after] === newline || bytes[after] === 13) return null
  if (bytes[after] === 91 /* [ */) {
    const item = quotedAt(bytes, skipBreak(bytes, after + 1, length), length, false)
    return item && { ...item, list: true }
  }
  const typed = bytes[from] === 58 ? behindType(bytes, after, length) : null
  if (typed !== null) return typed
  const bare = bareAt(bytes, after, length, false)
  if (bare !== null && bytes[bare.end] === 40 /* ( */) return quotedAt(bytes, skipBreak(bytes, bare.end + 1, length), length, false)
  return bare
}

/** What an element of XML holds, up to its end: it may have several words. */
function elementAt(bytes: Buffer, at: number, length: number): Value | null {
  const ceiling = Math.min(length, at + valueLimit)
  for (let end = at; end < ceiling; end++) {
    if (bytes[end] === 60 /* < */ && bytes[end + 1] === 47) return end === at ? null : { start: at, end, quoted: true, loose: false }
    if (bytes[end] === newline || bytes[end] === 60) break
  }
  return bareAt(bytes, at, length, false)
}

/** The item of a list behind another one, or null where the list ends. */
export function nextItem(bytes: Buffer, before: Value, length: number): Value | null {
  let at = before.end
  while (at < length && closers[bytes[at]!] && bytes[at] !== 93) at++
  if (bytes[at] !== 44) return null
  const item = quotedAt(bytes, skipBreak(bytes, at + 1, length), length, false)
  return item && { ...item, list: true }
}

/** `password: string = "…"`, `const password string = "…"`. */
function behindType(bytes: Buffer, at: number, length: number): Value | null {
  const from = at
  while (at < length && at - from < 24 && letters[bytes[at]!]) at++
  if (at === from) return null
  at = skipBlank(bytes, at, length, 16)
  if (bytes[at] !== 61 || bytes[at + 1] === 61) return null
  return quotedAt(bytes, skipBreak(bytes, at + 1, length), length, false)
}

/** `<add key="ApiKey" value="…"/>`, `name: API_KEY` and in the next line `value: …`. */
function besideAttribute(bytes: Buffer, at: number, length: number): Value | null {
  const from = skipBreak(bytes, bytes[at] === 44 ? at + 1 : at, length)
  const first = bytes[from]! | 32
  if (first !== 118 && first !== 100 && first !== 99 && first !== 115 && bytes[from] !== 34 && bytes[from] !== 60) return null
  const ahead = bytes.toString('latin1', from, Math.min(length, from + 32))
  const open = /^["'<]/.test(ahead) ? 1 : 0
  const match = valueWord.exec(ahead.slice(open))
  if (match === null) return null
  const begin = from + open + match[0].length
  return quotedAt(bytes, begin, length, false) ?? bareAt(bytes, begin, length, false)
}

/** A string literal: with a prefix letter, with escaped quotes (JSON within a string), tripled. */
export function quotedAt(bytes: Buffer, at: number, length: number, loose: boolean): Value | null {
  if (prefixes[bytes[at]!]) at += prefixes[bytes[at + 1]!] ? 2 : 1
  let escapes = 0
  while (escapes < 3 && bytes[at] === 92) {
    at++
    escapes++
  }
  const quote = bytes[at]!
  if (at >= length || !quotes[quote]) return null
  at++
  if (bytes[at] === quote && bytes[at + 1] === quote) at += 2
  const start = at
  const ceiling = Math.min(length, start + valueLimit)
  while (at < ceiling) {
    const byte = bytes[at]!
    if (byte === quote) break
    if (byte === newline && quote !== 96) return null
    if (byte === 92) {
      let run = 0
      while (bytes[at + run] === 92 && run < 4) run++
      if (escapes > 0 && run <= escapes && bytes[at + run] === quote) break
      at += run === 1 || bytes[at + run] === quote ? run + 1 : run
    } else at++
  }
  return at >= ceiling && ceiling < length ? null : { start, end: Math.min(at, length), quoted: true, loose }
}

/** A value without quotes, up to white space or a mark that ends it. */
function bareAt(bytes: Buffer, at: number, length: number, loose: boolean): Value | null {
  const start = at
  const ceiling = Math.min(length, start + valueLimit)
  while (at < ceiling && !stops[bytes[at]!]) at++
  return at === start ? null : { start, end: at, quoted: false, loose }
}
