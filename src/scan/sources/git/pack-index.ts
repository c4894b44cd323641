// The index of a pack: where each of its objects lies (https://git-scm.com/docs/pack-format, version 2).
import { readFileSync, statSync } from 'node:fs'

const namesAt = 8 + 256 * 4
const magic = 0xff744f63
/** Enough for eight million objects; more are left to git. */
const largest = 256 << 20

export class PackIndex {
  readonly #bytes: Buffer
  readonly #count: number
  readonly #width: number
  readonly #offsetsAt: number

  /** `width`: bytes of an object's id. Throws for what is no index of this version, is cut, or too large to be held in memory. */
  constructor(file: string, width: number) {
    if (statSync(file).size > largest) throw new Error('the index is too large')
    this.#bytes = readFileSync(file)
    if (this.#bytes.readUInt32BE(0) !== magic || this.#bytes.readUInt32BE(4) !== 2) throw new Error('not an index of version 2')
    this.#count = this.#bytes.readUInt32BE(8 + 255 * 4)
    this.#width = width
    this.#offsetsAt = namesAt + this.#count * (width + 4)
    if (this.#bytes.length < this.#offsetsAt + this.#count * 4 + 2 * width) throw new Error('the index is cut')
  }

  /** Offset of the object in the pack; -1 when it is not there. */
  find(id: Buffer): number {
    const wanted = id.readUInt32BE(0)
    const bucket = wanted >>> 24
    let low = bucket === 0 ? 0 : this.#bytes.readUInt32BE(8 + (bucket - 1) * 4)
    let high = Math.min(this.#count, this.#bytes.readUInt32BE(8 + bucket * 4))
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#startOf(middle) < wanted) low = middle + 1
      else high = middle
    }
    for (; low < this.#count && this.#startOf(low) === wanted; low++) if (this.#is(low, id)) return this.#offsetOf(low)
    return -1
  }

  #is(row: number, id: Buffer): boolean {
    const at = namesAt + row * this.#width
    for (let n = 4; n < this.#width; n++) if (this.#bytes[at + n] !== id[n]) return false
    return true
  }

  #startOf(row: number): number {
    return this.#bytes.readUInt32BE(namesAt + row * this.#width)
  }

  #offsetOf(row: number): number {
    const offset = this.#bytes.readUInt32BE(this.#offsetsAt + row * 4)
    if (offset < 0x80000000) return offset
    return Number(this.#bytes.readBigUInt64BE(this.#offsetsAt + this.#count * 4 + (offset - 0x80000000) * 8))
  }
}
