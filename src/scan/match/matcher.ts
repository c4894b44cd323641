// Finds candidates in a text: the automaton finds keywords, then each rule's pattern runs in a window round its keywords,
// and each detector looks at its hits in the bytes.
import type { Companion, Rule } from '../rule.ts'
import { folded, type Automaton } from './automaton.ts'
import type { Candidate } from './candidate.ts'
import { entropy } from './entropy.ts'
import { Hits } from './hits.ts'
import { lookBack, planOf, type Plan } from './plan.ts'
import { holdsByte, holdsRun } from './run-length.ts'
import { loadAutomaton } from './stored.ts'
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

/** Ties a keyword to a detector or rule. */
interface Hook {
  keyword: string
  length: number
  detector: Detector | null
  target: number
  alone: boolean
  begins: boolean
  /** Made when the keyword is first seen. */
  plan: Plan | null
  /** The first character of the rule's matches where they begin at the keyword, else 0. */
  first: number
}

/** One text on its way. */
interface Scan {
  text: Text
  place: Place
  found: (candidate: Candidate) => void
  /** Rules with an open window. */
  open: number[]
}

const companionReach = 4096

export class Matcher {
  readonly automaton: Automaton
  readonly #rules: Rule[]
  /** Made when a rule's keyword is first seen. */
  readonly #plans: (Plan | undefined)[] = []
  readonly #detectors: Detector[]
  /** By accepting row. */
  readonly #hooks: Hook[][]
  readonly #from: Int32Array
  readonly #to: Int32Array
  readonly #hits: Hits

  constructor(rules: Rule[], detectors: Detector[], automaton?: Automaton) {
    this.#rules = rules
    this.#detectors = detectors
    const hooks = new Map<string, Hook[]>()
    const hook = (text: string, target: number, detector: Detector | null, alone: boolean, begins: boolean): void => {
      const keyword = folded(text)
      const made = { keyword, length: keyword.length, detector, target, alone, begins, plan: null, first: 0 }
      const list = hooks.get(keyword)
      if (!list) hooks.set(keyword, [made])
      else if (list.at(-1)!.target !== target || list.at(-1)!.detector !== detector) list.push(made)
    }
    rules.forEach((rule, number) => {
      for (const keyword of rule.keywords) hook(keyword, number, null, rule.alone?.includes(keyword) ?? false, rule.begins?.includes(keyword) ?? false)
    })
    for (const detector of detectors) for (const keyword of detector.keywords) hook(keyword, -1, detector, false, false)
    this.automaton = automaton ?? loadAutomaton([...hooks.keys()])
    const { ends, endsAt } = this.automaton
    const lists = [...hooks.values()]
    this.#hooks = Array.from({ length: endsAt.length - 1 }, (_, row) => Array.from(ends.subarray(endsAt[row]!, endsAt[row + 1]!)).flatMap((word) => lists[word]!))
    const alike = (list: Hook[]): boolean => list.every((hook) => hook.begins && hook.length === list[0]!.length)
    this.#hits = new Hits(this.automaton, Uint8Array.from(this.#hooks, (list) => (alike(list) ? list[0]!.length : 0)))
    this.#from = new Int32Array(rules.length).fill(-1)
    this.#to = new Int32Array(rules.length)
  }

  /** Calls `found` for everything that a rule or detector accepts in the text; the same secret may come more than once. */
  match(text: Text, place: Place, found: (candidate: Candidate) => void): void {
    const hits = this.#hits.find(text.bytes)
    if (hits.count === 0) return
    for (const detector of this.#detectors) detector.begin?.(text, place)
    const { accepting, width } = this.automaton
    const scan: Scan = { text, place, found, open: [] }
    for (let at = 0; at < hits.count; at++) this.#take(scan, this.#hooks[(hits.states[at]! - accepting) / width]!, hits.ends[at]! + 1)
    for (const target of scan.open) {
      this.#run(scan, target)
      this.#from[target] = -1
    }
  }

  /** Hands one place to everything that waits for the keywords that end there. */
  #take(scan: Scan, hooks: Hook[], end: number): void {
    const { bytes } = scan.text
    for (let which = 0; which < hooks.length; which++) {
      const hook = hooks[which]!
      const start = end - hook.length
      if (hook.detector !== null) hook.detector.hit(scan.text, start, end, scan.place, scan.found)
      else if (hook.alone ? standsAlone(bytes, start, end) : hook.first === 0 || hook.first === bytes[start]) this.#visit(scan, hook, start)
    }
  }

  #visit(scan: Scan, hook: Hook, start: number): void {
    const plan = (hook.plan ??= this.#planOf(hook))
    const { bytes, length } = scan.text
    if (hook.first !== 0) {
      if (standsAt(bytes, start, plan.literal)) runAt(scan, plan, start)
      return
    }
    const end = start + hook.length
    if (plan.gap > 0 && plan.run !== null && !holdsRun(bytes, end, Math.min(length, end + plan.gap + plan.run.least), plan.run)) return
    this.#widen(scan, hook.target, Math.max(0, start - plan.before), Math.min(length, end + plan.after))
  }

  #planOf(hook: Hook): Plan {
    const plan = (this.#plans[hook.target] ??= planOf(this.#rules[hook.target]!))
    if (folded(plan.literal).startsWith(hook.keyword)) hook.first = plan.literal.charCodeAt(0)
    return plan
  }

  /** Joins the window of this hit to the rule's open one, or runs the open one first where they do not touch. */
  #widen(scan: Scan, target: number, from: number, to: number): void {
    if (this.#from[target] === -1) scan.open.push(target)
    else if (from <= this.#to[target]!) {
      this.#to[target] = to
      return
    } else this.#run(scan, target)
    this.#from[target] = from
    this.#to[target] = to
  }

  #run(scan: Scan, target: number): void {
    const { text } = scan
    const { rule, pattern, run, sign } = this.#plans[target]!
    const offset = this.#from[target]!
    const end = this.#to[target]!
    if (sign !== 0 && !holdsByte(text.bytes, offset, end, sign)) return
    if (run !== null && !holdsRun(text.bytes, offset, end, run)) return
    const window = text.slice(offset, end)
    pattern.lastIndex = 0
    for (let match = pattern.exec(window); match !== null; match = pattern.exec(window)) {
      if (match[0] === '') pattern.lastIndex++
      else report(rule, text, match, offset, scan.found)
    }
  }
}

/** Runs a pattern whose match can begin nowhere else. */
function runAt(scan: Scan, plan: Plan, start: number): void {
  const offset = Math.max(0, start - lookBack)
  const { sticky } = plan
  sticky.lastIndex = start - offset
  const match = sticky.exec(scan.text.slice(offset, start + plan.literal.length + plan.after))
  if (match !== null) report(plan.rule, scan.text, match, offset, scan.found)
}

const isSmallLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 97 && byte <= 122
const isCapital = (byte: number | undefined): boolean => byte !== undefined && byte >= 65 && byte <= 90

/** Whether a word begins at the start and, but for what commonly follows a name (`api`, `key`, `secret`, `token`), ends at the end. */
function standsAlone(bytes: Uint8Array, start: number, end: number): boolean {
  const before = bytes[start - 1]
  if (isSmallLetter(before) ? !isCapital(bytes[start]) : isCapital(before)) return false
  return !isSmallLetter(bytes[end]) || suffixes.includes(bytes[end]!)
}

const suffixes = [...Buffer.from('akst')]

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
  return flat.test(text.slice(from, start)) || flat.test(text.slice(end, to))
}
