// Reads the regular expressions of RE2 (https://github.com/google/re2/wiki/Syntax), which other scanners' configurations
// are written in, into a tree over bytes. What cannot run in linear time (look-around, back-references) is refused.
import { ScanError } from '../scan-error.ts'
import { bytesOf, classEscape, fold, negate, posixClass, rangeOf, setOf, union } from './byte-set.ts'

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word'

export type Tree =
  | { kind: 'empty' }
  | { kind: 'bytes'; set: Uint8Array }
  | { kind: 'assert'; what: Assertion }
  | { kind: 'sequence' | 'choice'; of: Tree[] }
  | { kind: 'group'; of: Tree; number: number }
  | { kind: 'repeat'; of: Tree; least: number; most: number; lazy: boolean }

export interface Syntax {
  tree: Tree
  /** Capturing groups, the whole match not counted. */
  groups: number
  names: Map<string, number>
}

const longestPattern = 20_000
const deepest = 100
const mostRepeats = 1000
const mostGroups = 200

interface Flags {
  fold: boolean
  lines: boolean
  dotAll: boolean
  lazy: boolean
}

/** Throws ScanError where the pattern is none of RE2, or beyond its bounds. */
export function readSyntax(pattern: string): Syntax {
  if (pattern.length > longestPattern) throw new ScanError(`the pattern is longer than ${longestPattern} characters`)
  const reader = new Reader(pattern)
  const tree = reader.choice(0)
  if (!reader.atEnd) throw reader.error('unmatched )')
  return { tree, groups: reader.groups, names: reader.names }
}

class Reader {
  readonly #text: string[]
  #at = 0
  #flags: Flags = { fold: false, lines: false, dotAll: false, lazy: false }
  groups = 0
  readonly names = new Map<string, number>()

