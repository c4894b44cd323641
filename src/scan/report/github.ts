// Findings as commands of GitHub Actions, which show them beside the lines of a pull request
// (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
import type { Finding } from '../finding.ts'

const level = { high: 'error', medium: 'warning', low: 'notice' } as const
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

export const formatGithub = (findings: Finding[]): string =>
  findings.map((finding) =>
    `::${level[finding.confidence]} file=${property(finding.file)},line=${finding.line},endLine=${finding.endLine},col=${finding.column},title=${property(finding.rule)}::` +
    `${data(`${finding.about} (${finding.secret}), fingerprint ${finding.fingerprint}`)}\n`,
  ).join('')
