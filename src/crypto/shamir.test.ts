import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combine, invert, multiply, split } from './shamir.ts'

test('multiplies as FIPS 197 section 4.2 shows', () => {
  const products = [[0x57, 0x83, 0xc1], [0x57, 0x13, 0xfe], [0x57, 0x02, 0xae], [0x57, 0x04, 0x47], [0x57, 0x08, 0x8e], [0x57, 0x10, 0x07], [0x53, 0xca, 0x01]]
  for (const [a, b, product] of products) assert.equal(multiply(a!, b!), product)
  for (let a = 1; a < 256; a++) assert.equal(multiply(a, invert(a)), 1)
  assert.equal(invert(0), 0)
})

test('joins shares of a known polynomial, y bytes first and x last', () => {
  // f(x) = 0x41 + 0x57·x and g(x) = 0x00 + 0x57·x at x = 2, 4, 8, 16, by the products that FIPS 197 prints.
  const shares = [[0xef, 0xae, 0x02], [0x06, 0x47, 0x04], [0xcf, 0x8e, 0x08], [0x46, 0x07, 0x10]].map((share) => Buffer.from(share))
  for (const pair of [[0, 1], [1, 0], [2, 3], [0, 3], [0, 1, 2], [3, 2, 1, 0]]) {
    assert.deepEqual(combine(pair.map((i) => shares[i]!)), Buffer.from([0x41, 0x00]))
  }
})

const ceremony = fc.record({ secret: fc.uint8Array({ minLength: 1, maxLength: 48 }), threshold: fc.integer({ min: 2, max: 8 }), more: fc.integer({ min: 0, max: 8 }), seed: fc.infiniteStream(fc.nat()) })

test('any k of n shares restore the secret', () => {
  fc.assert(fc.property(ceremony, ({ secret, threshold, more, seed }) => {
    const shares = split(secret, threshold + more, threshold)
    assert.equal(new Set(shares.map((share) => share.at(-1))).size, shares.length)
    const picked = shares.map((share) => [seed.next().value!, share] as const).sort((a, b) => a[0] - b[0]).slice(0, threshold)
    assert.deepEqual(combine(picked.map(([, share]) => share)), Buffer.from(secret))
    assert.deepEqual(combine(shares), Buffer.from(secret))
  }))
})

test('fewer shares, or an altered one, do not', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 32 }), fc.integer({ min: 3, max: 6 }), (secret, threshold) => {
    const shares = split(secret, threshold, threshold)
    assert.notDeepEqual(combine(shares.slice(1)), Buffer.from(secret))
    shares[0]![0]! ^= 1
    assert.notDeepEqual(combine(shares), Buffer.from(secret))
  }))
})

test('255 shares are the most', () => {
  const secret = Buffer.from('secret')
  assert.deepEqual(combine(split(secret, 255, 255)), secret)
  for (const [shares, threshold] of [[256, 2], [2, 3], [3, 1]]) assert.throws(() => split(secret, shares!, threshold!), RangeError)
  assert.throws(() => split(Buffer.alloc(0), 3, 2), RangeError)
})

test('refuses shares that cannot belong together', () => {
  const [a, b] = split(Buffer.from('secret'), 2, 2)
  assert.throws(() => combine([a!]), RangeError)
  assert.throws(() => combine([a!, a!]), RangeError)
  assert.throws(() => combine([a!, b!.subarray(1)]), RangeError)
  assert.throws(() => combine([a!, Buffer.alloc(7)]), RangeError)
})
