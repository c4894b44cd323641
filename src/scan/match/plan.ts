// How a rule is run, read from its pattern once its keyword is first seen.
import type { Rule } from '../rule.ts'
import { literalStart, requiredSign } from './literal.ts'
import { sureRun, type Run } from './run-length.ts'

export interface Plan {
  rule: Rule
  pattern: RegExp
  /** The same pattern, bound to the place where it is started. */
  sticky: RegExp
  /** What every match begins with; a keyword that begins it needs no window. */
  literal: string
  /** Windows without such a run are not worth the pattern. */
  run: Run | null
  /** Nor are those without this byte; 0: any will do. */
  sign: number
  before: number
  after: number
  gap: number
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
    run: sureRun(rule.pattern),
    sign: requiredSign(rule.pattern),
    before: rule.before ?? window,
    after: window,
    gap: rule.gap ?? 0,
  }
}
