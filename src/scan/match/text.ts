// A piece of input as the matcher sees it: bytes, and the same as a Latin-1 string made on first use.
// One byte is one character, so that offsets in both agree whatever the encoding.

export class Text {
  readonly bytes: Buffer
  readonly length: number
  #string: string | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.length = bytes.length
  }

  get string(): string {
    return (this.#string ??= this.bytes.toString('latin1'))
  }

  /** A part of the text as Latin-1, without making the whole one. */
  slice(from: number, to: number): string {
    return this.#string?.slice(from, to) ?? this.bytes.toString('latin1', Math.max(0, from), to)
  }

  /** Start of the line that holds `at`, looking back at most `limit` bytes. */
  lineStart(at: number, limit = 4096): number {
    const floor = Math.max(0, at - limit)
    let from = at
    while (from > floor && this.bytes[from - 1] !== 10) from--
    return from
  }

  /** End of the line that holds `at`, without its newline, looking ahead at most `limit` bytes. */
  lineEnd(at: number, limit = 4096): number {
    const ceiling = Math.min(this.length, at + limit)
    let to = at
    while (to < ceiling && this.bytes[to] !== 10) to++
    return to
  }
}

/** What the bytes say when they are UTF-8; Latin-1 text that is plain ASCII costs nothing. */
export function readable(latin1: string): string {
  return /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1
}
