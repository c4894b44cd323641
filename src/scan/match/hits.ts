// Where keywords end in a text. Each step of the automaton waits for the one before it, so that four parts of the text
// are walked side by side: the processor works on one while it waits for another.
import type { Automaton } from './automaton.ts'
import { assembleSieve, everyTaker, mostTakers, sizeOf, writeWays, type Sieve, type Way } from './sieve.ts'
import {
  add, assemble, both, constant, either, get, isAtLeast, isBelow, isNot, isZero, load, loadByte, loadShort, reserve, set, shiftLeft, shiftRight, store, subtract,
  whilst, when, type Code,
} from './wasm.ts'

const parts = 4
const shortest = 256
const pieceSize = 1 << 20

// The memory: how the walk ended, the columns of bytes, the table, the lengths of keywords that begin a word, the text behind
// as many bytes of what comes before it as decide a state (zeros at its beginning), and room for the hits of each part.
const columnsAt = 64
const tableAt = 1024

interface Walk {
  bytes: Uint8Array
  numbers: Int32Array
  textAt: number
  hitsAt: number
  /** Bytes for the hits of a part. */
  room: number
  /** What each accepting row demands: twice a distance and the address of a set. */
  demandsAt: number
  setsAt: number
  /** Addresses of the sets. */
  sets: Map<Uint8Array, number>
  /** The address of the first way of each accepting row; then the ways, which end at `waysEnd`. */
  waysAt: number
  waysEnd: number
  run(...values: number[]): void
  sieve: Sieve | null
  openSieve(): Sieve
}

/** What a byte near the end of a keyword must be for a hit to be of use: 1 for each that may stand `at` bytes behind the last one (before it, when negative). */
export interface Demand {
  at: number
  set: Uint8Array
}

export class Hits {
  count = 0
  /** State and offset of the last byte of each hit, in order of their place. */
  states = new Int32Array(1024)
  ends = new Int32Array(1024)
  /** A bit for each of the row's takers that the hit is of use for. */
  takers = new Int32Array(1024)
  readonly #automaton: Automaton
  readonly #begins: Uint8Array
  #walk: Walk | undefined
  /** How many texts and pieces there were. */
  #text = 0

  /**
   * `begins`: by accepting row, the length of its keywords where all of them are wanted only at the beginning of a word, else 0.
   * Such hits are left out where they surely stand within one: a small letter behind a small letter that is part of no escape.
   */
  constructor(automaton: Automaton, begins: Uint8Array = new Uint8Array(automaton.endsAt.length)) {
    this.#automaton = automaton
    this.#begins = begins
  }

  /** Leaves out hits of an accepting row from the next text on where not all of the demands, two at most, are met. */
  demand(row: number, demands: Demand[]): void {
    const walk = this.#walk
    if (walk === undefined || walk.sets.size + 2 > mostSets) return
    demands.slice(0, 2).forEach(({ at, set }, which) => {
      const entry = (walk.demandsAt >> 2) + row * 4 + which * 2
      walk.numbers[entry] = at
      walk.numbers[entry + 1] = addressOf(walk, set)
    })
  }

  /** Leaves out hits of an accepting row from the next text on where no taker has a way that holds. */
  sift(row: number, takers: Way[][]): void {
    const walk = this.#walk
    const ways = takers.flat()
    if (walk === undefined || ways.length === 0 || takers.length > mostTakers) return
    const end = ways.reduce((sum, way) => sum + sizeOf(way) * 4, walk.waysEnd)
    if (end > walk.textAt - pad - this.#automaton.longest || walk.sets.size + ways.reduce((sum, way) => sum + way.steps.length + 2, 0) > mostSets) return
    writeWays(walk.numbers, walk.waysEnd >> 2, takers, (set) => addressOf(walk, set))
    walk.numbers[(walk.waysAt >> 2) + row] = walk.waysEnd
    walk.waysEnd = end
    walk.sieve ??= walk.openSieve()
  }

  /** Replaces the hits by those of the text. */
  find(bytes: Uint8Array): this {
    this.count = 0
    if (bytes.length < shortest) {
      this.#step(bytes)
      return this
    }
    const walk = (this.#walk ??= open(this.#automaton, this.#begins))
    for (let from = 0; from < bytes.length; from += pieceSize) this.#findInPiece(walk, bytes, from, Math.min(bytes.length, from + pieceSize))
    return this
  }

  /**
   * Each part is walked from so far before it that its state is sure where it begins; hits before that are the last part's.
   * Where only a piece of the text is at hand, windows reach beyond it, and no hit is left out.
   */
  #findInPiece(walk: Walk, bytes: Uint8Array, from: number, to: number): void {
    const { textAt, hitsAt, room, numbers } = walk
    const lead = this.#automaton.longest
    const before = Math.min(from, lead)
    walk.bytes.fill(0, textAt - lead, textAt - before)
    const ahead = Math.min(bytes.length, to + reach)
    walk.bytes.set(ahead - from === bytes.length ? bytes : bytes.subarray(from - before, ahead), textAt - before)
    walk.bytes.fill(0, textAt + ahead - from, textAt + to - from + reach)
    const size = Math.ceil((to - from) / parts)
    walk.run(textAt - lead, textAt + size, size, 0, 0, 0, 0, hitsAt, hitsAt + room, hitsAt + 2 * room, hitsAt + 3 * room)
    const sieve = to - from === bytes.length ? walk.sieve : null
    this.#text++
    let sure = hitsAt + parts * room
    for (let part = 0; part < parts; part++) {
      const list = hitsAt + part * room
      const listEnd = numbers[part]!
      if (listEnd === list) continue
      const begin = textAt + part * size
      const end = textAt + Math.min(to - from, (part + 1) * size)
      if (sieve === null) this.#pushAll(numbers, list, listEnd, begin, end, from - textAt)
      else {
        sieve(list, listEnd, begin, end, textAt, textAt + to - from, sure, this.#text)
        sure = numbers[4]!
      }
    }
    for (let at = (hitsAt + parts * room) >> 2; at < sure >> 2; at += 3) this.#push(numbers[at]!, numbers[at + 1]! - textAt + from, numbers[at + 2]!)
  }

  #pushAll(numbers: Int32Array, list: number, listEnd: number, begin: number, end: number, shift: number): void {
    for (let at = list >> 2; at < listEnd >> 2; at += 2) {
      const place = numbers[at + 1]!
      if (place >= begin && place < end) this.#push(numbers[at]!, place + shift, everyTaker)
    }
  }

  #step(bytes: Uint8Array): void {
    const { columns, table, accepting } = this.#automaton
    let state = 0
    for (let at = 0; at < bytes.length; at++) {
      state = table[(state + columns[bytes[at]!]!) >> 2]!
      if (state >= accepting) this.#push(state, at, everyTaker)
    }
  }

