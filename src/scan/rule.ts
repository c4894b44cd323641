// What a detector is: one entry of data in `rules/<provider>.ts`, or of a configuration.
import type { Outline } from './match/outline.ts'

/** A text that must (or may) stand near a secret for the secret to be believed: a key id beside its secret. */
export interface Companion {
  pattern: RegExp
  /** Lines before and after the secret that are searched. */
  within: number
  /** Without it the finding is refused; otherwise it only raises the confidence. */
  required: boolean
}

export type Confidence = 'high' | 'medium' | 'low'

export interface Rule {
  /** Kebab-case, provider first: `github-pat`. */
  id: string
  /** What was found, in words that the report prints. */
  about: string
  /** Documentation of the provider or the reference of the format: a URL. */
  source: string
  /** Lower case, at least three bytes each; the pattern runs only in a window round a hit of one, whatever its case. */
  keywords: string[]
  /**
   * Runs in linear time: no nested quantifiers, every repetition bounded where it can be. The group `secret` is the secret
   * where that is not the whole match. The text is decoded as Latin-1: patterns are ASCII. The engine adds the flag `g`.
   */
  pattern: RegExp
  /** What the outline of the pattern would be, where it is told more cheaply than by making the pattern first. */
  outline?(): Outline | null
  /** Shannon bits per character that the secret must reach. */
  entropy?: number
  /** Checksum or structure of the format; false refuses the finding. */
  check?(secret: string): boolean
  /** A checksum that made-up examples fail: one that fails leaves little confidence, but is reported. */
  checksum?(secret: string): boolean
  /** Whether the text has the form, but cannot be genuine (a checksum, a stray sign): then no generic rule reports it, either. */
  forged?(secret: string): boolean
  companions?: Companion[]
  /** Also judged like a value of unknown format: placeholders, dictionary words, references are refused. */
  generic?: true
  /** Bytes before and after the keyword that the pattern sees; default 256. `before` bounds those before it more tightly. */
  window?: number
  before?: number
  /** Bytes between the keyword and the secret at most, where the secret always follows it. */
  gap?: number
  /** Those of the keywords that every match holds at the beginning of a word, also in camel case or behind an escape. */
  begins?: string[]
  /** Those of the keywords that count only as a word: at its beginning (also in camel case), with no small letter behind but those of `api`, `key`, `secret`, `token`. */
  alone?: string[]
  /** A provider's names as the text may spell them, and whether they are common words: behind one a secret of any form may stand. */
  named?: { words: string[]; isCommon: boolean }
  confidence?: Confidence
  /** Texts that the rule finds and texts that it leaves alone; run by the suite, a rule without both is refused. */
  hits: string[]
  misses: string[]
}
