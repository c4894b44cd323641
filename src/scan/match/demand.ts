// What hits of a keyword are sure to need, told from how the matches of its rules begin: the bytes at two places near it, those
// that tell most. The walk over a text leaves out what does not meet them.
import type { Beginning } from './beginning.ts'
import { shareOf } from './frequency.ts'
import { reach, type Demand } from './hits.ts'

/** One rule's interest in a keyword; `beginnings` is null where matches need not begin with it. */
export interface Interest {
  keyword: string
  length: number
  beginnings: Beginning[] | null
  /** The keyword counts only as a word. */
  alone: boolean
}

/** What may stand behind a keyword that counts only as a word: no small letter but those that `api`, `key`, `secret`, `token` begin with. */
export const endsWord = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 97 || byte > 122 || 'akst'.includes(String.fromCharCode(byte)) ? 1 : 0))

/** The share of the keyword's hits whose character at the place is in the set: most are small letters, and separators vary. */
function shareWithin(set: Uint8Array, code: number): number {
  if (code >= 97 && code <= 122) return set[code]! * 0.85 + set[code - 32]! * 0.15
  return code === 95 ? (set[95]! + set[45]! + set[46]!) / 3 : 1
}

const tellsNothing = 0.9

/** The two demands that the fewest hits meet, fewer where nothing is sure. */
export function demandsOf(interests: Interest[]): Demand[] {
  const { keyword } = interests.reduce((a, b) => (b.length < a.length ? b : a))
  const demands: (Demand & { share: number })[] = []
  for (let at = 1 - keyword.length; at < reach; at++) {
    const set = setAt(interests, at)
    if (set === null && at > 1) break
    if (set !== null) demands.push({ at, set, share: at > 0 ? shareOf(set) : shareWithin(set, keyword.charCodeAt(at + keyword.length - 1)) })
  }
  return demands.filter(({ share }) => share < tellsNothing).sort((a, b) => a.share - b.share).slice(0, 2)
}

/** The bytes that may stand at a place; null where any may. */
function setAt(interests: Interest[], at: number): Uint8Array | null {
  let all: Uint8Array | null = null
  let isOwn = false
  for (const { length, beginnings, alone } of interests) {
    for (const sets of beginnings ?? [[]]) {
      const set = sets[at + length - 1] ?? (alone && at === 1 ? endsWord : undefined)
      if (!set) return null
      if (all === null) all = set
      else if (all !== set) {
        if (!isOwn) all = all.slice()
        isOwn = true
        for (let byte = 0; byte < 256; byte++) all[byte]! |= set[byte]!
      }
    }
  }
  return all
}
