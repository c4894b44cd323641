// Finds candidates in a text: the automaton finds keywords, then each rule's pattern runs in a window round its keywords,
// and each detector looks at its hits in the bytes.
import type { Companion, Rule } from '../rule.ts'
import { buildAutomaton, type Automaton } from './automaton.ts'
import type { Candidate } from './candidate.ts'
import { entropy } from './entropy.ts'
import { Hits } from './hits.ts'
import { lookBack, planOf, type Plan } from './plan.ts'
import { holdsRun } from './run-length.ts'
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

const companionReach = 4096

export class Matcher {
  readonly automaton: Automaton
  readonly #rules: Rule[]
  /** Made when a rule's keyword is first seen. */
  readonly #plans: (Plan | undefined)[] = []
  readonly #detectors: Detector[]
  /** Rules and detectors of each keyword; detectors follow the rules in number. */
  readonly #targets: Int32Array[]
  readonly #keywords: string[]
  readonly #from: Int32Array
  readonly #to: Int32Array
  readonly #hits = new Hits()

  constructor(rules: Rule[], detectors: Detector[], automaton?: Automaton) {
    this.#rules = rules
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
    this.#keywords = keywords
    this.#from = new Int32Array(rules.length).fill(-1)
    this.#to = new Int32Array(rules.length)
  }

  /** Calls `found` for everything that a rule or detector accepts in the text; the same secret may come more than once. */
  match(text: Text, place: Place, found: (candidate: Candidate) => void): void {
    const hits = this.#hits.find(this.automaton, text.bytes, text.length)
    if (hits.count === 0) return
    for (const detector of this.#detectors) detector.begin?.(text, place)
    const { accepting, width, ends, endsAt } = this.automaton
    const open: number[] = []
    for (let at = 0; at < hits.count; at++) {
      const row = (hits.states[at]! - accepting) / width
      const end = hits.ends[at]! + 1
      for (let n = endsAt[row]!; n < endsAt[row + 1]!; n++) {
        const keyword = this.#keywords[ends[n]!]!
        const start = end - keyword.length
        for (const target of this.#targets[ends[n]!]!) {
          if (target >= this.#rules.length) this.#detectors[target - this.#rules.length]!.hit(text, start, end, place, found)
          else this.#visit(text, target, keyword, start, open, found)
        }
      }
    }
    for (const target of open) {
      this.#run(text, target, found)
      this.#from[target] = -1
    }
  }

  #visit(text: Text, target: number, keyword: string, start: number, open: number[], found: (candidate: Candidate) => void): void {
    const plan = (this.#plans[target] ??= planOf(this.#rules[target]!))
    if (plan.literalLower.startsWith(keyword)) {
      if (standsAt(text.bytes, start, plan.literal)) this.#runAt(text, plan, start, found)
      return
    }
    const end = start + keyword.length
    if (plan.alone?.has(keyword) && (isLetter(text.bytes[start - 1]) || isSmallLetter(text.bytes[end]))) return
    this.#widen(text, target, Math.max(0, start - plan.before), Math.min(text.length, end + plan.after), open, found)
  }

  /** Joins the window of this hit to the rule's open one, or runs the open one first where they do not touch. */
  #widen(text: Text, target: number, from: number, to: number, open: number[], found: (candidate: Candidate) => void): void {
    if (this.#from[target] === -1) open.push(target)
    else if (from <= this.#to[target]!) {
      this.#to[target] = to
      return
    } else this.#run(text, target, found)
    this.#from[target] = from
    this.#to[target] = to
  }

  /** Runs a pattern whose match can begin nowhere else. */
  #runAt(text: Text, plan: Plan, start: number, found: (candidate: Candidate) => void): void {
    const offset = Math.max(0, start - lookBack)
    const { sticky } = plan
    sticky.lastIndex = start - offset
    const match = sticky.exec(text.string.slice(offset, start + plan.literal.length + plan.after))
    if (match !== null) report(plan.rule, text, match, offset, found)
  }

  #run(text: Text, target: number, found: (candidate: Candidate) => void): void {
    const { rule, pattern, run } = this.#plans[target]!
    const offset = this.#from[target]!
    if (run !== null && !holdsRun(text.bytes, offset, this.#to[target]!, run)) return
    const window = text.string.slice(offset, this.#to[target]!)
    pattern.lastIndex = 0
    for (let match = pattern.exec(window); match !== null; match = pattern.exec(window)) {
      if (match[0] === '') pattern.lastIndex++
      else report(rule, text, match, offset, found)
    }
  }
}

const isSmallLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 97 && byte <= 122
const isLetter = (byte: number | undefined): boolean => byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 122

function standsAt(bytes: Uint8Array, start: number, literal: string): boolean {
  for (let at = 0; at < literal.length; at++) if (bytes[start + at] !== literal.charCodeAt(at)) return false
  return true
}

function report(rule: Rule, text: Text, match: RegExpExecArray, offset: number, found: (candidate: Candidate) => void): void {
  const whole = match[0]
  const secret = match.groups?.secret ?? whole
  const matchStart = offset + match.index
  const start = matchStart + (secret === whole ? 0 : whole.lastIndexOf(secret))
  const end = start + secret.length
  const confidence = accepts(rule, text, secret, start, end)
  if (confidence !== null) found({ rule, secret, start, end, matchStart, matchEnd: matchStart + whole.length, confidence })
}

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
