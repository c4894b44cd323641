// Where keywords end in a text. Each step of the automaton waits for the one before it, so that four parts of the text
// are walked side by side: the processor works on one while it waits for another.
import type { Automaton } from './automaton.ts'
import { add, assemble, constant, get, isAtLeast, isBelow, load, loadByte, loadShort, reserve, set, shiftLeft, store, whilst, when, type Code } from './wasm.ts'

const parts = 4
const shortest = 256
const pieceSize = 1 << 20

// The memory: how the walk ended, the columns of bytes, the table, the text, and room for the hits of each part.
const columnsAt = 64
const tableAt = 1024

interface Walk {
  bytes: Uint8Array
  numbers: Int32Array
  textAt: number
  hitsAt: number
  run(...values: number[]): void
}

export class Hits {
  count = 0
  /** State and offset of the last byte of each hit, in order of their place. */
  states = new Int32Array(1024)
  ends = new Int32Array(1024)
  readonly #automaton: Automaton
  #walk: Walk | undefined

  constructor(automaton: Automaton) {
    this.#automaton = automaton
  }

  /** Replaces the hits by those of the text. */
  find(bytes: Uint8Array): this {
    this.count = 0
    if (bytes.length < shortest) {
      this.#step(bytes, 0, bytes.length, 0)
      return this
    }
    const walk = (this.#walk ??= open(this.#automaton))
    for (let from = 0; from < bytes.length; from += pieceSize) this.#findInPiece(walk, bytes, from, Math.min(bytes.length, from + pieceSize))
    return this
  }

  #findInPiece(walk: Walk, bytes: Uint8Array, from: number, to: number): void {
    const { textAt, hitsAt, numbers } = walk
    walk.bytes.set(to - from === bytes.length ? bytes : bytes.subarray(from, to), textAt)
    const size = Math.trunc((to - from) / parts)
    const room = pieceSize * 2
    const start = (part: number): number => stateAt(this.#automaton, bytes, from + part * size)
    walk.run(textAt, textAt + size, size, start(0), start(1), start(2), start(3), this.#automaton.accepting, hitsAt, hitsAt + room, hitsAt + 2 * room, hitsAt + 3 * room)
    for (let part = 0; part < parts; part++) {
      const last = numbers[part]! >> 2
      for (let at = (hitsAt + part * room) >> 2; at < last; at += 2) this.#push(numbers[at]!, numbers[at + 1]! - textAt + from)
    }
    const walked = from + size * parts
    this.#step(bytes, walked, to, stateAt(this.#automaton, bytes, walked))
  }

  #step(bytes: Uint8Array, from: number, to: number, state: number): void {
    const { columns, table, accepting } = this.#automaton
    for (let at = from; at < to; at++) {
      state = table[(state + columns[bytes[at]!]!) >> 2]!
      if (state >= accepting) this.#push(state, at)
    }
  }

  #push(state: number, end: number): void {
    if (this.count === this.states.length) {
      this.states = grown(this.states)
      this.ends = grown(this.ends)
    }
    this.states[this.count] = state
    this.ends[this.count++] = end
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
  for (let at = Math.max(0, offset - longest); at < offset; at++) state = table[(state + columns[bytes[at]!]!) >> 2]!
  return state
}

function open({ table, columns }: Automaton): Walk {
  const textAt = tableAt + table.byteLength
  const hitsAt = textAt + pieceSize
  const memory = reserve(hitsAt + parts * pieceSize * 2)
  new Uint16Array(memory.buffer, columnsAt, 256).set(columns)
  new Int32Array(memory.buffer, tableAt, table.length).set(table)
  return { bytes: new Uint8Array(memory.buffer), numbers: new Int32Array(memory.buffer), textAt, hitsAt, run: assemble(memory, 12, 3, walkTogether()) }
}

/**
 * Parameters: address of the first byte and of the end of the first part, size of a part, the state of each part, the least
 * accepting state, where the hits of each part go. A hit is a state and an address. The ends of the hits are left at 0, 4, 8, 12.
 */
function walkTogether(): Code {
  const [at, end, size] = [0, 1, 2]
  const states = [3, 4, 5, 6]
  const accepting = get(7)
  const hits = [8, 9, 10, 11]
  const places = [at, 12, 13, 14]
  const step = (part: number): Code => {
    const column = loadShort(shiftLeft(loadByte(get(places[part]!)), constant(1)), columnsAt)
    return set(states[part]!, load(add(get(states[part]!), column), tableAt))
  }
  const note = (part: number): Code => {
    const [state, place, list] = [get(states[part]!), get(places[part]!), get(hits[part]!)]
    return when(isAtLeast(state, accepting), [...store(list, state), ...store(list, place, 4), ...set(hits[part]!, add(list, constant(8)))])
  }
  const each = (make: (part: number) => Code): Code => [0, 1, 2, 3].flatMap(make)
  return [
    ...[1, 2, 3].flatMap((part) => set(places[part]!, add(get(places[part - 1]!), get(size)))),
    ...whilst(isBelow(get(at), get(end)), [...each(step), ...each(note), ...each((part) => set(places[part]!, add(get(places[part]!), constant(1))))]),
    ...each((part) => store(constant(part * 4), get(hits[part]!))),
  ]
}
