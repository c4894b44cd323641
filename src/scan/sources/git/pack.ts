// A pack: objects one after the other, each compressed, many as deltas from others (https://git-scm.com/docs/pack-format).
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inflate } from './inflate.ts'
import { PackIndex } from './pack-index.ts'

const kinds = { blob: 3, offsetDelta: 6, idDelta: 7 }

export interface Entry {
  kind: 'blob' | 'delta' | 'other'
  /** Bytes of the object, or of the delta. */
  size: number
  /** Where the object lies that a delta starts from. */
  base: number
  /** Where its compressed bytes begin. */
  at: number
}

export class Pack {
  readonly #index: PackIndex
  readonly #width: number
  readonly #descriptor: number
  readonly #size: number
  readonly #bytes: Buffer | null = null
  #piece: Buffer = Buffer.allocUnsafeSlow(1 << 16)

  /**
   * `path` is that of the pack without its ending, `width` that of an id. The index is held in memory, and the pack where it
   * is no larger than `room`. Throws for what cannot be read.
   */
  constructor(path: string, width: number, room: number) {
    this.#index = new PackIndex(`${path}.idx`, width)
    this.#width = width
    this.#descriptor = openSync(`${path}.pack`, 'r')
    this.#size = fstatSync(this.#descriptor).size
    if (this.#size > room) return
    const bytes = Buffer.allocUnsafeSlow(this.#size)
    this.#bytes = bytes.subarray(0, this.#fill(bytes, 0, this.#size))
  }

  /** Bytes of the pack that are held in memory. */
  get held(): number {
    return this.#bytes?.length ?? 0
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Offset of the object; -1 when it is not in this pack. */
  find(id: Buffer): number {
    return this.#index.find(id)
  }

  /** What the pack says of the object at an offset. Throws where it says nothing sensible. */
  entry(offset: number): Entry {
    const bytes = this.#read(offset, 64)
    let at = 0
    let byte = bytes[at++]!
    const type = (byte >> 4) & 7
    let size = byte & 15
    for (let factor = 16; byte >= 128; factor *= 128) {
      byte = bytes[at++]!
      size += (byte & 127) * factor
    }
    let base = -1
    if (type === kinds.offsetDelta) {
      byte = bytes[at++]!
      let back = byte & 127
      while (byte >= 128) {
        byte = bytes[at++]!
        back = (back + 1) * 128 + (byte & 127)
      }
      base = offset - back
    } else if (type === kinds.idDelta) {
      base = this.find(bytes.subarray(at, at + this.#width))
      at += this.#width
    }
    const isDelta = type === kinds.offsetDelta || type === kinds.idDelta
    if (!Number.isSafeInteger(size) || (isDelta && (base < 0 || base === offset))) throw new Error('the pack is broken')
    return { kind: isDelta ? 'delta' : type === kinds.blob ? 'blob' : 'other', size, base, at: offset + at }
  }

  /** Fills the target, which is as long as the entry says, with its bytes; throws where they are not as many. */
  inflate({ size, at }: Entry, target: Buffer): void {
    // What does not compress grows a little: https://www.zlib.net/zlib_tech.html
    inflate(this.#read(at, size + (size >> 10) + 64), target)
  }

  /** Bytes from an offset on, valid until the next call; fewer at the end. */
  #read(offset: number, length: number): Buffer {
    if (this.#bytes !== null) return this.#bytes.subarray(offset, offset + length)
    if (this.#piece.length < length) this.#piece = Buffer.allocUnsafeSlow(length * 2)
    return this.#piece.subarray(0, this.#fill(this.#piece, offset, Math.min(length, this.#size - offset)))
  }

  #fill(target: Buffer, offset: number, length: number): number {
    let filled = 0
    while (filled < length) {
      const count = readSync(this.#descriptor, target, filled, length - filled, offset + filled)
      if (count === 0) break
      filled += count
    }
    return filled
  }
}
