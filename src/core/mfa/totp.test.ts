import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base32, codeAt, fromBase32, makeTotp, matchingStep } from './totp.ts'

// RFC 6238, appendix B: the key is the ASCII digits repeated to the length of the hash.
const vectors = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1234567890, '89005924', '91819424', '93441116'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const
const algorithms = [['SHA1', 20], ['SHA256', 32], ['SHA512', 64]] as const

test('codes are those of RFC 6238', () => {
  for (const [seconds, ...codes] of vectors) {
    algorithms.forEach(([algorithm, length], at) => {
      const secret = base32(Buffer.from('1234567890'.repeat(7).slice(0, length)))
      assert.equal(codeAt({ algorithm, digits: 8 }, secret, Math.floor(seconds / 30)), codes[at])
    })
  }
})

test('base32 is that of RFC 4648 and reads back', () => {
  assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI')
  assert.equal(base32(Buffer.from('fooba')), 'MZXW6YTB')
  for (let length = 0; length < 40; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => (at * 37 + length) & 255))
    assert.deepEqual(fromBase32(base32(bytes)), bytes)
  }
})

const method = { id: '', name: '', type: 'totp', namespaceId: '', issuer: 'A & B', period: 30, digits: 6, skew: 1, keySize: 20, qrSize: 0, algorithm: 'SHA1', maxAttempts: 5 } as const

test('a code counts for its own period and the skew around it', () => {
  const secret = base32(Buffer.from('12345678901234567890'))
  const now = 1_700_000_000
  const step = Math.floor(now / 30)
  for (const offset of [-1, 0, 1]) assert.equal(matchingStep(method, secret, codeAt(method, secret, step + offset), now), step + offset)
  for (const offset of [-2, 2]) assert.equal(matchingStep(method, secret, codeAt(method, secret, step + offset), now), null)
  assert.equal(matchingStep({ ...method, skew: 0 }, secret, codeAt(method, secret, step - 1), now), null)
  for (const odd of ['', '1', '12345', '1234567', 'abcdef', '００００００']) assert.equal(matchingStep(method, secret, odd, now), null)
})

test('the URL says everything that an app needs, escaped', () => {
  const { secret, url } = makeTotp({ ...method }, 'some one')
  const parsed = new URL(url)
  assert.equal(parsed.searchParams.get('secret'), secret)
  assert.equal(parsed.searchParams.get('issuer'), 'A & B')
  assert.equal(fromBase32(secret).length, 20)
})
