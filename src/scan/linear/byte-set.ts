// Sets of bytes, one cell each: what a class of a pattern means in UTF-8 text read byte by byte.

export const rangeOf = (from: number, to: number): Uint8Array => new Uint8Array(256).fill(1, from, to + 1)

export function setOf(characters: string): Uint8Array {
  const set = new Uint8Array(256)
  for (let at = 0; at < characters.length; at++) set[characters.charCodeAt(at)] = 1
  return set
}

export function union(set: Uint8Array, other: Uint8Array): Uint8Array {
  for (let byte = 0; byte < 256; byte++) if (other[byte] === 1) set[byte] = 1
  return set
}

/** The complement; with `keepHigh` every byte beyond ASCII is in it, as those stand for characters of all kinds. */
export function negate(set: Uint8Array, keepHigh = false): Uint8Array {
  const inverted = new Uint8Array(256)
  for (let byte = 0; byte < 256; byte++) inverted[byte] = (keepHigh && byte >= 128) || set[byte] === 0 ? 1 : 0
  return inverted
}

/** The set with both cases of its ASCII letters. */
export function fold(set: Uint8Array): Uint8Array {
  const folded = Uint8Array.from(set)
  for (let byte = 65; byte <= 90; byte++) if (set[byte] === 1 || set[byte + 32] === 1) folded[byte] = folded[byte + 32] = 1
  return folded
}

const digit = rangeOf(48, 57)
const upper = rangeOf(65, 90)
const lower = rangeOf(97, 122)
const join = (...sets: Uint8Array[]): Uint8Array => sets.reduce(union, new Uint8Array(256))
const alpha = join(upper, lower)
export const word = join(alpha, digit, setOf('_'))
const punct = setOf('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')

const escapes: Record<string, Uint8Array> = { d: digit, w: word, s: setOf('\t\n\f\r ') }
const named: Record<string, Uint8Array> = {
  alnum: join(alpha, digit), alpha, ascii: rangeOf(0, 127), blank: setOf('\t '), cntrl: join(rangeOf(0, 31), rangeOf(127, 127)), digit,
  graph: rangeOf(33, 126), lower, print: rangeOf(32, 126), punct, space: setOf('\t\n\v\f\r '), upper, word,
  xdigit: join(digit, rangeOf(65, 70), rangeOf(97, 102)),
}

/** The set of `\d`, `\w`, `\s` or their complements; null for other letters. */
export function classEscape(mark: string): Uint8Array | null {
  const set = Object.hasOwn(escapes, mark.toLowerCase()) ? escapes[mark.toLowerCase()]! : null
  return set === null || mark === mark.toLowerCase() ? set : negate(set)
}

/** The set of `:alpha:]` or `:^alpha:]`, the text after the inner bracket; null when unknown. */
export function posixClass(text: string): Uint8Array | null {
  const shape = /^:(\^?)([a-z]+):\]$/.exec(text)
  if (!shape || !Object.hasOwn(named, shape[2]!)) return null
  const set = named[shape[2]!]!
  return shape[1] === '^' ? negate(set) : set
}

/** The bytes of a character in UTF-8. */
export const bytesOf = (character: string): number[] => [...Buffer.from(character)]
