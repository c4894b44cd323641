// Finds candidates in a text: the automaton finds keywords, then each rule's pattern runs in a window round its keywords,
// and each detector looks at its hits in the bytes.
import type { Companion, Rule } from '../rule.ts'
import { folded, type Automaton } from './automaton.ts'
import type { Candidate } from './candidate.ts'
import { entropy } from './entropy.ts'
import { beginsAt, beginningsWith, type Beginning } from './beginning.ts'
import { demandsOf, endsWord } from './demand.ts'
import { Hits } from './hits.ts'
import { Plan } from './plan.ts'
import { holdsByte, holdsRun, type Run } from './run-length.ts'
import { everyTaker, type Way } from './sieve.ts'
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
  /** What stands at every hit of the keyword that is of use; null where anything may. */
  ways?(keyword: string): Way[] | null
}

/** Ties a keyword to a detector or rule. */
interface Hook {
  keyword: string
  length: number
  /** Where the keyword is a detector's. */
  hit: Detector['hit'] | null
  detector: Detector | null
  target: number
  alone: boolean
  begins: boolean
  /** Made when the keyword is first seen. */
  plan: Plan | null
  /** How matches begin at the keyword; null where they need not. */
  beginnings: Beginning[] | null
}

/** One text on its way. */
interface Scan {
  text: Text
  place: Place
  found: (candidate: Candidate) => void
  /** Rules with an open window. */
  open: number[]
  /** Tells it from the matcher's other texts. */
  number: number
}

