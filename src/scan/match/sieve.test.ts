import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAutomaton } from './automaton.ts'
import { Hits } from './hits.ts'
import { holdsRun } from './run-length.ts'
import { everyTaker, type Way } from './sieve.ts'

const setOf = (bytes: string): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(String.fromCharCode(byte)) ? 1 : 0))

function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return (seed >> 8) % below
  }
}

/** What the compiled loop is to tell, told plainly. */
function isHeld({ from, to, steps, marks }: Way, text: Buffer, end: number): boolean {
  const [first] = steps
  if (to !== undefined) {
    return holdsRun(text, Math.max(0, end + from), Math.min(text.length, end + to), { least: first!.least, bytes: first!.set, ...(marks && { marks }) })
  }
  let at = end + from
  for (const { set, least, most, back = 0 } of steps) {
    const start = at
    while (at < text.length && at - start < most && set[text[at]!]) at++
    if (at - start < least) return false
    at -= back
  }
  return true
}

function randomWay(random: (below: number) => number): Way {
  const set = (): Uint8Array => setOf('ab1 .'.slice(random(3), 3 + random(3)))
  if (random(2) === 0) {
    const least = 2 + random(9)
    const marks = Array.from({ length: random(3) }, () => ({ at: random(least), set: set() }))
    return { from: random(60) - 40, to: random(60), steps: [{ set: set(), least, most: least }], ...(marks.length > 0 && { marks }) }
  }
  return { from: -random(3), steps: Array.from({ length: 1 + random(3) }, () => ({ set: set(), least: random(2), most: 1 + random(4), back: 0 })) }
}

test('hits are left to those takers one of whose ways holds, and to no others', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = generator(seed)
    const text = Buffer.from(Array.from({ length: 300 + random(400) }, () => 'aab1k.. ba11a'[random(13)]).join('').replaceAll('k', 'key'))
    const hits = new Hits(buildAutomaton(['key']))
    const ends = [...hits.find(text).ends.subarray(0, hits.count)]
    assert.ok([...hits.takers.subarray(0, hits.count)].every((takers) => takers === everyTaker))
    const takers = Array.from({ length: 1 + random(4) }, () => Array.from({ length: 1 + random(2) }, () => randomWay(random)))
    hits.sift(0, takers)
    const wanted = ends
      .map((end) => [end, takers.reduce((bits, ways, taker) => (ways.some((way) => isHeld(way, text, end + 1)) ? bits | (1 << taker) : bits), 0)])
      .filter(([, bits]) => bits !== 0)
    for (let time = 0; time < 2; time++) {
      hits.find(text)
      assert.deepEqual(Array.from({ length: hits.count }, (_, at) => [hits.ends[at], hits.takers[at]]), wanted, `seed ${seed}`)
    }
  }
})

test('a step may look without taking', () => {
  const hits = new Hits(buildAutomaton(['pw']))
  const text = Buffer.from('pw = 1; pwa = 2; pwd = 3; PW: 4; '.repeat(20))
  assert.equal(hits.find(text).count, 80)
  const blank = { set: setOf(' '), least: 0, most: 3 }
  hits.sift(0, [[{ from: 0, steps: [{ set: setOf(' :='), least: 1, most: 1, back: 1 }, blank, { set: setOf('=:'), least: 1, most: 1 }] }]])
  assert.equal(hits.find(text).count, 40)
})

test('no hit of a text of more than one piece is left out', () => {
  const hits = new Hits(buildAutomaton(['key']))
  const long = Buffer.alloc((1 << 20) + 600, 'key .')
  hits.find(Buffer.alloc(600, 'key .'))
  hits.sift(0, [[{ from: 0, to: 40, steps: [{ set: setOf('a'), least: 8, most: 8 }] }]])
  assert.equal(hits.find(Buffer.alloc(600, 'key .')).count, 0)
  assert.equal(hits.find(long).count, Math.floor((long.length + 2) / 5))
})
