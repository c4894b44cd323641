// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), as code scanning services read it.
import type { Finding } from '../finding.ts'
import { version } from './version.ts'

const level = { high: 'error', medium: 'warning', low: 'note' } as const
const severity = { high: '9.0', medium: '7.0', low: '4.0' } as const

export function formatSarif(findings: Finding[]): string {
  const ids = [...new Set(findings.map((finding) => finding.rule))].sort()
  const rules = ids.map((id) => ruleOf(findings.find((finding) => finding.rule === id)!))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'strongroom', version, semanticVersion: version, informationUri: 'https://www.npmjs.com/package/strongroom', rules } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { ROOT: { description: { text: 'The folder in which the scan was started.' } } },
        results: findings.map((finding) => resultOf(finding, ids.indexOf(finding.rule))),
      },
    ],
  }
  return JSON.stringify(log, null, 2) + '\n'
}

const ruleOf = (finding: Finding): object => ({
  id: finding.rule,
  name: finding.rule.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
  shortDescription: { text: finding.about },
  fullDescription: { text: `${finding.about}. Rotate it first, then remove it from the text.` },
  defaultConfiguration: { level: level[finding.confidence] },
  properties: { tags: ['security', 'secret'], precision: finding.confidence === 'low' ? 'low' : finding.confidence, 'security-severity': severity[finding.confidence] },
})

function resultOf(finding: Finding, ruleIndex: number): object {
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: level[finding.confidence],
    message: { text: `${finding.about} (${finding.secret.replaceAll('\n', ' ').slice(0, 200)})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(finding.file), uriBaseId: 'ROOT' },
          region: { startLine: finding.line, startColumn: finding.column, endLine: finding.endLine },
        },
      },
    ],
    partialFingerprints: { 'secretFingerprint/v1': finding.fingerprint },
    ...(finding.commit
      ? { properties: { commit: finding.commit.id, author: finding.commit.author, email: finding.commit.email, date: finding.commit.date, commitMessage: finding.commit.message, verified: finding.verified } }
      : { properties: { verified: finding.verified } }),
  }
}

/** A relative URI reference: every segment percent-encoded. */
const uriOf = (file: string): string => file.split('/').map((segment) => encodeURIComponent(segment.toWellFormed())).join('/')
