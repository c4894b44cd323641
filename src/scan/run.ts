// One scan from its settings to its report and exit status.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Settings } from './cli.ts'
import type { Finding } from './finding.ts'
import { genericDetectors } from './generic/index.ts'
import { Scanner } from './match/scanner.ts'
import { loadRules } from './rules.ts'

interface Job {
  scanner: Scanner
  settings: Settings
  warn(path: string, reason: string): void
}

export async function runScan(settings: Settings, positionals: string[]): Promise<number> {
  let failures = 0
  const warn = (path: string, reason: string): void => {
    failures++
    if (!settings.quiet) process.stderr.write(`strongroom scan: ${path}: ${reason}\n`)
  }
  let findings
  try {
    const wanted = settings.rules?.flatMap((ids) => ids.split(','))
    const rules = (await loadRules()).filter((rule) => !wanted || wanted.includes(rule.id))
    const scanner = new Scanner({ rules, detectors: genericDetectors() })
    findings = await collect({ scanner, settings, warn }, positionals)
    if (wanted) findings = findings.filter((finding) => wanted.includes(finding.rule))
  } catch (error) {
    process.stderr.write(`strongroom scan: ${(error as Error).message}\n`)
    return 2
  }
  await report(settings, findings)
  if (settings.strict && failures > 0) return 2
  return findings.length > 0 ? Number(settings['exit-code']) : 0
}

async function collect(job: Job, positionals: string[]): Promise<Finding[]> {
  const { settings, scanner, warn } = job
  if (settings.staged) return (await import('./sources/staged.ts')).scanStaged(scanner, positionals[0] ?? '.')
  if (positionals[0] === 'git') {
    const { scanHistory } = await import('./sources/history.ts')
    return scanHistory(scanner, {
      repository: positionals[1] ?? '.',
      ...(settings.range ? { revisions: settings.range.split(/\s+/) } : {}),
      ...(settings.since ? { since: settings.since } : {}),
      warn,
    })
  }
  if (positionals[0] === '-') return (await import('./sources/stream.ts')).scanDescriptor(scanner)
  return scanPaths(job, positionals.length > 0 ? positionals : ['.'])
}

async function scanPaths({ scanner, warn }: Job, paths: string[]): Promise<Finding[]> {
  const { reasonOf, walk } = await import('./sources/directory.ts')
  const { scanFile } = await import('./sources/chunks.ts')
  const findings: Finding[] = []
  for (const file of walk(paths, { warn })) {
    try {
      findings.push(...scanFile(scanner, file, relative('.', file).replaceAll('\\', '/')).findings)
    } catch (error) {
      warn(file, reasonOf(error))
    }
  }
  return findings
}

async function report(settings: Settings, found: Finding[]): Promise<void> {
  const { redacted } = await import('./report/redact.ts')
  const findings = settings['no-redact'] ? found : found.map(redacted)
  const text = await format(settings.format, findings)
  if (settings.output) writeFileSync(settings.output, text, { mode: 0o600 })
  else process.stdout.write(text)
}

async function format(name: string, findings: Finding[]): Promise<string> {
  if (name === 'json') return (await import('./report/json.ts')).formatJson(findings)
  if (name === 'jsonl') return (await import('./report/json.ts')).formatJsonLines(findings)
  return (await import('./report/text.ts')).formatText(findings)
}
