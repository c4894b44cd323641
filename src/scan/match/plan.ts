// How a rule is run, read from its pattern once its keyword is first seen.
import type { Rule } from '../rule.ts'
import { literalStart } from './literal.ts'
import { sureRun, type Run } from './run-length.ts'

export interface Plan {
  rule: Rule
  pattern: RegExp
  /** The same pattern, bound to the place where it is started. */
  sticky: RegExp
  /** What every match begins with; a keyword that begins it needs no window. */
  literal: string
  literalLower: string
  /** Windows without such a run are not worth the pattern. */
  run: Run | null
  before: number
  after: number
  alone: ReadonlySet<string> | null
}

const ordinaryWindow = 256
/** Bytes that assertions before a match may look at. */
export const lookBack = 16

export function planOf(rule: Rule): Plan {
  const { source } = rule.pattern
  const flags = rule.pattern.flags.replace(/[gy]/g, '')
  const literal = literalStart(rule.pattern)
  const window = rule.window ?? ordinaryWindow
  return {
    rule,
    pattern: new RegExp(source, flags + 'g'),
    sticky: new RegExp(source, flags + 'y'),
    literal,
    literalLower: literal.toLowerCase(),
    run: sureRun(rule.pattern),
    before: rule.before ?? window,
    after: window,
    alone: rule.alone ? new Set(rule.alone) : null,
  }
}
