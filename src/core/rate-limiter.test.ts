import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimiter } from './rate-limiter.ts'

const minute = { rate: 6, interval: 60, blockInterval: 0 }
const admitted = (limiter: RateLimiter, client: string, times: number, now: number): number =>
  Array.from({ length: times }, () => limiter.take(client, now)).filter((one) => one.admitted).length

test('an allowance is used up at once or over time, and fills evenly', () => {
  const limiter = new RateLimiter(minute, 10)
  assert.equal(admitted(limiter, 'a', 8, 1000), 6)
  assert.deepEqual(limiter.take('a', 1000), { admitted: false, limit: 6, remaining: 0, reset: 60, retryAfter: 10 })
  assert.equal(limiter.take('a', 10_999).admitted, false)
  assert.deepEqual(limiter.take('a', 11_000), { admitted: true, limit: 6, remaining: 0, reset: 60, retryAfter: 10 })
  assert.equal(admitted(limiter, 'a', 9, 3_600_000), 6)
  assert.equal(limiter.take('b', 1000).remaining, 5)
})

test('less than one request per interval is one in a longer time', () => {
  const limiter = new RateLimiter({ rate: 0.5, interval: 1, blockInterval: 0 }, 10)
  assert.equal(admitted(limiter, 'a', 2, 0), 1)
  assert.deepEqual([limiter.take('a', 1500).admitted, limiter.take('a', 2000).admitted], [false, true])
})

test('who exceeds it is shut out for as long as that is said, and no longer', () => {
  const limiter = new RateLimiter({ ...minute, blockInterval: 300 }, 10)
  assert.equal(admitted(limiter, 'a', 7, 0), 6)
  const blocked = limiter.take('a', 200_000)
  assert.deepEqual([blocked.admitted, blocked.remaining, blocked.retryAfter], [false, 0, 100])
  assert.equal(limiter.take('a', 299_999).admitted, false)
  assert.equal(limiter.take('a', 300_000).admitted, true)
})

test('a client may have another rate', () => {
  const limiter = new RateLimiter(minute, 10)
  assert.equal([1, 2, 3].filter(() => limiter.take('a', 0, 2).admitted).length, 2)
  assert.equal(admitted(limiter, 'b', 8, 0), 6)
})

test('what is remembered is bounded: idle clients are forgotten first, those shut out last', () => {
  const limiter = new RateLimiter({ ...minute, blockInterval: 3600 }, 10)
  assert.equal(admitted(limiter, 'blocked', 7, 0), 6)
  for (let i = 0; i < 9; i++) limiter.take(`idle ${i}`, 0)
  for (let i = 0; i < 8; i++) limiter.take(`late ${i}`, 120_000)
  assert.equal(limiter.take('blocked', 120_000).admitted, false)
  // All of them are counted still: everybody begins anew.
  for (let i = 0; i < 9; i++) limiter.take(`busy ${i}`, 120_001)
  assert.equal(limiter.take('blocked', 120_001).admitted, true)
})
