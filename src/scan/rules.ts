// Every rule that a scan knows; the tables load only when a scan begins.
import { genericRules } from './generic/rules.ts'
import type { Rule } from './rule.ts'

export async function loadRules(): Promise<Rule[]> {
  const { rules } = await import('./rules/index.ts')
  return [...rules, ...genericRules]
}
