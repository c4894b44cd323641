import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHexOrBase64, randomBase62, xor } from './encoding.ts'

test('random texts have the length asked for and use the whole alphabet', () => {
  const text = randomBase62(20_000)
  assert.match(text, /^[0-9A-Za-z]{20000}$/)
  assert.equal(new Set(text).size, 62)
  assert.equal(randomBase62(0), '')
})

test('keys are read in hex and in base64 of every kind', () => {
  const bytes = Buffer.from('fbffbf00ff', 'hex')
  for (const text of ['fbffbf00ff', 'FBFFBF00FF', '+/+/AP8=', '+/+/AP8', '-_-_AP8=']) assert.deepEqual(decodeHexOrBase64(text), bytes)
  for (const text of ['', 'a', 'ab cd', 'é', '+/-_', 'abc=d', 'abcde']) assert.equal(decodeHexOrBase64(text), null)
})

test('exclusive or undoes itself', () => {
  const [a, b] = [Buffer.from('token'), Buffer.from('12345')]
  assert.deepEqual(xor(xor(a, b), b), a)
  assert.throws(() => xor(a, Buffer.from('1')), RangeError)
})
