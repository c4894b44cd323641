// Findings for people: one paragraph each.
import type { Finding } from '../finding.ts'

export function formatText(findings: Finding[]): string {
  return findings.map(paragraph).join('\n')
}

function paragraph(finding: Finding): string {
  const lines = [
    `${finding.file}:${finding.line}:${finding.column}: ${finding.about} [${finding.rule}, ${finding.confidence} confidence]`,
    `  secret       ${finding.secret.replaceAll('\n', '⏎').slice(0, 120)}`,
  ]
  if (finding.decoded) lines.push(`  found inside ${finding.decoded.join(' in ')}`)
  if (finding.commit) lines.push(`  commit       ${finding.commit.id.slice(0, 12)} by ${finding.commit.author} on ${finding.commit.date.slice(0, 10)}`)
  if (finding.verified !== null) lines.push(`  verified     ${finding.verified ? 'live' : 'no longer valid'}`)
  for (const [name, value] of Object.entries(finding.facts ?? {})) lines.push(`  ${name.padEnd(12)} ${value}`)
  lines.push(`  fingerprint  ${finding.fingerprint}`)
  return lines.join('\n') + '\n'
}
