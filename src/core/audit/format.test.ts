import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { AuditSubject } from './entry.ts'
import { sampleMount, sampleSubject } from './fixture.ts'
import { Formatter, type FormatOptions } from './format.ts'
import { Hasher } from './hashing.ts'
import { Line } from './line.ts'

const salt = Buffer.alloc(32, 9)
const hmac = (value: string): string => `hmac-sha256:${createHmac('sha256', salt).update(value).digest('hex')}`
interface Writing {
  line: Line
  by: Formatter
}

function writing(more: Partial<FormatOptions> = {}): Writing {
  const line = new Line()
  const headers = { 'user-agent': { hmac: false }, 'x-key': { hmac: true } }
  return { line, by: new Formatter(line, new Hasher(salt), { raw: false, hmacAccessor: true, elideLists: false, ...more }, headers) }
}

function render(kind: 'request' | 'response', subject = sampleSubject(), options: Partial<FormatOptions> = {}, { line, by }: Writing = writing(options)): any {
  const from = line.length
  by[kind](subject, Date.UTC(2026, 0, 2, 3, 4, 5, 67))
  return JSON.parse(`${line.view(from).toString()}}`)
}

test('the hasher agrees with HMAC-SHA256 for every length and for text beyond ASCII', () => {
  const hasher = new Hasher(salt)
  for (const value of ['', 'a', 'ä€😀', 'x'.repeat(55), 'x'.repeat(64), 'x'.repeat(1365), 'x'.repeat(1366), 'y'.repeat(100_000)]) assert.equal(hasher.hash(value), hmac(value))
  for (const value of [0, 7, 255, 256, -1, 1.5, 2 ** 53]) assert.equal(hasher.hashNumber(value), hmac(String(value)))
  const long = new Hasher(Buffer.alloc(100, 3))
  assert.equal(long.hash('v'), `hmac-sha256:${createHmac('sha256', Buffer.alloc(100, 3)).update('v').digest('hex')}`)
})

test('a request has the members of Vault\'s schema, the token hashed', () => {
  const entry = render('request', sampleSubject({ data: { password: 'p', ttl: 30, on: true, list: ['a', { deep: 'b' }], none: null }, headers: { 'user-agent': 'probe/1', 'x-key': ['k'], cookie: 'c' }, wrapTtl: 60 }))
  assert.equal(entry.time, '2026-01-02T03:04:05.067Z')
  assert.equal(entry.type, 'request')
  assert.equal(entry.auth.client_token, hmac('sample-client-token'))
  assert.equal(entry.auth.accessor, hmac('sample-accessor'))
  assert.deepEqual(entry.auth.policy_results, { allowed: true, granting_policies: [{ name: 'app', namespace_id: 'root', type: 'acl' }] })
  assert.deepEqual(entry.auth.metadata, { username: 'ada' })
  assert.equal(entry.request.client_token, hmac('sample-client-token'))
  assert.equal(entry.request.client_token_accessor, hmac('sample-accessor'))
  assert.equal(entry.request.mount_point, 'secret/')
  assert.equal(entry.request.mount_class, 'secret')
  assert.deepEqual(entry.request.namespace, { id: 'root' })
  assert.equal(entry.request.remote_port, 50000)
  assert.equal(entry.request.wrap_ttl, 60)
  assert.deepEqual(entry.request.headers, { 'user-agent': ['probe/1'], 'x-key': [hmac('k')] })
  assert.deepEqual(entry.request.data, { password: hmac('p'), ttl: hmac('30'), on: true, list: [hmac('a'), { deep: hmac('b') }], none: null })
})

test('an answer repeats the request and hashes what it gives out', () => {
  const subject = sampleSubject({ operation: 'update', data: { name: 'n' } })
  const by = writing()
  const request = render('request', subject, {}, by)
  subject.response = {
    data: { bytes: Buffer.from('raw'), at: new Date(0) },
    leaseId: 'database/creds/app/1',
    auth: { ...subject.token!, clientToken: 'new-token', accessor: 'new-accessor' },
    wrapInfo: { ttl: 60, token: 'wrap-token', accessor: 'wrap-accessor', creationTime: '2026-01-01T00:00:00Z', creationPath: 'secret/data/app' },
    warnings: ['w'],
  }
  const entry = render('response', subject, {}, by)
  assert.deepEqual(entry.request, request.request)
  assert.deepEqual(entry.auth, request.auth)
  assert.equal(entry.response.mount_point, 'secret/')
  assert.deepEqual(entry.response.data, { bytes: hmac(Buffer.from('raw').toString('base64')), at: hmac('1970-01-01T00:00:00.000Z') })
  assert.deepEqual(entry.response.secret, { lease_id: 'database/creds/app/1' })
  assert.equal(entry.response.auth.client_token, hmac('new-token'))
  assert.equal(entry.response.wrap_info.token, hmac('wrap-token'))
  assert.equal(entry.response.wrap_info.accessor, hmac('wrap-accessor'))
  assert.deepEqual(entry.response.warnings, ['w'])
})

