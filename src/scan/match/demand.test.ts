import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '../rule.ts'
import { buildAutomaton } from './automaton.ts'
import { beginningsOf } from './beginning.ts'
import { demandsOf, endsWord } from './demand.ts'
import { Hits } from './hits.ts'
import { Matcher } from './matcher.ts'
import { outlineOf } from './outline.ts'
import { Text } from './text.ts'

const interest = (keyword: string, pattern: RegExp | null, alone = false): Parameters<typeof demandsOf>[0][number] => ({
  keyword, length: keyword.length, beginnings: pattern && beginningsOf(outlineOf(pattern)!), alone,
})

test('demands the places that tell most', () => {
  const places = (...interests: Parameters<typeof demandsOf>[0]): number[] => demandsOf(interests).map(({ at }) => at)
  assert.deepEqual(places(interest('pat', /pat[A-Za-z\d]{14}\.[a-f\d]{64}/)), [15, 16])
  assert.deepEqual(places(interest('key', null)), [])
  assert.deepEqual(places(interest('tru', null, true)), [1])
  assert.deepEqual(places(interest('pat', /pat\./), interest('pat', null)), [])
  assert.equal(endsWord['k'.charCodeAt(0)], 1)
  assert.equal(endsWord['e'.charCodeAt(0)], 0)
})

test('the walk leaves out what does not meet the demands, up to the end of a text', () => {
  const automaton = buildAutomaton(['ab'])
  const hits = new Hits(automaton)
  const text = Buffer.from(`${'ab. abx '.repeat(100)}ab`)
  assert.equal(hits.find(text).count, 201)
  hits.demand(0, [{ at: 1, set: new Uint8Array(256).fill(1, 46, 47) }])
  assert.equal(hits.find(text).count, 100)
  assert.deepEqual([...hits.ends.subarray(0, 3)], [1, 9, 17])
})

test('matches of a frequent keyword are found before and after its demands are told, also across the pieces of a long text', () => {
  const rule: Rule = { id: 'acme', about: 'acme', source: 'https://example.com', keywords: ['ac'], pattern: /ac[A-Z]{3}-(?<secret>[a-z\d]{12})/, hits: [], misses: [] }
  const token = 'acXYZ-q7w1e9r2t5y8 '
  const matcher = new Matcher([rule], [])
  const bytes = Buffer.alloc((1 << 20) * 2 + 500, 'acorn ')
  const places = [0, 4000, (1 << 18) - 4, (1 << 19) - 1, (1 << 20) - 3, (1 << 20) + 40, bytes.length - token.length]
  for (const place of places) bytes.write(token, place)
  for (let time = 0; time < 3; time++) {
    const found: number[] = []
    matcher.match(new Text(bytes), { path: '' }, ({ matchStart }) => found.push(matchStart))
    assert.deepEqual(found, places, `time ${time}`)
  }
})
