import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kit/errors.ts'
import { type Received, canonicalPath, decode } from './decode.ts'
import { maxDepth, maxStrings, parseJson } from './json.ts'

const received = (part: Partial<Received>): Received => ({ method: 'GET', url: '/v1/secret/a', headers: {}, body: Buffer.alloc(0), remote: { address: '127.0.0.1', port: 1 }, signal: new AbortController().signal, ...part })
const fault = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Fault ? error.code : 'not a fault'
  }
}

test('POST and PUT alike; LIST as a method and as a query', () => {
  assert.equal(decode(received({ method: 'PUT' })).operation, 'write')
  assert.equal(decode(received({ method: 'POST' })).operation, 'write')
  for (const call of [decode(received({ method: 'LIST', url: '/v1/secret/a' })), decode(received({ url: '/v1/secret/a?list=true' })), decode(received({ url: '/v1/secret/a/?list=1' }))]) {
    assert.deepEqual([call.operation, call.path], ['list', 'secret/a/'])
  }
  assert.equal(decode(received({ url: '/v1/secret/a?help=1' })).operation, 'help')
  assert.equal(fault(() => decode(received({ method: 'TRACE' }))), 'unsupported')
})

test('a token comes in its own header or as a bearer', () => {
  assert.equal(decode(received({ headers: { 'x-vault-token': 'a' } })).credential?.value, 'a')
  assert.equal(decode(received({ headers: { authorization: 'Bearer b' } })).credential?.value, 'b')
  assert.equal(decode(received({ headers: { authorization: 'Basic b' } })).credential, null)
})

test('bodies: no or an odd content type is JSON; forms are forms; PATCH needs its own', () => {
  const body = Buffer.from('{"a":1}')
  assert.deepEqual(decode(received({ method: 'POST', body })).body, { a: 1 })
  assert.deepEqual(decode(received({ method: 'POST', body, headers: { 'content-type': 'text/plain' } })).body, { a: 1 })
  assert.deepEqual(decode(received({ method: 'POST', body: Buffer.from('a=1&b=2&b=3'), headers: { 'content-type': 'application/x-www-form-urlencoded' } })).body, { a: '1', b: ['2', '3'] })
  assert.equal(fault(() => decode(received({ method: 'PATCH', body }))), 'unsupported')
  assert.deepEqual(decode(received({ method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json' } })).body, { a: 1 })
})

test('JSON is bounded and never quoted back', () => {
  for (const text of ['{', '[1]', '"x"', '{"a":}', 'nul']) assert.equal(fault(() => decode(received({ method: 'POST', body: Buffer.from(text) }))), 'invalid', text)
  assert.equal(fault(() => parseJson(Buffer.from('{"a":'.repeat(maxDepth + 1) + '1' + '}'.repeat(maxDepth + 1)))), 'invalid')
  assert.equal(fault(() => parseJson(Buffer.from(`[${'"a",'.repeat(maxStrings + 1)}1]`))), 'too-large')
  for (const half of ['{"a":"\\ud800"}', '{"\\uDC00":1}', '{"a":["\\udc00\\ud800"]}']) assert.equal(fault(() => parseJson(Buffer.from(half))), 'invalid', half)
  assert.deepEqual(parseJson(Buffer.from('{"a":"\\ud83d\\ude00","b":"\\\\ud800"}')), { a: '\u{1f600}', b: '\\ud800' })
  assert.equal(fault(() => parseJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))), 'invalid')
  assert.throws(() => parseJson(Buffer.from('{"password":"canary-value"')), (error: Error) => !error.message.includes('canary'))
  const polluted = parseJson(Buffer.from('{"__proto__":{"admin":true},"a":1}')) as Record<string, unknown>
  assert.equal(({ ...polluted } as { admin?: boolean }).admin, undefined)
})

test('paths: whatever is let through has one meaning', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['http'] }).map((url) => new URL(url).pathname), fc.string(), (a, b) => {
      for (const raw of [`/v1${a}`, `/v1/${encodeURIComponent(b)}`, `/v1/${b}`]) {
        let path: string
        try {
          path = canonicalPath(raw)
        } catch (error) {
          assert.ok(error instanceof Fault)
          continue
        }
        const segments = path.replace(/\/$/, '').split('/')
        assert.ok(path === '' || segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..'))
        assert.ok(!/\p{Cc}|%[0-9a-f]{2}/iu.test(path))
      }
    }),
    { numRuns: 500 },
  )
})
