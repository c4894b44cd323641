// The scanner as a library: `strongroom/scan`.
import type { Finding } from './finding.ts'
import { parse } from './settings.ts'

export type { Commit, Finding } from './finding.ts'
export type { Companion, Confidence, Rule } from './rule.ts'
export { loadRules } from './rules.ts'

/**
 * Scans as `strongroom scan` with the same arguments does (`['src', '--gitignore']`, `['git', '.']`) and gives what was found,
 * secrets in clear. `failures` counts what could not be read.
 */
export async function scan(args: string[]): Promise<{ findings: Finding[]; failures: number }> {
  const { values, positionals } = parse(args)
  const { findSecrets } = await import('./run.ts')
  const { findings, failures, finish } = await findSecrets(values, positionals)
  finish()
  return { findings, failures }
}
