// The objects read last, in a ring of bytes: what deltas start from, and no work for the garbage collector.

const nothing = Buffer.alloc(0)

interface Place {
  key: number
  start: number
  end: number
}

export class Recent {
  readonly #ring: Buffer
  readonly #places = new Map<number, Place>()
  /** In the order they were given out, the oldest at `#oldest`. */
  #order: Place[] = []
  #oldest = 0
  #head = 0

  constructor(capacity: number) {
    this.#ring = Buffer.allocUnsafeSlow(capacity)
  }

  /** The largest that `place` takes: two of them never lie in each other's way. */
  get largest(): number {
    return this.#ring.length >> 2
  }

  /** What was placed under the key, unless it is gone or the next `next` bytes that are placed would be written over it. */
  get(key: number, next: number): Buffer | null {
    const place = this.#places.get(key)
    if (place === undefined) return null
    const from = this.#startFor(next)
    return place.start < from + next && from < place.end ? null : this.#ring.subarray(place.start, place.end)
  }

  /** Room for so many bytes under a key; what lay there before is gone. */
  place(key: number, size: number): Buffer {
    if (size === 0) return nothing
    const start = this.#startFor(size)
    if (start < this.#head) this.#drop(this.#head, this.#ring.length)
    this.#drop(start, start + size)
    this.#head = start + size
    const place = { key, start, end: this.#head }
    this.#places.set(key, place)
    this.#order.push(place)
    return this.#ring.subarray(start, this.#head)
  }

  #startFor(size: number): number {
    return this.#head + size > this.#ring.length ? 0 : this.#head
  }

  /** The oldest lie next behind the head, so that only they can be in the way. */
  #drop(from: number, to: number): void {
    for (; this.#oldest < this.#order.length; this.#oldest++) {
      const place = this.#order[this.#oldest]!
      if (place.start >= to || place.end <= from) break
      if (this.#places.get(place.key) === place) this.#places.delete(place.key)
    }
    if (this.#oldest < 4096) return
    this.#order = this.#order.slice(this.#oldest)
    this.#oldest = 0
  }
}
