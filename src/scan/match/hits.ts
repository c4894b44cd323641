// Where keywords end in a text. Each step of the automaton waits for the one before it, so that four parts of the text
// are walked side by side: the processor works on one while it waits for another.
import type { Automaton } from './automaton.ts'
import {
  add, assemble, both, constant, either, get, isAtLeast, isBelow, isNot, isZero, load, loadByte, loadShort, reserve, set, shiftLeft, shiftRight, store, subtract,
  whilst, when, type Code,
} from './wasm.ts'

const parts = 4
const shortest = 256
const pieceSize = 1 << 20

// The memory: how the walk ended, the columns of bytes, the table, the lengths of keywords that begin a word, the text behind
// some zeros, and room for the hits of each part.
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
  readonly #begins: Uint8Array
  #walk: Walk | undefined

  /**
   * `begins`: by accepting row, the length of its keywords where all of them are wanted only at the beginning of a word, else 0.
   * Such hits are left out where they surely stand within one: a small letter behind a small letter that is part of no escape.
   */
  constructor(automaton: Automaton, begins: Uint8Array = new Uint8Array(automaton.endsAt.length)) {
    this.#automaton = automaton
    this.#begins = begins
  }

  /** Replaces the hits by those of the text. */
  find(bytes: Uint8Array): this {
    this.count = 0
    if (bytes.length < shortest) {
      this.#step(bytes, 0, bytes.length, 0)
      return this
    }
    const walk = (this.#walk ??= open(this.#automaton, this.#begins))
    for (let from = 0; from < bytes.length; from += pieceSize) this.#findInPiece(walk, bytes, from, Math.min(bytes.length, from + pieceSize))
    return this
  }

  #findInPiece(walk: Walk, bytes: Uint8Array, from: number, to: number): void {
    const { textAt, hitsAt, numbers } = walk
    walk.bytes.set(to - from === bytes.length ? bytes : bytes.subarray(from, to), textAt)
    const size = Math.trunc((to - from) / parts)
    const room = pieceSize * 2
    const start = (part: number): number => stateAt(this.#automaton, bytes, from + part * size)
    walk.run(textAt, textAt + size, size, start(0), start(1), start(2), start(3), hitsAt, hitsAt + room, hitsAt + 2 * room, hitsAt + 3 * room)
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

const pad = 16

function open({ table, columns, width, accepting }: Automaton, begins: Uint8Array): Walk {
  const beginsAt = tableAt + table.byteLength
  const textAt = beginsAt + begins.length + pad
  const hitsAt = (textAt + pieceSize + 3) & ~3
  const memory = reserve(hitsAt + parts * pieceSize * 2)
  new Uint16Array(memory.buffer, columnsAt, 256).set(columns)
  new Int32Array(memory.buffer, tableAt, table.length).set(table)
  new Uint8Array(memory.buffer, beginsAt, begins.length).set(begins)
  const run = assemble(memory, 11, 4, walkTogether(accepting, Math.log2(width), beginsAt))
  return { bytes: new Uint8Array(memory.buffer), numbers: new Int32Array(memory.buffer), textAt, hitsAt, run }
}

/**
 * Parameters: address of the first byte and of the end of the first part, size of a part, the state of each part, where the
 * hits of each part go. A hit is a state and an address. The ends of the hits are left at 0, 4, 8, 12.
 */
function walkTogether(accepting: number, rowBits: number, beginsAt: number): Code {
  const [at, end, size, length] = [0, 1, 2, 14]
  const states = [3, 4, 5, 6]
  const hits = [7, 8, 9, 10]
  const places = [at, 11, 12, 13]
  const step = (part: number): Code => {
    const column = loadShort(shiftLeft(loadByte(get(places[part]!)), constant(1)), columnsAt)
    return set(states[part]!, load(add(get(states[part]!), column), tableAt))
  }
  const note = (part: number): Code => {
    const [state, place, list] = [get(states[part]!), get(places[part]!), get(hits[part]!)]
    const before = subtract(place, get(length))
    const isSmall = (address: Code, offset: number): Code => isBelow(subtract(loadByte(address, offset), constant(97)), constant(26))
    const isOther = (back: number, byte: number): Code => isNot(loadByte(subtract(before, constant(back))), constant(byte))
    const within = both(both(isSmall(before, 0), isSmall(before, 1)), both(isOther(1, 92 /* backslash */), isOther(2, 37 /* % */)))
    return when(isAtLeast(state, constant(accepting)), [
      ...set(length, loadByte(shiftRight(subtract(state, constant(accepting)), constant(rowBits)), beginsAt)),
      ...when(either(isZero(get(length)), isZero(within)), [...store(list, state), ...store(list, place, 4), ...set(hits[part]!, add(list, constant(8)))]),
    ])
  }
  const each = (make: (part: number) => Code): Code => [0, 1, 2, 3].flatMap(make)
  return [
    ...[1, 2, 3].flatMap((part) => set(places[part]!, add(get(places[part - 1]!), get(size)))),
    ...whilst(isBelow(get(at), get(end)), [...each(step), ...each(note), ...each((part) => set(places[part]!, add(get(places[part]!), constant(1))))]),
    ...each((part) => store(constant(part * 4), get(hits[part]!))),
  ]
}
