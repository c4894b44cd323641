// Hides secrets in what is shown.
import type { Finding } from '../finding.ts'

/** A hint of a long secret that tells it from others, nothing of a short one. */
export function redact(secret: string): string {
  const shown = secret.length >= 20 ? 4 : 0
  return `${secret.slice(0, shown)}…[${secret.length}]`
}

export function redacted(finding: Finding): Finding {
  const hidden = redact(finding.secret)
  return { ...finding, secret: hidden, match: finding.match.includes(finding.secret) ? finding.match.replaceAll(finding.secret, hidden) : hidden }
}
