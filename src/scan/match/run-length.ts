// A cheap test before an expensive pattern: most patterns ask for a long run of letters and digits of one kind, and most
// windows hold none.
import { tableOf, type Outline } from './outline.ts'

/** A run that every match of a pattern is sure to hold. */
export interface Run {
  /** Its least length. */
  least: number
  /** 1 for each byte that may stand in it. */
  bytes: Uint8Array
  /** Bytes from the beginning of the match to that of the run at most; infinite where there is no bound. */
  reach: number
}

/** Whether a long enough run stands between the offsets; looks at every `least`th byte first. */
export function holdsRun(bytes: Uint8Array, from: number, to: number, run: Pick<Run, 'least' | 'bytes'>): boolean {
  const { least, bytes: wanted } = run
  for (let look = from + least - 1; look < to; look += least) {
    if (!wanted[bytes[look]!]) continue
    const floor = Math.max(from, look - least + 1)
    let start = look
    while (start > floor && wanted[bytes[start - 1]!]) start--
    let end = look + 1
    while (end < to && end - start < least && wanted[bytes[end]!]) end++
    if (end - start >= least) return true
    look = end
  }
  return false
}

export function holdsByte(bytes: Uint8Array, from: number, to: number, byte: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return true
  return false
}

/** Shorter ones are in every window. */
const worthLooking = 6

/** The longest run that every match is sure to hold, or null where none is long enough to be worth a look. */
export function sureRun(outline: Outline): Run | null {
  const { longest, longestSet, reach } = sureOf(outline)
  return longest >= worthLooking ? { least: longest, bytes: tableOf(longestSet), reach } : null
}

/**
 * What a part of a pattern is sure to match, in `least` to `most` bytes: pure when it consists of the kinds of `set` alone;
 * in any case a run of `longest` bytes of the kinds `longestSet`, which begins at most `reach` bytes behind the beginning.
 */
interface Sure {
  pure: boolean
  least: number
  most: number
  set: number
  longest: number
  longestSet: number
  reach: number
}

const pureOf = (least: number, most: number, set: number): Sure => ({ pure: true, least, most, set, longest: least, longestSet: set, reach: 0 })
const foreignOf = (most: number): Sure => ({ pure: false, least: 0, most, set: 0, longest: 0, longestSet: 0, reach: 0 })

function sureOf(outline: Outline): Sure {
  if (outline.kind === 'bytes') return outline.kinds === 0 ? foreignOf(1) : pureOf(1, 1, outline.kinds)
  if (outline.kind === 'choice') return outline.of.map(sureOf).reduce(eitherOf)
  if (outline.kind === 'sequence') return inOrder(outline.of.map(sureOf))
  const { least, most } = outline
  const sure = sureOf(outline.of)
  const longest = sure.most === 0 ? 0 : sure.most * most
  if (!sure.pure) return least === 0 ? foreignOf(longest) : { ...sure, most: longest }
  return pureOf(sure.least * least, longest, sure.set)
}

const eitherOf = (a: Sure, b: Sure): Sure => ({
  pure: a.pure && b.pure,
  least: Math.min(a.least, b.least),
  most: Math.max(a.most, b.most),
  set: a.set | b.set,
  longest: Math.min(a.longest, b.longest),
  longestSet: a.longestSet | b.longestSet,
  reach: Math.max(a.reach, b.reach),
})

/** Pure parts that follow one another make up one run. */
function inOrder(parts: Sure[]): Sure {
  const all: Sure = { pure: true, least: 0, most: 0, set: 0, longest: 0, longestSet: 0, reach: 0 }
  let begin = 0
  const close = (length: number, set: number, reach: number): void => {
    if (length <= all.longest) return
    all.longest = length
    all.longestSet = set
    all.reach = reach
  }
  for (const part of parts) {
    if (part.pure) {
      if (all.least === 0 && all.set === 0) begin = all.most
      all.least += part.least
      all.set |= part.set
      all.most += part.most
      continue
    }
    all.pure = false
    close(all.least, all.set, begin)
    close(part.longest, part.longestSet, all.most + part.reach)
    all.least = all.set = 0
    all.most += part.most
  }
  close(all.least, all.set, begin)
  return all
}
