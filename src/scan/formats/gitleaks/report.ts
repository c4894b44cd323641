// A JSON report of gitleaks as a baseline.
import type { Part } from '../../setup.ts'
import { ScanError } from '../../scan-error.ts'
import { isTable, numberIn, stringIn } from '../shape.ts'
import { maySpeakOfOne } from './names.ts'

const most = 1_000_000

/** Leaves out what the report holds: the same secret in the same file, or the same place where the report hides the secret. */
export function reportPart(report: unknown[]): Part {
  if (report.length > most || !report.every(isTable)) throw new ScanError('a report of gitleaks is a list of findings')
  const known = new Map<string, string[]>()
  for (const one of report) {
    const file = stringIn(one, 'File') ?? ''
    const rule = stringIn(one, 'RuleID') ?? ''
    const secret = stringIn(one, 'Secret') ?? ''
    const hidden = secret === '' || secret.includes('REDACTED') || secret.includes('…') || secret.includes('...')
    const key = `${file}\0${hidden ? (numberIn(one, 'StartLine') ?? 0) : secret}`
    known.set(key, [...(known.get(key) ?? []), rule])
  }
  return {
    finish: (findings) => findings.filter((finding) => ![finding.secret, finding.match, String(finding.line)]
      .some((key) => known.get(`${finding.file}\0${key}`)?.some((rule) => maySpeakOfOne(finding.rule, rule)))),
  }
}
