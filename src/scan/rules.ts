// Every rule that a scan knows; the tables load only when a scan begins.
import { readdirSync } from 'node:fs'
import { genericRules } from './generic/index.ts'
import type { Rule } from './rule.ts'

export async function loadRules(): Promise<Rule[]> {
  const rules: Rule[] = []
  for (const name of readdirSync(new URL('./rules/', import.meta.url))) {
    if (name.includes('.test.') || ['index.ts', 'near.ts', 'sample.ts', 'shape.ts', 'token.ts'].includes(name)) continue
    try {
      const m = await import('./rules/' + name)
      for (const value of Object.values(m)) if (Array.isArray(value) && value[0]?.pattern) rules.push(...value)
    } catch (e) { process.stderr.write(name + ' ' + (e as Error).message + '\n') }
  }
  return [...rules, ...genericRules]
}
