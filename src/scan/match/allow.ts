// Comments that allow a finding where it stands, ours and those of other scanners.
import type { Candidate } from './candidate.ts'
import type { Text } from './text.ts'

const onLine = /strongroom:allow|gitleaks:allow|betterleaks:allow|kingfisher:ignore|trufflehog:ignore|pragma: ?(?:allowlist|whitelist) secret|nosecret\b/i
const onNextLine = /pragma: ?(?:allowlist|whitelist) nextline secret|strongroom:allow-next-line/i

/** Whether a comment in the lines of the candidate, or an announcement in the line before, allows it. */
export function isAllowed(text: Text, candidate: Candidate): boolean {
  const from = text.lineStart(candidate.matchStart)
  const to = text.lineEnd(Math.max(candidate.matchEnd, candidate.end))
  const lines = text.slice(from, to)
  if (onLine.test(lines) && !/nextline|next-line/i.test(lines)) return true
  if (from === 0) return false
  return onNextLine.test(text.slice(text.lineStart(from - 1), from))
}
