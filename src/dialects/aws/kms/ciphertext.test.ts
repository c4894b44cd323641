import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { associatedOf, formatBlob, parseBlob } from './ciphertext.ts'

test('a blob gives back what it was made of; other bytes are none', () => {
  const name = fc.stringMatching(/^\w(?:[\w.@-]{0,60}\w)?$/)
  fc.assert(fc.property(name, fc.nat({ max: 0xffff_ffff }), fc.uint8Array({ minLength: 1, maxLength: 200 }), (key, version, sealed) => {
    const text = `vault:v${version}:${Buffer.from(sealed).toString('base64')}`
    assert.deepEqual(parseBlob(Buffer.from(formatBlob(key, text), 'base64')), { name: key, sealed: text })
  }))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (raw, headed) => {
    const blob = Buffer.from(headed ? [0x01, 0x73, ...raw] : raw)
    const parsed = parseBlob(blob)
    if (parsed) assert.equal(formatBlob(parsed.name, parsed.sealed), blob.toString('base64'))
  }))
})

test('equal contexts are equal data, in whatever order; different ones never', () => {
  assert.deepEqual(associatedOf({ a: '1', b: '2' }), associatedOf({ b: '2', a: '1' }))
  assert.deepEqual([associatedOf({}), associatedOf(undefined)], [{}, {}])
  const contexts = [{ a: '1,b:2' }, { a: '1', b: '2' }, { 'a":"1': '' }, { a: '"1' }, { '': 'a1' }, { a: '' }]
  assert.equal(new Set(contexts.map((context) => associatedOf(context).associated_data)).size, contexts.length)
  assert.throws(() => associatedOf({ a: 'x'.repeat(9000) }), { type: 'ValidationException' })
})