  constructor(pattern: string) {
    this.#text = [...pattern]
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  error(reason: string): ScanError {
    return new ScanError(`${reason}, at character ${this.#at + 1} of the pattern`)
  }

  #eat(text: string): boolean {
    for (let n = 0; n < text.length; n++) if (this.#text[this.#at + n] !== text[n]) return false
    this.#at += text.length
    return true
  }

  choice(depth: number): Tree {
    if (depth > deepest) throw this.error(`groups are nested deeper than ${deepest}`)
    const branches = [this.#sequence(depth)]
    while (this.#eat('|')) branches.push(this.#sequence(depth))
    return branches.length === 1 ? branches[0]! : { kind: 'choice', of: branches }
  }

  #sequence(depth: number): Tree {
    const parts: Tree[] = []
    while (!this.atEnd && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') parts.push(this.#repeated(this.#atom(depth)))
    return parts.length === 1 ? parts[0]! : parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', of: parts }
  }

  #repeated(of: Tree): Tree {
    for (let times = 0; ; times++) {
      const bounds = this.#bounds()
      if (bounds === null) return of
      if (times > 3) throw this.error('quantifiers upon quantifiers')
      const marked = this.#eat('?')
      this.#eat('+')
      of = { kind: 'repeat', of, least: bounds[0], most: bounds[1], lazy: marked !== this.#flags.lazy }
    }
  }

  #bounds(): [number, number] | null {
    if (this.#eat('*')) return [0, Infinity]
    if (this.#eat('+')) return [1, Infinity]
    if (this.#eat('?')) return [0, 1]
    if (this.#text[this.#at] !== '{') return null
    const close = this.#text.indexOf('}', this.#at)
    const shape = close === -1 || close - this.#at > 12 ? null : /^\{(\d+)(,(\d*))?$/.exec(this.#text.slice(this.#at, close).join(''))
    if (!shape) return null
    const least = Number(shape[1])
    const most = shape[2] === undefined ? least : shape[3] === '' ? Infinity : Number(shape[3])
    if (least > mostRepeats || (most !== Infinity && (most > mostRepeats || most < least))) throw this.error('bad repetition')
    this.#at = close + 1
    return [least, most]
  }

  #atom(depth: number): Tree {
    const character = this.#text[this.#at++]!
    if (character === '(') return this.#group(depth)
    if (character === '[') return { kind: 'bytes', set: this.#class() }
    if (character === '.') return { kind: 'bytes', set: this.#flags.dotAll ? negate(setOf('')) : negate(setOf('\n')) }
    if (character === '^') return { kind: 'assert', what: this.#flags.lines ? 'line-start' : 'text-start' }
    if (character === '$') return { kind: 'assert', what: this.#flags.lines ? 'line-end' : 'text-end' }
    if (character === '\\') return this.#escape()
    if (character === '*' || character === '+' || character === '?') throw this.error(`nothing before ${character}`)
    return this.#literal(character)
  }

  #literal(character: string): Tree {
    const parts: Tree[] = bytesOf(character).map((byte) => ({ kind: 'bytes', set: this.#folded(rangeOf(byte, byte)) }))
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', of: parts }
  }

  #folded(set: Uint8Array): Uint8Array {
    return this.#flags.fold ? fold(set) : set
  }

  #group(depth: number): Tree {
    const outer = this.#flags
    let number = 0
    if (this.#eat('?')) {
      const open = this.#text.indexOf('>', this.#at)
      const named = open === -1 ? null : /^(?:P?<)(\w{1,64})$/.exec(this.#text.slice(this.#at, open).join(''))
      if (named) {
        this.#at = open + 1
        this.names.set(named[1]!, (number = ++this.groups))
      } else if (/^[=!<#>P]$/.test(this.#text[this.#at] ?? '')) throw this.error('look-around, comments and atomic groups are not part of RE2')
      else if (this.#inlineFlags()) return { kind: 'empty' }
    } else number = ++this.groups
    if (this.groups > mostGroups) throw this.error(`more than ${mostGroups} groups`)
    const of = this.choice(depth + 1)
    if (!this.#eat(')')) throw this.error('missing )')
    this.#flags = outer
    return number === 0 ? of : { kind: 'group', of, number }
  }

  /** `(?i)` holds to the end of the enclosing group and is whole; `(?i:` opens a group of its own. */
  #inlineFlags(): boolean {
    const flags = { ...this.#flags }
    let on = true
    for (;;) {
      const mark = this.#text[this.#at++]
      if (mark === 'i') flags.fold = on
      else if (mark === 'm') flags.lines = on
      else if (mark === 's') flags.dotAll = on
      else if (mark === 'U') flags.lazy = on
      else if (mark === '-' && on) on = false
      else if (mark === ':' || mark === ')') {
        this.#flags = flags
        return mark === ')'
      } else throw this.error('unknown flag')
    }
  }

  #escape(): Tree {
    const mark = this.#text[this.#at++]
    if (mark === undefined) throw this.error('\\ at the end')
    if (mark === 'A') return { kind: 'assert', what: 'text-start' }
    if (mark === 'z' || mark === 'Z') return { kind: 'assert', what: 'text-end' }
    if (mark === 'b') return { kind: 'assert', what: 'word' }
    if (mark === 'B') return { kind: 'assert', what: 'not-word' }
    if (mark === 'Q') return this.#quoted()
    if (mark === 'C') return { kind: 'bytes', set: negate(setOf('')) }
    if (/[1-9]/.test(mark)) throw this.error('back-references are not part of RE2')
    const set = classEscape(mark)
    if (set) return { kind: 'bytes', set }
    if (mark === 'p' || mark === 'P') return { kind: 'bytes', set: this.#property(mark === 'P') }
    return this.#literal(this.#character(mark))
  }

  #quoted(): Tree {
    const parts: Tree[] = []
    while (!this.atEnd && !this.#eat('\\E')) parts.push(this.#literal(this.#text[this.#at++]!))
    return { kind: 'sequence', of: parts }
  }

  /** The ASCII part of a Unicode property; every byte beyond ASCII counts as having it. */
  #property(without: boolean): Uint8Array {
    const close = this.#text[this.#at] === '{' ? this.#text.indexOf('}', this.#at) : this.#at
    if (close === -1 || close - this.#at > 40 || close >= this.#text.length) throw this.error('bad \\p')
    const name = this.#text.slice(this.#at, close + 1).join('').replace(/[{}]/g, '')
    this.#at = close + 1
    let property
    try {
      property = new RegExp(`\\p{${/^(?:[A-Z][a-z]?)$/.test(name) ? name : `Script=${name}`}}`, 'u')
    } catch {
      throw this.error('unknown \\p')
    }
    const set = new Uint8Array(256).fill(1, 128)
    for (let byte = 0; byte < 128; byte++) if (property.test(String.fromCharCode(byte)) !== without) set[byte] = 1
    return set
  }

  /** The character that an escape such as `\n`, `\x41`, `\x{2028}`, `\012` stands for. */
  #character(mark: string): string {
    const simple = 'a\x07f\fn\nr\rt\tv\v'
    const at = simple.indexOf(mark)
    if (at !== -1 && at % 2 === 0) return simple[at + 1]!
    if (mark === 'x') {
      const shape = /^(?:\{([\da-fA-F]{1,6})\}|([\da-fA-F]{2}))/.exec(this.#text.slice(this.#at, this.#at + 8).join(''))
      if (!shape) throw this.error('bad \\x')
      this.#at += shape[0].length
      const code = parseInt(shape[1] ?? shape[2]!, 16)
      if (code > 0x10ffff) throw this.error('bad \\x')
      return String.fromCodePoint(code)
    }
    if (mark === '0') {
      const shape = /^[0-7]{0,2}/.exec(this.#text.slice(this.#at, this.#at + 2).join(''))!
      this.#at += shape[0].length
      return String.fromCharCode(parseInt('0' + shape[0], 8))
    }
    if (/[A-Za-z]/.test(mark)) throw this.error(`unknown escape \\${mark}`)
    return mark
  }

  #class(): Uint8Array {
    const inverted = this.#eat('^')
    const set = new Uint8Array(256)
    for (let first = true; ; first = false) {
      if (this.atEnd) throw this.error('missing ]')
      if (!first && this.#eat(']')) break
      const item = this.#classItem()
      if (typeof item !== 'string') {
        union(set, item)
        continue
      }
      const range = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length
      if (!range) union(set, characterSet(item, item))
      else {
        this.#at++
        const last = this.#classItem()
        if (typeof last !== 'string' || last.codePointAt(0)! < item.codePointAt(0)!) throw this.error('bad range')
        union(set, characterSet(item, last))
      }
    }
    const folded = this.#folded(set)
    return inverted ? negate(folded, true) : folded
  }

  #classItem(): Uint8Array | string {
    const character = this.#text[this.#at++]
    if (character === undefined) throw this.error('missing ]')
    if (character === '[' && this.#text[this.#at] === ':') {
      const close = this.#text.indexOf(']', this.#at)
      const set = close === -1 ? null : posixClass(this.#text.slice(this.#at, close + 1).join(''))
      if (!set) throw this.error('unknown class')
      this.#at = close + 1
      return set
    }
    if (character !== '\\') return character
    const mark = this.#text[this.#at++]
    if (mark === undefined) throw this.error('missing ]')
    if (mark === 'p' || mark === 'P') return this.#property(mark === 'P')
    if (mark === 'b') return '\b'
    return classEscape(mark) ?? this.#character(mark)
  }
}

/** Bytes of a range of characters; any byte beyond ASCII stands for every character there. */
function characterSet(first: string, last: string): Uint8Array {
  const from = first.codePointAt(0)!
  const to = last.codePointAt(0)!
  const set = from < 128 ? rangeOf(from, Math.min(to, 127)) : new Uint8Array(256)
  return to < 128 ? set : set.fill(1, 128)
}
