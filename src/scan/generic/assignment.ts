// Finds values beside telling names in any notation: assignments, maps, arguments, attributes, options, defaults.
// Reads bytes by hand, since a name such as `key` stands in every other line of a program.
import type { Detector, Place } from '../match/matcher.ts'
import type { Way } from '../match/sieve.ts'
import type { Candidate } from '../match/candidate.ts'
import type { Text } from '../match/text.ts'
import { bestPiece, judge, leastLength } from './judge.ts'
import { kindAt, type Kind } from './name.ts'
import { genericPassword, genericSecret } from './rules.ts'
import { nextItem, readValue, valueWays, type Value } from './value.ts'
import { syntaxOf, type Syntax } from './syntax.ts'

const nameByte = new Uint8Array(256)
for (const byte of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$')) nameByte[byte] = 1
const nameLimit = 64
const listLimit = 64
/** Options of commands and variables of shells take a value behind mere white space. */
const optionName = /^(?:--?[A-Za-z]|[A-Z][A-Z\d]*_[A-Z\d_]+$)/
const spacedName = /(?:api|access|secret|private|auth|encryption|master|client|app|license|bearer|account|signing) $/i

let assigned: Way[] | undefined
/** What follows `pw` where that is a word of the name; `pwd` is a keyword of its own. */
const wordEnd = { set: Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 97 && byte <= 122 ? 0 : 1)), least: 1, most: 1, back: 1 }

export class Assignments implements Detector {
  readonly keywords = ['pass', 'pwd', ' pw', '\tpw', '\npw', '_pw', '"pw', 'secret', 'token', 'key', 'auth', 'cred', 'signature', 'cookie', 'session', 'jwt', 'verifier', 'senha', 'kennwort']
  #syntax: Syntax = 'text'
  /** Names and values before this offset have been read. */
  #done = 0

  ways(keyword: string): Way[] {
    assigned ??= valueWays({ set: nameByte, least: 0, most: nameLimit })
    return keyword.endsWith('pw') ? assigned.map(({ from, steps }) => ({ from, steps: [wordEnd, ...steps] })) : assigned
  }

  begin(_text: Text, place: Place): void {
    this.#syntax = syntaxOf(place.path)
    this.#done = 0
  }

  hit(text: Text, start: number, end: number, _place: Place, found: (candidate: Candidate) => void): void {
    if (this.#syntax === 'dull' || end <= this.#done) return
    const { bytes, length } = text
    let to = end
    while (to < length && to - end < nameLimit && nameByte[bytes[to]!]) to++
    this.#done = to
    const value = readValue(bytes, to, length)
    if (value === null || (isShort(value, 'password') && !value.list)) return
    let from = start
    while (from > 0 && start - from < nameLimit && nameByte[bytes[from - 1]!]) from--
    const kind = kindAt(bytes, from, to)
    if (kind === null) return
    const isSpaced = kind === 'weak' && from > 0 && bytes[from - 1] === 32 && spacedName.test(bytes.toString('latin1', Math.max(0, from - 12), from))
    const sure: Kind = isSpaced ? 'secret' : kind
    if ((isShort(value, sure) && !value.list) || (value.loose && sure === 'weak')) return
    const name = (isSpaced ? 'api ' : '') + bytes.toString('latin1', from, to)
    this.#judge(text, from, name, sure, value, found)
    for (let next = value, count = 0; next.list && count < listLimit; count++) {
      const item = nextItem(bytes, next, length)
      if (item === null) return
      this.#judge(text, from, name, sure, item, found)
      next = item
    }
  }

  #judge(text: Text, from: number, name: string, kind: Kind, value: Value, found: (candidate: Candidate) => void): void {
    if (value.loose && (kind === 'weak' || name === 'pass')) return
    const raw = text.bytes.toString('latin1', value.start, value.end)
    const bare = !value.quoted && (value.loose ? !optionName.test(name) : this.#syntax === 'code')
    const rule = kind === 'password' ? genericPassword : genericSecret
    const confidence = judge(raw, kind, name, bare)
    if (confidence !== null) {
      found({ rule, secret: raw, start: value.start, end: value.end, matchStart: from, matchEnd: value.end, confidence })
      return
    }
    if (!value.quoted || kind === 'weak' || raw.length < 24 || !/[{"';,:\s]/.test(raw)) return
    const piece = bestPiece(raw)
    if (piece === null || judge(piece, kind, name, false) === null) return
    const start = value.start + raw.indexOf(piece)
    found({ rule, secret: piece, start, end: start + piece.length, matchStart: from, matchEnd: value.end, confidence: 'medium' })
  }
}

const isShort = ({ start, end }: Value, kind: Kind): boolean => end - start < leastLength(kind)
