// Secrets whose form nobody told: providers change theirs, and some document none. Behind the provider's name and a word for a
// credential any text counts that somebody must have drawn by lot.
import { randomness } from '../generic/language.ts'
import { entropyOf, looksRandom } from './shape.ts'

const looseForm = '[A-Za-z0-9][A-Za-z0-9_.=-]{15,255}'
/** What stands between a provider's name and its secret, whichever the language, and the secret. */
export const behindName = behind('[\\w .-]{0,16}?')
/** The same where the name is also a common word: the word for a credential follows at once. */
export const behindWord = behind('[-_ .]{0,2}')

function behind(gap: string): string {
  const word = String.raw`(?i:key|token|secret|pass|pwd|auth|api|cred|id|access|private)[\w -]{0,12}["'\x60\]]{0,2}`
  const sign = String.raw`\s{0,3}(?:[:=?|+.>-]{1,4}|[,(]|\s)\s{0,12}["'\x60]{0,2}(?<![A-Za-z0-9_/@#+%])`
  return `${gap}${word}${sign}(?<secret>${looseForm})(?![A-Za-z0-9_?-])`
}

/** The ways to write a name that a blank stands in for any separator or none; `-` and `.` count as `_`. */
export const spelled = (name: string): string[] => (name.includes(' ') ? ['', '_', ' '].map(sign => name.replaceAll(' ', sign)) : [name])

const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm']
const inRow = new Set(rows.flatMap(row => Array.from({ length: row.length - 2 }, (_, at) => row.slice(at, at + 3))))

/** Whether most of it runs along the alphabet, the digits or a keyboard: a key that somebody made up for a document. */
export function isLaidOut(secret: string): boolean {
  const text = secret.toLowerCase()
  let runs = 0
  for (let at = 0; at + 3 <= text.length; at += 1) if (inRow.has(text.slice(at, at + 3))) runs += 1
  return runs * 2 >= text.length
}

/** Letters alone that no language explains. */
export const isDrawnOfLetters = (secret: string): boolean => /^[A-Za-z]{16,}$/.test(secret) && entropyOf(secret) >= 3 && randomness(secret) >= 24

/** Whether a text of unknown form was drawn by lot (or laid out like one that was): no words strung together, no version, no path. */
export function isDrawn(secret: string): boolean {
  if (isLaidOut(secret)) return true
  if (!looksRandom(secret) || (secret.match(/\d/g)?.length ?? 0) < 3 || entropyOf(secret) < 3) return false
  if (/^\w{8}(?:-\w{4}){3}-\w{12}$/.test(secret)) return true
  if (/\.\w{0,5}\.|^[\d.-]+$|(?:\w+[._-]){4}/.test(secret)) return false
  const words = secret.match(/[A-Za-z]?[a-z]{4,}/g)?.filter(word => !isLaidOut(word)).join('').length ?? 0
  return words * 3 < secret.length || randomness(secret) >= 40
}
