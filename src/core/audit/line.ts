// A line under construction. It is assembled in one buffer that stays warm in the processor's cache: joining
// strings of this length costs more than everything else about an entry.

const start = 16 * 1024
const keep = 256 * 1024

export class Line {
  #bytes = Buffer.allocUnsafeSlow(start)
  length = 0

  clear(): void {
    this.length = 0
    if (this.#bytes.length > keep) this.#bytes = Buffer.allocUnsafeSlow(start)
  }

  text(value: string): void {
    if (this.length + value.length * 3 > this.#bytes.length) this.#grow(value.length * 3)
    this.length += this.#bytes.write(value, this.length)
  }

  bytes(value: Uint8Array): void {
    if (this.length + value.length > this.#bytes.length) this.#grow(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** What stands from `from` on; valid until the next change. */
  view(from = 0): Buffer {
    return this.#bytes.subarray(from, this.length)
  }

  #grow(more: number): void {
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more))
    bigger.set(this.view())
    this.#bytes = bigger
  }
}
