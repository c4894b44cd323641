// Finds candidates in a text: the automaton finds keywords, then each rule's pattern runs in a window round its keywords,
// and each detector looks at its hits in the bytes.
import type { Companion, Rule } from '../rule.ts'
import { buildAutomaton, type Automaton } from './automaton.ts'
import type { Candidate } from './candidate.ts'
import { entropy } from './entropy.ts'
import { hasRun, leastRun } from './run-length.ts'
import type { Text } from './text.ts'

/** Where the text comes from; decides how its syntax is read. */
export interface Place {
  /** The file's path or name with `/`, empty when unknown. */
  path: string
}

/** A finder that reads the bytes round a keyword itself, where a regular expression would be too slow or too blind. */
export interface Detector {
  keywords: string[]
  /** Called for each keyword, in order; `start` and `end` are its offsets. */
  hit(text: Text, start: number, end: number, place: Place, found: (candidate: Candidate) => void): void
  /** Called before the first hit in a text. */
  begin?(text: Text, place: Place): void
}

/** What a rule needs to run, made when its keyword is first seen. */
interface Prepared {
  pattern: RegExp
  /** Windows without a run of this many letters, digits and signs are not worth the pattern. */
  run: number
}

const ordinaryWindow = 256
const companionReach = 4096

export class Matcher {
  readonly automaton: Automaton
  readonly #rules: Rule[]
  readonly #prepared: (Prepared | undefined)[] = []
  readonly #windows: Int32Array
  readonly #detectors: Detector[]
  /** Rules and detectors of each keyword; detectors follow the rules in number. */
  readonly #targets: Int32Array[]
  readonly #lengths: number[]
  readonly #from: Int32Array
  readonly #to: Int32Array
  #hits = new Int32Array(4096)

  constructor(rules: Rule[], detectors: Detector[], automaton?: Automaton) {
    this.#rules = rules
    this.#windows = Int32Array.from(rules, (rule) => rule.window ?? ordinaryWindow)
    this.#detectors = detectors
    const targets = new Map<string, number[]>()
    ;[...rules, ...detectors].forEach((target, number) => {
      for (const keyword of target.keywords) {
        const list = targets.get(keyword)
        if (list) list.push(number)
        else targets.set(keyword, [number])
      }
    })
    const keywords = [...targets.keys()]
    this.automaton = automaton ?? buildAutomaton(keywords)
    this.#targets = keywords.map((keyword) => Int32Array.from(targets.get(keyword)!))
    this.#lengths = keywords.map((keyword) => Buffer.byteLength(keyword))
    this.#from = new Int32Array(rules.length).fill(-1)
    this.#to = new Int32Array(rules.length)
  }

  /** Calls `found` for everything that a rule or detector accepts in the text; the same secret may come more than once. */
  match(text: Text, place: Place, found: (candidate: Candidate) => void): void {
    const count = this.#findKeywords(text.bytes, text.length)
    if (count === 0) return
    for (const detector of this.#detectors) detector.begin?.(text, place)
    const { accepting, ends, endsAt } = this.automaton
    const open: number[] = []
    for (let at = 0; at < count; at += 2) {
      const row = this.#hits[at]! - accepting
      const end = this.#hits[at + 1]! + 1
      for (let n = endsAt[row]!; n < endsAt[row + 1]!; n++) {
        const keyword = ends[n]!
        const start = end - this.#lengths[keyword]!
        for (const target of this.#targets[keyword]!) {
          if (target < this.#rules.length) this.#widen(text, target, start, end, open, found)
          else this.#detectors[target - this.#rules.length]!.hit(text, start, end, place, found)
        }
      }
    }
    for (const target of open) {
      this.#run(text, target, found)
      this.#from[target] = -1
    }
  }

  /** Fills `#hits` with pairs of accepting state and offset of the keyword's last byte; returns how many numbers it wrote. */
  #findKeywords(bytes: Uint8Array, length: number): number {
    const { columns, table, shift, accepting } = this.automaton
    let hits = this.#hits
    let count = 0
    let state = 0
    for (let at = 0; at < length; at++) {
      state = table[(state << shift) + columns[bytes[at]!]!]!
      if (state < accepting) continue
      if (count === hits.length) {
        hits = new Int32Array(count * 2)
        hits.set(this.#hits)
        this.#hits = hits
      }
      hits[count] = state
      hits[count + 1] = at
      count += 2
    }
    return count
  }

  /** Joins the window of this hit to the rule's open one, or runs the open one first where they do not touch. */
  #widen(text: Text, target: number, start: number, end: number, open: number[], found: (candidate: Candidate) => void): void {
    const window = this.#windows[target]!
    const from = Math.max(0, start - window)
    const to = Math.min(text.length, end + window)
    if (this.#from[target] === -1) open.push(target)
    else if (from <= this.#to[target]!) {
      this.#to[target] = to
      return
    } else this.#run(text, target, found)
    this.#from[target] = from
    this.#to[target] = to
  }

  #run(text: Text, target: number, found: (candidate: Candidate) => void): void {
    const rule = this.#rules[target]!
    const { pattern, run } = (this.#prepared[target] ??= { pattern: global(rule.pattern), run: leastRun(rule.pattern) })
    const offset = this.#from[target]!
    if (run >= 8 && !hasRun(text.bytes, offset, this.#to[target]!, run)) return
    const window = text.string.slice(offset, this.#to[target]!)
    pattern.lastIndex = 0
    for (let match = pattern.exec(window); match !== null; match = pattern.exec(window)) {
      if (match[0] === '') {
        pattern.lastIndex++
        continue
      }
      const secret = match.groups?.secret ?? match[0]
      const start = offset + match.index + (secret === match[0] ? 0 : match[0].lastIndexOf(secret))
      const end = start + secret.length
      const accepted = accepts(rule, text, secret, start, end)
      if (accepted === null) continue
      found({ rule, secret, start, end, matchStart: offset + match.index, matchEnd: offset + match.index + match[0].length, confidence: accepted })
    }
  }
}

const global = (pattern: RegExp): RegExp => new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : pattern.flags + 'g')

/** The confidence that the rule's own conditions leave, or null where one refuses. */
function accepts(rule: Rule, text: Text, secret: string, start: number, end: number): Candidate['confidence'] | null {
  if (rule.entropy !== undefined && entropy(secret) < rule.entropy) return null
  if (rule.check && !rule.check(secret)) return null
  let confidence = rule.confidence ?? 'high'
  for (const companion of rule.companions ?? []) {
    if (stands(companion, text, start, end)) confidence = 'high'
    else if (companion.required) return null
  }
  return confidence
}

/** Whether the companion's pattern matches within its lines of the secret, outside the secret itself. */
function stands(companion: Companion, text: Text, start: number, end: number): boolean {
  let from = text.lineStart(start)
  let to = text.lineEnd(end)
  const floor = Math.max(0, start - companionReach)
  const ceiling = Math.min(text.length, end + companionReach)
  for (let n = 0; n < companion.within; n++) {
    if (from > floor) from = Math.max(floor, text.lineStart(from - 1))
    if (to < ceiling) to = Math.min(ceiling, text.lineEnd(to + 1))
  }
  const flat = new RegExp(companion.pattern.source, companion.pattern.flags.replace(/[gy]/g, ''))
  return flat.test(text.string.slice(from, start)) || flat.test(text.string.slice(end, to))
}
