// Keeps one candidate for each secret: a known format before a generic one, the surer before the less sure, the longer before
// the shorter. What is forged stands between the two, and falls away at the end.
import type { Candidate } from './candidate.ts'

const weight = { high: 2, medium: 1, low: 0 }
const rank = ({ rule, confidence, forged }: Candidate): number => (forged ? 3 : (rule.generic ? 0 : 4) + weight[confidence])
const better = (a: Candidate, b: Candidate): number => rank(b) - rank(a) || b.end - b.start - (a.end - a.start)

/** The candidates that no better one overlaps, in order of their place. */
export function chooseBest(candidates: Candidate[]): Candidate[] {
  return clusters(candidates).flatMap((cluster) => {
    const kept: Candidate[] = []
    for (const candidate of cluster.sort(better)) if (!kept.some((other) => overlaps(other, candidate))) kept.push(candidate)
    return kept.filter((candidate) => !candidate.forged).sort((a, b) => a.start - b.start)
  })
}

/** Candidates that touch one another through others: only these need to be compared. */
function clusters(candidates: Candidate[]): Candidate[][] {
  const made: Candidate[][] = []
  let end = -1
  for (const candidate of candidates.toSorted((a, b) => a.start - b.start)) {
    if (candidate.start >= end) made.push([])
    made.at(-1)!.push(candidate)
    end = Math.max(end, candidate.end)
  }
  return made
}

/** Findings inside the same encoded text share its place: they are one only when their secrets are. */
function overlaps(a: Candidate, b: Candidate): boolean {
  if (a.start >= b.end || b.start >= a.end) return false
  return a.decoded && b.decoded ? a.secret.includes(b.secret) || b.secret.includes(a.secret) : true
}
