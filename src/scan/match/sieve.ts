// What must stand near a keyword for a hit of it to be of use, tested by a compiled loop: most hits never come to JavaScript.
import type { Mark } from './run-length.ts'
import type { Memory } from './wasm.ts'
import { add, assemble, both, constant, either, get, isAtLeast, isBelow, isNot, isZero, load, loadByte, set, shiftLeft, shiftRight, store, subtract, when, whilst, type Code } from './wasm.ts'

/** Bytes of a set, as many as stand there, `least` to `most` of them; the next step sees the last `back` of them again. */
export interface Step {
  set: Uint8Array
  least: number
  most: number
  back?: number
}

/**
 * One way for a hit to be of use; offsets count from the end of the keyword. Either the steps follow one another from `from` on,
 * or, where `to` is given, `least` bytes of the set of the first step stand in a row between the two offsets, the marks among them.
 */
export interface Way {
  from: number
  to?: number
  steps: Step[]
  marks?: Mark[]
}

/** Numbers that a way takes. */
export const sizeOf = (way: Way): number => 5 + way.steps.length * 4 + (way.to === undefined ? 0 : 6)

/**
 * Writes the ways of up to 31 takers one behind the other; `at` is where the first goes, `addressOf` tells where a set lies.
 */
export function writeWays(numbers: Int32Array, at: number, takers: Way[][], addressOf: (set: Uint8Array) => number): void {
  const all = takers.flatMap((ways, taker) => ways.map((way) => ({ way, taker })))
  for (const [index, { way, taker }] of all.entries()) {
    const end = at + sizeOf(way)
    numbers.set([index + 1 < all.length ? end * 4 : 0, (at + 5 + way.steps.length * 4) * 4, way.from, way.to ?? anywhere, 1 << taker], at)
    at += 5
    for (const { set, least, most, back } of way.steps) {
      numbers.set([addressOf(set), least, most, back ?? 0], at)
      at += 4
    }
    if (way.to === undefined) continue
    const [first = always, second = always] = way.marks ?? []
    numbers.set([first.at, addressOf(first.set), second.at, addressOf(second.set), 0, 0], at)
    at += 6
  }
}

const always: Mark = { at: 0, set: new Uint8Array(256).fill(1) }

/** In place of the end of a window: the way is one of steps. */
const anywhere = -1 << 30

/** Takers of a hit where nothing was asked. */
export const everyTaker = -1
export const mostTakers = 31

/**
 * Copies hits of a list to another where they lie between two addresses and one of the ways of their row holds, and adds to each
 * a bit for every taker one of whose ways does. The end of the copy is left at address 16. `text` tells texts apart, from 1 on.
 */
export type Sieve = (list: number, listEnd: number, begin: number, end: number, textStart: number, textEnd: number, copy: number, text: number) => void

/** `waysAt` has the address of each row's first way, or 0. */
export function assembleSieve(memory: Memory, accepting: number, rowBits: number, waysAt: number): Sieve {
  return assemble(memory, 8, 13, sift(accepting, rowBits, waysAt))
}

