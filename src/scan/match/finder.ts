// How the rules of a configuration take part in a scan, beside those of the house.
import type { Finding } from '../finding.ts'
import type { Candidate } from './candidate.ts'
import type { Place } from './matcher.ts'
import type { Text } from './text.ts'

/** Looks through each text as a whole. */
export interface Finder {
  find(text: Text, place: Place, found: (candidate: Candidate) => void): void
}

/** Whether a configuration allows what was found. */
export type Refuse = (finding: Finding, text: Text, candidate: Candidate) => boolean
