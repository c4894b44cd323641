// A small assembler for WebAssembly (https://www.w3.org/TR/wasm-core-1/): the loops that see every byte are compiled once,
// without the warm-up and the recompiling that JavaScript goes through in a short run. All values are 32-bit integers.

export type Code = number[]
export interface Memory {
  buffer: ArrayBuffer
}

/** The part of the standard interface that is used here; the compiler's libraries declare it only for browsers. */
declare const WebAssembly: {
  Memory: new (options: { initial: number }) => Memory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> }
}

const page = 1 << 16
/** Memory of at least so many bytes, all zero. */
export const reserve = (bytes: number): Memory => new WebAssembly.Memory({ initial: Math.ceil(bytes / page) })

function unsigned(value: number): Code {
  const bytes: Code = []
  do {
    const low = value & 127
    value >>>= 7
    bytes.push(value === 0 ? low : low | 128)
  } while (value !== 0)
  return bytes
}

function signed(value: number): Code {
  const bytes: Code = []
  for (;;) {
    const low = value & 127
    value >>= 7
    if ((value === 0 && (low & 64) === 0) || (value === -1 && (low & 64) !== 0)) return [...bytes, low]
    bytes.push(low | 128)
  }
}

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const constant = (value: number): Code => [0x41, ...signed(value)]
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b]
export const shiftLeft = (a: Code, b: Code): Code => [...a, ...b, 0x74]
export const isBelow = (a: Code, b: Code): Code => [...a, ...b, 0x49]
export const isAtLeast = (a: Code, b: Code): Code => [...a, ...b, 0x4f]
export const isNot = (a: Code, b: Code): Code => [...a, ...b, 0x47]
export const both = (a: Code, b: Code): Code => [...a, ...b, 0x71]
export const either = (a: Code, b: Code): Code => [...a, ...b, 0x72]
export const shiftRight = (a: Code, b: Code): Code => [...a, ...b, 0x76]
export const isZero = (a: Code): Code => [...a, 0x45]
/** The place of the lowest bit that is set. */
export const lowestBit = (a: Code): Code => [...a, 0x68]
/** Loads from the address plus a constant offset; `loadByte` and `loadShort` extend by zeros. */
export const load = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)]
export const loadByte = (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)]
export const loadShort = (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)]
export const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)]
/** A bit for each of the 16 bytes from the address on that is one of the bytes. */
export function sixteen(address: Code, bytes: number[]): Code {
  const equal = (byte: number): Code => [...address, 0xfd, 0, 0, 0, ...constant(byte), 0xfd, 15, 0xfd, 35]
  return [...bytes.flatMap((byte, at) => (at === 0 ? equal(byte) : [...equal(byte), 0xfd, 80])), 0xfd, 100]
}
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b]
/** Repeats the body while the condition holds. */
export const whilst = (condition: Code, body: Code): Code => [0x02, 0x40, 0x03, 0x40, ...isZero(condition), 0x0d, 1, ...body, 0x0c, 0, 0x0b, 0x0b]

const int = 0x7f
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content]
const list = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()]
const name = (text: string): Code => list([...Buffer.from(text)].map((byte) => [byte]))

/** A function over the memory, which every call takes as it is; `run` is its export. */
export function assemble(memory: Memory, parameters: number, locals: number, body: Code): (...values: number[]) => void {
  const code = [...list([[...unsigned(locals), int]]), ...body, 0x0b]
  const bytes = Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, list([[0x60, ...list(Array.from({ length: parameters }, () => [int])), 0]])),
    ...section(2, list([[...name('env'), ...name('memory'), 2, 0, 1]])),
    ...section(3, list([[0]])),
    ...section(7, list([[...name('run'), 0, 0]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ])
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return instance.exports.run as (...values: number[]) => void
}
