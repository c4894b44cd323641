// The words of a template in Go's notation (pkg.go.dev/text/template): text outside the delimiters, tokens inside.
import { invalid } from '../../kit/errors.ts'

export type TokenKind = 'text' | 'left' | 'right' | 'word' | 'field' | 'dot' | 'variable' | 'string' | 'number' | 'mark' | 'end'

export interface Token {
  kind: TokenKind
  /** The decoded text of a string, the name of a field or variable without its sigil. */
  value: string
  /** Whether white space stood before it: `.a.b` is one operand, `.a .b` are two. */
  spaced: boolean
  line: number
}

export interface Delimiters {
  left: string
  right: string
}

const space = /[ \t\r\n]/
const patterns: [TokenKind, RegExp][] = [
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['string', /`[^`]*`/y],
  ['number', /'(?:[^'\\\n]|\\.)'/y],
  ['number', /[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y],
  ['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ['dot', /\./y],
  ['variable', /\$[\p{L}\p{N}_]*/uy],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['mark', /:=|[()|=,]/y],
]

/** Tokens of a template; throws `invalid` with the line of what cannot be read. */
export function lex(source: string, { left, right }: Delimiters = { left: '{{', right: '}}' }): Token[] {
  const tokens: Token[] = []
  const lines = lineCounter(source)
  let at = 0
  let trimNext = false
  for (;;) {
    const open = source.indexOf(left, at)
    let text = source.slice(at, open < 0 ? undefined : open)
    if (trimNext) text = text.trimStart()
    let inside = open + left.length
    const trims = open >= 0 && source[inside] === '-' && space.test(source[inside + 1] ?? '')
    if (trims) {
      text = text.trimEnd()
      inside += 2
    }
    if (text !== '') tokens.push({ kind: 'text', value: text, spaced: false, line: lines(at) })
    if (open < 0) break
    const action = lexAction(source, inside, right, lines)
    at = action.end
    trimNext = action.trims
    if (action.tokens) tokens.push({ kind: 'left', value: '', spaced: false, line: lines(open) }, ...action.tokens, { kind: 'right', value: '', spaced: false, line: lines(at) })
  }
  tokens.push({ kind: 'end', value: '', spaced: false, line: lines(source.length) })
  return tokens
}

interface Action {
  /** Null for a comment. */
  tokens: Token[] | null
  end: number
  trims: boolean
}

/** Where the action ends when its closing delimiter stands here, with or without the trim mark. */
function closing(source: string, at: number, right: string): { end: number; trims: boolean } | null {
  if (source.startsWith(right, at)) return { end: at + right.length, trims: false }
  if (source[at] === '-' && space.test(source[at - 1] ?? '') && source.startsWith(right, at + 1)) return { end: at + 1 + right.length, trims: true }
  return null
}

function lexAction(source: string, from: number, right: string, lines: (at: number) => number): Action {
  const tokens: Token[] = []
  let at = skip(source, from)
  if (source.startsWith('/*', at)) {
    const end = source.indexOf('*/', at + 2)
    const closed = end < 0 ? null : closing(source, skip(source, end + 2), right)
    if (!closed) throw invalid(`template: line ${lines(from)}: unclosed comment`)
    return { tokens: null, ...closed }
  }
  for (let spaced = false; ; ) {
    const after = skip(source, at)
    spaced = after > at
    at = after
    const closed = closing(source, at, right)
    if (closed) return { tokens, ...closed }
    if (at >= source.length) throw invalid(`template: line ${lines(from)}: unclosed action`)
    const token = read(source, at, lines(at))
    tokens.push({ ...token.token, spaced })
    at = token.end
  }
}

const skip = (source: string, at: number): number => {
  while (at < source.length && space.test(source[at]!)) at++
  return at
}

function read(source: string, at: number, line: number): { token: Token; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    if (found !== undefined) return { token: { kind, value: decode(kind, found, line), spaced: false, line }, end: at + found.length }
  }
  throw invalid(`template: line ${line}: unexpected character in an action`)
}

function decode(kind: TokenKind, found: string, line: number): string {
  if (kind === 'field' || kind === 'variable') return found.slice(1)
  if (kind === 'number' && found.startsWith("'")) return String(unquote(found, line).codePointAt(0))
  if (kind !== 'string') return found
  return found.startsWith('`') ? found.slice(1, -1) : unquote(found, line)
}

const escapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" }

function unquote(quoted: string, line: number): string {
  return quoted.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.)/g, (_whole, code: string) => {
    const known = escapes[code]
    if (known !== undefined) return known
    if (code.length === 1) throw invalid(`template: line ${line}: unknown escape in a string`)
    return String.fromCodePoint(Number.parseInt(/^[xu]/.test(code) ? code.slice(1) : code, /^[xu]/.test(code) ? 16 : 8))
  })
}

/** Counts lines as positions grow, so that the whole text is walked once. */
function lineCounter(source: string): (at: number) => number {
  let line = 1
  let seen = 0
  return (at) => {
    for (; seen < at; seen++) if (source[seen] === '\n') line++
    return line
  }
}
