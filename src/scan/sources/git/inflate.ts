// Undoes zlib compression (RFC 1950, RFC 1951) of small objects: there are so many of them that to set up the runtime's own
// decompressor for each would cost more than all else. What does not fill its target exactly is refused; the checksum is not looked at.

const tableBits = 9
const longest = 15
const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
]
const lengthExtra = lengthBase.map((_, at) => (at < 8 || at === 28 ? 0 : (at >> 2) - 1))
const distanceExtra = distanceBase.map((_, at) => (at < 4 ? 0 : (at >> 1) - 1))
const lengthBases = Uint16Array.from(lengthBase)
const lengthExtras = Uint8Array.from(lengthExtra)
const distanceBases = Uint16Array.from(distanceBase)
const distanceExtras = Uint8Array.from(distanceExtra)
/** The order in which the lengths of the code for lengths are written. */
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

const broken = (): Error => new Error('the compressed data is broken')

/** A Huffman code: short words are looked up, the few longer ones are found bit by bit. */
class Code {
  /** By the next bits: symbol and length of the word, 0 for a longer one. */
  readonly table = new Uint16Array(1 << tableBits)
  readonly counts = new Uint16Array(longest + 1)
  readonly #symbols = new Uint16Array(288)
  readonly #offsets = new Uint16Array(longest + 2)

  /** Takes the lengths of the words of so many symbols. */
  build(lengths: Uint8Array, from: number, to: number): this {
    const { table, counts } = this
    const offsets = this.#offsets
    table.fill(0)
    counts.fill(0)
    for (let at = from; at < to; at++) counts[lengths[at]!]!++
    counts[0] = 0
    offsets[1] = 0
    let room = 1
    for (let length = 1; length <= longest; length++) {
      room = room * 2 - counts[length]!
      if (room < 0) throw broken()
      offsets[length + 1] = offsets[length]! + counts[length]!
    }
    for (let at = from; at < to; at++) if (lengths[at] !== 0) this.#symbols[offsets[lengths[at]!]!++] = at - from
    let code = 0
    let next = 0
    for (let length = 1; length <= tableBits; length++, code <<= 1) {
      for (let left = counts[length]!; left > 0; left--, code++) {
        const entry = (this.#symbols[next++]! << 4) | length
        for (let at = reversed(code, length); at < table.length; at += 1 << length) table[at] = entry
      }
    }
    return this
  }

  /** Symbol and length of a word that the table does not hold. */
  find(bits: number): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= longest; length++) {
      code |= (bits >>> (length - 1)) & 1
      const count = this.counts[length]!
      if (code - first < count) return (this.#symbols[index + code - first]! << 4) | length
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw broken()
  }
}

function reversed(code: number, length: number): number {
  let back = 0
  for (let at = 0; at < length; at++) back |= ((code >> at) & 1) << (length - 1 - at)
  return back
}

const fixedLengths = Uint8Array.from({ length: 320 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : at < 288 ? 8 : 5))
const fixedWords = new Code().build(fixedLengths, 0, 288)
const fixedDistances = new Code().build(fixedLengths, 288, 320)
const words = new Code()
const distances = new Code()
const lengths = new Uint8Array(320)

let input: Uint8Array = lengths
let at = 0
let bits = 0
let held = 0
let filled = 0

/** Fills the target with what the bytes from `start` on say; throws where they say less, more, or nothing. */
export function inflate(packed: Uint8Array, start: number, target: Uint8Array): void {
  if ((packed[start]! & 15) !== 8 || (packed[start]! * 256 + packed[start + 1]!) % 31 !== 0 || (packed[start + 1]! & 32) !== 0) throw broken()
  input = packed
  at = start + 2
  bits = held = filled = 0
  for (let last = 0; last === 0; ) {
    last = take(1)
    const kind = take(2)
    if (kind === 0) readStored(target)
    else if (kind === 1) readBlock(target, fixedWords, fixedDistances)
    else if (kind === 2) readDynamic(target)
    else throw broken()
    if (at > packed.length + 4) throw broken()
  }
  input = lengths
  if (filled !== target.length) throw broken()
}

/** The next bits, at most 16. */
function take(count: number): number {
  while (held < count) {
    bits |= input[at++]! << held
    held += 8
  }
  const value = bits & ((1 << count) - 1)
  bits >>>= count
  held -= count
  return value
}

function readStored(target: Uint8Array): void {
  at -= held >> 3
  bits = held = 0
  const size = input[at]! | (input[at + 1]! << 8)
  if ((size ^ 0xffff) !== (input[at + 2]! | (input[at + 3]! << 8)) || filled + size > target.length || at + 4 + size > input.length) throw broken()
  target.set(input.subarray(at + 4, at + 4 + size), filled)
  at += 4 + size
  filled += size
}

function readDynamic(target: Uint8Array): void {
  const wordCount = take(5) + 257
  const distanceCount = take(5) + 1
  const lengthCount = take(4) + 4
  if (wordCount > 286 || distanceCount > 30) throw broken()
  lengths.fill(0, 0, 19)
  for (let which = 0; which < lengthCount; which++) lengths[order[which]!] = take(3)
  words.build(lengths, 0, 19)
  const all = wordCount + distanceCount
  for (let which = 0; which < all; ) {
    while (held < longest) {
      bits |= input[at++]! << held
      held += 8
    }
    const entry = words.table[bits & ((1 << tableBits) - 1)]! || words.find(bits)
    bits >>>= entry & 15
    held -= entry & 15
    const symbol = entry >> 4
    if (symbol < 16) {
      lengths[which++] = symbol
      continue
    }
    if (symbol === 16 && which === 0) throw broken()
    const value = symbol === 16 ? lengths[which - 1]! : 0
    const times = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7)
    if (which + times > all) throw broken()
    lengths.fill(value, which, which + times)
    which += times
  }
  readBlock(target, words.build(lengths, 0, wordCount), distances.build(lengths, wordCount, all))
}

