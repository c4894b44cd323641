// A cheap test before an expensive pattern: most patterns ask for a long run of letters and digits of one kind, and most
// windows hold none.

/** A run that every match of a pattern is sure to hold: its least length, and which bytes it may consist of. */
export interface Run {
  least: number
  /** 1 for each byte that may stand in the run. */
  bytes: Uint8Array
}

/** Whether a long enough run stands between the offsets; looks at every `least`th byte first. */
export function holdsRun(bytes: Uint8Array, from: number, to: number, run: Run): boolean {
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

/** Kinds of bytes that runs consist of; a set of them is the sum of their bits. A class that takes part of a kind counts as all of it. */
const kinds = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ', '_', '-', '+', '/', '=', '.', '~', '%', ':']
const kindOf = new Uint16Array(128)
kinds.forEach((characters, at) => {
  for (const character of characters) kindOf[character.charCodeAt(0)] = 1 << at
})
const wordKinds = 0b111111
const smallLetters = 0b110
const capitals = 0b11000
const tables = new Map<number, Uint8Array>()

function tableOf(set: number): Uint8Array {
  let table = tables.get(set)
  if (!table) {
    table = new Uint8Array(256)
    for (let code = 0; code < 128; code++) if (kindOf[code]! & set) table[code] = 1
    tables.set(set, table)
  }
  return table
}

/**
 * What a part of a pattern is sure to match. It is pure when it consists of the kinds above alone: then `least` is its least
 * length; else `longest` is the length of the longest run within it that is sure, of the kinds `longestSet`.
 */
interface Sure {
  pure: boolean
  least: number
  set: number
  longest: number
  longestSet: number
}

const foreign: Sure = { pure: false, least: 0, set: 0, longest: 0, longestSet: 0 }
const pureOf = (least: number, set: number): Sure => ({ pure: true, least, set, longest: least, longestSet: set })
const nothing = pureOf(0, 0)

const quantifier = /(?:\{(\d+)(?:,\d*)?\}|[*?+])\??/y
const charClass = /\[(\^?)((?:\\.|[^\]\\])*)\]/y
const groupHead = /\((?:\?(?:<?[=!]|:|<\w+>|([a-z]+)(?:-[a-z]+)?:))?/y

interface Reader {
  source: string
  at: number
  ignoreCase: boolean
}

const read = (pattern: RegExp, reader: Reader): RegExpExecArray | null => {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.source)
  if (match) reader.at += match[0].length
  return match
}

/** The longest run that every match of the pattern is sure to hold, or null where none is long enough to be worth a look. */
export function sureRun(pattern: RegExp): Run | null {
  let sure
  try {
    sure = readAlternatives({ source: pattern.source, at: 0, ignoreCase: pattern.flags.includes('i') })
  } catch {
    return null
  }
  return sure.longest >= 6 ? { least: sure.longest, bytes: tableOf(sure.longestSet) } : null
}

function readAlternatives(reader: Reader): Sure {
  let all = readSequence(reader)
  while (reader.source[reader.at] === '|') {
    reader.at++
    const next = readSequence(reader)
    all = {
      pure: all.pure && next.pure,
      least: Math.min(all.least, next.least),
      set: all.set | next.set,
      longest: Math.min(all.longest, next.longest),
      longestSet: all.longestSet | next.longestSet,
    }
  }
  return all
}

function readSequence(reader: Reader): Sure {
  const { source } = reader
  let pure = true
  let longest = 0
  let longestSet = 0
  let least = 0
  let set = 0
  const close = (length: number, of: number): void => {
    if (length <= longest) return
    longest = length
    longestSet = of
  }
  while (reader.at < source.length && source[reader.at] !== '|' && source[reader.at] !== ')') {
    const part = readPart(reader)
    if (part.pure) {
      least += part.least
      set |= part.set
      continue
    }
    pure = false
    close(least, set)
    close(part.longest, part.longestSet)
    least = set = 0
  }
  close(least, set)
  return { pure, least, set, longest, longestSet }
}

/** One character, class, assertion or group, with its quantifier. */
function readPart(reader: Reader): Sure {
  const sure = readAtom(reader)
  const many = read(quantifier, reader)
  if (many === null) return sure
  const times = many[1] !== undefined ? Number(many[1]) : many[0][0] === '+' ? 1 : 0
  if (!sure.pure) return times === 0 ? foreign : sure
  return pureOf(sure.least * times, sure.set)
}

function readAtom(reader: Reader): Sure {
  const first = reader.source[reader.at]!
  if (first === '(') return readGroup(reader)
  if (first === '[') {
    const body = read(charClass, reader)
    if (body === null) throw new Error('a class is open')
    return body[1] === '' ? classOf(body[2]!, reader.ignoreCase) : foreign
  }
  reader.at += first === '\\' ? 2 : 1
  if (first === '^' || first === '$') return nothing
  if (first === '.') return foreign
  if (first !== '\\') return classOf(first, reader.ignoreCase)
  const escaped = reader.source[reader.at - 1]!
  return escaped === 'b' || escaped === 'B' ? nothing : classOf(first + escaped, reader.ignoreCase)
}

function readGroup(reader: Reader): Sure {
  const head = read(groupHead, reader)!
  const { ignoreCase } = reader
  if (head[1]?.includes('i')) reader.ignoreCase = true
  const inside = readAlternatives(reader)
  if (reader.source[reader.at] !== ')') throw new Error('a group is open')
  reader.at++
  reader.ignoreCase = ignoreCase
  return /^\(\?<?[=!]/.test(head[0]) ? nothing : inside
}

const classes = new Map<string, Sure>()

/** The kinds of a class body or single character; foreign where it takes others. */
function classOf(body: string, ignoreCase: boolean): Sure {
  const known = classes.get(body) ?? readClass(body)
  classes.set(body, known)
  if (!known.pure || !ignoreCase) return known
  const letters = known.set & (smallLetters | capitals)
  return pureOf(1, known.set | ((letters << 2) & capitals) | ((letters >> 2) & smallLetters))
}

function readClass(body: string): Sure {
  let set = 0
  for (const [token, first, last] of body.matchAll(/\\?([A-Za-z\d])-([A-Za-z\d])|\\.|[^\\]/g)) {
    if (first !== undefined) for (let code = first.charCodeAt(0); code <= last!.charCodeAt(0); code++) set |= kindOf[code]!
    else if (token === '\\d') set |= 1
    else if (token === '\\w') set |= wordKinds
    else {
      const kind = /^\\[A-Za-z\d]$/.test(token) ? 0 : kindOf[token.charCodeAt(token.length - 1) & 127]!
      if (kind === 0 || token.charCodeAt(token.length - 1) > 127) return foreign
      set |= kind
    }
  }
  return pureOf(1, set)
}
