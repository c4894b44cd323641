import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHmac } from './hmac.ts'

test('any key and text give what the runtime gives, one after the other', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 5 }), (key, texts) => {
    const hmac = makeHmac(key)
    for (const text of texts) assert.equal(hmac(text), createHmac('sha256', key).update(text).digest('hex'))
  }))
})

test('lengths round the block and beyond the usual', () => {
  const key = Buffer.alloc(32, 7)
  const hmac = makeHmac(key)
  for (const length of [0, 1, 63, 64, 65, 1365, 1366, 4096, 100_000]) for (const letter of ['a', 'ü', '\u{1f600}', '\ud800']) {
    const text = letter.repeat(length)
    assert.equal(hmac(text), createHmac('sha256', key).update(text).digest('hex'), `${length} of ${letter}`)
  }
})
