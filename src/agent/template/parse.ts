// A template as a tree: nodes to print, operands to evaluate.
import { invalid } from '../../kit/errors.ts'
import { type Delimiters, type Token, type TokenKind, lex } from './lex.ts'

export type Operand = { names: string[]; line: number } & (
  | { kind: 'dot' }
  | { kind: 'variable'; name: string }
  | { kind: 'function'; name: string }
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'pipe'; pipe: Pipe }
)

export interface Pipe {
  /** Variables that take the result; two in a `range` are key and element. */
  declares: string[]
  /** `=` instead of `:=`. */
  assigns: boolean
  /** Each is a function with its arguments, or one operand; the result of one is the last argument of the next. */
  commands: Operand[][]
  line: number
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipe: Pipe }
  | { kind: 'if' | 'with' | 'range'; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { kind: 'template'; name: string; pipe: Pipe | null; line: number }
  | { kind: 'break' | 'continue' }

export interface Template {
  body: Node[]
  defined: Map<string, Node[]>
}

const deepest = 100

/** Parses a template; throws `invalid` with the line of the first mistake. */
export function parseTemplate(source: string, delimiters?: Delimiters): Template {
  return new Parser(lex(source, delimiters)).template()
}

class Parser {
  readonly #tokens: Token[]
  readonly #defined = new Map<string, Node[]>()
  #at = 0
  #depth = 0
  #loops = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  template(): Template {
    const { nodes, ended } = this.#nodes()
    if (ended !== null) throw this.#wrong(`unexpected {{${ended}}}`)
    return { body: nodes, defined: this.#defined }
  }

  get #token(): Token {
    return this.#tokens[this.#at]!
  }

  #wrong(what: string): Error {
    return invalid(`template: line ${this.#token.line}: ${what}`)
  }

  #is(kind: TokenKind, value?: string): boolean {
    return this.#token.kind === kind && (value === undefined || this.#token.value === value)
  }

  #take(kind: TokenKind, what: string): Token {
    if (!this.#is(kind)) throw this.#wrong(`expected ${what}`)
    return this.#tokens[this.#at++]!
  }

  #nested<T>(work: () => T): T {
    if (++this.#depth > deepest) throw this.#wrong(`nested deeper than ${deepest}`)
    const result = work()
    this.#depth--
    return result
  }

  /** Nodes up to `end`, `else` or the end of the text; that word is taken, the rest of its action is not. */
  #nodes(): { nodes: Node[]; ended: 'end' | 'else' | null } {
    const nodes: Node[] = []
    for (;;) {
      if (this.#is('end')) return { nodes, ended: null }
      if (this.#is('text')) {
        nodes.push({ kind: 'text', text: this.#take('text', 'text').value })
        continue
      }
      this.#take('left', 'an action')
      const word = this.#is('word') ? this.#token.value : ''
      if (word === 'end' || word === 'else') {
        this.#at++
        return { nodes, ended: word }
      }
      const node = this.#nested(() => this.#action(word))
      if (node) nodes.push(node)
    }
  }

  #action(word: string): Node | null {
    if (word === 'if' || word === 'with' || word === 'range') {
      this.#at++
      return this.#block(word)
    }
    if (word === 'define' || word === 'block') return this.#define(word)
    if (word === 'template') {
      const { line } = this.#tokens[this.#at++]!
      const name = this.#take('string', 'the name of a template').value
      const pipe = this.#is('right') ? null : this.#pipe()
      this.#close()
      return { kind: 'template', name, pipe, line }
    }
    if (word === 'break' || word === 'continue') {
      if (this.#loops === 0) throw this.#wrong(`{{${word}}} outside {{range}}`)
      this.#at++
      this.#close()
      return { kind: word }
    }
    const pipe = this.#pipe()
    this.#close()
    return { kind: 'print', pipe }
  }

  #close(): void {
    this.#take('right', 'the end of the action')
  }

  #block(kind: 'if' | 'with' | 'range'): Node {
    const pipe = this.#pipe(kind === 'range')
    this.#close()
    if (kind === 'range') this.#loops++
    const { nodes: body, ended } = this.#nodes()
    if (kind === 'range') this.#loops--
    if (ended === null) throw this.#wrong(`{{${kind}}} without {{end}}`)
    return { kind, pipe, body, otherwise: ended === 'else' ? this.#otherwise(kind) : (this.#close(), []) }
  }

  /** After `else`: another condition, or nodes up to `end`. */
  #otherwise(kind: 'if' | 'with' | 'range'): Node[] {
    if (kind !== 'range' && this.#is('word', kind)) {
      this.#at++
      return [this.#nested(() => this.#block(kind))]
    }
    this.#close()
    const { nodes, ended } = this.#nodes()
    if (ended !== 'end') throw this.#wrong(`{{else}} without {{end}}`)
    this.#close()
    return nodes
  }

  #define(word: 'define' | 'block'): Node | null {
    const { line } = this.#tokens[this.#at++]!
    const name = this.#take('string', 'the name of a template').value
    const pipe = word === 'block' ? this.#pipe() : null
    this.#close()
    const { nodes, ended } = this.#nodes()
    if (ended !== 'end') throw this.#wrong(`{{${word}}} without {{end}}`)
    this.#close()
    this.#defined.set(name, nodes)
    return word === 'block' ? { kind: 'template', name, pipe, line } : null
  }

  #pipe(two = false): Pipe {
    const { line } = this.#token
    const declared = this.#declared(two)
    const commands = [this.#command()]
    while (this.#is('mark', '|')) {
      this.#at++
      commands.push(this.#command())
    }
    return { ...declared, commands, line }
  }

  #declared(two: boolean): Pick<Pipe, 'declares' | 'assigns'> {
    const [first, mark, second, after] = this.#tokens.slice(this.#at, this.#at + 4)
    if (first?.kind !== 'variable' || mark?.kind !== 'mark') return { declares: [], assigns: false }
    if (two && mark.value === ',' && second?.kind === 'variable' && after?.kind === 'mark' && after.value === ':=') {
      this.#at += 4
      return { declares: [first.value, second.value], assigns: false }
    }
    if (mark.value !== ':=' && mark.value !== '=') return { declares: [], assigns: false }
    this.#at += 2
    return { declares: [first.value], assigns: mark.value === '=' }
  }

  #command(): Operand[] {
    const operands = [this.#operand()]
    while (!this.#is('right') && !this.#is('mark', '|') && !this.#is('mark', ')')) {
      if (!this.#token.spaced && !this.#is('mark', '(')) throw this.#wrong('expected a space between operands')
      operands.push(this.#operand())
    }
    return operands
  }

  #operand(): Operand {
    const token = this.#token
    const { line } = token
    this.#at++
    const names = (first: string[] = []): string[] => {
      while (this.#is('field') && !this.#token.spaced) first.push(this.#tokens[this.#at++]!.value)
      return first
    }
    switch (token.kind) {
      case 'dot':
        return { kind: 'dot', names: [], line }
      case 'field':
        return { kind: 'dot', names: names([token.value]), line }
      case 'variable':
        return { kind: 'variable', name: token.value, names: names(), line }
      case 'string':
        return { kind: 'literal', value: token.value, names: [], line }
      case 'number':
        return { kind: 'literal', value: Number(token.value), names: [], line }
      case 'word':
        if (token.value === 'true' || token.value === 'false') return { kind: 'literal', value: token.value === 'true', names: [], line }
        if (token.value === 'nil') return { kind: 'literal', value: null, names: [], line }
        return { kind: 'function', name: token.value, names: [], line }
      default:
        this.#at--
        if (!this.#is('mark', '(')) throw this.#wrong('expected an operand')
        return this.#nested(() => this.#parenthesized(line, names))
    }
  }

  #parenthesized(line: number, names: () => string[]): Operand {
    this.#at++
    const pipe = this.#pipe()
    if (!this.#is('mark', ')')) throw this.#wrong('expected ")"')
    this.#at++
    return { kind: 'pipe', pipe, names: names(), line }
  }
}
