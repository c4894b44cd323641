// `.gitleaksignore`: findings that are known, one fingerprint to a line: `commit:file:rule:line` or `file:rule:line`.
// Ours (32 hex digits) may stand there as well.
import type { Finding } from '../../finding.ts'
import { maySpeakOfOne } from './names.ts'

const mostLines = 100_000

interface Entry {
  commit: string | null
  rule: string
}

export interface Ignored {
  fingerprints: Set<string>
  /** By `file:line`. */
  places: Map<string, Entry[]>
}

/** Lines that are no fingerprint are passed over, as gitleaks does. */
export function readIgnored(text: string): Ignored {
  const ignored: Ignored = { fingerprints: new Set(), places: new Map() }
  for (const line of text.split('\n', mostLines)) {
    const plain = line.replace(/(?:^|\s)#.*$/, '').trim()
    const shape = /^(?:([\da-f]{40,64}):)?(.+):([\w.-]+):(\d+)$/.exec(plain)
    if (/^[\da-f]{32}$/.test(plain)) ignored.fingerprints.add(plain)
    else if (shape) {
      const key = `${shape[2]}:${shape[4]}`
      const entry = { commit: shape[1] ?? null, rule: shape[3]! }
      ignored.places.set(key, [...(ignored.places.get(key) ?? []), entry])
    }
  }
  return ignored
}

/** Whether an entry names the finding; one without a commit holds for every commit. */
export function isIgnored(ignored: Ignored, finding: Finding): boolean {
  if (ignored.fingerprints.has(finding.fingerprint)) return true
  const entries = ignored.places.get(`${finding.file}:${finding.line}`) ?? []
  return entries.some(({ commit, rule }) => (commit === null || commit === finding.commit?.id) && maySpeakOfOne(finding.rule, rule))
}

/** The fingerprint as gitleaks writes it. */
export const gitleaksFingerprint = (finding: Finding): string => `${finding.commit ? `${finding.commit.id}:` : ''}${finding.file}:${finding.rule}:${finding.line}`
