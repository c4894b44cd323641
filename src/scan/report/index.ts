// The forms of a report by their names; each is loaded when it is asked for.
import type { Finding } from '../finding.ts'
import { ScanError } from '../scan-error.ts'

type Format = (findings: Finding[]) => string | Promise<string>

/** `whole` forms are given secrets in full: they hold digests of them. */
const formats: Record<string, { whole?: true; load(): Promise<Format> }> = {
  text: { load: async () => (await import('./text.ts')).formatText },
  json: { load: async () => (await import('./json.ts')).formatJson },
  jsonl: { load: async () => (await import('./json.ts')).formatJsonLines },
  sarif: { load: async () => (await import('./sarif.ts')).formatSarif },
  csv: { load: async () => (await import('./csv.ts')).formatCsv },
  junit: { load: async () => (await import('./junit.ts')).formatJunit },
  github: { load: async () => (await import('./github.ts')).formatGithub },
  gitlab: { load: async () => (await import('./gitlab.ts')).formatGitlab },
  gitleaks: { load: async () => (await import('./gitleaks.ts')).formatGitleaks },
  'detect-secrets': { whole: true, load: async () => (await import('../formats/detect-secrets/baseline.ts')).formatBaseline },
}

/** The report of the findings; `hide` makes a finding fit to be shown. Throws ScanError for a form that is not known. */
export async function formatReport(name: string, findings: Finding[], hide: (finding: Finding) => Finding, template?: string): Promise<string> {
  if (template !== undefined) return (await import('./template.ts')).formatTemplate(template, findings.map(hide))
  if (!Object.hasOwn(formats, name)) throw new ScanError(`format "${name.slice(0, 40)}" is none of ${Object.keys(formats).join(', ')}`)
  const { whole, load } = formats[name]!
  return (await load())(whole ? findings : findings.map(hide))
}
