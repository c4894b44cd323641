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
  /** Encodings that were undone to see the secret, outermost first. */
  decoded?: string[]
}
