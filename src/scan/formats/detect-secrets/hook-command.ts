// `detect-secrets-hook --baseline FILE PATH…`: what pre-commit runs.
import { replaceFile } from '../../text-file.ts'
import type { Finding } from '../../finding.ts'
import { redact } from '../../report/redact.ts'
import { baselineFor, findIn, read } from './command.ts'
import { entriesOf, holds, writeBaseline, type Baseline } from './baseline.ts'
import { pluginOf } from './plugins.ts'

/** Returns the status: 0 nothing new, 1 new secrets, 2 an error, 3 the baseline's line numbers were brought up to date. */
export async function run(argv: string[]): Promise<number> {
  try {
    const { values, positionals } = read(argv)
    const file = values.baseline
    const baseline = baselineFor(values, file)
    const findings = await findIn(baseline, positionals, file)
    const fresh = findings.filter((finding) => !holds(baseline, finding.file, finding.secret))
    if (fresh.length > 0) {
      process.stdout.write(values.json ? JSON.stringify(Object.fromEntries(entriesOf(fresh, baseline)), null, 2) + '\n' : fresh.map(describe).join('\n'))
      return 1
    }
    if (file === undefined || !refresh(baseline, findings)) return 0
    replaceFile(file, writeBaseline(baseline))
    process.stdout.write('The baseline file was updated.\nProbably to keep line numbers of secrets up-to-date.\nPlease `git add` it and commit again.\n')
    return 3
  } catch (error) {
    process.stderr.write(`detect-secrets-hook: ${(error as Error).message}\n`)
    return 2
  }
}

const describe = (finding: Finding): string =>
  `ERROR: Potential secrets about to be committed to git repo!\n\nSecret Type: ${pluginOf(finding.rule).type}\nLocation:    ${finding.file}:${finding.line}\nSecret:      ${redact(finding.secret)}\n`

/** Corrects the line numbers of known secrets; tells whether any changed. */
function refresh(baseline: Baseline, findings: Finding[]): boolean {
  let changed = false
  for (const [file, entries] of entriesOf(findings, baseline)) {
    for (const entry of entries) {
      const known = baseline.results.get(file)?.find((one) => one.hashed_secret === entry.hashed_secret)
      if (!known || known.line_number === undefined || known.line_number === entry.line_number) continue
      known.line_number = entry.line_number!
      changed = true
    }
  }
  return changed
}