  #push(state: number, end: number, takers: number): void {
    if (this.count === this.states.length) {
      this.states = grown(this.states)
      this.ends = grown(this.ends)
      this.takers = grown(this.takers)
    }
    this.states[this.count] = state
    this.takers[this.count] = takers
    this.ends[this.count++] = end
  }
}

function grown(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2)
  larger.set(values)
  return larger
}

const pad = 16
/** Bytes behind a keyword that demands may be about. */
export const reach = 64
const mostSets = 1024
const roomForWays = 1 << 18

function addressOf(walk: Walk, set: Uint8Array): number {
  let address = walk.sets.get(set)
  if (address === undefined) {
    address = walk.setsAt + walk.sets.size * 256
    walk.bytes.set(set, address)
    walk.sets.set(set, address)
  }
  return address
}

function open({ table, columns, width, accepting, longest }: Automaton, begins: Uint8Array): Walk {
  const beginsAt = tableAt + table.byteLength
  const demandsAt = (beginsAt + begins.length + 3) & ~3
  const setsAt = demandsAt + begins.length * 16
  const waysAt = setsAt + mostSets * 256
  const waysEnd = waysAt + begins.length * 4
  const textAt = waysEnd + roomForWays + pad + longest
  const hitsAt = (textAt + pieceSize + reach + pad) & ~3
  const room = (Math.ceil(pieceSize / parts) + longest) * 8
  const memory = reserve(hitsAt + parts * room * 2.5)
  new Uint16Array(memory.buffer, columnsAt, 256).set(columns)
  new Int32Array(memory.buffer, tableAt, table.length).set(table)
  new Uint8Array(memory.buffer, beginsAt, begins.length).set(begins)
  const anything = new Uint8Array(256).fill(1)
  new Uint8Array(memory.buffer).set(anything, setsAt)
  const demands = new Int32Array(memory.buffer, demandsAt, begins.length * 4)
  for (let at = 1; at < demands.length; at += 2) demands[at] = setsAt
  const run = assemble(memory, 11, 5, walkTogether(accepting, Math.log2(width), beginsAt, demandsAt))
  return {
    bytes: new Uint8Array(memory.buffer), numbers: new Int32Array(memory.buffer), textAt, hitsAt, room, demandsAt, setsAt, sets: new Map([[anything, setsAt]]), waysAt, waysEnd,
    run, sieve: null, openSieve: () => assembleSieve(memory, accepting, Math.log2(width), waysAt),
  }
}

/**
 * Parameters: address of the first byte and of the end of the first part, size of a part, the state of each part, where the
 * hits of each part go. A hit is a state and an address. The ends of the hits are left at 0, 4, 8, 12.
 */
function walkTogether(accepting: number, rowBits: number, beginsAt: number, demandsAt: number): Code {
  const [at, end, size, length, row] = [0, 1, 2, 14, 15]
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
    const isMet = (offset: number): Code => loadByte(add(load(get(row), demandsAt + offset + 4), loadByte(add(place, load(get(row), demandsAt + offset)))))
    const within = both(both(isSmall(before, 0), isSmall(before, 1)), both(isOther(1, 92 /* backslash */), isOther(2, 37 /* % */)))
    return when(isAtLeast(state, constant(accepting)), [
      ...set(row, shiftRight(subtract(state, constant(accepting)), constant(rowBits))),
      ...set(length, loadByte(get(row), beginsAt)),
      ...set(row, shiftLeft(get(row), constant(4))),
      ...when(both(both(isMet(0), isMet(8)), either(isZero(get(length)), isZero(within))), [...store(list, state), ...store(list, place, 4), ...set(hits[part]!, add(list, constant(8)))]),
    ])
  }
  const each = (make: (part: number) => Code): Code => [0, 1, 2, 3].flatMap(make)
  return [
    ...[1, 2, 3].flatMap((part) => set(places[part]!, add(get(places[part - 1]!), get(size)))),
    ...whilst(isBelow(get(at), get(end)), [...each(step), ...each(note), ...each((part) => set(places[part]!, add(get(places[part]!), constant(1))))]),
    ...each((part) => store(constant(part * 4), get(hits[part]!))),
  ]
}
