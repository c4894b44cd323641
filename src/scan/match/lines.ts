// Lines and columns of offsets, counted only where something was found.
import type { Text } from './text.ts'

export class LineMap {
  readonly #text: Text
  #at = 0
  #line = 1
  #start = 0

  constructor(text: Text) {
    this.#text = text
  }

  /** Line and column of an offset, both from 1; columns count bytes. Fastest when asked in rising order. */
  position(offset: number): { line: number; column: number } {
    if (offset < this.#start) {
      this.#at = 0
      this.#line = 1
      this.#start = 0
    }
    const { bytes } = this.#text
    for (let next = bytes.indexOf(10, this.#at); next !== -1 && next < offset; next = bytes.indexOf(10, this.#at)) {
      this.#line++
      this.#at = next + 1
      this.#start = next + 1
    }
    return { line: this.#line, column: offset - this.#start + 1 }
  }
}
