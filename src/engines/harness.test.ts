import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listChildren } from '../kit/page.ts'
import { matchPath, memoryView } from './harness.ts'

test('templates: parameters, optional ones, the rest of the path', () => {
  assert.deepEqual(matchPath('keys/:name', 'keys/a'), { name: 'a' })
  assert.deepEqual(matchPath('sign/:name/:algorithm?', 'sign/a'), { name: 'a' })
  assert.deepEqual(matchPath('data/:path*', 'data/a/b'), { path: 'a/b' })
  assert.deepEqual(matchPath('data/:path*', 'data'), { path: '' })
  for (const path of ['keys', 'keys/a/b', 'other/a']) assert.equal(matchPath('keys/:name', path), null)
})

test('transactions see their own writes and run again when what they read changed', async () => {
  const store = memoryView()
  await Promise.all(Array.from({ length: 20 }, () => store.update(async (tx) => {
    const count = (await tx.read<number>('n')) ?? 0
    await Promise.resolve()
    tx.write('n', count + 1)
    assert.equal(await tx.read<number>('n'), count + 1)
  })))
  assert.equal(await store.read<number>('n'), 20)
})

test('what is read cannot be changed by accident', async () => {
  const store = memoryView()
  await store.write('k', { inner: { list: [1] } })
  const read = await store.read<{ inner: { list: number[] } }>('k')
  assert.throws(() => read!.inner.list.push(2), TypeError)
})

test('lists are whole or by pages, folders once', async () => {
  const store = memoryView()
  for (let at = 0; at < 2500; at++) await store.write(`f/${String(at).padStart(4, '0')}`, at)
  await store.write('f/sub/a', 1)
  await store.write('f/sub/b', 1)
  const all = await listChildren(store, 'f/')
  assert.equal(all.length, 2501)
  assert.equal(all.at(-1), 'sub/')
  assert.deepEqual(await listChildren(store, 'f/', { after: '0001', limit: 2 }), ['0002', '0003'])
  assert.equal((await listChildren(store, 'f/', { limit: 1500 })).length, 1500)
})
