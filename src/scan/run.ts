// One scan from its settings to its report and exit status.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Settings } from './cli.ts'
import type { Finding } from './finding.ts'
import { genericDetectors } from './generic/index.ts'
import { Scanner } from './match/scanner.ts'
import { loadRules } from './rules.ts'
import { scanFile } from './sources/chunks.ts'
import { reasonOf, walk } from './sources/directory.ts'

export async function runScan(settings: Settings, positionals: string[]): Promise<number> {
  const rules = await loadRules()
  const scanner = new Scanner({ rules, detectors: genericDetectors() })
  let failures = 0
  const warn = (path: string, reason: string): void => {
    failures++
    if (!settings.quiet) process.stderr.write(`strongroom scan: ${path}: ${reason}\n`)
  }
  const findings: Finding[] = []
  for (const file of walk(positionals.length > 0 ? positionals : ['.'], { warn })) {
    try {
      findings.push(...scanFile(scanner, file, relative('.', file).replaceAll('\\', '/')).findings)
    } catch (error) {
      warn(file, reasonOf(error))
    }
  }
  const report = await format(settings, findings)
  if (settings.output) writeFileSync(settings.output, report, { mode: 0o600 })
  else process.stdout.write(report)
  if (settings.strict && failures > 0) return 2
  return findings.length > 0 ? Number(settings['exit-code']) : 0
}

async function format(settings: Settings, found: Finding[]): Promise<string> {
  const { redacted } = await import('./report/redact.ts')
  const findings = settings['no-redact'] ? found : found.map(redacted)
  if (settings.format === 'json') return (await import('./report/json.ts')).formatJson(findings)
  if (settings.format === 'jsonl') return (await import('./report/json.ts')).formatJsonLines(findings)
  return (await import('./report/text.ts')).formatText(findings)
}
