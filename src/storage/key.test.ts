import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { afterPrefix, compareKeys } from './key.ts'

// Code points about the borders of UTF-8's lengths and of the surrogates, mixed with any others.
const edges = [0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffe, 0xffff, 0x10000, 0x10fffe, 0x10ffff].map((point) => String.fromCodePoint(point))
const unit = fc.oneof(fc.constantFrom('a', 'b', ...edges), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
const key = fc.string({ unit, maxLength: 5 })
const byBytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))

test('keys are compared as their UTF-8 bytes are', () => {
  fc.assert(fc.property(key, key, (a, b) => assert.equal(Math.sign(compareKeys(a, b)), byBytes(a, b))), { numRuns: 2000 })
})

test('the keys with a prefix are those from it to what comes after it', () => {
  fc.assert(fc.property(key, fc.oneof(key, fc.constant(null)), key, (prefix, other, tail) => {
    const candidate = other ?? prefix + tail
    const end = afterPrefix(prefix)
    const within = byBytes(candidate, prefix) >= 0 && (end === null || byBytes(candidate, end) < 0)
    assert.equal(within, candidate.startsWith(prefix))
  }), { numRuns: 2000 })
})
