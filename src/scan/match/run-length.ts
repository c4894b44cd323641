// A cheap test before an expensive pattern: most patterns ask for a long run of letters and digits of one kind, and most
// windows hold none.
import { shareOf } from './frequency.ts'
import { tableOf, type Outline } from './outline.ts'

/** A run that every match of a pattern is sure to hold. */
export interface Run {
  /** Its least length. */
  least: number
  /** 1 for each byte that may stand in it. */
  bytes: Uint8Array
  /** Bytes from the beginning of the match to that of the run at most; infinite where there is no bound. */
  reach: number
  /** What stands at some of its first places, where that tells much: two of them at most. */
  marks?: Mark[]
}

export interface Mark {
  at: number
  set: Uint8Array
}

/** Whether a long enough run stands between the offsets; looks at every `least`th byte first. */
export function holdsRun(bytes: Uint8Array, from: number, to: number, run: Pick<Run, 'least' | 'bytes' | 'marks'>): boolean {
  const { least, bytes: wanted } = run
  for (let look = from + least - 1; look < to; look += least) {
    if (!wanted[bytes[look]!]) continue
    const floor = Math.max(from, look - least + 1)
    let start = look
    while (start > floor && wanted[bytes[start - 1]!]) start--
    let end = look + 1
    while (end < to && wanted[bytes[end]!] && (run.marks || end - start < least)) end++
    for (; end - start >= least; start++) if (!run.marks || run.marks.every(({ at, set }) => set[bytes[start + at]!])) return true
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
  const { longest, longestSet, longestPlaces, reach } = sureOf(outline)
  if (longest < worthLooking) return null
  const marks = marksOf(longestPlaces)
  return { least: longest, bytes: tableOf(longestSet), reach, ...(marks.length > 0 && { marks }) }
}

const telling = 0.12

function marksOf(places: Uint8Array[]): Mark[] {
  const marks = places.map((set, at) => ({ at, set })).filter(({ set }) => shareOf(set) < telling)
  return marks.sort((a, b) => shareOf(a.set) - shareOf(b.set)).slice(0, 2)
}

/**
 * What a part of a pattern is sure to match, in `least` to `most` bytes: pure when it consists of the kinds of `set` alone;
 * in any case a run of `longest` bytes of the kinds `longestSet`, which begins at most `reach` bytes behind the beginning.
 * `places` are the bytes at the first places of what is pure, as far as these are fixed; rigid: that is all of it.
 */
interface Sure {
  pure: boolean
  least: number
  most: number
  set: number
  places: Uint8Array[]
  rigid: boolean
  longest: number
  longestSet: number
  longestPlaces: Uint8Array[]
  reach: number
}

const mostPlaces = 4

function pureOf(least: number, most: number, set: number, places: Uint8Array[]): Sure {
  return { pure: true, least, most, set, places, rigid: places.length === most, longest: least, longestSet: set, longestPlaces: places, reach: 0 }
}
const foreignOf = (most: number): Sure => ({ pure: false, least: 0, most, set: 0, places: [], rigid: false, longest: 0, longestSet: 0, longestPlaces: [], reach: 0 })

function sureOf(outline: Outline): Sure {
  if (outline.kind === 'bytes') return outline.kinds === 0 ? foreignOf(1) : pureOf(1, 1, outline.kinds, [outline.set])
  if (outline.kind === 'choice') return outline.of.map(sureOf).reduce(eitherOf)
  if (outline.kind === 'sequence') return inOrder(outline.of.map(sureOf))
  const { least, most } = outline
  const sure = sureOf(outline.of)
  const longest = sure.most === 0 ? 0 : sure.most * most
  if (!sure.pure) return least === 0 ? foreignOf(longest) : { ...sure, most: longest }
  const times = sure.rigid ? Math.min(least, mostPlaces) : Math.min(least, 1)
  return pureOf(sure.least * least, longest, sure.set, Array.from({ length: times }, () => sure.places).flat().slice(0, mostPlaces))
}

const eitherOf = (a: Sure, b: Sure): Sure => ({
  pure: a.pure && b.pure,
  least: Math.min(a.least, b.least),
  most: Math.max(a.most, b.most),
  set: a.set | b.set,
  places: eitherPlace(a.places, b.places),
  rigid: a.rigid && b.rigid && a.places.length === b.places.length,
  longest: Math.min(a.longest, b.longest),
  longestSet: a.longestSet | b.longestSet,
  longestPlaces: eitherPlace(a.longestPlaces, b.longestPlaces),
  reach: Math.max(a.reach, b.reach),
})

const eitherPlace = (a: Uint8Array[], b: Uint8Array[]): Uint8Array[] => a.slice(0, b.length).map((set, at) => (set === b[at] ? set : eitherByte(set, b[at]!)))

function eitherByte(a: Uint8Array, b: Uint8Array): Uint8Array {
  const either = a.slice()
  for (let byte = 0; byte < 256; byte++) either[byte]! |= b[byte]!
  return either
}

/** Pure parts that follow one another make up one run. */
function inOrder(parts: Sure[]): Sure {
  const all = pureOf(0, 0, 0, [])
  let begin = 0
  const close = (length: number, set: number, places: Uint8Array[], reach: number): void => {
    if (length <= all.longest) return
    all.longest = length
    all.longestSet = set
    all.longestPlaces = places
    all.reach = reach
  }
  for (const part of parts) {
    if (part.pure) {
      if (all.least === 0 && all.set === 0) begin = all.most
      if (all.rigid) all.places = [...all.places, ...part.places].slice(0, mostPlaces)
      all.least += part.least
      all.set |= part.set
      all.most += part.most
      all.rigid &&= part.rigid && all.places.length < mostPlaces
      continue
    }
    all.pure = false
    close(all.least, all.set, all.places, begin)
    close(part.longest, part.longestSet, part.longestPlaces, all.most + part.reach)
    all.least = all.set = 0
    all.places = []
    all.rigid = true
    all.most += part.most
  }
  close(all.least, all.set, all.places, begin)
  all.rigid &&= all.pure
  return all
}
