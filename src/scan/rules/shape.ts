// What every builder of rules shares: boundaries round a secret, entropy, the look of a random text, and the text that
// rules are tried on.
import type { Rule } from '../rule.ts'
import { sample } from './sample.ts'

/** What a row may add to, or override in, the rule built from it. */
export type More = Partial<Omit<Rule, 'id' | 'about' | 'source' | 'hits'>> & {
  /** As a function where making them costs something. */
  hits?: string[] | (() => string[])
  /** Further texts that the rule finds or leaves alone, besides those made from the shape. */
  alsoHits?: string[]
  alsoMisses?: string[]
}

/** Not inside a longer word; an escaped line end or a percent escape may come first. */
export const start = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\\[nrt])|(?<=%[0-9A-F]{2}))`
export const end = '(?![A-Za-z0-9_])'
/** Characters of a secret's own alphabet go on after it: it would be cut short. */
export const endDash = '(?![A-Za-z0-9_?-])'
export const endBase64 = '(?![A-Za-z0-9_/+=?-])'

/**
 * The source with each `(?i:…)` written out as classes of both cases: V8 (Node 24) at times forgets inline modifiers
 * once it has compiled many patterns, and then matches only the case as written.
 */
export function folded(source: string): string {
  if (!source.includes('(?i:')) return source
  const ignores = [false]
  let text = ''
  let isClass = false
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at]!
    const fold = ignores.at(-1)!
    if (char === '\\') text += char + source[(at += 1)]
    else if (isClass) {
      const range = /^([A-Za-z])-([A-Za-z])/.exec(source.slice(at, at + 3))?.[0] ?? char
      text += fold && /[A-Za-z]/.test(range) ? range.toLowerCase() + range.toUpperCase() : range
      at += range.length - 1
      isClass = char !== ']'
    } else if (source.startsWith('(?i:', at)) {
      ignores.push(true)
      text += '(?:'
      at += 3
    } else if (char === '(') {
      const head = /^\((?:\?(?:<?[=!]|:|<\w+>))?/.exec(source.slice(at))![0]
      ignores.push(fold)
      text += head
      at += head.length - 1
    } else if (char === ')') {
      ignores.pop()
      text += char
    } else if (char === '[') {
      isClass = true
      text += char
    } else text += fold && /[A-Za-z]/.test(char) ? `[${char.toUpperCase()}${char.toLowerCase()}]` : char
  }
  return text
}

/** A pattern without inline modifiers that finds the same. */
export function fold(pattern: RegExp): RegExp {
  return pattern.source.includes('(?i:') ? new RegExp(folded(pattern.source), pattern.flags) : pattern
}

/** Patterns written in pieces, one after the other as one; the flags are the first one's. */
export function joined(...pieces: [RegExp, ...RegExp[]]): RegExp {
  return fold(new RegExp(pieces.map(piece => piece.source).join(''), pieces[0].flags))
}

/** Shannon bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** Does it look drawn by lot? Digits among letters, or case that changes too often for words; not words in camel case. */
export function looksRandom(secret: string): boolean {
  if ((secret.match(/[A-Z][a-z]{3,}/g)?.join('').length ?? 0) * 2 >= secret.length) return false
  if (/\d/.test(secret)) return /[A-Za-z]/.test(secret) || secret.length <= 12
  return (secret.match(/[a-z][A-Z]/g)?.length ?? 0) >= Math.max(2, secret.length / 5)
}

/** Hits and misses that are made when asked for: a scan never needs them. */
export function lazily(rule: Omit<Rule, 'hits' | 'misses'>, hits: () => string[], misses: () => string[]): Rule {
  return Object.defineProperties(rule, {
    hits: { get: hits, enumerable: true },
    misses: { get: misses, enumerable: true },
  }) as Rule
}

/** A text of the shape that also passes the rule's own entropy and check, or the last one tried. */
export function accepted(shape: string, rule: Pick<Rule, 'entropy' | 'check'>): string {
  let text = ''
  for (let seed = 1; seed <= 64; seed += 1) {
    text = sample(shape, seed)
    if (entropyOf(text) >= (rule.entropy ?? 0) && (!rule.check || rule.check(text))) return text
  }
  return text
}
