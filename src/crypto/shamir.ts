// Shamir's secret sharing over GF(2^8) with the polynomial x^8+x^4+x^3+x+1, as HashiCorp Vault cuts its keys:
// a share is one byte of y for each byte of the secret, followed by one byte of x.
// Shamir, 'How to share a secret', 1979; field arithmetic: FIPS 197, section 4. No branch or look-up depends on a secret.
import { randomBytes, randomInt } from 'node:crypto'

export const maxShares = 255

/** The product in the field. */
export function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = ((product << 1) ^ (-(product >> 7) & 0x11b)) & 0xff
    product ^= -((b >> bit) & 1) & a
  }
  return product
}

/** The inverse a^254; that of 0 is 0. */
export function invert(a: number): number {
  let power = a
  for (let step = 0; step < 6; step++) power = multiply(multiply(power, power), a)
  return multiply(power, power)
}

/** Cuts `secret` into `shares` parts of which any `threshold` restore it; throws a RangeError unless 2 <= threshold <= shares <= 255. */
export function split(secret: Uint8Array, shares: number, threshold: number): Buffer[] {
  if (secret.length === 0) throw new RangeError('there is nothing to split')
  if (threshold < 2 || threshold > shares || shares > maxShares) throw new RangeError('2 <= threshold <= shares <= 255 does not hold')
  const places = shuffle().subarray(0, shares)
  const parts = Array.from(places, (x) => {
    const part = Buffer.alloc(secret.length + 1)
    part[secret.length] = x
    return part
  })
  for (let i = 0; i < secret.length; i++) {
    const coefficients = randomBytes(threshold - 1)
    parts.forEach((part, n) => (part[i] = evaluate(coefficients, places[n]!, secret[i]!)))
    coefficients.fill(0)
  }
  return parts
}

/** Joins shares; too few or wrong ones give another value, not an error. Throws a RangeError for shares that cannot belong together. */
export function combine(shares: readonly Uint8Array[]): Buffer {
  const size = shares[0]?.length ?? 0
  if (shares.length < 2 || size < 2) throw new RangeError('at least two shares of two bytes are needed')
  if (shares.some((share) => share.length !== size)) throw new RangeError('the shares differ in length')
  const places = shares.map((share) => share[size - 1]!)
  if (new Set(places).size !== places.length || places.includes(0)) throw new RangeError('the shares are not distinct')
  const weights = places.map((x, i) => {
    let weight = 1
    places.forEach((other, j) => {
      if (j !== i) weight = multiply(weight, multiply(other, invert(x ^ other)))
    })
    return weight
  })
  const secret = Buffer.alloc(size - 1)
  shares.forEach((share, n) => {
    for (let i = 0; i < secret.length; i++) secret[i]! ^= multiply(share[i]!, weights[n]!)
  })
  return secret
}

/** The polynomial with the constant term `constant` at x. */
function evaluate(coefficients: Uint8Array, x: number, constant: number): number {
  let y = 0
  for (let i = coefficients.length - 1; i >= 0; i--) y = multiply(y ^ coefficients[i]!, x)
  return y ^ constant
}

/** The numbers from 1 to 255 in random order. */
function shuffle(): Uint8Array {
  const numbers = Uint8Array.from({ length: maxShares }, (_, i) => i + 1)
  for (let i = numbers.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!]
  }
  return numbers
}
