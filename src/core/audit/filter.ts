// Which entries a device wants: Vault's filter expressions over mount_point, mount_type, namespace, operation
// and path (https://developer.hashicorp.com/vault/docs/concepts/filtering), without regular expressions.
import { invalid } from '../../kit/errors.ts'
import type { AuditSubject } from './entry.ts'

const properties = ['mount_point', 'mount_type', 'namespace', 'operation', 'path'] as const
type Property = (typeof properties)[number]

export type Filter =
  | { is: 'and' | 'or'; left: Filter; right: Filter }
  | { is: 'not'; of: Filter }
  | { is: 'equal' | 'contains'; property: Property; value: string }

const longest = 2048
const token = /\s*(?:(\(|\)|==|!=)|"((?:[^"\\]|\\.)*)"|`([^`]*)`|([A-Za-z_][\w/.-]*))/y

interface Token {
  kind: 'mark' | 'text' | 'word'
  text: string
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  while (token.lastIndex < source.trimEnd().length) {
    const at = token.lastIndex
    const found = token.exec(source)
    if (found === null) throw invalid(`filter: cannot read what stands at character ${at + 1}`)
    if (found[1] !== undefined) tokens.push({ kind: 'mark', text: found[1] })
    else if (found[4] !== undefined) tokens.push({ kind: 'word', text: found[4] })
    else tokens.push({ kind: 'text', text: found[3] ?? found[2]!.replace(/\\(.)/g, '$1') })
  }
  return tokens
}

/** Reads a filter expression of at most 2048 characters; throws `invalid` that says what is wrong. */
export function parseFilter(source: string): Filter {
  if (source.length > longest) throw invalid(`filter: at most ${longest} characters`)
  const tokens = tokenize(source)
  let at = 0
  let open = 0
  const peek = (text: string): boolean => tokens[at]?.kind !== 'text' && tokens[at]?.text === text
  const take = (text: string): boolean => peek(text) && at++ >= 0
  const expect = (text: string): void => {
    if (!take(text)) throw invalid(`filter: expected ${text}`)
  }
  const value = (): string => {
    const found = tokens[at++]
    if (found === undefined || found.kind === 'mark') throw invalid('filter: expected a value')
    return found.text
  }
  const property = (): Property => {
    const found = tokens[at++]
    if (found?.kind !== 'word' || !properties.includes(found.text as Property)) throw invalid(`filter: expected one of ${properties.join(', ')}`)
    return found.text as Property
  }
  const either = (): Filter => {
    let left = both()
    while (take('or')) left = { is: 'or', left, right: both() }
    return left
  }
  const both = (): Filter => {
    let left = one()
    while (take('and')) left = { is: 'and', left, right: one() }
    return left
  }
  const one = (): Filter => {
    if (++open > 64) throw invalid('filter: too deeply nested')
    const read = take('not') ? ({ is: 'not', of: one() } as const) : take('(') ? grouped() : comparison()
    open--
    return read
  }
  const grouped = (): Filter => {
    const inner = either()
    expect(')')
    return inner
  }
  const negate = (not: boolean, of: Filter): Filter => (not ? { is: 'not', of } : of)
  const comparison = (): Filter => {
    if (tokens[at]?.kind === 'text') {
      const text = value()
      const not = take('not')
      expect('in')
      return negate(not, { is: 'contains', property: property(), value: text })
    }
    const name = property()
    if (take('==')) return { is: 'equal', property: name, value: value() }
    if (take('!=')) return negate(true, { is: 'equal', property: name, value: value() })
    if (take('is')) {
      const not = take('not')
      expect('empty')
      return negate(not, { is: 'equal', property: name, value: '' })
    }
    const not = take('not')
    if (peek('matches')) throw invalid('filter: matches is not supported; use ==, contains, in or is empty')
    expect('contains')
    return negate(not, { is: 'contains', property: name, value: value() })
  }
  const filter = either()
  if (at < tokens.length) throw invalid(`filter: unexpected ${tokens[at]!.text}`)
  return filter
}

function valueOf(property: Property, subject: AuditSubject): string {
  if (property === 'mount_point') return subject.mount?.path ?? ''
  if (property === 'mount_type') return subject.mount?.type ?? ''
  if (property === 'namespace') return subject.namespace.path
  return property === 'operation' ? subject.operation : subject.path
}

/** Whether the entry is one that the filter asks for. */
export function matches(filter: Filter, subject: AuditSubject): boolean {
  switch (filter.is) {
    case 'and':
      return matches(filter.left, subject) && matches(filter.right, subject)
    case 'or':
      return matches(filter.left, subject) || matches(filter.right, subject)
    case 'not':
      return !matches(filter.of, subject)
    case 'equal':
      return valueOf(filter.property, subject) === filter.value
    case 'contains':
      return valueOf(filter.property, subject).includes(filter.value)
  }
}
