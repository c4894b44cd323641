// Cuts HCL 1 text (or JSON) into tokens. Literals are decoded here; an error names line and column, never a value.
import { invalid } from '../kit/errors.ts'

export type TokenKind = 'word' | 'string' | 'heredoc' | 'number' | 'bool' | 'null' | 'punctuation' | 'end'

export interface Token {
  kind: TokenKind
  /** The decoded literal, the word itself or the punctuation mark. */
  value: string | number | boolean | null
  line: number
  column: number
}

const space = /[ \t\r\n]+/y
const comment = /(?:#|\/\/)[^\n]*/y
const word = /[\p{L}_][\p{L}\p{N}_.-]*/uy
const number = /(?:-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\.\d+(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_.])/uy
const jsonNumber = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const jsonString = /"[^"\\]*(?:\\.[^"\\]*)*"/y
const plain = /[^"\\\n$]+/y
const numeric = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})/y
const heredoc = /<<(-?)([\p{L}\p{N}_.]+)[ \t]*\r?\n/uy
const named: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' }

export class Scanner {
  readonly json: boolean
  readonly #text: string
  #at = 0
  #line = 1
  #lineStart = 0
  #lineEnd: number

  constructor(text: string) {
    this.#text = text
    if (text.charCodeAt(0) === 0xfeff) this.#at = this.#lineStart = 1
    this.#lineEnd = this.#endOfLine(0)
    this.json = /^\uFEFF?\s*\{/.test(text)
  }

  /** The next token; `end` when nothing is left, again and again. */
  next(): Token {
    this.#skip()
    const start = this.#at
    const { line, column } = this.#place(start)
    const first = this.#text[start]
    const token = (kind: TokenKind, value: Token['value']): Token => ({ kind, value, line, column })
    if (first === undefined) return token('end', 'end of input')
    if ('{}[],=:'.includes(first) && (first !== (this.json ? '=' : ':'))) {
      this.#at++
      return token('punctuation', first === ':' ? '=' : first)
    }
    if (first === '"') return token('string', this.json ? this.#jsonString() : this.#string())
    if (first === '<' && !this.json) return token('heredoc', this.#heredoc())
    const digits = this.#take(this.json ? jsonNumber : number)
    if (digits) return token('number', this.#number(digits, start))
    const name = this.#take(word)
    if (name === 'true' || name === 'false') return token('bool', name === 'true')
    if (name === 'null' && this.json) return token('null', null)
    if (name && !this.json) return token('word', name)
    throw this.#wrong('illegal character', start)
  }

  /** Offsets come in ascending order, so that every line break is found once. */
  #place(offset: number): { line: number; column: number } {
    while (this.#lineEnd < offset) {
      this.#line++
      this.#lineStart = this.#lineEnd + 1
      this.#lineEnd = this.#endOfLine(this.#lineStart)
    }
    return { line: this.#line, column: offset - this.#lineStart + 1 }
  }

  #endOfLine(from: number): number {
    const at = this.#text.indexOf('\n', from)
    return at === -1 ? Infinity : at
  }

  #wrong(message: string, offset: number): Error {
    const { line, column } = this.#place(offset)
    return invalid(`At ${line}:${column}: ${message}`)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return ''
    this.#at = pattern.lastIndex
    return found[0]
  }

  #skip(): void {
    for (;;) {
      if (this.#take(space)) continue
      if (this.json) return
      if (this.#take(comment)) continue
      if (!this.#text.startsWith('/*', this.#at)) return
      const close = this.#text.indexOf('*/', this.#at + 2)
      if (close === -1) throw this.#wrong('comment not terminated', this.#at)
      this.#at = close + 2
    }
  }

  #number(digits: string, start: number): number {
    const [, sign, body] = /^(-?)(.*)$/.exec(digits)!
    const octal = !this.json && /^0\d+$/.test(body!)
    if (octal && /[89]/.test(body!)) throw this.#wrong('illegal octal number', start)
    const value = octal ? parseInt(body!, 8) : Number(body)
    const whole = /^(?:\d+|0[xX].+)$/.test(body!)
    if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) throw this.#wrong('number out of range', start)
    return sign ? -value : value
  }

  #jsonString(): string {
    const start = this.#at
    const quoted = this.#take(jsonString)
    if (!quoted) throw this.#wrong('literal not terminated', start)
    try {
      return JSON.parse(quoted)
    } catch {
      throw this.#wrong('illegal escape sequence or control character', start)
    }
  }

  #string(): string {
    const start = this.#at++
    let value = ''
    for (;;) {
      value += this.#take(plain)
      const mark = this.#text[this.#at]
      if (mark === '"') {
        this.#at++
        return value
      }
      if (mark === undefined || mark === '\n') throw this.#wrong('literal not terminated', start)
      value += mark === '\\' ? this.#escape() : this.#dollar(start)
    }
  }

  #escape(): string {
    const start = this.#at++
    const letter = this.#text[this.#at] ?? ''
    if (Object.hasOwn(named, letter)) {
      this.#at++
      return named[letter]!
    }
    const code = this.#take(numeric)
    const point = code === '' ? Number.NaN : parseInt(code.replace(/^[xuU]/, ''), /^\d/.test(code) ? 8 : 16)
    if (!(point <= 0x10ffff) || (point >= 0xd800 && point < 0xe000)) throw this.#wrong('illegal escape sequence', start)
    return String.fromCodePoint(point)
  }

  /** `${ … }` is kept as it stands, quotes and line breaks included. */
  #dollar(start: number): string {
    const from = this.#at++
    if (this.#text[this.#at] !== '{') return '$'
    for (let depth = 0; this.#at < this.#text.length; this.#at++) {
      const mark = this.#text[this.#at]
      if (mark === '{') depth++
      if (mark === '}' && --depth === 0) return this.#text.slice(from, ++this.#at).replaceAll('\r\n', '\n')
    }
    throw this.#wrong('literal not terminated', start)
  }

  #heredoc(): string {
    const start = this.#at
    heredoc.lastIndex = start
    const opening = heredoc.exec(this.#text)
    if (!opening) throw this.#wrong('a heredoc opens with <<NAME at the end of its line', start)
    const [, dash, tag] = opening
    const from = heredoc.lastIndex
    for (let line = from; line <= this.#text.length;) {
      const found = this.#text.indexOf('\n', line)
      const stop = found === -1 ? this.#text.length : found
      const content = this.#text.slice(line, stop)
      if (content.trim() === tag && content.trimEnd().endsWith(tag!)) {
        this.#at = stop
        const body = this.#text.slice(from, line).replaceAll('\r\n', '\n')
        const margin = content.slice(0, content.indexOf(tag!))
        return dash ? unindent(body, margin) : body + margin
      }
      line = stop + 1
    }
    throw this.#wrong('heredoc not terminated', start)
  }
}

/** Removes the closing mark's indentation from every line, or from none where a line has less. */
function unindent(body: string, margin: string): string {
  const lines = body.split('\n')
  const kept = lines.slice(0, -1)
  return kept.every((line) => line.startsWith(margin)) ? [...kept.map((line) => line.slice(margin.length)), ''].join('\n') : body
}
