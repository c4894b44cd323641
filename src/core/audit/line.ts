// A line under construction, behind the lines before it. All stand in one buffer that stays warm in the processor's
// cache: joining strings of this length costs more than everything else about an entry.

/** Bytes after which the buffer is used from its beginning again. */
const round = 64 * 1024
const start = 2 * round
const keep = 4 * round
/** Up to these lengths a loop beats the call into the runtime. */
const short = 24
const shortQuoted = 48

export class Line {
  #buffer = Buffer.allocUnsafeSlow(start)
  length = 0
  /** Changes whenever something is forgotten: positions of an earlier round mean nothing any more. */
  round = 0

  /** Holds what was written up to `length`; another one where it had to grow. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** Whether the next line should rather begin the next round. */
  get full(): boolean {
    return this.length >= round
  }

  /** Forgets what stands behind `length`. */
  cut(length: number): void {
    if (this.length === length) return
    this.length = length
    this.round++
  }

  /** Forgets all lines. */
  restart(): void {
    this.cut(0)
    if (this.#buffer.length > keep) this.#buffer = Buffer.allocUnsafeSlow(start)
  }

  text(value: string): void {
    this.#reserve(value.length * 3)
    this.length += this.#buffer.write(value, this.length)
  }

  /** A string of ASCII characters alone. */
  ascii(value: string): void {
    this.#reserve(value.length)
    if (value.length > short) {
      this.length += this.#buffer.write(value, this.length, 'latin1')
      return
    }
    const bytes = this.#buffer
    let at = this.length
    for (let i = 0; i < value.length; i++) bytes[at++] = value.charCodeAt(i)
    this.length = at
  }

  /** A whole number from 0 on, in decimal. */
  digits(value: number): void {
    let size = 1
    for (let least = 10; value >= least; least *= 10) size++
    this.#reserve(size)
    const bytes = this.#buffer
    let rest = value
    for (let at = this.length + size - 1; at >= this.length; at--) {
      bytes[at] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    this.length += size
  }

  /** The JSON form of a string. */
  quoted(value: string): void {
    if (value.length > shortQuoted) return this.text(JSON.stringify(value))
    this.#reserve(value.length + 2)
    const bytes = this.#buffer
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
    this.#buffer[this.length++] = value
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.length)
    this.length += value.length
  }

  /** Writes once more what stands from `from` to `to`. */
  repeat(from: number, to: number): void {
    this.#reserve(to - from)
    this.#buffer.copyWithin(this.length, from, to)
    this.length += to - from
  }

  /** What stands from `from` to `to`; valid until the next change. */
  view(from = 0, to = this.length): Buffer {
    return this.#buffer.subarray(from, to)
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.#buffer.length) return
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, needed))
    bigger.set(this.view())
    this.#buffer = bigger
  }
}
