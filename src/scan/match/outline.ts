// A pattern as a tree, as far as it says which bytes stand where. Assertions are left out: the tree accepts whatever the
// pattern does, and more, so that what it refuses no pattern needs to see.

export type Outline =
  | { kind: 'bytes'; set: Uint8Array; kinds: number }
  | { kind: 'sequence'; of: Outline[] }
  | { kind: 'choice'; of: Outline[] }
  | { kind: 'repeat'; of: Outline; least: number; most: number }

/** Kinds of bytes that runs consist of; `kinds` of a set is the sum of their bits, or 0 where it takes others as well. A set that takes part of a kind counts as all of it. */
const kinds = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ', '_', '-', '+', '/', '=', '.', '~', '%', ':']
const kindOf = new Uint16Array(256)
kinds.forEach((characters, at) => {
  for (const byte of Buffer.from(characters)) kindOf[byte] = 1 << at
})
const tables = new Map<number, Uint8Array>()

/** 1 for each byte of the kinds. */
export function tableOf(set: number): Uint8Array {
  let table = tables.get(set)
  if (!table) {
    table = Uint8Array.from(kindOf, (kind) => (kind & set ? 1 : 0))
    tables.set(set, table)
  }
  return table
}

const nothing: Outline = { kind: 'sequence', of: [] }
const any: Outline = { kind: 'bytes', set: new Uint8Array(256).fill(1), kinds: 0 }

interface Reader {
  source: string
  at: number
  ignoreCase: boolean
}

/** The outline of a pattern, or null where it holds what is not understood here (references back, Unicode). */
export function outlineOf({ source, flags }: Pick<RegExp, 'source' | 'flags'>): Outline | null {
  if (flags.includes('u') || flags.includes('v') || /\\[1-9k]/.test(source)) return null
  return readChoice({ source, at: 0, ignoreCase: flags.includes('i') })
}

function readChoice(reader: Reader): Outline {
  const first = readSequence(reader)
  if (reader.source[reader.at] !== '|') return first
  const of = [first]
  while (reader.source[reader.at] === '|') {
    reader.at++
    of.push(readSequence(reader))
  }
  return of.every((way) => way.kind === 'sequence' && way.of.length === 0) ? nothing : { kind: 'choice', of }
}

function readSequence(reader: Reader): Outline {
  const { source } = reader
  const of: Outline[] = []
  for (let next = source[reader.at]; next !== undefined && next !== '|' && next !== ')'; next = source[reader.at]) {
    const part = readRepeat(reader, readAtom(reader, next))
    if (part.kind !== 'sequence') of.push(part)
    else of.push(...part.of)
  }
  return of.length === 1 ? of[0]! : { kind: 'sequence', of }
}

const bounds = /\{(\d+)(?:(,)(\d*))?\}/y

function readRepeat(reader: Reader, of: Outline): Outline {
  const { source } = reader
  let least = 1
  let most = 1
  const mark = source[reader.at]
  if (mark === '?') [least, reader.at] = [0, reader.at + 1]
  else if (mark === '*') [least, most, reader.at] = [0, Infinity, reader.at + 1]
  else if (mark === '+') [most, reader.at] = [Infinity, reader.at + 1]
  else {
    bounds.lastIndex = reader.at
    const match = mark === '{' ? bounds.exec(source) : null
    if (match === null) return of
    least = Number(match[1])
    most = match[2] === undefined ? least : match[3] === '' ? Infinity : Number(match[3])
    reader.at += match[0].length
  }
  if (source[reader.at] === '?') reader.at++
  return least === 1 && most === 1 ? of : { kind: 'repeat', of, least, most }
}

const groupHead = /\((?:\?(?:(<?[=!])|:|<\w+>|([a-z]*)(?:-([a-z]+))?:))?/y

function readGroup(reader: Reader): Outline {
  const { ignoreCase } = reader
  groupHead.lastIndex = reader.at
  const [head, assertion, on, off] = groupHead.exec(reader.source)!
  reader.at += head.length
  if (on?.includes('i')) reader.ignoreCase = true
  if (off?.includes('i')) reader.ignoreCase = false
  const inside = readChoice(reader)
  reader.at++
  reader.ignoreCase = ignoreCase
  return assertion === undefined ? inside : nothing
}

const charClass = /\[(?:\\.|[^\]\\])*\]/y

