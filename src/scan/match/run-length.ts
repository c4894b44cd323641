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

/** What a part of a pattern is sure to match. A part is pure when it consists of letters, digits and the signs below alone. */
interface Sure {
  pure: boolean
  least: number
  bytes: Uint8Array
  /** The longest run that is sure, of the whole part where it is pure. */
  longest: Run
}

const noBytes = new Uint8Array(256)
const noRun: Run = { least: 0, bytes: noBytes }
const nothing: Sure = { pure: true, least: 0, bytes: noBytes, longest: noRun }
const foreign: Sure = { pure: false, least: 0, bytes: noBytes, longest: noRun }

const quantifier = /^(?:\{(\d+)(?:,\d*)?\}|[*?+])\??/
const charClass = /^\[(\^?)((?:\\.|[^\]\\])*)\]/
const groupHead = /^\((?:\?(?:<?[=!]|:|<\w+>|([a-z]+)(?:-[a-z]+)?:))?/
const runSign = /^[A-Za-z\d_\-+/=.~%:]$/

interface Reader {
  rest: string
  ignoreCase: boolean
}

/** The longest run that every match of the pattern is sure to hold, or null where none is long enough to be worth a look. */
export function sureRun(pattern: RegExp): Run | null {
  let run
  try {
    run = readAlternatives({ rest: pattern.source, ignoreCase: pattern.flags.includes('i') }).longest
  } catch {
    return null
  }
  return run.least >= 6 ? run : null
}

const longer = (a: Run, b: Run): Run => (b.least > a.least ? b : a)

function union(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a === b || b === noBytes) return a
  return a === noBytes ? b : a.map((byte, at) => byte | b[at]!)
}

function readAlternatives(reader: Reader): Sure {
  let all = readSequence(reader)
  while (reader.rest[0] === '|') {
    reader.rest = reader.rest.slice(1)
    const next = readSequence(reader)
    const bytes = union(all.bytes, next.bytes)
    const longest = { least: Math.min(all.longest.least, next.longest.least), bytes: union(all.longest.bytes, next.longest.bytes) }
    all = { pure: all.pure && next.pure, least: Math.min(all.least, next.least), bytes, longest }
  }
  return all
}

function readSequence(reader: Reader): Sure {
  let pure = true
  let longest = noRun
  let current = noRun
  while (reader.rest !== '' && reader.rest[0] !== '|' && reader.rest[0] !== ')') {
    const part = readPart(reader)
    if (part.pure) {
      current = { least: current.least + part.least, bytes: union(current.bytes, part.bytes) }
      continue
    }
    pure = false
    longest = longer(longer(longest, current), part.longest)
    current = noRun
  }
  return { pure, least: current.least, bytes: current.bytes, longest: longer(longest, current) }
}

/** One character, class, assertion or group, with its quantifier. */
function readPart(reader: Reader): Sure {
  const sure = readAtom(reader)
  const many = quantifier.exec(reader.rest)
  if (many === null) return sure
  reader.rest = reader.rest.slice(many[0].length)
  const times = many[1] !== undefined ? Number(many[1]) : many[0][0] === '+' ? 1 : 0
  if (!sure.pure) return times === 0 ? foreign : sure
  const least = sure.least * times
  return { pure: true, least, bytes: sure.bytes, longest: { least, bytes: sure.bytes } }
}

function readAtom(reader: Reader): Sure {
  const { rest } = reader
  const take = (length: number, sure: Sure): Sure => {
    reader.rest = rest.slice(length)
    return sure
  }
  if (rest[0] === '(') return readGroup(reader)
  const body = charClass.exec(rest)
  if (body) return take(body[0].length, body[1] === '' ? bytesOf(body[2]!, reader.ignoreCase) : foreign)
  if (rest[0] === '\\') return take(2, /^\\[bB]/.test(rest) ? nothing : bytesOf(rest.slice(0, 2), reader.ignoreCase))
  if (rest[0] === '^' || rest[0] === '$') return take(1, nothing)
  return take(1, rest[0] === '.' ? foreign : bytesOf(rest[0]!, reader.ignoreCase))
}

function readGroup(reader: Reader): Sure {
  const head = groupHead.exec(reader.rest)!
  const { ignoreCase } = reader
  if (head[1]?.includes('i')) reader.ignoreCase = true
  reader.rest = reader.rest.slice(head[0].length)
  const inside = readAlternatives(reader)
  if (reader.rest[0] !== ')') throw new Error('a group is open')
  reader.rest = reader.rest.slice(1)
  reader.ignoreCase = ignoreCase
  return /^\(\?<?[=!]/.test(head[0]) ? nothing : inside
}

/** The bytes of a class body or single character; foreign where it takes others than run bytes. */
function bytesOf(body: string, ignoreCase: boolean): Sure {
  const bytes = new Uint8Array(256)
  const add = (code: number): void => {
    bytes[code] = 1
    if (ignoreCase && (code | 32) >= 97 && (code | 32) <= 122) bytes[code ^ 32] = 1
  }
  for (const [token, first, last] of body.matchAll(/\\?([A-Za-z\d])-([A-Za-z\d])|\\.|[^\\]/g)) {
    if (first !== undefined) for (let code = first.charCodeAt(0); code <= last!.charCodeAt(0); code++) add(code)
    else if (token === '\\d' || token === '\\w') for (const sign of token === '\\d' ? '0123456789' : wordSigns) add(sign.charCodeAt(0))
    else if (/^\\[A-Za-z\d]$/.test(token) || !runSign.test(token.at(-1)!)) return foreign
    else add(token.charCodeAt(token.length - 1))
  }
  return { pure: true, least: 1, bytes, longest: { least: 1, bytes } }
}

const wordSigns = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_'