test('keys of the mount stay readable, what lies below them in objects does not', () => {
  const mount = { ...sampleMount, clearRequestKeys: ['ttl', 'names', 'inner'] }
  const entry = render('request', sampleSubject({ mount, data: { ttl: 30, names: ['a', 'b'], inner: { secret: 's' }, other: 'o' } }))
  assert.deepEqual(entry.request.data, { ttl: 30, names: ['a', 'b'], inner: { secret: hmac('s') }, other: hmac('o') })
})

test('options: raw values, accessors in clear, lists elided', () => {
  const raw = render('request', sampleSubject({ data: { password: 'p' } }), { raw: true })
  assert.equal(raw.auth.client_token, 'sample-client-token')
  assert.deepEqual(raw.request.data, { password: 'p' })
  const clear = render('request', sampleSubject(), { hmacAccessor: false })
  assert.equal(clear.auth.accessor, 'sample-accessor')
  assert.equal(clear.auth.client_token, hmac('sample-client-token'))
  const listed = sampleSubject({ operation: 'list', response: { data: { keys: ['a', 'b'], key_info: { a: {} }, other: 'x' } } })
  assert.deepEqual(render('response', listed, { elideLists: true }).response.data, { keys: 2, key_info: 1, other: hmac('x') })
  assert.deepEqual(render('response', listed).response.data.keys, [hmac('a'), hmac('b')])
})

test('an error that quotes a value shows its hash', () => {
  const entry = render('response', sampleSubject({ data: { password: 'canary-value' }, error: 'cannot use canary-value here' }))
  assert.equal(entry.error, `cannot use ${hmac('canary-value')} here`)
})

test('a request without a token, without a mount, refused', () => {
  const entry = render('response', sampleSubject({ token: null, mount: null, allowed: false, granting: [], response: {}, error: 'permission denied' }))
  assert.deepEqual(entry.auth, { policy_results: { allowed: false } })
  assert.equal(entry.request.mount_point, undefined)
  assert.deepEqual(entry.response, {})
})

test('data nested without end is hashed, not followed', () => {
  let deep: Record<string, unknown> = { secret: 'canary-value' }
  for (let i = 0; i < 1000; i++) deep = { deep }
  const { line, by } = writing()
  by.request(sampleSubject({ data: deep }), 0)
  assert.ok(!line.view().toString().includes('canary-value'))
})

test('an answer is the same whether the line of its request still stands, was kept, or is gone', () => {
  const write = (subject: AuditSubject, between: (at: Writing, subject: AuditSubject) => void): any => {
    const at = writing()
    render('request', subject, {}, at)
    between(at, subject)
    return render('response', subject, {}, at)
  }
  for (const data of [null, { password: 'p' }]) {
    const make = (): AuditSubject => sampleSubject({ requestId: 'one', data, response: { data: { value: 'v' } } })
    const repeated = write(make(), () => undefined)
    assert.deepEqual(write(make(), ({ line }) => line.restart()), repeated)
    assert.deepEqual(write(make(), (_at, subject) => void render('request', subject)), repeated)
    // What the caller turned out to be is told by the answer.
    const unknown = write(make(), (_at, subject) => (subject.token = null))
    assert.equal(unknown.auth.client_token, undefined)
    assert.equal(repeated.auth.client_token, hmac('sample-client-token'))
  }
})

test('numbers are written digit by digit', () => {
  const line = new Line()
  for (const value of [0, 7, 9, 10, 99, 100, 65_535, 2 ** 31, 999_999_999_999_999]) {
    const from = line.length
    line.digits(value)
    assert.equal(line.view(from).toString(), String(value))
  }
})
