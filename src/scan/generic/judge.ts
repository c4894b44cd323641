// Whether a value beside a telling name is a secret: no reference, mask or example, and random rather than words.
import type { Confidence } from '../rule.ts'
import { wordsOf, type Kind } from './name.ts'
import { randomness } from './language.ts'
import { holdsExampleWord, isCodeLike, isMask, isPath, isPublicMaterial, isReference, isUuid, isWrapped } from './placeholder.ts'

/** The least length, and the least randomness in bits, that a value needs beside a name of each kind. */
const bounds: Record<Kind, { length: number; bits: number }> = {
  password: { length: 4, bits: 4 },
  secret: { length: 7, bits: 7 },
  weak: { length: 15, bits: 18 },
}
/** The shortest value that `judge` accepts beside a name of the kind. */
export const leastLength = (kind: Kind): number => bounds[kind].length
/** From here on chance does not explain the value, whatever words it holds. */
const certain = 40
const issued = /^(?:sk|pk|rk|key|tok|pat|api|token|secret|live|test)[-_](?:live[-_]|test[-_]|proj[-_])?(?=[A-Za-z]*\d)[A-Za-z\d]{8,}$/

/** Lower, upper, digit and symbol, or digits inside words as people write them to satisfy a policy. */
function isComplex(value: string): boolean {
  if (value.length < 8 || /[\s<>(){}[\]=;,"'`\\]/.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d_.\-/:]/].filter((kind) => kind.test(value)).length
  return kinds === 4 || (kinds >= 3 && /[a-z][013457]+[a-z]/i.test(value))
}

const standIns: Record<string, string> = { $: 's', '@': 'a', '!': 'i', 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't' }

/** A word with signs in place of some of its letters, as people write them: `super$ecret`. */
const isDisguised = (value: string): boolean =>
  value.length >= 8 && value.length <= 32 && /[A-Za-z][$@!013457]+[A-Za-z]/.test(value) && /^[A-Za-z]{6,}[\d!#$%.]{0,4}$/.test(value.replace(/[$@!013457](?=.*[A-Za-z])/g, (sign) => standIns[sign]!))

/** Signs that providers put into the keys that they issue; people choose others for passwords, and programs for what they call secrets. */
const issuable = /^(?!=)(?:[\w\-.~+/:|=]|%[\dA-Fa-f]{2})+$/

/** Drawn by a password manager, which uses every sign: a single one is a slip of the pen, sets and groups are those of a regular expression. */
const isManaged = (value: string): boolean => (value.match(/[^\w\-.~+/:|=]/g)?.length ?? 0) >= 3 && !/\(\?|\[\^?\w|\\|[)\]][*+?]/.test(value)

/** Whether the value is the Base64 of words with blanks between them. */
const isProse = (value: string): boolean => /^[A-Za-z\d+/]{15,}={0,2}$/.test(value) && /^[A-Za-z][a-z]+(?: [A-Za-z][a-z]*){2,}[.!?]?\s*$/.test(Buffer.from(value, 'base64').toString('latin1'))

const aboutSecrets = /^(?:token|key|secret|password|passwd|auth|api|user|id|name|field|form|input|header|cookie|session|access|reset|login|client|private|public|request|error|invalid|test|value|type|url|path)s?$/

/** Four words or more that a person strung together, not the parts of an identifier. */
function isPassphrase(value: string): boolean {
  const words = value.split('-')
  return words.length >= 4 && words.every((word) => /^[a-z]{2,12}$/.test(word)) && words.filter((word) => aboutSecrets.test(word)).length <= 1
}

const usual = /^(?:my_?pass(?:word)?\d*|pass(?:word|w0rd)[\d!@#]{1,6}|letmein\d*|iloveyou\d*|welcome[\d!]+|qwerty\d{2,}|admin\d{2,}|root\d{2,}|secret\d{2,}|hunter2|trustno1|monkey\d*|dragon\d*)$/i
const systems = /(?:^|[^a-z])(?:db|database|mysql|postgres|pg|mongo|redis|root|admin|smtp|mail|ftp|ldap|sql|prod|production)|(?:Db|Database|Mysql|Postgres|Mongo|Redis|Root|Admin|Smtp|Ldap|Sql)[A-Z_]/

/** A password that many people use, set for a system by name: weak, and none the less open to it. */
const isUsual = (value: string, name: string): boolean => usual.test(value) && systems.test(name)

/** The confidence that the value is a secret, or null. `name` is what stands beside it, `code`: the value is an expression of a program. */
export function judge(value: string, kind: Kind, name: string, code: boolean): Confidence | null {
  const bound = bounds[kind]
  if (value.length < bound.length || value.length > 4096) return null
  const bits = randomness(value.length > 256 ? value.slice(0, 256) : value)
  if (bits < bound.bits && (kind === 'weak' || (kind === 'secret' && !/[-_]/.test(value)))) return null
  if (/[\s\x00-\x1f]/.test(value) || isForeign(value)) return null
  if (isWrapped(value) || isReference(value) || isMask(value) || isPublicMaterial(value)) return null
  if (/EXAMPLE/.test(value)) return null
  if (isUuid(value)) return kind === 'weak' ? null : 'medium'
  if (bits < certain * 2 && isCodeLike(value)) return null
  if (isProse(value)) return null
  if (kind !== 'password' && !/secret/i.test(name) && !issuable.test(value) && (kind === 'weak' || code || bits < certain || !isManaged(value))) return null
  if (kind !== 'weak' && issued.test(value) && !/your|example|x{4}/i.test(value)) return 'medium'
  if (bits < certain && (holdsExampleWord(value) || isPath(value))) return kind === 'password' && isUsual(value, name) ? 'low' : null
  if (code && (bits < 24 || /[().]/.test(value))) return null
  if (bits < bound.bits) {
    if (kind === 'password' && (isComplex(value) || isDisguised(value))) return 'medium'
    if (kind !== 'weak' && !/key$/i.test(name) && isPassphrase(value)) return 'low'
    return kind === 'password' && isUsual(value, name) ? 'low' : null
  }
  if (kind === 'weak' && !(/\d/.test(value) && /[A-Za-z]/.test(value))) return null
  if (bits < certain && echoes(value, name)) return null
  return bits >= certain ? 'high' : 'medium'
}

/** Whether most of the value is text beyond ASCII: words of another script. */
const isForeign = (value: string): boolean => value.replace(/[\x00-\x7f]+/g, '').length > value.length / 2

/** Whether the value only repeats the words of its name. */
function echoes(value: string, name: string): boolean {
  const words = wordsOf(value)
  const known = new Set(wordsOf(name))
  return words.some((word) => word.length >= 3) && words.every((word) => word.length < 3 || known.has(word))
}

/** The most random piece of a structured value (JSON in a string, a cookie, a connection string), or null. */
export function bestPiece(value: string): string | null {
  let best: string | null = null
  for (const [piece] of value.matchAll(/[A-Za-z\d_\-+/=.~]{16,512}/g)) {
    if (/\d/.test(piece) && /[A-Za-z]/.test(piece) && randomness(piece) >= 14 && (best === null || piece.length > best.length)) best = piece
  }
  return best
}
