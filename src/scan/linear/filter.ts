// Says fast whether and where a match may end: a deterministic automaton whose states are made when they are first met.
// Assertions count as true, so that it may promise too much; the machine has the last word.
import { op, type Program } from './program.ts'

const mostStates = 2000
const mostRestarts = 4
const unknown = -1

export class Filter {
  readonly #program: Program
  /** The column of each byte: bytes that no set tells apart share one. */
  readonly #columns: Uint8Array
  readonly #samples: number[]
  #table: Int32Array
  #states: Int32Array[] = []
  #accepts: Uint8Array
  #numbers = new Map<string, number>()
  readonly #mark: Int32Array
  #round = 0

  constructor(program: Program) {
    this.#program = program
    const { columns, samples } = columnsOf(program.sets)
    this.#columns = columns
    this.#samples = samples
    this.#mark = new Int32Array(program.ops.length)
    this.#table = new Int32Array(64 * samples.length)
    this.#accepts = new Uint8Array(64)
    this.#restart()
  }

  /** Where the first match ends at the latest begin to be looked at; null: there is none; `from` when the automaton grows too large. */
  firstEnd(bytes: Uint8Array, from: number, to: number): number | null {
    const columns = this.#columns
    const width = this.#samples.length
    let state = 0
    let restarts = 0
    if (this.#accepts[0] === 1) return from
    for (let at = from; at < to; at++) {
      const cell = state * width + columns[bytes[at]!]!
      let next = this.#table[cell]!
      if (next === unknown) {
        if (this.#states.length >= mostStates) {
          if (++restarts > mostRestarts) return from
          const kept = this.#states[state]!
          this.#restart()
          state = this.#number(kept)
          at--
          continue
        }
        next = this.#step(state, columns[bytes[at]!]!)
      }
      state = next
      if (this.#accepts[state] === 1) return at + 1
    }
    return null
  }

  #restart(): void {
    this.#states = []
    this.#numbers.clear()
    this.#table.fill(unknown)
    this.#round++
    this.#number(this.#sorted(this.#closure([], 0)))
  }

  #step(state: number, column: number): number {
    const { ops, x, sets } = this.#program
    const byte = this.#samples[column]!
    this.#round++
    const reached: number[] = []
    for (const at of this.#states[state]!) if (ops[at] === op.bytes && sets[x[at]!]![byte] === 1) this.#closure(reached, at + 1)
    const next = this.#number(this.#sorted(this.#closure(reached, 0)))
    this.#table[state * this.#samples.length + column] = next
    return next
  }

  #closure(reached: number[], start: number): number[] {
    const { ops, x, y } = this.#program
    const stack = [start]
    while (stack.length > 0) {
      const at = stack.pop()!
      if (this.#mark[at] === this.#round) continue
      this.#mark[at] = this.#round
      const kind = ops[at]!
      if (kind === op.jump) stack.push(x[at]!)
      else if (kind === op.split) stack.push(x[at]!, y[at]!)
      else if (kind === op.bytes || kind === op.match) reached.push(at)
      else stack.push(at + 1)
    }
    return reached
  }

  #sorted(reached: number[]): Int32Array {
    return Int32Array.from(reached).sort()
  }

  #number(state: Int32Array): number {
    const key = state.join()
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#states.push(state) - 1
    this.#numbers.set(key, number)
    if (number >= this.#accepts.length) this.#grow()
    this.#accepts[number] = state.some((at) => this.#program.ops[at] === op.match) ? 1 : 0
    return number
  }

  #grow(): void {
    const accepts = new Uint8Array(this.#accepts.length * 2)
    accepts.set(this.#accepts)
    this.#accepts = accepts
    const table = new Int32Array(this.#table.length * 2).fill(unknown)
    table.set(this.#table)
    this.#table = table
  }
}

function columnsOf(sets: Uint8Array[]): { columns: Uint8Array; samples: number[] } {
  let columns = new Uint8Array(256)
  let samples = [0]
  for (const set of sets) {
    if (samples.length === 256) break
    const numbers = new Map<number, number>()
    const split = new Uint8Array(256)
    samples = []
    for (let byte = 0; byte < 256; byte++) {
      const key = columns[byte]! * 2 + set[byte]!
      let number = numbers.get(key)
      if (number === undefined) {
        number = numbers.size
        numbers.set(key, number)
        samples.push(byte)
      }
      split[byte] = number
    }
    columns = split
  }
  return { columns, samples }
}
