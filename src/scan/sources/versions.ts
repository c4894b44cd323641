// Remembers the last version of each path, within a budget, to tell which part of the next one is new.

const budget = 48 << 20
const largest = 4 << 20
/** Bytes round the change that are scanned again: a secret that the change touches may begin before it. */
const margin = 4096

export class Versions {
  readonly #last = new Map<string, Buffer>()
  #held = 0

  /** The part of `content` that may hold what the version before did not; from = to when nothing differs. Remembers `content`. */
  change(path: string, content: Buffer): { from: number; to: number } {
    const before = this.#last.get(path)
    this.#remember(path, content, before)
    if (!before) return { from: 0, to: content.length }
    const prefix = commonPrefix(before, content)
    if (prefix === content.length && prefix === before.length) return { from: 0, to: 0 }
    const suffix = commonSuffix(before, content, Math.min(before.length, content.length) - prefix)
    return { from: Math.max(0, prefix - margin), to: Math.min(content.length, content.length - suffix + margin) }
  }

  #remember(path: string, content: Buffer, before: Buffer | undefined): void {
    if (before) {
      this.#held -= before.length
      this.#last.delete(path)
    }
    if (content.length > largest) return
    this.#last.set(path, Buffer.from(content))
    this.#held += content.length
    for (const [oldest, held] of this.#last) {
      if (this.#held <= budget) break
      this.#held -= held.length
      this.#last.delete(oldest)
    }
  }
}

const coarse = 1 << 16
const fine = 64

/** How many bytes both begin with. Whole blocks are compared at once, then smaller ones, then bytes. */
function commonPrefix(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length)
  let at = 0
  let step = coarse
  while (at < end) {
    const to = Math.min(at + step, end)
    if (a.compare(b, at, to, at, to) === 0) at = to
    else if (step > fine) step >>= 2
    else {
      while (a[at] === b[at]) at++
      return at
    }
  }
  return end
}

/** How many bytes both end with, at most `limit`. */
function commonSuffix(a: Buffer, b: Buffer, limit: number): number {
  let count = 0
  let step = coarse
  while (count < limit) {
    const size = Math.min(step, limit - count)
    const inA = a.length - count
    const inB = b.length - count
    if (a.compare(b, inB - size, inB, inA - size, inA) === 0) count += size
    else if (step > fine) step >>= 2
    else {
      while (a[a.length - count - 1] === b[b.length - count - 1]) count++
      return count
    }
  }
  return count
}
