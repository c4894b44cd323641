// Whether a value beside a telling name is a secret: no reference, mask or example, and random rather than words.
import type { Confidence } from '../rule.ts'
import { wordsOf, type Kind } from './name.ts'
import { randomness } from './language.ts'
import { holdsExampleWord, isMask, isPath, isPublicMaterial, isReference, isUuid, isWrapped } from './placeholder.ts'

/** The least length, and the least randomness in bits, that a value needs beside a name of each kind. */
const bounds: Record<Kind, { length: number; bits: number }> = {
  password: { length: 4, bits: 4 },
  secret: { length: 7, bits: 7 },
  weak: { length: 15, bits: 18 },
}
/** From here on chance does not explain the value, whatever words it holds. */
const certain = 40
const issued = /^(?:sk|pk|rk|key|tok|pat|api|token|secret|live|test)[-_](?:live[-_]|test[-_]|proj[-_])?(?=[A-Za-z]*\d)[A-Za-z\d]{8,}$/

/** Lower, upper, digit and symbol, or digits inside words as people write them to satisfy a policy. */
function isComplex(value: string): boolean {
  if (value.length < 8 || /[\s<>(){}[\]=;,"'`\\]/.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d_.\-/:]/].filter((kind) => kind.test(value)).length
  return kinds === 4 || (kinds >= 3 && /[a-z][013457]+[a-z]/i.test(value))
}

/** The confidence that the value is a secret, or null. `name` is what stands beside it, `code`: the value is an expression of a program. */
export function judge(value: string, kind: Kind, name: string, code: boolean): Confidence | null {
  const bound = bounds[kind]
  if (value.length < bound.length || value.length > 4096 || /[\s\x00-\x1f]/.test(value)) return null
  if (isWrapped(value) || isReference(value) || isMask(value) || isPublicMaterial(value)) return null
  if (isUuid(value)) return kind === 'weak' ? null : 'medium'
  const bits = randomness(value.length > 256 ? value.slice(0, 256) : value)
  if (bits < certain && (holdsExampleWord(value) || isPath(value))) return null
  if (code && (bits < 24 || /[().]/.test(value))) return null
  if (bits < bound.bits) {
    if (kind !== 'weak' && issued.test(value)) return 'medium'
    return kind === 'password' && isComplex(value) ? 'medium' : null
  }
  if (kind === 'weak' && !(/\d/.test(value) && /[A-Za-z]/.test(value))) return null
  if (bits < certain && echoes(value, name)) return null
  return bits >= certain ? 'high' : 'medium'
}

/** Whether the value only repeats the words of its name. */
function echoes(value: string, name: string): boolean {
  const words = wordsOf(value)
  const known = new Set(wordsOf(name))
  return words.length > 0 && words.every((word) => word.length < 3 || known.has(word))
}

/** The most random piece of a structured value (JSON in a string, a cookie, a connection string), or null. */
export function bestPiece(value: string): string | null {
  let best: string | null = null
  for (const [piece] of value.matchAll(/[A-Za-z\d_\-+/=.~]{16,512}/g)) {
    if (/\d/.test(piece) && /[A-Za-z]/.test(piece) && randomness(piece) >= 24 && (best === null || piece.length > best.length)) best = piece
  }
  return best
}
