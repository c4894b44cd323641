// Runs a program: all threads side by side, in order of preference, each byte of the text once (Pike's machine).
// Time is bounded by the length of the text times that of the program, whatever the pattern.
import { word } from './byte-set.ts'
import { op, type Program } from './program.ts'

/** Threads at one place, in order of preference, with the places that each saved. */
class Threads {
  count = 0
  readonly at: Int32Array
  readonly saved: Int32Array[]
  readonly #seen: Int32Array

  constructor(size: number, slots: number) {
    this.at = new Int32Array(size)
    this.saved = Array.from({ length: size }, () => new Int32Array(slots))
    this.#seen = new Int32Array(size).fill(-1)
  }

  /** Whether the instruction is new at this place. */
  enter(instruction: number, place: number): boolean {
    if (this.#seen[instruction] === place) return false
    this.#seen[instruction] = place
    return true
  }

  forget(): void {
    this.#seen.fill(-1)
    this.count = 0
  }
}

export class Machine {
  readonly #program: Program
  #now: Threads
  #next: Threads
  readonly #slots: Int32Array
  /** Instructions still to follow at one place; negative entries restore a slot. */
  readonly #stack: number[] = []

  constructor(program: Program) {
    this.#program = program
    this.#now = new Threads(program.ops.length, program.slots)
    this.#next = new Threads(program.ops.length, program.slots)
    this.#slots = new Int32Array(program.slots)
  }

  /** The leftmost match that begins at `from` or later, as pairs of offsets per group (-1: the group took no part); null: none. */
  run(bytes: Uint8Array, from: number, to: number): Int32Array | null {
    const { ops, x, sets } = this.#program
    this.#now.forget()
    this.#next.forget()
    let best: Int32Array | null = null
    for (let place = from; place <= to; place++) {
      if (best === null) this.#follow(this.#now, bytes, 0, place, to, null)
      else if (this.#now.count === 0) break
      const byte = place < to ? bytes[place]! : -1
      for (let n = 0; n < this.#now.count; n++) {
        const at = this.#now.at[n]!
        if (ops[at] === op.match) {
          best = Int32Array.from(this.#now.saved[n]!)
          break
        }
        if (byte >= 0 && sets[x[at]!]![byte] === 1) this.#follow(this.#next, bytes, at + 1, place + 1, to, this.#now.saved[n]!)
      }
      const done = this.#now
      this.#now = this.#next
      this.#next = done
      done.count = 0
    }
    return best
  }

  /** Adds the threads that `start` leads to without taking a byte. */
  #follow(list: Threads, bytes: Uint8Array, start: number, place: number, to: number, saved: Int32Array | null): void {
    const { ops, x, y, assertions } = this.#program
    const slots = this.#slots
    if (saved === null) slots.fill(-1)
    else slots.set(saved)
    const stack = this.#stack
    stack.push(start)
    while (stack.length > 0) {
      const at = stack.pop()!
      if (at < 0) {
        slots[-at - 1] = stack.pop()!
        continue
      }
      if (!list.enter(at, place)) continue
      const kind = ops[at]!
      if (kind === op.jump) stack.push(x[at]!)
      else if (kind === op.split) stack.push(y[at]!, x[at]!)
      else if (kind === op.save) {
        stack.push(slots[x[at]!]!, -x[at]! - 1, at + 1)
        slots[x[at]!] = place
      } else if (kind === op.assert) {
        if (holds(assertions[x[at]!]!, bytes, place, to)) stack.push(at + 1)
      } else {
        list.saved[list.count]!.set(slots)
        list.at[list.count++] = at
      }
    }
  }
}

function holds(what: Program['assertions'][number], bytes: Uint8Array, place: number, to: number): boolean {
  if (what === 'text-start') return place === 0
  if (what === 'text-end') return place === to
  if (what === 'line-start') return place === 0 || bytes[place - 1] === 10
  if (what === 'line-end') return place === to || bytes[place] === 10
  const boundary = (place > 0 && word[bytes[place - 1]!] === 1) !== (place < to && word[bytes[place]!] === 1)
  return boundary === (what === 'word')
}
