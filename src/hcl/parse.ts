// A parser for HCL 1 (github.com/hashicorp/hcl at v1) and for JSON in its place. Errors are Faults
// that read `At LINE:COLUMN: …` and never show a value. At most 1 MiB and 64 levels.
import { invalid } from '../kit/errors.ts'
import { HclBody, type HclItem, type HclValue } from './body.ts'
import { Scanner, type Token } from './scanner.ts'

const maxBytes = 1 << 20
const maxDepth = 64

/** Parses HCL 1, or JSON when the text opens with `{`. */
export function parseHcl(text: string): HclBody {
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) throw invalid('At 1:1: the text is larger than 1 MiB')
  return new Parser(new Scanner(text)).document()
}

class Parser {
  readonly #scanner: Scanner
  #token: Token
  #depth = 0

  constructor(scanner: Scanner) {
    this.#scanner = scanner
    this.#token = scanner.next()
  }

  document(): HclBody {
    const body = this.#scanner.json ? this.#object() : this.#items('end')
    if (this.#token.kind !== 'end') throw this.#wrong(`expected the end, found ${this.#found()}`)
    return body
  }

  #is(mark: string): boolean {
    return this.#token.kind === 'punctuation' && this.#token.value === mark
  }

  #advance(): Token {
    const token = this.#token
    this.#token = this.#scanner.next()
    return token
  }

  #accept(mark: string): boolean {
    const found = this.#is(mark)
    if (found) this.#advance()
    return found
  }

  #found(): string {
    return this.#token.kind === 'punctuation' ? `'${this.#token.value}'` : `a ${this.#token.kind}`.replace('a end', 'the end')
  }

  #wrong(message: string): Error {
    return invalid(`At ${this.#token.line}:${this.#token.column}: ${message}`)
  }

  #enter(): void {
    if (++this.#depth > maxDepth) throw this.#wrong(`nested deeper than ${maxDepth} levels`)
    this.#advance()
  }

  #object(): HclBody {
    this.#enter()
    const body = this.#items('}')
    this.#advance()
    this.#depth--
    return body
  }

  #items(close: '}' | 'end'): HclBody {
    const items: HclItem[] = []
    const attributes = new Set<string>()
    const closed = () => (close === 'end' ? this.#token.kind === 'end' : this.#is(close))
    while (!closed()) {
      const item = this.#item()
      items.push(item)
      if (item.keys.length === 1 && !(item.value instanceof HclBody)) this.#once(attributes, item)
      const comma = this.#accept(',')
      if (this.#scanner.json && comma === closed()) throw this.#wrong(`expected ${comma ? 'a key' : "',' or '}'"}, found ${this.#found()}`)
    }
    return new HclBody(items)
  }

  /** Blocks may be repeated, attributes not: which of two would hold is a question nobody should have to ask. */
  #once(attributes: Set<string>, { keys, line, column }: HclItem): void {
    const key = keys[0]!
    if (attributes.has(key)) throw invalid(`At ${line}:${column}: the argument "${key}" was already set; each argument can only be defined once`)
    attributes.add(key)
  }

  #item(): HclItem {
    const { line, column } = this.#token
    const keys: string[] = []
    while (this.#token.kind === 'word' || this.#token.kind === 'string') {
      if (keys.length > maxDepth) throw this.#wrong(`more than ${maxDepth} labels`)
      keys.push(this.#advance().value as string)
    }
    if (keys.length === 0) throw this.#wrong(`expected a key, found ${this.#found()}`)
    if (this.#is('=')) {
      if (keys.length > 1) throw this.#wrong("only a block may have labels: expected '{', found '='")
      this.#advance()
      return { keys, value: this.#value(), line, column }
    }
    if (!this.#is('{') || this.#scanner.json) throw this.#wrong(`expected start of object ('{') or assignment ('='), found ${this.#found()}`)
    return { keys, value: this.#object(), line, column }
  }

  #value(): HclValue {
    if (this.#is('{')) return this.#object()
    if (this.#is('[')) return this.#list()
    if (['string', 'heredoc', 'number', 'bool', 'null'].includes(this.#token.kind)) return this.#advance().value
    throw this.#wrong(`expected a value, found ${this.#found()}`)
  }

  #list(): HclValue[] {
    this.#enter()
    const values: HclValue[] = []
    while (!this.#is(']')) {
      values.push(this.#value())
      const comma = this.#accept(',')
      if (!comma && !this.#is(']')) throw this.#wrong(`expected ',' or ']', found ${this.#found()}`)
      if (this.#scanner.json && comma && this.#is(']')) throw this.#wrong("expected a value, found ']'")
    }
    this.#advance()
    this.#depth--
    return values
  }
}
