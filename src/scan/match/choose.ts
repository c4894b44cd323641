// Keeps one candidate for each secret: a known format before a generic one, the longer before the shorter.
import type { Candidate } from './candidate.ts'

const weight = { high: 2, medium: 1, low: 0 }
const rank = (candidate: Candidate): number => (candidate.rule.generic ? 0 : 4) + weight[candidate.confidence]

/** The candidates that no better one overlaps, in order of their place. */
export function chooseBest(candidates: Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((a, b) => rank(b) - rank(a) || b.end - b.start - (a.end - a.start))
  const kept: Candidate[] = []
  for (const candidate of sorted) {
    if (!kept.some((other) => overlaps(other, candidate))) kept.push(candidate)
  }
  return kept.sort((a, b) => a.start - b.start)
}

/** Findings inside the same encoded text share its place: they are one only when their secrets are. */
function overlaps(a: Candidate, b: Candidate): boolean {
  if (a.start >= b.end || b.start >= a.end) return false
  return a.decoded && b.decoded ? a.secret.includes(b.secret) || b.secret.includes(a.secret) : true
}