function readAtom(reader: Reader, first: string): Outline {
  if (first === '(') return readGroup(reader)
  const { source, at } = reader
  let length = 1
  if (first === '[') {
    charClass.lastIndex = at
    length = charClass.exec(source)![0].length
  } else if (first === '\\') length = escapeLength(source, at)
  reader.at += length
  if (first === '^' || first === '$') return nothing
  if (first === '.') return any
  const text = source.slice(at, reader.at)
  return text === '\\b' || text === '\\B' ? nothing : bytesOf(text, reader.ignoreCase)
}

/** Characters of an escape: `\x41`, `\u0041`, `\cA`, and all others two. */
function escapeLength(source: string, at: number): number {
  const mark = source[at + 1]
  return mark === 'x' ? 4 : mark === 'u' ? 6 : mark === 'c' ? 3 : 2
}

const known = [new Map<string, Outline>(), new Map<string, Outline>()] as const

/** The bytes of a class, an escape or a character as it is written. */
function bytesOf(text: string, ignoreCase: boolean): Outline {
  const map = known[ignoreCase ? 1 : 0]
  let made = map.get(text)
  if (!made) {
    const set = text[0] === '[' ? readClass(text, ignoreCase) : folded(readItem(text), ignoreCase)
    made = { kind: 'bytes', set, kinds: kindsOf(set) }
    map.set(text, made)
  }
  return made
}

function kindsOf(set: Uint8Array): number {
  let sum = 0
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 0) continue
    if (kindOf[byte] === 0) return 0
    sum |= kindOf[byte]!
  }
  return sum
}

/** Both cases of ASCII letters; a class that holds one letter beyond ASCII is taken to hold all. */
function folded(set: Uint8Array, ignoreCase: boolean): Uint8Array {
  if (!ignoreCase) return set
  for (let byte = 65; byte <= 90; byte++) set[byte] = set[byte + 32] = set[byte]! | set[byte + 32]!
  if (set.includes(1, 128)) set.fill(1, 128)
  return set
}

const negated = (set: Uint8Array): Uint8Array => set.map((held) => 1 - held)

function readClass(text: string, ignoreCase: boolean): Uint8Array {
  const isNegated = text[1] === '^'
  const set = new Uint8Array(256)
  const end = text.length - 1
  for (let at = isNegated ? 2 : 1; at < end; ) {
    const length = text[at] === '\\' ? escapeLength(text, at) : 1
    const item = readItem(text.slice(at, at + length))
    at += length
    if (text[at] === '-' && at + 1 < end) {
      const last = text[at + 1] === '\\' ? escapeLength(text, at + 1) : 1
      set.fill(1, item.indexOf(1), readItem(text.slice(at + 1, at + 1 + last)).indexOf(1) + 1)
      at += 1 + last
    } else for (let byte = 0; byte < 256; byte++) set[byte]! |= item[byte]!
  }
  if (!isNegated) return folded(set, ignoreCase)
  const high = set.slice(128)
  const whole = folded(set, ignoreCase)
  whole.set(high, 128)
  return negated(whole)
}

const setOf = (characters: string): Uint8Array => {
  const set = new Uint8Array(256)
  for (const byte of Buffer.from(characters, 'latin1')) set[byte] = 1
  return set
}
const digits = '0123456789'
const classes: Record<string, Uint8Array> = {
  d: setOf(digits), s: setOf('\t\n\v\f\r \xa0'), w: setOf(`${digits}ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`),
}
const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f', b: '\b', 0: '\0' }

/** The bytes of one character or escape; a fresh set. */
function readItem(text: string): Uint8Array {
  if (text[0] !== '\\') return setOf(text)
  const mark = text[1]!
  if (mark in classes) return classes[mark]!.slice()
  if (mark.toLowerCase() in classes) return negated(classes[mark.toLowerCase()]!)
  if (text.length === 2) return setOf(controls[mark] ?? mark)
  return setOf(mark === 'c' ? String.fromCharCode(text.charCodeAt(2) & 31) : String.fromCharCode(parseInt(text.slice(2), 16)))
}
