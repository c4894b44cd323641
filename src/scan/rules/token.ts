// Rules for secrets that their own form betrays: a fixed prefix, a checksum, a structure.
import { outlineOf } from '../match/outline.ts'
import type { Rule } from '../rule.ts'
import { checksums } from './checksum.ts'
import { accepted, end, endDash, fold, folded, lazily, start, type More } from './shape.ts'

/** What was found, where its format is documented, the form of the secret as the source of a regular expression. */
export type TokenRow = readonly [about: string, source: string, shape: string, more?: More]

/** One rule per row, its keyword the literal text that the form begins with (or those that the row names). */
export function tokens(rows: Record<string, TokenRow>): Rule[] {
  return Object.entries(rows).map(([id, row]) => token(id, ...row))
}

export function token(id: string, about: string, source: string, shape: string, more: More = {}): Rule {
  const { alsoHits = [], alsoMisses = [], hits, misses, pattern: own, ...rest } = more
  let pattern: RegExp | undefined
  const rule: Omit<Rule, 'hits' | 'misses'> = {
    id,
    about,
    source,
    keywords: [literalPrefix(shape)],
    get pattern() {
      return (pattern ??= own ? fold(own) : new RegExp(folded(`${start}(?<secret>${shape})${/-\]\{?[\d,]*\}?$/.test(shape) ? endDash : end}`)))
    },
    entropy: 2.2,
    confidence: 'high',
    named: { words: [id.slice(0, id.indexOf('-'))].filter(name => name.length >= shortestName), isCommon: true },
    ...(Object.hasOwn(checksums, id) && { checksum: checksums[id]! }),
    ...rest,
  }
  if (!own) rule.outline = () => outlineOf({ source: folded(shape), flags: '' })
  const prefix = literalPrefix(shape)
  if (!own && prefix !== '') rule.begins = rule.keywords.filter((keyword) => keyword.startsWith(prefix))
  return lazily(
    rule,
    () => (typeof hits === 'function' ? hits() : hits) ?? [...contexts(accepted(shape, rule), rule.keywords), ...alsoHits],
    () => misses ?? [`token = "${accepted(shape, rule).slice(0, Math.max(rule.keywords[0]!.length, 3))}"`, ...alsoMisses],
  )
}

/** Shorter ones are part of too many words. */
const shortestName = 5

/** Alone where the secret holds a keyword, and as a value of a name that does. */
function contexts(secret: string, keywords: string[]): string[] {
  const own = keywords.some(word => secret.toLowerCase().includes(word))
  const name = own ? 'token' : keywords[0]!
  return [`export ${name}=${secret}`, `{"${name}": "${secret}"}`, ...(own ? [secret] : [])]
}

/** The letters, digits and signs that a form certainly begins with, in lower case. */
function literalPrefix(shape: string): string {
  let text = ''
  for (let at = 0; at < shape.length; at += 1) {
    const char = shape[at]!
    if (/[A-Za-z0-9_:/@=-]/.test(char)) text += char
    else if (char === '[' && shape[at + 2] === ']') [text, at] = [text + shape[at + 1], at + 2]
    else if (char === '\\' && /[^\w]/.test(shape[at + 1] ?? 'w')) text += shape[++at]
    else if (/[?*{]/.test(char)) return text.slice(0, -1).toLowerCase()
    else break
  }
  return text.toLowerCase()
}