/** The symbols of a block, up to its end. The state is held in locals: this is where all the time goes. */
function readBlock(target: Uint8Array, code: Code, distanceCode: Code): void {
  const source = input
  const wordTable = code.table
  const distanceTable = distanceCode.table
  const mask = (1 << tableBits) - 1
  const size = target.length
  let from = at
  let window = bits
  let count = held
  let to = filled
  for (;;) {
    while (count <= 24) {
      window |= source[from++]! << count
      count += 8
    }
    let entry = wordTable[window & mask]!
    if (entry === 0) entry = code.find(window)
    window >>>= entry & 15
    count -= entry & 15
    let symbol = entry >> 4
    if (symbol < 256) {
      if (to >= size) throw broken()
      target[to++] = symbol
      continue
    }
    if (symbol === 256) break
    symbol -= 257
    if (symbol >= 29) throw broken()
    const extra = lengthExtras[symbol]!
    const length = lengthBases[symbol]! + (window & ((1 << extra) - 1))
    window >>>= extra
    count -= extra
    while (count <= 24) {
      window |= source[from++]! << count
      count += 8
    }
    entry = distanceTable[window & mask]!
    if (entry === 0) entry = distanceCode.find(window)
    window >>>= entry & 15
    count -= entry & 15
    symbol = entry >> 4
    if (symbol >= 30) throw broken()
    while (count <= 24) {
      window |= source[from++]! << count
      count += 8
    }
    const distanceBits = distanceExtras[symbol]!
    const distance = distanceBases[symbol]! + (window & ((1 << distanceBits) - 1))
    window >>>= distanceBits
    count -= distanceBits
    if (distance > to || to + length > size) throw broken()
    for (const end = to + length; to < end; to++) target[to] = target[to - distance]!
  }
  at = from
  bits = window
  held = count
  filled = to
}