function sift(accepting: number, rowBits: number, waysAt: number): Code {
  const [list, listEnd, begin, end, textStart, textEnd, copy, text] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [place, way, holds, at, step, to, start, floor, limit, least, takers, half, bytes] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
  const belongs = (address: Code): Code => loadByte(add(get(bytes), loadByte(address)))
  const increase = (local: number, by: Code): Code => set(local, add(get(local), by))
  const within = (from: Code, value: Code, below: Code): Code => both(isAtLeast(value, from), isBelow(value, below))

  /** Takes as many bytes as the step allows. */
  const takeStep: Code = [
    ...set(bytes, load(get(step))),
    ...set(start, get(at)),
    ...set(limit, add(get(at), load(get(step), 8))),
    ...when(isBelow(get(textEnd), get(limit)), set(limit, get(textEnd))),
    ...whilst(both(isBelow(get(at), get(limit)), belongs(get(at))), increase(at, constant(1))),
    ...set(holds, isAtLeast(subtract(get(at), get(start)), load(get(step), 4))),
    ...set(at, subtract(get(at), load(get(step), 12))),
    ...increase(step, constant(16)),
  ]
  const takeSteps: Code = [
    ...set(holds, constant(1)),
    ...whilst(both(get(holds), isBelow(get(step), load(get(way), 4))), takeStep),
  ]

  const isMarked = (offset: number): Code => loadByte(add(load(get(step), offset + 4), loadByte(add(get(start), load(get(step), offset)))))
  /** Looks at every `least`th byte: a run that long cannot hide between two looks, and reaches half as far to one side at least. */
  const before = subtract(get(start), constant(1))
  const lookOnce: Code = [
    ...when(both(belongs(get(at)), either(belongs(subtract(get(at), get(half))), belongs(add(get(at), get(half))))), [
      ...set(start, get(at)),
      ...whilst(both(isBelow(get(floor), get(start)), belongs(before)), set(start, before)),
      ...whilst(both(isBelow(get(at), get(to)), belongs(get(at))), increase(at, constant(1))),
      ...set(floor, get(at)),
      ...whilst(both(isZero(get(holds)), isAtLeast(subtract(get(at), get(start)), get(least))), [...set(holds, both(isMarked(16), isMarked(24))), ...increase(start, constant(1))]),
    ]),
    ...increase(at, get(least)),
  ]
  /** Where the way's last window in the text held no run, only what it did not hold is looked at. */
  const findRun: Code = [
    ...set(bytes, load(get(step))),
    ...set(least, load(get(step), 4)),
    ...set(half, shiftRight(get(least), constant(1))),
    ...set(to, add(add(get(place), constant(1)), load(get(way), 12))),
    ...when(isBelow(get(textEnd), get(to)), set(to, get(textEnd))),
    ...when(isBelow(get(at), get(textStart)), set(at, get(textStart))),
    ...set(floor, add(subtract(load(get(step), 36), get(least)), constant(1))),
    ...when(both(isZero(isNot(load(get(step), 32), get(text))), isBelow(get(at), get(floor))), set(at, get(floor))),
    ...set(floor, get(at)),
    ...increase(at, subtract(get(least), constant(1))),
    ...whilst(both(isZero(get(holds)), isBelow(get(at), get(to))), lookOnce),
    ...when(isZero(get(holds)), [...store(get(step), get(text), 32), ...store(get(step), get(to), 36)]),
  ]

  const bit = load(get(way), 16)
  const tryWay: Code = [
    ...set(holds, constant(0)),
    ...when(isZero(both(get(takers), bit)), [
      ...set(at, add(add(get(place), constant(1)), load(get(way), 8))),
      ...set(step, add(get(way), constant(20))),
      ...set(to, load(get(way), 12)),
      ...when(isZero(isNot(get(to), constant(anywhere))), takeSteps),
      ...when(isNot(load(get(way), 12), constant(anywhere)), findRun),
    ]),
    ...when(get(holds), set(takers, either(get(takers), bit))),
    ...set(way, load(get(way))),
  ]

  return [
    ...whilst(isBelow(get(list), get(listEnd)), [
      ...set(place, load(get(list), 4)),
      ...when(within(get(begin), get(place), get(end)), [
        ...set(way, load(shiftLeft(shiftRight(subtract(load(get(list)), constant(accepting)), constant(rowBits)), constant(2)), waysAt)),
        ...set(takers, constant(0)),
        ...when(isZero(get(way)), set(takers, constant(everyTaker))),
        ...whilst(isNot(get(way), constant(0)), tryWay),
        ...when(get(takers), [...store(get(copy), load(get(list))), ...store(get(copy), get(place), 4), ...store(get(copy), get(takers), 8), ...increase(copy, constant(12))]),
      ]),
      ...increase(list, constant(8)),
    ]),
    ...store(constant(16), get(copy)),
  ]
}
