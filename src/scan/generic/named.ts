// Keys of providers in a form that no rule knows: what was drawn by lot beside the provider's name and a word for a credential.
import type { Candidate } from '../match/candidate.ts'
import type { Detector, Place } from '../match/matcher.ts'
import { holdsRun } from '../match/run-length.ts'
import type { Way } from '../match/sieve.ts'
import type { Text } from '../match/text.ts'
import type { Rule } from '../rule.ts'
import { behindName, behindWord, isDrawn, isLaidOut } from '../rules/loose.ts'
import { folded } from '../rules/shape.ts'
import { syntaxOf } from './syntax.ts'

/** Bytes from the end of a name to its secret at most. */
const reach = 72
const longest = 340
const setOf = (characters: RegExp): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (characters.test(String.fromCharCode(byte)) ? 1 : 0))
const run = { least: 16, bytes: setOf(/[A-Za-z\d-]/) }
const whole: Way = { from: 0, to: reach + run.least, steps: [{ set: run.bytes, least: run.least, most: run.least }] }
/** What a word for a credential begins with, right behind the name. */
const common: Way = {
  from: 0,
  steps: [{ set: setOf(/[-_ .]/), least: 0, most: 2 }, { set: setOf(/[ktspaci]/i), least: 1, most: 1 }, { set: setOf(/[eoawuprdc]/i), least: 1, most: 1 }],
}
const key = (name: string): string => name.toLowerCase().replace(/[-.]/g, '_')

export class Named implements Detector {
  readonly keywords: string[]
  readonly #rules = new Map<string, Rule>()
  readonly #patterns: [whole: RegExp, common: RegExp] = [new RegExp(folded(behindName), 'y'), new RegExp(folded(behindWord), 'y')]
  #isDull = false

  constructor(rules: readonly Rule[]) {
    const distinct = (rule: Rule): number => (rule.named?.isCommon ? 0 : 1)
    for (const rule of rules.toSorted((a, b) => distinct(a) - distinct(b))) for (const word of rule.named?.words ?? []) this.#rules.set(key(word), rule)
    this.keywords = [...this.#rules.keys()]
  }

  ways(keyword: string): Way[] {
    return [this.#rules.get(keyword)?.named!.isCommon ? common : whole]
  }

  begin(_text: Text, place: Place): void {
    this.#isDull = syntaxOf(place.path) === 'dull'
  }

  hit(text: Text, start: number, end: number, _place: Place, found: (candidate: Candidate) => void): void {
    const { bytes, length } = text
    if (this.#isDull || !beginsWord(bytes, start) || !holdsRun(bytes, end, Math.min(length, end + reach + run.least), run)) return
    const rule = this.#rules.get(key(bytes.toString('latin1', start, end)))
    if (!rule) return
    const pattern = this.#patterns[rule.named!.isCommon ? 1 : 0]
    pattern.lastIndex = 0
    const match = pattern.exec(bytes.toString('latin1', end, Math.min(length, end + longest)))
    const secret = match?.groups!.secret
    if (!match || !secret || !isDrawn(secret) || rule.forged?.(secret)) return
    const to = end + match[0].length
    found({ rule, secret, start: to - secret.length, end: to, matchStart: start, matchEnd: to, confidence: isLaidOut(secret) ? 'low' : 'medium' })
  }
}

const isSmall = (byte: number | undefined): boolean => byte !== undefined && byte >= 97 && byte <= 122
const isCapital = (byte: number | undefined): boolean => byte !== undefined && byte >= 65 && byte <= 90

/** At the beginning of a word, also within camel case. */
const beginsWord = (bytes: Uint8Array, start: number): boolean => {
  const before = bytes[start - 1]
  return isSmall(before) ? isCapital(bytes[start]) : !isCapital(before)
}
