// How every match of a pattern begins, byte by byte: where its keywords are that beginning, a hit of one tells where the
// match starts, and a look at the bytes behind the keyword tells most hits from matches.
import type { Outline } from './outline.ts'

/** Sets of bytes, one for each place from the first on. */
export type Beginning = Uint8Array[]

const mostBeginnings = 32
const longest = 48

interface Path {
  sets: Beginning
  open: boolean
}

/** Every way in which matches begin, as far as places hold a fixed set of bytes. */
export function beginningsOf(outline: Outline): Beginning[] {
  return extend([{ sets: [], open: true }], outline).map((path) => path.sets)
}

/** The paths, which are changed, with what follows them. */
function extend(paths: Path[], outline: Outline): Path[] {
  if (outline.kind === 'bytes') {
    for (const path of paths) if (path.open) path.open = path.sets.push(outline.set) < longest
    return paths
  }
  if (outline.kind === 'choice') return branch(paths, outline.of)
  if (outline.kind === 'sequence') {
    for (const part of outline.of) if (paths.some((path) => path.open)) paths = extend(paths, part)
    return paths
  }
  const { of, least, most } = outline
  for (let times = 0; times < least && paths.some((path) => path.open); times++) paths = extend(paths, of)
  if (most === least) return paths
  return least === 0 && most === 1 ? branch(paths, [of, { kind: 'sequence', of: [] }]) : closed(paths)
}

function closed(paths: Path[]): Path[] {
  for (const path of paths) path.open = false
  return paths
}

function branch(paths: Path[], ways: Outline[]): Path[] {
  const open = paths.filter((path) => path.open)
  const made = ways.flatMap((way) => extend(open.map(({ sets }) => ({ sets: [...sets], open: true })), way))
  if (paths.length - open.length + made.length > mostBeginnings) return closed(paths)
  return [...paths.filter((path) => !path.open), ...made]
}

const separator = 95
const separators = [45, 46, separator]
/** What the automaton makes of a byte. */
const fold = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : separators.includes(byte) ? separator : byte)

function takes(set: Uint8Array, code: number): boolean {
  if (code === separator) return separators.some((byte) => set[byte] === 1)
  return set[code] === 1 || (code >= 97 && code <= 122 && set[code - 32] === 1)
}

/** Whether each way to begin spells one of the keywords, which are folded. */
export function spellKeywords(beginnings: Beginning[], keywords: string[]): boolean {
  return beginnings.every((sets) => spells(sets, 0, keywords))
}

function spells(sets: Beginning, at: number, keywords: string[]): boolean {
  if (keywords.some((keyword) => keyword.length === at)) return true
  const set = sets[at]
  if (!set || keywords.length === 0) return false
  const codes = new Set<number>()
  for (let byte = set.indexOf(1); byte !== -1; byte = set.indexOf(1, byte + 1)) codes.add(fold(byte))
  for (const code of codes) if (!spells(sets, at + 1, keywords.filter((keyword) => keyword.charCodeAt(at) === code))) return false
  return true
}

/** Those of the beginnings that a hit of the keyword may be. */
export function beginningsWith(beginnings: Beginning[], keyword: string): Beginning[] {
  return beginnings.filter((sets) => sets.every((set, at) => at >= keyword.length || takes(set, keyword.charCodeAt(at))))
}

/** Whether one of the beginnings stands at the offset; the last bytes tell most. */
export function beginsAt(bytes: Uint8Array, start: number, beginnings: Beginning[]): boolean {
  for (let which = 0; which < beginnings.length; which++) {
    const sets = beginnings[which]!
    let at = sets.length - 1
    if (start + at >= bytes.length) continue
    while (at >= 0 && sets[at]![bytes[start + at]!] === 1) at--
    if (at < 0) return true
  }
  return false
}
