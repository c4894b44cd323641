// Findings as failed tests, in the XML that continuous integration servers show.
import type { Finding } from '../finding.ts'

const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' }

/** What XML 1.0 does not allow is left out. */
const escape = (text: string): string => text.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '').replace(/[&<>"\n]/g, (mark) => marks[mark]!)

export function formatJunit(findings: Finding[]): string {
  const cases = findings.map((finding) => {
    const place = `${finding.file}:${finding.line}`
    const text = [`secret: ${finding.secret}`, `fingerprint: ${finding.fingerprint}`, ...(finding.commit ? [`commit: ${finding.commit.id} by ${finding.commit.author} on ${finding.commit.date}`] : [])]
    return `    <testcase classname="${escape(finding.rule)}" name="${escape(place)}" file="${escape(finding.file)}" time="0">\n` +
      `      <failure message="${escape(`${finding.about} at ${place}`)}" type="${escape(finding.rule)}">${escape(text.join('\n'))}</failure>\n    </testcase>\n`
  })
  const passed = findings.length === 0 ? '    <testcase classname="strongroom" name="no secrets" time="0"/>\n' : ''
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite name="strongroom scan" tests="${Math.max(1, findings.length)}" failures="${findings.length}" errors="0" time="0">\n${cases.join('')}${passed}  </testsuite>\n</testsuites>\n`
}
