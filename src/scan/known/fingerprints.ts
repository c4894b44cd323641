// Finds the secrets of a store in bytes, by the fingerprints that the store made of them.
import { digestOf, Roll, windowSize, type Form, type KnownSecret } from '../../crypto/known-forms.ts'

interface Entry {
  secret: KnownSecret
  form: Form
}

/** Bits of the filter for each form, so that hardly any place is looked at twice; and the bounds of its size, as powers of two. */
const bitsPerForm = 64
const filterBounds = [16, 26] as const

/** Finds the known forms in bytes; every hit is checked by its digest. */
export class KnownIndex {
  readonly #key: Uint8Array
  readonly #roll: Roll
  readonly #byRoll = new Map<number, Entry[]>()
  /** One bit for each value of the hash's lower bits: nearly every place is done with after one look. */
  readonly #bits: Uint8Array
  readonly #mask: number
  /** The hash of the window where the last step ended. */
  #hash = 0

  constructor(key: Uint8Array, secrets: Iterable<KnownSecret>) {
    this.#key = key
    this.#roll = new Roll(key)
    for (const secret of secrets) {
      for (const form of secret.forms) {
        const list = this.#byRoll.get(form.roll) ?? []
        list.push({ secret, form })
        this.#byRoll.set(form.roll, list)
      }
    }
    const [least, most] = filterBounds
    const power = Math.min(most, Math.max(least, Math.ceil(Math.log2(this.size * bitsPerForm + 1))))
    this.#mask = 2 ** power - 1
    this.#bits = new Uint8Array(2 ** (power - 3))
    for (const roll of this.#byRoll.keys()) this.#bits[(roll & this.#mask) >>> 3]! |= 1 << (roll & 7)
  }

  get size(): number {
    return this.#byRoll.size
  }

  *find(bytes: Uint8Array): Generator<Entry & { start: number; end: number }> {
    if (bytes.length < windowSize || this.size === 0) return
    this.#hash = this.#roll.of(bytes)
    for (let at = this.#step(bytes, 0); at >= 0; at = this.#step(bytes, at, true)) yield* this.#check(bytes, at, this.#hash)
  }

  /** The first place from `at` on (behind it, where `leave` is set) at which a form may begin; -1: there is none. */
  #step(bytes: Uint8Array, at: number, leave = false): number {
    const { table } = this.#roll
    const [bits, mask] = [this.#bits, this.#mask]
    const last = bytes.length - windowSize
    let hash = this.#hash
    for (; ; at++) {
      if (!leave && (bits[(hash & mask) >>> 3]! & (1 << (hash & 7))) !== 0) {
        this.#hash = hash
        return at
      }
      leave = false
      if (at >= last) return -1
      const gone = table[bytes[at]!]!
      hash = ((hash << 1) | (hash >>> 31)) ^ ((gone << windowSize) | (gone >>> (32 - windowSize))) ^ table[bytes[at + windowSize]!]!
    }
  }

  /** Many secrets begin alike, private keys for one: each length is digested once. */
  *#check(bytes: Uint8Array, at: number, hash: number): Generator<Entry & { start: number; end: number }> {
    const digests = new Map<number, string>()
    for (const { secret, form } of this.#byRoll.get(hash) ?? []) {
      const end = at + form.length
      if (end > bytes.length) continue
      const seen = digests.get(end) ?? digestOf(this.#key, bytes.subarray(at, end))
      digests.set(end, seen)
      if (seen === form.digest) yield { secret, form, start: at, end }
    }
  }
}
