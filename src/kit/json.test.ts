import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Unparsed, openedMembers, parseExactly, stringifyMembers } from './json.ts'

test('what is unparsed is written as it is and reads as what it says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined })), fc.func(fc.boolean()), (members, wraps) => {
      const some = Object.fromEntries(Object.entries(members).map(([key, value]) => [key, value !== undefined && wraps(key) ? new Unparsed(JSON.stringify(value)) : value]))
      assert.equal(stringifyMembers(some), JSON.stringify(members))
      assert.equal(JSON.stringify(some), JSON.stringify(members))
      assert.equal(JSON.stringify(openedMembers(some)), JSON.stringify(members))
    }),
  )
})

test('a number keeps its digits on either way', () => {
  const text = '{"n":12345678901234567890.10}'
  const one = new Unparsed(text)
  assert.equal(stringifyMembers({ one }), `{"one":${text}}`)
  assert.equal(JSON.stringify(openedMembers({ one })), `{"one":${text}}`)
  assert.deepEqual(parseExactly('{"a":1}'), new Unparsed('{"a":1}').value)
})
