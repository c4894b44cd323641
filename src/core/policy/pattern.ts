// Which rule of many decides: an index over path patterns. Exact paths first; among `*` prefixes and `+` segments
// the priority order that Vault documents. Look-ups cost by the depth of the path, not by the number of rules.
// https://openbao.org/docs/concepts/policies#policy-syntax

/** A pattern taken apart for comparison; `text` is without its trailing `*`. */
export interface Shape {
  text: string
  /** Offset of the first wildcard or glob. */
  first: number
  prefix: boolean
  wildcards: number
  kind: 'exact' | 'prefix' | 'segments'
}

/** Where two matching patterns differ first, in the order in which it counts. */
export const criteria: readonly { about: string; compare(a: Shape, b: Shape): number }[] = [
  { about: 'its first wildcard comes later', compare: (a, b) => a.first - b.first },
  { about: 'it does not end in *', compare: (a, b) => Number(b.prefix) - Number(a.prefix) },
  { about: 'it has fewer + segments', compare: (a, b) => b.wildcards - a.wildcards },
  { about: 'it is longer', compare: (a, b) => a.text.length - b.text.length },
  { about: 'it comes later in the alphabet', compare: (a, b) => (a.text === b.text ? 0 : a.text < b.text ? -1 : 1) },
]

export function shapeOf(pattern: string): Shape {
  const segments = pattern === '+' || pattern.startsWith('+/') || pattern.includes('/+')
  const prefix = pattern.endsWith('*')
  const text = prefix ? pattern.slice(0, -1) : pattern
  const kind = segments ? 'segments' : prefix ? 'prefix' : 'exact'
  const wildcards = segments ? text.split('/').filter((part) => part === '+').length : 0
  return { text, first: segments ? pattern.indexOf('+') : text.length, prefix, wildcards, kind }
}

/** Positive where `a` has priority over `b`. */
export function comparePriority(a: Shape, b: Shape): number {
  for (const { compare } of criteria) {
    const order = compare(a, b)
    if (order !== 0) return order
  }
  return 0
}

/** Whether one pattern covers a path; the slow form, for explanations. */
export function covers(shape: Shape, path: string): boolean {
  if (shape.kind === 'exact') return path === shape.text
  if (shape.kind === 'prefix') return path.startsWith(shape.text)
  const parts = shape.text.split('/')
  const given = path.split('/')
  if (shape.prefix ? given.length < parts.length : given.length !== parts.length) return false
  const last = parts.length - 1
  return parts.every((part, at) => part === '+' || (shape.prefix && at === last ? given[at]!.startsWith(part) : given[at] === part))
}

interface Leaf<T> {
  rank: number
  value: T
}

interface Node<T> {
  literal: Map<string, Node<T>> | null
  plus: Node<T> | null
  end: Leaf<T> | null
  /** Globs whose last, perhaps empty, segment begins here, by that segment. */
  globs: Map<string, Leaf<T>> | null
  /** Distinct lengths of the keys of `globs`, longest first. */
  lengths: number[]
}

const node = <T>(): Node<T> => ({ literal: null, plus: null, end: null, globs: null, lengths: [] })

/** Values by pattern; immutable once built. */
export class PatternIndex<T> {
  readonly #exact = new Map<string, T>()
  readonly #root = node<T>()
  readonly #wild: boolean

  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    const wild: { shape: Shape; value: T }[] = []
    for (const [pattern, value] of entries) {
      const shape = shapeOf(pattern)
      if (shape.kind === 'exact') this.#exact.set(pattern, value)
      else wild.push({ shape, value })
    }
    wild.sort((a, b) => comparePriority(a.shape, b.shape))
    wild.forEach(({ shape, value }, at) => insert(this.#root, shape, { rank: at + 1, value }))
    this.#wild = wild.length > 0
  }

  exact(path: string): T | undefined {
    return this.#exact.get(path)
  }

  /** The value of the pattern with `*` or `+` that has priority for `path`. */
  wild(path: string): T | undefined {
    return this.#wild ? best(this.#root, path, 0, null)?.value : undefined
  }
}

function insert<T>(root: Node<T>, shape: Shape, leaf: Leaf<T>): void {
  const parts = shape.text.split('/')
  const partial = shape.prefix ? parts.pop()! : null
  let at = root
  for (const part of parts) {
    if (part === '+' && shape.kind === 'segments') at = at.plus ??= node()
    else {
      at.literal ??= new Map()
      let next = at.literal.get(part)
      if (!next) at.literal.set(part, (next = node()))
      at = next
    }
  }
  if (partial === null) at.end = leaf
  else {
    at.globs ??= new Map()
    at.globs.set(partial, leaf)
    if (!at.lengths.includes(partial.length)) at.lengths = [...at.lengths, partial.length].sort((a, b) => b - a)
  }
}

/** `from` is where the next segment begins; beyond the path's length when none is left. */
function best<T>(at: Node<T>, path: string, from: number, found: Leaf<T> | null): Leaf<T> | null {
  if (from > path.length) return at.end && (!found || at.end.rank > found.rank) ? at.end : found
  const slash = path.indexOf('/', from)
  const to = slash === -1 ? path.length : slash
  if (at.literal) {
    const next = at.literal.get(path.slice(from, to))
    if (next) found = best(next, path, to + 1, found)
  }
  if (at.plus) found = best(at.plus, path, to + 1, found)
  for (const length of at.lengths) {
    const leaf = from + length <= to ? at.globs!.get(length === 0 ? '' : path.slice(from, from + length)) : undefined
    if (leaf && (!found || leaf.rank > found.rank)) found = leaf
  }
  return found
}
