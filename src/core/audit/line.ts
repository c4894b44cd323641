// A line under construction. It is assembled in one buffer that stays warm in the processor's cache: joining
// strings of this length costs more than everything else about an entry.

const start = 16 * 1024
const keep = 256 * 1024
/** Up to this length a loop beats the call into the runtime. */
const short = 48

export class Line {
  #bytes = Buffer.allocUnsafeSlow(start)
  length = 0
  #viewed: { from: number; bytes: Buffer } | null = null

  clear(): void {
    this.length = 0
    if (this.#bytes.length > keep) this.#bytes = Buffer.allocUnsafeSlow(start)
  }

  text(value: string): void {
    this.#reserve(value.length * 3)
    this.length += this.#bytes.write(value, this.length)
  }

  /** A string of ASCII characters alone. */
  ascii(value: string): void {
    this.#reserve(value.length)
    if (value.length > short) {
      this.length += this.#bytes.write(value, this.length, 'latin1')
      return
    }
    const bytes = this.#bytes
    let at = this.length
    for (let i = 0; i < value.length; i++) bytes[at++] = value.charCodeAt(i)
    this.length = at
  }

  /** The JSON form of a string. */
  quoted(value: string): void {
    if (value.length > short) return this.text(JSON.stringify(value))
    this.#reserve(value.length + 2)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = 0x22
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return this.text(JSON.stringify(value))
      bytes[at++] = code
    }
    bytes[at++] = 0x22
    this.length = at
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** What stands from `from` on; valid until the next change. */
  view(from = 0): Buffer {
    const last = this.#viewed
    if (last !== null && last.from === from && last.bytes.length === this.length - from && last.bytes.buffer === this.#bytes.buffer) return last.bytes
    return (this.#viewed = { from, bytes: this.#bytes.subarray(from, this.length) }).bytes
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed))
    bigger.set(this.view())
    this.#bytes = bigger
  }
}
