// What a scan reports.
import type { Confidence } from './rule.ts'

export interface Commit {
  id: string
  author: string
  email: string
  /** ISO 8601. */
  date: string
  message: string
}

export interface Finding {
  rule: string
  about: string
  /** Relative to the working directory, with `/`; inside an archive or image: `outer!inner`. */
  file: string
  line: number
  /** In bytes, from 1. */
  column: number
  endLine: number
  secret: string
  /** Everything that the rule matched, the secret included. */
  match: string
  fingerprint: string
  confidence: Confidence
  /** Whether the provider takes it; null: not asked. */
  verified: boolean | null
  /** What verification learnt, in words: what the key reaches, when it ends, how it is revoked. */
  facts?: Record<string, string>
  commit?: Commit
  decoded?: string[]
}
