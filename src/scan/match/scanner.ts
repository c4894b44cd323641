// From bytes to findings: matches, decodes what is encoded and matches again, keeps one finding for each secret,
// drops what a comment allows, and only then counts lines.
import type { Finding } from '../finding.ts'
import { fingerprint } from '../fingerprint.ts'
import type { Rule } from '../rule.ts'
import { decodeAll } from '../decode/index.ts'
import { isAllowed } from './allow.ts'
import type { Automaton } from './automaton.ts'
import type { Candidate } from './candidate.ts'
import { chooseBest } from './choose.ts'
import type { Finder, Refuse } from './finder.ts'
import { LineMap } from './lines.ts'
import { Matcher, type Detector, type Place } from './matcher.ts'
import { readable, Text } from './text.ts'

export interface ScannerOptions {
  rules: Rule[]
  detectors: Detector[]
  automaton?: Automaton
  /** Rules of a configuration, and what it allows. */
  finders?: Finder[]
  refuse?: Refuse
  /** How many layers of encoding are undone; default 5. */
  depth?: number
}

export class Scanner {
  readonly matcher: Matcher
  readonly rules: readonly Rule[]
  readonly #depth: number
  readonly #finders: Finder[]
  readonly #refuse: Refuse | undefined

  constructor(options: ScannerOptions) {
    this.matcher = new Matcher(options.rules, options.detectors, options.automaton)
    this.rules = options.rules
    this.#depth = options.depth ?? 5
    this.#finders = options.finders ?? []
    this.#refuse = options.refuse
  }

  /**
   * Findings in a text, in order of their place. `baseLine` is added to the line numbers, for a piece of a larger file.
   * Encoded parts are undone in every text up to the depth; their findings stand at the encoded part.
   */
  scan(text: Text, place: Place, baseLine = 0): Finding[] {
    const candidates: Candidate[] = []
    this.#collect(text, place, this.#depth, [], (candidate) => candidates.push(candidate))
    if (candidates.length === 0) return []
    const lines = new LineMap(text)
    const findings: Finding[] = []
    for (const candidate of chooseBest(candidates)) {
      if (isAllowed(text, candidate)) continue
      const finding = describe(text, place, candidate, lines, baseLine)
      if (!this.#refuse?.(finding, text, candidate)) findings.push(finding)
    }
    return findings
  }

  #collect(text: Text, place: Place, depth: number, undone: string[], found: (candidate: Candidate) => void): void {
    const emit = undone.length === 0 ? found : (candidate: Candidate): void => found({ ...candidate, decoded: undone })
    this.matcher.match(text, place, emit)
    for (const finder of this.#finders) finder.find(text, place, emit)
    if (depth === 0) return
    for (const part of decodeAll(text)) {
      const outer = { start: part.start, end: part.end, matchStart: part.start, matchEnd: part.end }
      this.#collect(new Text(part.bytes), place, depth - 1, [...undone, part.encoding], (candidate) => found({ ...candidate, ...outer }))
    }
  }
}

function describe(text: Text, place: Place, candidate: Candidate, lines: LineMap, baseLine: number): Finding {
  const secret = readable(candidate.secret)
  const at = lines.position(candidate.start)
  return {
    rule: candidate.rule.id,
    about: candidate.rule.about,
    file: place.path,
    line: at.line + baseLine,
    column: at.column,
    endLine: lines.position(candidate.end - 1).line + baseLine,
    secret,
    match: readable(text.slice(candidate.matchStart, candidate.matchEnd)),
    fingerprint: fingerprint(secret),
    confidence: candidate.confidence,
    verified: null,
    ...(candidate.decoded ? { decoded: candidate.decoded } : {}),
  }
}
