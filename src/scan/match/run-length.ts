// A cheap test before an expensive pattern: most patterns ask for a long run of letters, digits and a few signs, and most
// windows hold none.

const signs = '_-+/=.~%:'
const runByte = new Uint8Array(256)
for (const byte of Buffer.from(`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${signs}`)) runByte[byte] = 1

/** Whether at least `least` run bytes stand in a row; looks at every `least`th byte first. */
export function hasRun(bytes: Uint8Array, from: number, to: number, least: number): boolean {
  for (let look = from + least - 1; look < to; look += least) {
    if (!runByte[bytes[look]!]) continue
    let start = look
    while (start > from && look - start < least - 1 && runByte[bytes[start - 1]!]) start--
    let end = look + 1
    while (end < to && end - start < least && runByte[bytes[end]!]) end++
    if (end - start >= least) return true
    look = end
  }
  return false
}

/** What a part of a pattern is sure to match: its least length where all of it is run bytes, and its longest sure run. */
interface Sure {
  pure: boolean
  least: number
  longest: number
}

const nothing: Sure = { pure: true, least: 0, longest: 0 }
const foreign: Sure = { pure: false, least: 0, longest: 0 }
const quantifier = /^(?:\{(\d+)(?:,\d*)?\}|[*?+])\??/
const charClass = /^\[(\^?)((?:\\.|[^\]\\])*)\]/
const runClass = /^(?:[A-Za-z\d_\-+/=.~%:]|\\[dw\-/.+=])+$/
const groupHead = /^\((?:\?(?:<?[=!]|:|<\w+>|[a-z-]+:))?/

/** The longest run of run bytes that every match of the pattern is sure to hold; 0 where the source is beyond this reader. */
export function leastRun(pattern: RegExp): number {
  const reader = { rest: pattern.source }
  try {
    return readAlternatives(reader).longest
  } catch {
    return 0
  }
}

function readAlternatives(reader: { rest: string }): Sure {
  let all: Sure | null = null
  for (;;) {
    const next = readSequence(reader)
    all = all === null ? next : { pure: all.pure && next.pure, least: Math.min(all.least, next.least), longest: Math.min(all.longest, next.longest) }
    if (reader.rest[0] !== '|') return all
    reader.rest = reader.rest.slice(1)
  }
}

function readSequence(reader: { rest: string }): Sure {
  let pure = true
  let total = 0
  let longest = 0
  let current = 0
  while (reader.rest !== '' && reader.rest[0] !== '|' && reader.rest[0] !== ')') {
    const part = readPart(reader)
    if (part.pure) {
      total += part.least
      current += part.least
      continue
    }
    pure = false
    longest = Math.max(longest, current, part.longest)
    current = 0
  }
  return { pure, least: total, longest: Math.max(longest, current) }
}

/** One character, class, assertion or group, with its quantifier. */
function readPart(reader: { rest: string }): Sure {
  const sure = readAtom(reader)
  const many = quantifier.exec(reader.rest)
  if (many === null) return sure
  reader.rest = reader.rest.slice(many[0].length)
  const times = many[1] !== undefined ? Number(many[1]) : many[0][0] === '+' ? 1 : 0
  return { pure: sure.pure, least: sure.least * times, longest: times === 0 ? 0 : sure.pure ? sure.least * times : sure.longest }
}

function readAtom(reader: { rest: string }): Sure {
  const { rest } = reader
  const take = (length: number, sure: Sure): Sure => {
    reader.rest = rest.slice(length)
    return sure
  }
  const one = (runs: boolean): Sure => (runs ? { pure: true, least: 1, longest: 1 } : foreign)
  if (rest[0] === '(') {
    const head = groupHead.exec(rest)![0]
    reader.rest = rest.slice(head.length)
    const inside = readAlternatives(reader)
    if (reader.rest[0] !== ')') throw new Error('a group is open')
    reader.rest = reader.rest.slice(1)
    return /^\(\?<?[=!]/.test(head) ? nothing : inside
  }
  const body = charClass.exec(rest)
  if (body) return take(body[0].length, one(body[1] === '' && runClass.test(body[2]!)))
  if (rest[0] === '\\') return take(2, /^\\[bB]/.test(rest) ? nothing : one(/^\\[dw\-/.+=]/.test(rest)))
  if (rest[0] === '^' || rest[0] === '$') return take(1, nothing)
  return take(1, one(/[A-Za-z\d_\-+/=~%:]/.test(rest[0]!)))
}
