// Rules for secrets without a form of their own: they are known by the name of the provider shortly before them.
import { outlineOf, type Outline } from '../match/outline.ts'
import type { Rule } from '../rule.ts'
import { isDrawnOfLetters, isLaidOut, spelled } from './loose.ts'
import { accepted, endBase64, endDash, fold, folded, lazily, looksRandom, type More } from './shape.ts'

/**
 * What was found, where it is documented, the names that stand before it (`|` between them; a blank stands for any separator
 * or none), the form of the secret as the source of a regular expression.
 */
export type NearRow = readonly [about: string, source: string, words: string, shape: string, more?: More & NearMore]

interface NearMore {
  /** The name is also a common word: only an assignment or a word for a credential joins it to the secret. */
  strict?: true
}

const wordStart = '(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))'
const separator = '[-_ .]?'
const gap = String.raw`(?:.|\r?\n){0,40}?`
/** A word for a credential and what assigns it, in whichever language, close before the secret. */
const assigned = [
  String.raw`(?i:key|token|secret|pass|pwd|auth|api|cred|id)[\w -]{0,12}["'\x60\]]{0,2}`,
  String.raw`\s{0,3}(?:[:=?|+.>]{1,4}|[,(]|\s)\s{0,12}["'\x60]{0,2}`,
].join('')
/** Neither the rest of a longer text nor the hash of a commit, a file or a package. */
const hashes = String.raw`commit|sha-?\d{0,3}|gitHead|rev(?:ision)?|hash|checksum|integrity|md5|digest|etag|tree|parent|blob|node_id`
const before = String.raw`(?<![A-Za-z0-9_/@#+.%?])(?<!(?:${hashes})["'\x60]?\s{0,3}[:= ]\s{0,3}["'\x60]?)`

export const hex = (length: number | string) => `[a-f0-9]{${length}}`
export const lower = (length: number | string) => `[a-z0-9]{${length}}`
export const upper = (length: number | string) => `[A-Z0-9]{${length}}`
export const alnum = (length: number | string) => `[A-Za-z0-9]{${length}}`
export const wide = (length: number | string) => `[A-Za-z0-9_-]{${length}}`
export const uuid = '[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}'
/** A JSON Web Token: three parts, the first two of them objects. */
export const jwt = String.raw`ey[A-Za-z0-9_-]{10,400}\.ey[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,800}`

/** One rule per row. */
export function near(rows: Record<string, NearRow>): Rule[] {
  return Object.entries(rows).map(([id, row]) => nearRule(id, ...row))
}

function nearRule(id: string, about: string, source: string, words: string, shape: string, more: More & NearMore = {}): Rule {
  const { alsoHits = [], alsoMisses = [], hits, misses, strict: isStrict, pattern: own, check = drawn, ...rest } = more
  const names = words.split('|')
  let pattern: RegExp | undefined
  const rule: Omit<Rule, 'hits' | 'misses'> = {
    id,
    about,
    source,
    keywords: names.flatMap(keywordsOf),
    alone: names.filter(name => name.length <= shortName),
    begins: own || rest.keywords ? [] : names.flatMap(name => keywordsOf(name).filter(keyword => name.startsWith(keyword.slice(0, name.indexOf(' ') >>> 0)))),
    before: 32,
    gap: own || rest.keywords || names.some(name => name.length >= distinct) ? 0 : reach,
    get pattern() {
      return (pattern ??= own ? fold(own) : patternOf(names, shape, isStrict === true))
    },
    entropy: 2.5,
    check: secret => check(secret) && fits(secret, shape),
    checksum: secret => !isLaidOut(secret),
    forged: secret => looksRandom(secret) && !fits(secret, shape),
    confidence: 'medium',
    named: { words: names.filter(name => name.length > shortName && (own ? id.startsWith(name) : !kindName.test(name))).flatMap(spelled), isCommon: isStrict === true },
    ...rest,
  }
  if (!own) rule.outline = () => outlineNear(names, shape, isStrict === true)
  const word = names[0]!.replaceAll(' ', '_')
  return lazily(
    rule,
    () => (typeof hits === 'function' ? hits() : hits) ?? [`${word}_api_key = "${accepted(shape, rule)}"`, `"${word}Token": "${accepted(shape, rule)}"`, ...alsoHits],
    () => misses ?? [...(own ? [] : [`unrelated_key = "${accepted(shape, rule)}"`]), `${word}_api_key = "changeme"`, ...alsoMisses],
  )
}

