// What the matcher passes on: a rule that matched at a place, not yet a finding.
import type { Confidence, Rule } from '../rule.ts'

export interface Candidate {
  rule: Rule
  /** The secret as Latin-1, decoded when it was found inside an encoded text. */
  secret: string
  /** Offsets of the secret in the text that was scanned. */
  start: number
  end: number
  /** Offsets of everything that the pattern matched. */
  matchStart: number
  matchEnd: number
  confidence: Confidence
  /** Not to be reported, nor what generic rules find in its place: it only looks like the rule's secret. */
  forged?: true
  /** Encodings that were undone to see the secret, outermost first. */
  decoded?: string[]
}
