// The blobs of a history, each once, by the path that brought it first: some forty bytes for each, for there may be millions.

const digits = new Uint8Array(256)
;[...'0123456789abcdef'].forEach((digit, value) => (digits[digit.charCodeAt(0)] = value))

export class BlobList {
  /** The numbers of the blobs that each path brings, oldest first. */
  readonly paths = new Map<string, number[]>()
  #count = 0
  #width = 0
  #ids: Buffer = Buffer.alloc(0)
  /** Numbers of commits by the number of the blob. */
  #commits = new Uint32Array(1024)
  readonly #commitIds: string[] = []
  /** Numbers plus one, at the place that the id's beginning says or the next free one. */
  #table = new Uint32Array(2048)

  get size(): number {
    return this.#count
  }

  /** Adds the blob whose id stands there among the bytes, unless it was added before. Ids are hexadecimal and of one length. */
  add(bytes: Buffer, from: number, size: number, path: string, commit: string): void {
    if (this.#count === 0) this.#width = size >> 1
    if ((this.#count + 1) * this.#width > this.#ids.length) this.#ids = Buffer.concat([this.#ids], this.#ids.length * 2 + 1024 * this.#width)
    const at = this.#count * this.#width
    for (let n = 0; n < this.#width; n++) this.#ids[at + n] = (digits[bytes[from + 2 * n]!]! << 4) | digits[bytes[from + 2 * n + 1]!]!
    const place = this.#placeOf(at)
    if (this.#table[place] !== 0) return
    this.#table[place] = this.#count + 1
    this.#date(commit)
    const numbers = this.paths.get(path)
    if (numbers === undefined) this.paths.set(path, [this.#count])
    else numbers.push(this.#count)
    if (++this.#count * 2 > this.#table.length) this.#grow()
  }

  /** Bytes of an id; 0 while there is none. */
  get width(): number {
    return this.#width
  }

  /** The id as bytes, valid until another blob is added. */
  bytes(number: number): Buffer {
    return this.#ids.subarray(number * this.#width, (number + 1) * this.#width)
  }

  id(number: number): string {
    return this.#ids.toString('hex', number * this.#width, (number + 1) * this.#width)
  }

  /** The commit that the blob was added with. */
  commit(number: number): string {
    return this.#commitIds[this.#commits[number]!]!
  }

  #date(commit: string): void {
    if (this.#count === this.#commits.length) {
      const larger = new Uint32Array(this.#count * 2)
      larger.set(this.#commits)
      this.#commits = larger
    }
    if (this.#commitIds.at(-1) !== commit) this.#commitIds.push(commit)
    this.#commits[this.#count] = this.#commitIds.length - 1
  }

  /** The place in the table of the id that begins there among the ids, or the free one for it. */
  #placeOf(at: number): number {
    const mask = this.#table.length - 1
    let place = this.#ids.readUInt32BE(at) & mask
    for (; this.#table[place] !== 0; place = (place + 1) & mask) if (this.#isSame((this.#table[place]! - 1) * this.#width, at)) break
    return place
  }

  #isSame(one: number, other: number): boolean {
    let n = 0
    while (n < this.#width && this.#ids[one + n] === this.#ids[other + n]) n++
    return n === this.#width
  }

  #grow(): void {
    this.#table = new Uint32Array(this.#table.length * 2)
    for (let number = 0; number < this.#count; number++) this.#table[this.#placeOf(number * this.#width)] = number + 1
  }
}
