import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { engineContract } from '../contract.ts'
import { type Harness, mount } from '../harness.ts'
import { kv } from './index.ts'
import { mergePatch } from './merge-patch.ts'

const v2 = { mount: { options: { version: '2' } } }
engineContract(kv)
engineContract(kv, v2)

const put = (engine: Harness, path: string, data: object, cas?: number) => engine.call('write', `data/${path}`, { data, ...(cas !== undefined && { options: { cas } }) })
const code = async (work: Promise<unknown>): Promise<string> => work.then(() => 'none', (error: { code?: string }) => error.code ?? String(error))

test('versions count up, the newest is read, older ones by number', async () => {
  const engine = mount(kv, v2)
  for (const n of [1, 2, 3]) assert.equal((await put(engine, 'a/b', { n })).data!.version, n)
  assert.deepEqual((await engine.call('read', 'data/a/b')).data!.data, { n: 3 })
  assert.deepEqual((await engine.call('read', 'data/a/b', { version: '1' })).data!.data, { n: 1 })
  assert.equal((await engine.call('read', 'data/a/b', { version: 9 })).status, 404)
  assert.equal((await engine.call('read', 'data/absent')).status, 404)
})

test('check-and-set: 0 only where nothing is, else the newest; required where the mount says so', async () => {
  const engine = mount(kv, v2)
  await put(engine, 'x', { a: 1 }, 0)
  assert.equal(await code(put(engine, 'x', { a: 2 }, 0)), 'invalid')
  await put(engine, 'x', { a: 2 }, 1)
  await engine.call('write', 'config', { cas_required: true })
  assert.equal(await code(put(engine, 'x', { a: 3 })), 'invalid')
  await put(engine, 'x', { a: 3 }, 2)
})

test('of two writers with the same check-and-set one wins', async () => {
  const engine = mount(kv, v2)
  const outcomes = await Promise.all([1, 2, 3, 4].map((n) => code(put(engine, 'raced', { n }, 0))))
  assert.deepEqual(outcomes.sort(), ['invalid', 'invalid', 'invalid', 'none'])
})

test('delete hides, undelete brings back, destroy removes for good', async () => {
  const engine = mount(kv, v2)
  await put(engine, 'x', { a: 1 })
  await put(engine, 'x', { a: 2 })
  await engine.call('delete', 'data/x')
  const hidden = await engine.call('read', 'data/x')
  assert.equal(hidden.status, 404)
  assert.equal(hidden.data!.data, null)
  assert.notEqual((hidden.data!.metadata as { deletion_time: string }).deletion_time, '')
  assert.equal((await engine.call('read', 'data/x', { version: 1 })).status, 200)
  await engine.call('write', 'undelete/x', { versions: [2] })
  assert.deepEqual((await engine.call('read', 'data/x')).data!.data, { a: 2 })
  await engine.call('write', 'destroy/x', { versions: '1,2' })
  assert.equal((await engine.call('read', 'data/x')).data!.data, null)
  await engine.call('write', 'undelete/x', { versions: [2] })
  assert.equal((await engine.call('read', 'data/x')).status, 404)
  assert.deepEqual(await engine.store.keys('data/'), [])
})

test('only as many versions are kept as the secret, then the mount, allow', async () => {
  const engine = mount(kv, v2)
  for (let n = 1; n <= 12; n++) await put(engine, 'x', { n })
  let meta = (await engine.call('read', 'metadata/x')).data!
  assert.deepEqual([Object.keys(meta.versions as object).length, meta.oldest_version, meta.current_version], [10, 3, 12])
  await engine.call('write', 'metadata/x', { max_versions: 2 })
  await put(engine, 'x', { n: 13 })
  meta = (await engine.call('read', 'metadata/x')).data!
  assert.deepEqual(Object.keys(meta.versions as object), ['12', '13'])
  assert.equal((await engine.store.keys('data/')).length, 2)
})

test('a version ends by itself after delete_version_after', async () => {
  const engine = mount(kv, v2)
  await engine.call('write', 'metadata/x', { delete_version_after: '1h' })
  await put(engine, 'x', { a: 1 })
  assert.equal((await engine.call('read', 'data/x')).status, 200)
  engine.advance(3601)
  assert.equal((await engine.call('read', 'data/x')).status, 404)
})

