// How a rule is run, read from its pattern once its keyword is first seen.
import type { Rule } from '../rule.ts'
import { folded } from './automaton.ts'
import { beginningsOf, spellKeywords, type Beginning } from './beginning.ts'
import { outlineOf, type Outline } from './outline.ts'
import { sureRun, type Run } from './run-length.ts'
import type { Way } from './sieve.ts'

/** Bytes before a match that begins with a keyword: assertions may look at them. */
const lookBack = 32
const ordinaryWindow = 256

export class Plan {
  readonly rule: Rule
  /** How matches begin, where a keyword is that beginning: hits need no window. */
  readonly beginnings: Beginning[] | null
  /** Windows without such a run are not worth the pattern. */
  readonly run: Run | null
  /** Nor are those without this byte; 0: any will do. */
  readonly sign: number
  /** Bytes before and behind a keyword that the pattern sees. */
  readonly before: number
  readonly after: number
  #pattern: RegExp | undefined

  constructor(rule: Rule) {
    this.rule = rule
    const outline = rule.outline ? rule.outline() : outlineOf(rule.pattern)
    const beginnings = outline && beginningsOf(outline)
    this.beginnings = beginnings && spellKeywords(beginnings, rule.keywords.map(folded)) ? beginnings : null
    this.run = outline && sureRun(outline)
    this.sign = outline && this.beginnings === null ? signOf(outline) : 0
    this.after = rule.window ?? ordinaryWindow
    this.before = rule.before ?? (this.beginnings ? lookBack : this.after)
  }

  /** What stands at every hit of a keyword of so many bytes that the pattern needs to see; null where anything may. */
  waysAt(length: number, beginnings: Beginning[] | null): Way[] | null {
    const { run, sign, before, after } = this
    if (beginnings !== null) {
      if (run !== null) return [windowOf(-length, Math.min(after, run.reach + run.least - length), run)]
      return beginnings.length > mostWays ? null : beginnings.map((sets) => ({ from: -length, steps: sets.map((set) => ({ set, least: 1, most: 1 })) }))
    }
    if (run === null) return sign === 0 ? null : [windowOf(-length - before, after, { least: 1, bytes: signs })]
    const { gap } = this.rule
    return [gap ? windowOf(0, Math.min(after, gap + run.least), run) : windowOf(-length - before, after, run)]
  }

  /** The rule's pattern; bound to the place where it is started when hits need no window, else looking for every match. */
  get pattern(): RegExp {
    return (this.#pattern ??= flagged(this.rule.pattern, this.beginnings ? 'y' : 'g'))
  }
}

const mostWays = 4
const windowOf = (from: number, to: number, { bytes, least, marks }: Pick<Run, 'bytes' | 'least' | 'marks'>): Way => ({ from, to, steps: [{ set: bytes, least, most: least }], ...(marks && { marks }) })

const flagged = ({ source, flags }: RegExp, flag: string): RegExp => new RegExp(source, flags.replace(/[gy]/g, '') + flag)

const at = 64
const signs = Uint8Array.from({ length: 256 }, (_, byte) => (byte === at ? 1 : 0))

/** The byte of `@` where every match must hold one, else 0: few windows hold one. */
export function signOf(outline: Outline): number {
  return holds(outline) ? at : 0
}

function holds(outline: Outline): boolean {
  if (outline.kind === 'bytes') return outline.set[at] === 1 && outline.set.indexOf(1) === at && outline.set.lastIndexOf(1) === at
  if (outline.kind === 'repeat') return outline.least > 0 && holds(outline.of)
  return outline.kind === 'choice' ? outline.of.every(holds) : outline.of.some(holds)
}
