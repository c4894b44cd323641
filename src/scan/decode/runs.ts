// Runs of Base64 and hexadecimal digits that decode to readable text.
import type { Text } from '../match/text.ts'
import { add, assemble, both, constant, get, isAtLeast, isBelow, loadByte, reserve, set, store, subtract, when, whilst, type Code } from '../match/wasm.ts'
import type { Part } from './index.ts'

const least = 32
const most = 1 << 20
const value = new Int8Array(256).fill(-1)
;[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((character, at) => (value[character.charCodeAt(0)] = at))
value[45] = 62
value[95] = 63
const hexDigit = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') hexDigit[character.charCodeAt(0)] = 1

// The memory: where the list of runs ends, which bytes are digits, the text, the list.
const digitsAt = 64
const textAt = 1024
const pieceSize = 1 << 20
const listAt = textAt + pieceSize

interface Search {
  bytes: Uint8Array
  numbers: Int32Array
  run(...values: number[]): void
}
let search: Search | undefined

function openSearch(): Search {
  const memory = reserve(listAt + (pieceSize / least) * 8 + 64)
  const bytes = new Uint8Array(memory.buffer)
  bytes.set(value.map((digit) => (digit >= 0 ? 1 : 0)), digitsAt)
  return { bytes, numbers: new Int32Array(memory.buffer), run: assemble(memory, 3, 3, listRuns()) }
}

/**
 * Parameters: addresses of the first byte, of the end, and of the list, which takes the address of the first byte of each run
 * and of the end of it. Looks at every `least`th byte only: a run that long cannot hide between two looks.
 */
function listRuns(): Code {
  const [start, end, list, look, from, to] = [0, 1, 2, 3, 4, 5]
  const isDigit = (address: Code): Code => loadByte(loadByte(address), digitsAt)
  const before = subtract(get(from), constant(1))
  return [
    ...set(look, add(get(start), constant(least - 1))),
    ...whilst(isBelow(get(look), get(end)), [
      ...set(to, get(look)),
      ...when(isDigit(get(look)), [
        ...set(from, get(look)),
        ...whilst(both(isBelow(get(start), get(from)), isDigit(before)), set(from, before)),
        ...whilst(both(isBelow(get(to), get(end)), isDigit(get(to))), set(to, add(get(to), constant(1)))),
        ...when(isAtLeast(subtract(get(to), get(from)), constant(least)), [
          ...store(get(list), get(from)),
          ...store(get(list), get(to), 4),
          ...set(list, add(get(list), constant(8))),
        ]),
      ]),
      ...set(look, add(get(to), constant(least))),
    ]),
    ...store(constant(0), get(list)),
  ]
}

/** Adds the runs that decode to text, of each megabyte of the text by itself. */
export function findRuns(text: Text, parts: Part[], limit: number): void {
  const { bytes, length } = text
  if (length < least) return
  search ??= openSearch()
  const { numbers, run } = search
  for (let from = 0; from < length; from += pieceSize) {
    const to = Math.min(length, from + pieceSize)
    search.bytes.set(to - from === length ? bytes : bytes.subarray(from, to), textAt)
    run(textAt, textAt + to - from, listAt)
    const end = numbers[0]! >> 2
    for (let at = listAt >> 2; at < end && parts.length < limit; at += 2) {
      const part = decodeRun(bytes, numbers[at]! - textAt + from, Math.min(numbers[at + 1]!, numbers[at]! + most) - textAt + from)
      if (part !== null) parts.push(part)
    }
  }
}

const isReadable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9

function decodeRun(bytes: Buffer, from: number, to: number): Part | null {
  if ((to - from) % 2 === 0 && isHex(bytes, from, to)) {
    const decoded = Buffer.from(bytes.toString('latin1', from, to), 'hex')
    return isText(decoded) ? { encoding: 'hex', start: from, end: to, bytes: decoded } : null
  }
  if (!beginsReadable(bytes, from)) return null
  const decoded = Buffer.from(bytes.toString('latin1', from, to), 'base64')
  return isText(decoded) ? { encoding: 'base64', start: from, end: to, bytes: decoded } : null
}

function isHex(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!hexDigit[bytes[at]!]) return false
  return true
}

/** The first twelve bytes that the run decodes to, without decoding the rest. */
function beginsReadable(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 16; at += 4) {
    const group = (value[bytes[at]!]! << 18) | (value[bytes[at + 1]!]! << 12) | (value[bytes[at + 2]!]! << 6) | value[bytes[at + 3]!]!
    if (!isReadable((group >> 16) & 255) || !isReadable((group >> 8) & 255) || !isReadable(group & 255)) return false
  }
  return true
}

/** Almost wholly printable ASCII. */
function isText(decoded: Uint8Array): boolean {
  let strange = 0
  for (const byte of decoded) if (!isReadable(byte)) strange++
  return decoded.length >= 12 && strange <= decoded.length / 20
}
