import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { describeValue, KnownFinder, type KnownSet, readKnown } from './known.ts'
import { Scanner } from './match/scanner.ts'
import { Text } from './match/text.ts'

const key = randomBytes(32)
const value = 'plain words that no rule would call a secret'
const other = 'correct horse'
function setOf(...values: string[]): KnownSet {
  const described = values.map((one, at) => ({ ...describeValue(key, Buffer.from(one))!, path: `secret/app/${at}`, version: at + 1, owner: 'payments', live: at === 0 }))
  return { kind: 'strongroom-known-values', key: key.toString('base64'), values: described }
}
const set = setOf(value, other)
const scanner = new Scanner({ rules: [], detectors: [], finders: [new KnownFinder(set)] })
const scan = (text: string | Buffer) => scanner.scan(new Text(Buffer.from(text as string)), { path: 'a' })

test('finds a value anywhere, names it, and tells whether it is live', () => {
  const [found] = scan(`x\nprefix${value}suffix`)
  assert.equal(found!.secret, value)
  assert.deepEqual([found!.line, found!.column], [2, 7])
  assert.match(found!.about, /live value.*secret\/app\/0, version 1, owned by payments/)
  assert.match(scan(`"${other}"`)[0]!.about, /former value.*secret\/app\/1/)
})

test('finds a value inside Base64, wherever it begins there', () => {
  for (const before of ['', 'a', 'ab', 'abc']) assert.equal(scan(Buffer.from(`${before}${value} and more`).toString('base64')).length, 1, before)
})

test('what differs by one byte is not found', () => {
  assert.equal(scan(value.slice(0, -1) + 'x').length, 0)
  assert.equal(scan('x' + value.slice(1)).length, 0)
  assert.equal(scan(value.slice(0, -1)).length, 0)
})

test('values too short to be told from chance are left out', () => {
  assert.equal(describeValue(key, Buffer.from('short')), null)
})

test('the set holds nothing of the values, and another key makes another set', () => {
  const text = JSON.stringify(set)
  assert.ok(!text.includes('plain words'))
  assert.notEqual(describeValue(randomBytes(32), Buffer.from(value))!.digest, set.values[0]!.digest)
  assert.deepEqual(readKnown(text), set)
})

test('a file that is no set is refused', () => {
  for (const text of ['', '{}', '[]', '{"kind":"strongroom-known-values","key":"AA==","values":[]}', JSON.stringify({ ...set, values: [{ ...set.values[0], digest: 'x' }] })]) {
    assert.throws(() => readKnown(text), /no known values/)
  }
})