/** Hits of a keyword after which it pays to tell what they need. */
const often = 16
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
  #count = 0
  /** Hits of each accepting row. */
  readonly #seen: Uint32Array
  /** The last window of each rule that held no run: the number of its text, its beginning and end. */
  readonly #idle: Float64Array
  readonly #idleFrom: Int32Array
  readonly #idleTo: Int32Array

  constructor(rules: Rule[], detectors: Detector[], automaton?: Automaton) {
    this.#rules = rules
    this.#detectors = detectors
    const hooks = new Map<string, Hook[]>()
    const hook = (text: string, target: number, detector: Detector | null, hit: Detector['hit'] | null, alone: boolean, begins: boolean): void => {
      const keyword = folded(text)
      const made = { keyword, length: keyword.length, hit, detector, target, alone, begins, plan: null, beginnings: null }
      const list = hooks.get(keyword)
      if (!list) hooks.set(keyword, [made])
      else if (list.at(-1)!.target !== target || list.at(-1)!.hit !== hit) list.push(made)
    }
    rules.forEach((rule, number) => {
      for (const keyword of rule.keywords) hook(keyword, number, null, null, rule.alone?.includes(keyword) ?? false, rule.begins?.includes(keyword) ?? false)
    })
    for (const detector of detectors) {
      const hit = detector.hit.bind(detector)
      for (const keyword of detector.keywords) hook(keyword, -1, detector, hit, false, false)
    }
    this.automaton = automaton ?? loadAutomaton([...hooks.keys()])
    const { ends, endsAt } = this.automaton
    const lists = [...hooks.values()]
    this.#hooks = []
    for (let row = 0; row + 1 < endsAt.length; row++) {
      let list = lists[ends[endsAt[row]!]!]!
      for (let at = endsAt[row]! + 1; at < endsAt[row + 1]!; at++) list = [...list, ...lists[ends[at]!]!]
      this.#hooks.push(list)
    }
    const alike = (list: Hook[]): boolean => list.every((hook) => hook.begins && hook.length === list[0]!.length)
    this.#hits = new Hits(this.automaton, Uint8Array.from(this.#hooks, (list) => (alike(list) ? list[0]!.length : 0)))
    this.#seen = new Uint32Array(this.#hooks.length)
    this.#from = new Int32Array(rules.length).fill(-1)
    this.#to = new Int32Array(rules.length)
    this.#idle = new Float64Array(rules.length)
    this.#idleFrom = new Int32Array(rules.length)
    this.#idleTo = new Int32Array(rules.length)
  }

  /** Calls `found` for everything that a rule or detector accepts in the text; the same secret may come more than once. */
  match(text: Text, place: Place, found: (candidate: Candidate) => void): void {
    const hits = this.#hits.find(text.bytes)
    if (hits.count === 0) return
    for (const detector of this.#detectors) detector.begin?.(text, place)
    const { accepting, width } = this.automaton
    const scan: Scan = { text, place, found, open: [], number: ++this.#count }
    for (let at = 0; at < hits.count; at++) {
      const row = (hits.states[at]! - accepting) / width
      const hooks = this.#hooks[row]!
      this.#take(scan, hooks, hits.ends[at]! + 1, hits.takers[at]!)
      if (++this.#seen[row]! === often) this.#demand(row, hooks)
    }
    for (const target of scan.open) {
      if (this.#plans[target]!.beginnings === null) this.#run(scan, target)
      this.#from[target] = -1
    }
  }

  /** Tells the walk what it may leave out, now that the keywords of the row are known to be frequent. */
  #demand(row: number, hooks: Hook[]): void {
    for (const hook of hooks) if (hook.hit === null) hook.plan ??= this.#planOf(hook)
    if (hooks.every((hook) => hook.hit === null)) this.#hits.demand(row, demandsOf(hooks))
    const ways = hooks.map((hook) => (hook.detector ? (hook.detector.ways?.(hook.keyword) ?? null) : hook.plan!.waysAt(hook.length, hook.beginnings)))
    if (!ways.includes(null)) this.#hits.sift(row, ways as Way[][])
  }

  /** Hands one place to what waits for the keywords that end there, as far as its bit is set in `takers`. */
  #take(scan: Scan, hooks: Hook[], end: number, takers: number): void {
    const { bytes } = scan.text
    for (let which = 0; which < hooks.length; which++) {
      if (takers !== everyTaker && (takers & (1 << which)) === 0) continue
      const hook = hooks[which]!
      const start = end - hook.length
      if (hook.hit !== null) hook.hit(scan.text, start, end, scan.place, scan.found)
      else if (hook.alone && !standsAlone(bytes, start, end)) continue
      else if (hook.beginnings === null) this.#visit(scan, hook, start, takers !== everyTaker)
      else if (beginsAt(bytes, start, hook.beginnings)) this.#start(scan, hook, start)
    }
  }

  /** `tested`: the run of the pattern is known to stand in the window. */
  #visit(scan: Scan, hook: Hook, start: number, tested: boolean): void {
    const plan = (hook.plan ??= this.#planOf(hook))
    const { bytes, length } = scan.text
    if (hook.beginnings !== null) {
      if (beginsAt(bytes, start, hook.beginnings)) this.#start(scan, hook, start)
      return
    }
    const end = start + hook.length
    const from = Math.max(0, start - plan.before)
    const to = Math.min(length, end + plan.after)
    const { gap } = plan.rule
    if (plan.run !== null && !tested) {
      const mayMatch = gap ? holdsRun(bytes, end, Math.min(to, end + gap + plan.run.least), plan.run) : this.#holdsRun(scan, hook.target, from, to, plan.run)
      if (!mayMatch) return
    }
    this.#widen(scan, hook.target, from, to)
  }

  /** Whether the window holds the rule's run; where it overlaps the last one, which did not, only the rest is looked at. */
  #holdsRun(scan: Scan, target: number, from: number, to: number, run: Run): boolean {
    const isKnown = this.#idle[target] === scan.number && this.#idleFrom[target]! <= from && from < this.#idleTo[target]!
    if (holdsRun(scan.text.bytes, isKnown ? Math.max(from, this.#idleTo[target]! - run.least + 1) : from, to, run)) {
      this.#idle[target] = 0
      return true
    }
    this.#idle[target] = scan.number
    this.#idleFrom[target] = from
    this.#idleTo[target] = to
    return false
  }

  #planOf(hook: Hook): Plan {
    const plan = (this.#plans[hook.target] ??= new Plan(this.#rules[hook.target]!))
    hook.beginnings = plan.beginnings && beginningsWith(plan.beginnings, hook.keyword)
    return plan
  }

  /** Runs a pattern whose match can begin nowhere else, unless the place lies within its last match. */
  #start(scan: Scan, hook: Hook, start: number): void {
    const { text, found } = scan
    const plan = hook.plan!
    const { rule, run, before, after } = plan
    const end = Math.min(text.length, start + hook.length + after)
    if (run !== null && !holdsRun(text.bytes, start, Math.min(end, start + run.reach + run.least), run)) return
    if (this.#from[hook.target] === -1) {
      scan.open.push(hook.target)
      this.#from[hook.target] = this.#to[hook.target] = 0
    }
    if (start < this.#to[hook.target]!) return
    const offset = Math.max(0, start - before)
    const { pattern } = plan
    pattern.lastIndex = start - offset
    const match = pattern.exec(text.slice(offset, end))
    if (match === null) return
    this.#to[hook.target] = start + match[0].length
    report(rule, text, match, offset, found)
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
    const { rule, sign } = this.#plans[target]!
    const offset = this.#from[target]!
    const end = this.#to[target]!
    if (sign !== 0 && !holdsByte(text.bytes, offset, end, sign)) return
    const { pattern } = this.#plans[target]!
    const window = text.slice(offset, end)
    pattern.lastIndex = 0
    for (let match = pattern.exec(window); match !== null; match = pattern.exec(window)) {
      if (match[0] === '') pattern.lastIndex++
      else report(rule, text, match, offset, scan.found)
    }
  }
}

const isSmallLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 97 && byte <= 122
const isCapital = (byte: number | undefined): boolean => byte !== undefined && byte >= 65 && byte <= 90

/** Whether a word begins at the start and, but for what commonly follows a name (`api`, `key`, `secret`, `token`), ends at the end. */
function standsAlone(bytes: Uint8Array, start: number, end: number): boolean {
  const before = bytes[start - 1]
  if (isSmallLetter(before) ? !isCapital(bytes[start]) : isCapital(before)) return false
  return endsWord[bytes[end] ?? 0] === 1
}

function report(rule: Rule, text: Text, match: RegExpExecArray, offset: number, found: (candidate: Candidate) => void): void {
  const whole = match[0]
  const secret = match.groups?.secret ?? whole
  const matchStart = offset + match.index
  const start = matchStart + (secret === whole ? 0 : whole.lastIndexOf(secret))
  const end = start + secret.length
  const confidence = accepts(rule, text, secret, start, end)
  const forged = confidence === null && rule.forged?.(secret) === true
  if (confidence !== null || forged) found({ rule, secret, start, end, matchStart, matchEnd: matchStart + whole.length, confidence: confidence ?? 'low', ...(forged && { forged }) })
}

/** The confidence that the rule's own conditions leave, or null where one refuses. */
function accepts(rule: Rule, text: Text, secret: string, start: number, end: number): Candidate['confidence'] | null {
  if (rule.entropy !== undefined && entropy(secret) < rule.entropy) return null
  if (rule.check && !rule.check(secret)) return null
  if (rule.checksum && !rule.checksum(secret)) return 'low'
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
