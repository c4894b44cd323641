// Writes a text that a pattern accepts, the same one each time: hits of rules are made here, so that no literal in the
// repository looks like a live credential.

interface Cursor {
  readonly source: string
  at: number
  state: number
}

const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(index + 33)).join('')
const digits = '0123456789'
const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const escapes: Record<string, string> = { d: digits, w: lower + upper + digits, s: ' ', n: '\n', t: '\t' }

/**
 * A text that the regular expression source `source` accepts. Understands what rules are made of: literals, escapes, classes,
 * groups, alternatives, bounded and open repetition; look-arounds and anchors add nothing. `seed` varies the text.
 */
export function sample(source: string, seed = 1): string {
  return alternatives({ source, at: 0, state: (seed * 2654435761) >>> 0 })
}

function random(cursor: Cursor, below: number): number {
  cursor.state = (Math.imul(cursor.state, 1664525) + 1013904223) >>> 0
  return Math.floor((cursor.state / 2 ** 32) * below)
}

/** The first alternative counts; the others are read and dropped. */
function alternatives(cursor: Cursor): string {
  let text = sequence(cursor)
  while (cursor.source[cursor.at] === '|') {
    cursor.at += 1
    const other = sequence(cursor)
    if (text === '') text = other
  }
  return text
}

function sequence(cursor: Cursor): string {
  let text = ''
  while (cursor.at < cursor.source.length && !'|)'.includes(cursor.source[cursor.at]!)) {
    const start = cursor.at
    const first = atom(cursor)
    const end = cursor.at
    const times = repetition(cursor)
    const after = cursor.at
    if (times > 0) text += first
    for (let index = 1; index < times; index += 1) {
      cursor.at = start
      text += atom(cursor)
    }
    cursor.at = times > 1 ? after : Math.max(after, end)
  }
  return text
}

function repetition(cursor: Cursor): number {
  const match = /^(?:\{(\d+)(,?)(\d*)\}|[?*+])\??/.exec(cursor.source.slice(cursor.at, cursor.at + 16))
  if (!match) return 1
  cursor.at += match[0].length
  if (match[1] === undefined) return match[0][0] === '+' ? 8 : 0
  const least = Number(match[1])
  const most = match[3] ? Number(match[3]) : match[2] ? least + 8 : least
  return least + Math.floor(Math.min(most - least, 16) / 2)
}

function atom(cursor: Cursor): string {
  const char = cursor.source[cursor.at]!
  cursor.at += 1
  if (char === '(') return group(cursor)
  if (char === '[') return pick(cursor, charClass(cursor))
  if (char === '.') return pick(cursor, lower)
  if (char === '^' || char === '$') return ''
  if (char !== '\\') return char
  const escaped = cursor.source[cursor.at]!
  cursor.at += 1
  if (escaped === 'b' || escaped === 'B') return ''
  if (escaped === 'S') return pick(cursor, lower)
  return escapes[escaped] ? pick(cursor, escapes[escaped]) : escaped
}

function group(cursor: Cursor): string {
  const head = /^\?(?:[=!]|<[=!]|<\w+>|[ims]*:)/.exec(cursor.source.slice(cursor.at, cursor.at + 40))?.[0] ?? ''
  cursor.at += head.length
  const text = alternatives(cursor)
  cursor.at += 1
  return /^\?<?[=!]$/.test(head) ? '' : text
}

function pick(cursor: Cursor, from: string): string {
  return from[random(cursor, from.length)]!
}

function charClass(cursor: Cursor): string {
  const negated = cursor.source[cursor.at] === '^'
  if (negated) cursor.at += 1
  let chars = ''
  while (cursor.source[cursor.at] !== ']') {
    const from = classChar(cursor)
    const isRange = from.length === 1 && cursor.source[cursor.at] === '-' && cursor.source[cursor.at + 1] !== ']'
    if (!isRange) {
      chars += from
      continue
    }
    cursor.at += 1
    const to = classChar(cursor)
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1) chars += String.fromCharCode(code)
  }
  cursor.at += 1
  if (!negated) return chars
  return [...lower, ...digits, ...printable].filter(char => !chars.includes(char)).join('').slice(0, 36)
}

function classChar(cursor: Cursor): string {
  const char = cursor.source[cursor.at]!
  cursor.at += 1
  if (char !== '\\') return char
  const escaped = cursor.source[cursor.at]!
  cursor.at += 1
  return escapes[escaped] ?? escaped
}
