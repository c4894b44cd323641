// Findings as CSV (RFC 4180), one line each.
import type { Finding } from '../finding.ts'

const columns: [string, (finding: Finding) => unknown][] = [
  ['rule', (finding) => finding.rule],
  ['description', (finding) => finding.about],
  ['file', (finding) => finding.file],
  ['line', (finding) => finding.line],
  ['end_line', (finding) => finding.endLine],
  ['column', (finding) => finding.column],
  ['confidence', (finding) => finding.confidence],
  ['verified', (finding) => finding.verified ?? ''],
  ['secret', (finding) => finding.secret],
  ['match', (finding) => finding.match],
  ['fingerprint', (finding) => finding.fingerprint],
  ['commit', (finding) => finding.commit?.id ?? ''],
  ['author', (finding) => finding.commit?.author ?? ''],
  ['email', (finding) => finding.commit?.email ?? ''],
  ['date', (finding) => finding.commit?.date ?? ''],
]

/** A text that a spreadsheet would take for a formula is marked as text. */
function cell(value: unknown): string {
  const text = String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const formatCsv = (findings: Finding[]): string =>
  [columns.map(([name]) => name), ...findings.map((finding) => columns.map(([, read]) => cell(read(finding))))].map((row) => row.join(',') + '\r\n').join('')
