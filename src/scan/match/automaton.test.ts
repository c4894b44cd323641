import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAutomaton, folded } from './automaton.ts'
import { Hits } from './hits.ts'
import { pack, unpack } from './stored.ts'

/** Places where the words end, by looking everywhere. */
function search(words: string[], text: string): string[] {
  const low = folded(text)
  return words.flatMap((word) => {
    const places = []
    for (let at = low.indexOf(folded(word)); at !== -1; at = low.indexOf(folded(word), at + 1)) places.push(`${at + word.length - 1} ${word}`)
    return places
  }).sort()
}

function run(words: string[], text: string): string[] {
  const automaton = buildAutomaton(words)
  const hits = new Hits(automaton).find(Buffer.from(text, 'latin1'))
  const found = []
  for (let at = 0; at < hits.count; at++) {
    const row = (hits.states[at]! - automaton.accepting) / automaton.width
    for (const word of automaton.ends.subarray(automaton.endsAt[row]!, automaton.endsAt[row + 1]!)) found.push(`${hits.ends[at]} ${words[word]}`)
  }
  return found.sort()
}

const letters = 'abcAB_-.x '
function random(seed: number, length: number): string {
  let text = ''
  for (let at = 0; at < length; at++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    text += letters[(seed >> 8) % letters.length]
  }
  return text
}

test('finds every keyword that a plain search finds, of any case and with any separator', () => {
  const words = ['ab', 'abc', 'bca', 'a_b', 'x', 'bb_a', 'cabx']
  for (let seed = 1; seed <= 60; seed++) {
    const text = random(seed, 7 * seed)
    assert.deepEqual(run(words, text), search(words, text), `seed ${seed}`)
  }
})

test('a keyword across the parts and pieces of a long text is found once', () => {
  const word = 'keyword_that_crosses'
  const size = (1 << 20) + 4000
  const borders = [1 << 18, 1 << 19, (1 << 18) * 3, 1 << 20, (1 << 20) + 1000, (1 << 20) + 2000, (1 << 20) + 3000]
  for (const shift of [1, 7, word.length - 1]) {
    const bytes = Buffer.alloc(size, 'z')
    for (const border of borders) bytes.write(word, border - shift)
    assert.equal(run([word], bytes.toString('latin1')).length, borders.length)
  }
})

test('hits come in the order of their place', () => {
  const hits = new Hits(buildAutomaton(['ab'])).find(Buffer.from('ab '.repeat(2000)))
  assert.equal(hits.count, 2000)
  assert.deepEqual([...hits.ends.subarray(0, 2000)], Array.from({ length: 2000 }, (_, at) => at * 3 + 1))
})

test('a keyword that is empty or there twice is refused', () => {
  assert.throws(() => buildAutomaton(['']), /empty or there twice/)
  assert.throws(() => buildAutomaton(['a-b', 'A_B'].map(folded)), /empty or there twice/)
})

test('an automaton that is kept reads back the same; anything else is refused', () => {
  const automaton = buildAutomaton(['ab', 'abc', 'bca'])
  assert.deepEqual(unpack(pack(automaton)), automaton)
  assert.throws(() => unpack(pack(automaton).subarray(4)))
  assert.throws(() => unpack(Buffer.alloc(0)))
})
