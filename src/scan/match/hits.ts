// Where keywords end in a text. Each step of the automaton waits for the one before it, so that four parts of the text
// are walked side by side: the processor works on one while it waits for another.
import type { Automaton } from './automaton.ts'

const shortest = 512

/** State and offset of the last byte of each hit, in order of their place. */
class List {
  count = 0
  states = new Int32Array(256)
  ends = new Int32Array(256)

  push(state: number, end: number): void {
    if (this.count === this.states.length) {
      this.states = grown(this.states)
      this.ends = grown(this.ends)
    }
    this.states[this.count] = state
    this.ends[this.count++] = end
  }
}

export class Hits extends List {
  readonly #others = [new List(), new List(), new List()] as const

  /** Replaces the hits by those of the first `length` bytes. */
  find(automaton: Automaton, bytes: Uint8Array, length: number): this {
    this.count = 0
    if (length < shortest) this.#walk(automaton, bytes, 0, length, 0)
    else this.#walkTogether(automaton, bytes, length)
    return this
  }

  #walk({ columns, table, accepting }: Automaton, bytes: Uint8Array, from: number, to: number, state: number): void {
    for (let at = from; at < to; at++) {
      state = table[state + columns[bytes[at]!]!]!
      if (state >= accepting) this.push(state, at)
    }
  }

  #walkTogether(automaton: Automaton, bytes: Uint8Array, length: number): void {
    const { columns, table, accepting } = automaton
    const size = length >> 2
    const second = size
    const third = size * 2
    const fourth = size * 3
    let a = 0
    let b = stateAt(automaton, bytes, second)
    let c = stateAt(automaton, bytes, third)
    let d = stateAt(automaton, bytes, fourth)
    const [listB, listC, listD] = this.#others
    listB.count = listC.count = listD.count = 0
    for (let at = 0; at < size; at++) {
      a = table[a + columns[bytes[at]!]!]!
      b = table[b + columns[bytes[at + second]!]!]!
      c = table[c + columns[bytes[at + third]!]!]!
      d = table[d + columns[bytes[at + fourth]!]!]!
      if (a >= accepting) this.push(a, at)
      if (b >= accepting) listB.push(b, at + second)
      if (c >= accepting) listC.push(c, at + third)
      if (d >= accepting) listD.push(d, at + fourth)
    }
    for (const list of this.#others) for (let n = 0; n < list.count; n++) this.push(list.states[n]!, list.ends[n]!)
    this.#walk(automaton, bytes, size * 4, length, d)
  }
}

function grown(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2)
  larger.set(values)
  return larger
}

/** The state before the byte at the offset, from no more bytes than decide it. */
function stateAt({ columns, table, longest }: Automaton, bytes: Uint8Array, offset: number): number {
  let state = 0
  for (let at = Math.max(0, offset - longest); at < offset; at++) state = table[state + columns[bytes[at]!]!]!
  return state
}