/** Names of kinds of secrets rather than of those who issue them. */
const kindName = /^(?:(?:oauth|client|access|token|auth|secret|key|consumer|bearer|id|api|app|private|personal|account|url|signing|session|server|admin|user|verifier)(?: |$))+$/

const drawn = (secret: string) => looksRandom(secret) || isLaidOut(secret) || isDrawnOfLetters(secret)

function patternOf(names: string[], shape: string, isStrict: boolean): RegExp {
  const name = `(?:${names.map(named).join('|')})`
  const secret = `(?<secret>${isStrict ? shape : widened(shape)})`
  const after = /[/+]/.test(shape) ? endBase64 : endDash
  return new RegExp(folded(`${name}${gap}${isStrict ? assigned : ''}${before}${secret}${after}`))
}

const outlines = new Map<string, Outline | null>()

/** The outline of a part of a pattern; many rules share it. */
function outlineOfPart(source: string): Outline | null {
  let outline = outlines.get(source)
  if (outline === undefined) {
    outline = outlineOf({ source, flags: '' })
    outlines.set(source, outline)
  }
  return outline
}

/** What `patternOf` matches, without assertions. */
function outlineNear(names: string[], shape: string, isStrict: boolean): Outline | null {
  const name = outlineOf({ source: names.map(text => text.replaceAll(' ', separator)).join('|'), flags: 'i' })
  const rest = [gap, ...(isStrict ? [folded(assigned), shape] : [widened(shape)])].map(outlineOfPart)
  return name && rest.every(part => part !== null) ? { kind: 'sequence', of: [name, ...rest] } : null
}

const shortName = 4
/** Bytes that the rest of a name, the text between and its separators may take before the secret. */
const reach = 96
const distinct = 7

/** What a name is looked up by: its longest part where that is telling, else the name without and with separators (the matcher takes `-`, `_` and `.` for one). */
function keywordsOf(name: string): string[] {
  const parts = name.split(' ')
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best))
  if (longest.length >= distinct || parts.length > 3) return [longest]
  return parts.reduce<string[]>((made, part) => (made.length === 0 ? [part] : made.flatMap(text => ['', '_', ' '].map(sign => text + sign + part))), [])
}

/** A name begins a word, also within camel case; a short one ends there too, but for the words that follow one. */
function named(name: string): string {
  const text = `(?i:${name.replaceAll(' ', separator)})`
  return `${wordStart}${text}${name.length > shortName ? '' : '(?:(?![a-z])|(?=api|key|token|secret))'}`
}

/** Where a form is hexadecimal, another alphabet shows in many places: of few signs that stray from it, somebody mistyped or made them up. */
function fits(secret: string, shape: string): boolean {
  if (shape !== uuid && !/^\[a-f0-9\]\{\d+\}$/.test(shape)) return true
  const strays = secret.match(shape === uuid ? /[^A-Fa-f0-9-]/g : /[^a-f0-9]/g)?.length ?? 0
  return strays === 0 || strays * 8 >= secret.length
}

/**
 * A name that is nobody else's leaves little doubt, and providers change their alphabets more often than their lengths: any
 * letters and digits count, and any groups where the form is that of a UUID.
 */
function widened(shape: string): string {
  return shape.replaceAll(uuid, '[A-Za-z0-9-]{36}').replaceAll(/\[(?:a-f0-9|a-fA-F0-9|a-z0-9|A-Z0-9|A-F0-9)\](?=\{)/g, '[A-Za-z0-9]')
}
