// A device's salt: HMAC-SHA256 of values in Vault's notation. Nothing that was hashed is kept, but for what is
// no secret: the empty string and small whole numbers.
import { createHash, createHmac, hash as digest } from 'node:crypto'

const block = 64
const room = 4096
const smallNumbers = 256

/** Hashes values with one salt. Not for use while another call of the same object runs: it is synchronous. */
export class Hasher {
  readonly #salt: Uint8Array
  readonly #inner = Buffer.alloc(block + room)
  readonly #outer = Buffer.alloc(block + 32)
  readonly #numbers: string[] = []
  readonly #empty: string

  constructor(salt: Uint8Array) {
    this.#salt = salt
    const key = Buffer.alloc(block)
    key.set(salt.length > block ? createHash('sha256').update(salt).digest() : salt)
    for (let i = 0; i < block; i++) {
      this.#inner[i] = key[i]! ^ 0x36
      this.#outer[i] = key[i]! ^ 0x5c
    }
    key.fill(0)
    this.#empty = this.#compute('')
  }

  /** `hmac-sha256:` and 64 hexadecimal digits. */
  hash(value: string): string {
    return value === '' ? this.#empty : this.#compute(value)
  }

  /** The same for a number, as its decimal text. */
  hashNumber(value: number): string {
    if (!Number.isInteger(value) || value < 0 || value >= smallNumbers) return this.#compute(String(value))
    return (this.#numbers[value] ??= this.#compute(String(value)))
  }

  #compute(value: string): string {
    if (value.length * 3 > room) return `hmac-sha256:${createHmac('sha256', this.#salt).update(value).digest('hex')}`
    // Two one-shot digests over prepared blocks: half the time of createHmac for values of usual length.
    const end = block + this.#inner.write(value, block)
    const first = digest('sha256', this.#inner.subarray(0, end), 'binary')
    this.#inner.fill(0, block, end)
    this.#outer.write(first, block, 'binary')
    return `hmac-sha256:${digest('sha256', this.#outer, 'hex')}`
  }
}
