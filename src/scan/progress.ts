// How far a long scan has come, on the terminal's error stream; nothing where nobody watches.

const everyMilliseconds = 200

export class Progress {
  readonly #shown: boolean
  #last = 0

  constructor(quiet: boolean) {
    this.#shown = !quiet && process.stderr.isTTY === true
  }

  /** Called as often as one likes. */
  tell(count: number, what: string, bytes: number): void {
    const now = Date.now()
    if (!this.#shown || now - this.#last < everyMilliseconds) return
    this.#last = now
    process.stderr.write(`\r\x1b[K${count} ${what}, ${(bytes / 1e6).toFixed(0)} MB`)
  }

  clear(): void {
    if (this.#shown && this.#last > 0) process.stderr.write('\r\x1b[K')
  }
}
