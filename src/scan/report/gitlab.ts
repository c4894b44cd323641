// The report of GitLab's secret detection (https://gitlab.com/gitlab-org/security-products/security-report-schemas, version 15).
import { createHash } from 'node:crypto'
import type { Finding } from '../finding.ts'
import { version } from './version.ts'

const severity = { high: 'Critical', medium: 'High', low: 'Medium' } as const
const maker = { id: 'strongroom', name: 'Strongroom', vendor: { name: 'Strongroom' }, version }

export function formatGitlab(findings: Finding[]): string {
  const now = new Date().toISOString().slice(0, 19)
  const report = {
    version: '15.0.7',
    scan: { analyzer: maker, scanner: maker, type: 'secret_detection', start_time: now, end_time: now, status: 'success' },
    vulnerabilities: findings.map(vulnerability),
  }
  return JSON.stringify(report, null, 2) + '\n'
}

function vulnerability(finding: Finding): object {
  const { commit } = finding
  return {
    id: idOf(`${finding.rule}\0${finding.file}\0${finding.line}\0${finding.fingerprint}`),
    category: 'secret_detection',
    name: finding.about,
    description: `${finding.about} stands in the text. Rotate it first, then remove it.`,
    severity: severity[finding.confidence],
    raw_source_code_extract: finding.secret,
    location: {
      file: finding.file,
      start_line: finding.line,
      end_line: finding.endLine,
      commit: commit ? { author: commit.author, date: commit.date, message: commit.message, sha: commit.id } : { sha: '0000000' },
    },
    identifiers: [{ type: 'strongroom_rule_id', name: `Strongroom rule ${finding.rule}`, value: finding.rule }],
  }
}

/** A UUID that stays the same for the same finding. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