test('patch merges as RFC 7396 says, needs a version, honours check-and-set', async () => {
  const engine = mount(kv, v2)
  assert.equal(await code(engine.call('patch', 'data/x', { data: { a: 1 } })), 'not-found')
  await put(engine, 'x', { a: 1, b: { c: 1, d: 2 } })
  await engine.call('patch', 'data/x', { data: { a: null, b: { c: 3 }, e: 'new' }, options: { cas: 1 } })
  assert.deepEqual((await engine.call('read', 'data/x')).data!.data, { b: { c: 3, d: 2 }, e: 'new' })
  assert.equal(await code(engine.call('patch', 'data/x', { data: {}, options: { cas: 1 } })), 'invalid')
})

test('merge patch keeps to the examples of RFC 7396', () => {
  const cases: [unknown, Record<string, unknown>, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, merged] of cases) assert.deepEqual(mergePatch(target, patch), merged)
})

test('metadata: custom strings are checked, patched, listed; removal leaves nothing', async () => {
  const engine = mount(kv, v2)
  await put(engine, 'dir/x', { a: 1 })
  await engine.call('write', 'metadata/dir/x', { custom_metadata: { owner: 'payments', kind: 'database' } })
  await engine.call('patch', 'metadata/dir/x', { custom_metadata: { kind: null, tier: '1' } })
  assert.deepEqual((await engine.call('read', 'metadata/dir/x')).data!.custom_metadata, { owner: 'payments', tier: '1' })
  assert.equal(await code(engine.call('write', 'metadata/dir/x', { custom_metadata: { a: 'x'.repeat(513) } })), 'invalid')
  assert.equal(await code(engine.call('write', 'metadata/dir/x', { custom_metadata: { a: { b: 1 } } })), 'invalid')
  await engine.call('delete', 'metadata/dir/x')
  assert.deepEqual(await engine.store.keys(''), [])
})

test('list shows a folder, scan all below it, both by pages', async () => {
  const engine = mount(kv, v2)
  for (const path of ['a', 'b/c', 'b/d/e', 'f']) await put(engine, path, { x: 1 })
  assert.deepEqual((await engine.call('list', 'metadata')).data!.keys, ['a', 'b/', 'f'])
  assert.deepEqual((await engine.call('list', 'metadata/b')).data!.keys, ['c', 'd/'])
  assert.deepEqual((await engine.call('scan', 'metadata')).data!.keys, ['a', 'b/c', 'b/d/e', 'f'])
  assert.deepEqual((await engine.call('list', 'metadata', { limit: 1, after: 'a' })).data!.keys, ['b/'])
  assert.equal((await engine.call('list', 'metadata/none')).status, 404)
  const detailed = (await engine.call('list', 'detailed-metadata')).data!.key_info as Record<string, { current_version: number }>
  assert.equal(detailed.a!.current_version, 1)
})

test('subkeys show structure without values', async () => {
  const engine = mount(kv, v2)
  await put(engine, 'x', { a: { b: { c: 'secret' } }, d: 'secret' })
  const { subkeys } = (await engine.call('read', 'subkeys/x')).data!
  assert.deepEqual(subkeys, { a: { b: { c: null } }, d: null })
  assert.deepEqual((await engine.call('read', 'subkeys/x', { depth: 1 })).data!.subkeys, { a: null, d: null })
})

test('version 1: the body is the secret', async () => {
  const engine = mount(kv, { mount: { options: { version: '1' } } })
  await engine.call('write', 'app/db', { username: 'u', ttl: '30m' })
  const read = await engine.call('read', 'app/db')
  assert.deepEqual(read.data, { username: 'u', ttl: '30m' })
  assert.equal(read.leaseDuration, 1800)
  assert.deepEqual((await engine.call('list', '')).data!.keys, ['app/'])
  assert.equal(await code(engine.call('write', 'empty', {})), 'invalid')
  await engine.call('delete', 'app/db')
  assert.equal((await engine.call('read', 'app/db')).status, 404)
})

test('what is written is read back, whatever JSON it is', async () => {
  const engine = mount(kv, v2)
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string().filter((key) => key !== '__proto__'), fc.jsonValue(), { noNullPrototype: true }), async (data) => {
      const expected: unknown = JSON.parse(JSON.stringify(data))
      await put(engine, 'any', data)
      assert.deepEqual((await engine.call('read', 'data/any')).data!.data, expected)
    }),
    { numRuns: 200 },
  )
})
