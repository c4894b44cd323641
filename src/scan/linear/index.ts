// Regular expressions from strangers: RE2's syntax and meaning, over bytes, in time that is linear in the text.
import { Filter } from './filter.ts'
import { Machine } from './machine.ts'
import { compile, type Program } from './program.ts'
import { readSyntax } from './syntax.ts'

export interface LinearMatch {
  start: number
  end: number
  /** Offsets of the groups from 1 on, at index 0 the first; null for a group that took no part. */
  groups: ({ start: number; end: number } | null)[]
}

export class LinearPattern {
  readonly source: string
  readonly names: ReadonlyMap<string, number>
  readonly #program: Program
  #filter: Filter | undefined
  #machine: Machine | undefined

  /** Throws ScanError where the pattern is none of RE2, or too large. */
  constructor(source: string) {
    const { tree, groups, names } = readSyntax(source)
    this.source = source
    this.names = names
    this.#program = compile(tree, groups)
  }

  /** The first match that begins at `from` or later and is not empty. */
  find(bytes: Uint8Array, from = 0): LinearMatch | null {
    const to = bytes.length
    for (let start = from; start <= to; ) {
      const places = this.#search(bytes, start, to)
      if (places === null) return null
      if (places[1]! > places[0]!) return describe(places)
      start = places[1]! + 1
    }
    return null
  }

  /** Every match that is not empty, from left to right, none overlapping. */
  *findAll(bytes: Uint8Array): Generator<LinearMatch> {
    for (let match = this.find(bytes); match !== null; match = this.find(bytes, match.end)) yield match
  }

  /** Whether it matches anywhere in the text, if only the empty string. */
  test(text: string | Uint8Array): boolean {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    return this.#search(bytes, 0, bytes.length) !== null
  }

  #search(bytes: Uint8Array, from: number, to: number): Int32Array | null {
    const end = (this.#filter ??= new Filter(this.#program)).firstEnd(bytes, from, to)
    if (end === null) return null
    return (this.#machine ??= new Machine(this.#program)).run(bytes, Math.max(from, end - this.#program.longest), to)
  }
}

function describe(places: Int32Array): LinearMatch {
  const groups: LinearMatch['groups'] = []
  for (let at = 2; at < places.length; at += 2) groups.push(places[at]! < 0 || places[at + 1]! < 0 ? null : { start: places[at]!, end: places[at + 1]! })
  return { start: places[0]!, end: places[1]!, groups }
}
