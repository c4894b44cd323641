// Runs the rules of a gitleaks configuration over a text.
import type { Candidate } from '../../match/candidate.ts'
import { entropy } from '../../match/entropy.ts'
import type { Finder } from '../../match/finder.ts'
import { LineMap } from '../../match/lines.ts'
import { Matcher, type Place } from '../../match/matcher.ts'
import { readable, type Text } from '../../match/text.ts'
import type { Rule } from '../../rule.ts'
import { ScanError } from '../../scan-error.ts'
import { allows } from './allowlist.ts'
import type { GitleaksConfiguration, GitleaksRule, Required } from './configuration.ts'

/** A rule of the configuration as the report names it. */
export const asRule = (rule: GitleaksRule): Rule => ({
  id: rule.id, about: rule.description || rule.id, source: 'https://github.com/gitleaks/gitleaks#configuration',
  keywords: [], pattern: /(?!)/, confidence: 'medium', hits: [], misses: [],
})

interface Spot {
  start: number
  end: number
  matchStart: number
  matchEnd: number
}

const mostMatches = 10_000

export class GitleaksFinder implements Finder {
  readonly #rules: GitleaksRule[]
  readonly #named = new Map<string, GitleaksRule>()
  readonly #reported = new Map<string, Rule>()
  /** Finds the keywords alone. */
  readonly #matcher: Matcher | null
  readonly #present = new Set<string>()

  /** Throws ScanError where a rule requires one that is not there. */
  constructor(config: GitleaksConfiguration) {
    this.#rules = [...config.rules.values()].filter((rule) => (rule.regex || rule.path) && !config.disabled.has(rule.id))
    for (const rule of this.#rules) this.#named.set(rule.id, rule)
    for (const rule of this.#rules) for (const { id } of rule.required) if (!this.#named.has(id)) throw new ScanError(`rule ${rule.id} requires ${id}, which is not there`)
    const keywords = [...new Set(this.#rules.flatMap((rule) => rule.keywords))]
    const detector = { keywords, hit: (text: Text, start: number, end: number) => void this.#present.add(text.bytes.toString('utf8', start, end).toLowerCase()) }
    this.#matcher = keywords.length > 0 ? new Matcher([], [detector]) : null
  }

  find(text: Text, place: Place, found: (candidate: Candidate) => void): void {
    this.#present.clear()
    this.#matcher?.match(text, place, () => {})
    for (const rule of this.#rules) {
      if (rule.skipReport) continue
      if (rule.keywords.length > 0 && !rule.keywords.some((word) => this.#present.has(word))) continue
      for (const spot of this.#spots(rule, text, place)) {
        if (!rule.required.every((one) => this.#stands(one, spot, text, place))) continue
        found({ rule: this.#reportedAs(rule), secret: text.string.slice(spot.start, spot.end), ...spot, confidence: 'medium' })
      }
    }
  }

  #reportedAs(rule: GitleaksRule): Rule {
    const known = this.#reported.get(rule.id) ?? asRule(rule)
    this.#reported.set(rule.id, known)
    return known
  }

  *#spots(rule: GitleaksRule, text: Text, place: Place): Generator<Spot> {
    if (rule.path && !rule.path.test(place.path)) return
    if (rule.regex === null) {
      if (text.length > 0) yield { start: 0, end: text.lineEnd(0, 200) || 1, matchStart: 0, matchEnd: text.lineEnd(0, 200) || 1 }
      return
    }
    let count = 0
    for (const match of rule.regex.findAll(text.bytes.subarray(0, text.length))) {
      if (++count > mostMatches) return
      const secret = secretOf(rule, match)
      const spot = { start: secret.start, end: secret.end, matchStart: match.start, matchEnd: match.end }
      if (this.#accepts(rule, spot, text, place)) yield spot
    }
  }

  #accepts(rule: GitleaksRule, spot: Spot, text: Text, place: Place): boolean {
    const secret = text.string.slice(spot.start, spot.end)
    if (rule.entropy > 0 && entropy(secret) <= rule.entropy) return false
    if (rule.allowlists.length === 0) return true
    const line = readable(text.string.slice(text.lineStart(spot.matchStart), text.lineEnd(spot.matchEnd)))
    const asked = { rule: rule.id, path: place.path, secret: readable(secret), match: readable(text.string.slice(spot.matchStart, spot.matchEnd)), line }
    return !rule.allowlists.some((list) => allows(list, asked))
  }

  #stands(required: Required, spot: Spot, text: Text, place: Place): boolean {
    const lines = new LineMap(text)
    const at = lines.position(spot.matchStart)
    for (const other of this.#spots(this.#named.get(required.id)!, text, place)) {
      const there = lines.position(other.matchStart)
      if (required.withinLines !== undefined && Math.abs(there.line - at.line) > required.withinLines) continue
      if (required.withinColumns !== undefined && Math.abs(there.column - at.column) > required.withinColumns) continue
      return true
    }
    return false
  }
}

/**
 * The group that the rule names. Where it names none gitleaks takes the first that is not empty; a group that only names an alternative
 * (`(AKIA|ASIA)…`, `(api_key|apikey)…`) would make all keys look the same, so that the longest group counts, and the whole match when that is short.
 */
function secretOf(rule: GitleaksRule, match: { start: number; end: number; groups: ({ start: number; end: number } | null)[] }): { start: number; end: number } {
  const named = rule.secretGroup > 0 ? match.groups[rule.secretGroup - 1] : null
  if (named && named.end > named.start) return named
  if (rule.secretGroup > 0) return match
  let best: { start: number; end: number } | null = null
  for (const group of match.groups) if (group && group.end - group.start > (best ? best.end - best.start : 0)) best = group
  return best && best.end - best.start >= 8 ? best : match
}
