// A device's salt: HMAC-SHA256 of values in Vault's notation. Nothing that was hashed is kept, but for what is
// no secret: the empty string and small whole numbers.
import { makeHmac } from '../../crypto/hmac.ts'

const smallNumbers = 256

/** Hashes values with one salt. Not for use while another call of the same object runs: it is synchronous. */
export class Hasher {
  readonly #hmac: (text: string) => string
  readonly #numbers: string[] = []
  readonly #empty: string

  constructor(salt: Uint8Array) {
    this.#hmac = makeHmac(salt)
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
    return `hmac-sha256:${this.#hmac(value)}`
  }
}
