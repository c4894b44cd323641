// A megabyte of a text at a time where compiled loops look through it for what may be encoded.
import {
  add, assemble, both, constant, either, get, isAtLeast, isBelow, isNot, isZero, loadByte, lowestBit, reserve, set, sixteen, store, subtract, when, whilst, type Code,
} from '../match/wasm.ts'

/** Digits of Base64 that a run has at least. */
export const leastRun = 32
/** The value of each digit of Base64 in either alphabet, else -1. */
export const digitValue = new Int8Array(256).fill(-1)
;[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((character, at) => (digitValue[character.charCodeAt(0)] = at))
digitValue[45] = 62
digitValue[95] = 63
/** 1 for each hexadecimal digit. */
export const hexDigit = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') hexDigit[character.charCodeAt(0)] = 1

export const percent = 37
export const backslash = 92

// The memory: where a list ends, which bytes are digits, the text, what escapes see behind a piece, the list.
const digitsAt = 64
const hexAt = digitsAt + 256
const textAt = 1024
export const pieceSize = 1 << 20
const ahead = 64
const listAt = textAt + pieceSize + ahead
/** Each escape has three bytes at least. */
const listSize = (pieceSize / 3 + 16) * 4

const none: number[] = []

export class Piece {
  readonly #bytes: Uint8Array
  readonly #numbers: Int32Array
  readonly #listRuns: (...values: number[]) => void
  readonly #listEscapes: (...values: number[]) => void
  #from = 0
  #end = 0

  constructor() {
    const memory = reserve(listAt + listSize)
    this.#bytes = new Uint8Array(memory.buffer)
    this.#numbers = new Int32Array(memory.buffer)
    this.#bytes.set(digitValue.map((digit) => (digit >= 0 ? 1 : 0)), digitsAt)
    this.#bytes.set(hexDigit, hexAt)
    this.#listRuns = assemble(memory, 3, 3, runs())
    this.#listEscapes = assemble(memory, 3, 3, escapes())
  }

  /** Takes the bytes from an offset on, as many as a piece holds; returns where they end. */
  load(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + pieceSize)
    const seen = Math.min(bytes.length, to + ahead / 2)
    this.#bytes.set(seen - from === bytes.length ? bytes : bytes.subarray(from, seen), textAt)
    this.#bytes.fill(0, textAt + seen - from, textAt + seen - from + ahead / 2)
    this.#from = from
    this.#end = textAt + to - from
    return to
  }

  /** Beginning and end of each run of digits of Base64 that is long enough, by turns. */
  runs(): number[] {
    this.#listRuns(textAt, this.#end, listAt)
    return this.#listed()
  }

  /** Offsets of the percent signs and backslashes that begin an escape. */
  escapes(): number[] {
    this.#listEscapes(textAt, this.#end, listAt)
    return this.#listed()
  }

  #listed(): number[] {
    const end = this.#numbers[0]! >> 2
    if (end === listAt >> 2) return none
    const list: number[] = []
    for (let at = listAt >> 2; at < end; at++) list.push(this.#numbers[at]! - textAt + this.#from)
    return list
  }
}

/**
 * Parameters: addresses of the first byte, of the end, and of the list. Looks at every `leastRun`th byte only: a run that long
 * cannot hide between two looks, and reaches half as far from the look to one side at least.
 */
function runs(): Code {
  const [start, end, list, look, from, to] = [0, 1, 2, 3, 4, 5]
  const isDigit = (offset: number): Code => loadByte(loadByte(add(get(look), constant(offset))), digitsAt)
  const belongs = (address: Code): Code => loadByte(loadByte(address), digitsAt)
  const half = leastRun / 2
  const before = subtract(get(from), constant(1))
  return [
    ...set(look, add(get(start), constant(leastRun - 1))),
    ...whilst(isBelow(get(look), get(end)), [
      ...set(to, get(look)),
      ...when(both(isDigit(0), either(both(isDigit(-half), isDigit(-half / 2)), both(isDigit(half - 1), isDigit(half / 2)))), [
        ...set(from, get(look)),
        ...whilst(both(isBelow(get(start), get(from)), belongs(before)), set(from, before)),
        ...whilst(both(isBelow(get(to), get(end)), belongs(get(to))), set(to, add(get(to), constant(1)))),
        ...when(isAtLeast(subtract(get(to), get(from)), constant(leastRun)), [
          ...store(get(list), get(from)),
          ...store(get(list), get(to), 4),
          ...set(list, add(get(list), constant(8))),
        ]),
      ]),
      ...set(look, add(get(to), constant(leastRun))),
    ]),
    ...store(constant(0), get(list)),
  ]
}

/**
 * The same parameters. `%XX`; `\u00XX` or `\xXX` of a printable character: line feeds and the like would make every string
 * literal a candidate.
 */
function escapes(): Code {
  const [start, end, list, found, at] = [0, 1, 2, 3, 4]
  const byte = (offset: number): Code => loadByte(get(at), offset)
  const isHex = (offset: number): Code => loadByte(byte(offset), hexAt)
  const is = (offset: number, wanted: number): Code => isZero(isNot(byte(offset), constant(wanted)))
  const isPrintable = (offset: number): Code => both(both(isHex(offset), isHex(offset + 1)), isAtLeast(byte(offset), constant(50)))
  const isUnicode = both(both(is(1, 117), both(is(2, 48), is(3, 48))), isPrintable(4))
  const isEscape = either(both(is(0, percent), both(isHex(1), isHex(2))), both(is(0, backslash), either(both(is(1, 120), isPrintable(2)), isUnicode)))
  return [
    ...whilst(isBelow(get(start), get(end)), [
      ...set(found, sixteen(get(start), [percent, backslash])),
      ...whilst(isNot(get(found), constant(0)), [
        ...set(at, add(get(start), lowestBit(get(found)))),
        ...set(found, both(get(found), subtract(get(found), constant(1)))),
        ...when(both(isBelow(get(at), get(end)), isEscape), [...store(get(list), get(at)), ...set(list, add(get(list), constant(4)))]),
      ]),
      ...set(start, add(get(start), constant(16))),
    ]),
    ...store(constant(0), get(list)),
  ]
}
