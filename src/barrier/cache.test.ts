import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Storage } from '../kit/storage.ts'
import type { View } from '../kit/view.ts'
import { createMemory, openMemory } from '../storage/memory/index.ts'
import { openSqlite } from '../storage/sqlite/index.ts'
import { Barrier } from './barrier.ts'
import { Cache } from './cache.ts'

test('what is behind a change is dropped, what is as new stays, and without versions all goes', () => {
  const cache = new Cache<string>(10)
  const put = (key: string, value: string, version: number): void => cache.settle(key, cache.expect(key), { value, version })
  put('a', 'one', 5)
  put('b', 'two', 6)
  cache.drop(['a', 'b'], 5)
  assert.deepEqual([cache.get('a')?.value, cache.get('b')?.value], ['one', 'two'])
  cache.drop(['b', 'a'], 6)
  assert.deepEqual([cache.get('a'), cache.get('b')?.value], [undefined, 'two'])
  cache.drop(['b'])
  assert.equal(cache.get('b'), undefined)
})

test('a value that was on its way while its key changed is kept only where it is that change or a newer one', () => {
  const cache = new Cache<string>(10)
  const arrives = (told: number | undefined, version: number): string | undefined => {
    const awaited = cache.expect('a')
    cache.drop(['a'], told)
    cache.settle('a', awaited, { value: `v${version}`, version })
    return cache.get('a')?.value ?? undefined
  }
  assert.equal(arrives(7, 7), 'v7')
  assert.equal(arrives(8, 9), 'v9')
  assert.equal(arrives(11, 10), undefined)
  assert.equal(arrives(undefined, 12), undefined)
  const [first, second] = [cache.expect('a'), cache.expect('a')]
  cache.settle('a', second, { value: 'later', version: 14 })
  cache.settle('a', first, { value: 'earlier', version: 13 })
  assert.equal(cache.get('a')?.value, 'later')
  const lost = cache.expect('a')
  cache.clear()
  cache.settle('a', lost, { value: 'before', version: 15 })
  assert.equal(cache.get('a'), undefined)
})

test('while a value is on its way the former one is read; where it never comes, all is as before', () => {
  const cache = new Cache<string>(4)
  cache.settle('a', cache.expect('a'), { value: 'one', version: 1 })
  const failing = cache.expect('a')
  assert.equal(cache.get('a')?.value, 'one')
  cache.abandon('a', failing)
  assert.equal(cache.get('a')?.value, 'one')
  cache.abandon('b', cache.expect('b'))
  assert.equal(cache.get('b'), undefined)
  const slow = cache.expect('slow')
  for (const key of ['c', 'd', 'e', 'f', 'g']) cache.settle(key, cache.expect(key), { value: key, version: 2 })
  cache.settle('slow', slow, { value: 'late', version: 3 })
  assert.deepEqual([cache.get('slow'), cache.get('g')?.value], [undefined, 'g'])
  const none = new Cache<string>(0)
  none.settle('a', none.expect('a'), { value: 'one', version: 1 })
  assert.equal(none.get('a'), undefined)
})

interface Record {
  n: number
}

const decode = ({ n }: { n: number }): Record => ({ n: n * 10 })

/** Two barriers over one store, and how often the first one read the key. */
async function twoOver(open: () => Storage): Promise<{ one: Barrier; two: Barrier; reads(): number; end(): Promise<void> }> {
  const key = randomBytes(32)
  const [storage, other] = [open(), open()]
  let reads = 0
  const one = new Barrier({ ...storage, get: (name) => (name === 'v/a' && reads++, storage.get(name)) })
  const two = new Barrier(other)
  await one.initialize(key)
  await one.unseal(key)
  await two.unseal(key)
  return { one, two, reads: () => reads, end: async () => void (await Promise.all([storage.close(), other.close()])) }
}

async function behaves(open: () => Storage): Promise<void> {
  const { one, two, reads, end } = await twoOver(open)
  const [mine, theirs] = [one.view('v/'), two.view('v/')]
  const share = (view: View, n: number): Promise<void> => view.update((tx) => tx.share('a', { n }, { n: n * 10 }))
  const seen = (view: View, barrier: Barrier): Promise<Record | null> => {
    barrier.fresh()
    return view.read<Record>('a', decode)
  }
  const add = (view: View): Promise<number> =>
    view.update(async (tx) => {
      const n = (await tx.shared<Record>('a', decode))!.n / 10 + 1
      tx.share('a', { n }, { n: n * 10 })
      return n
    })
  await share(mine, 1)
  assert.deepEqual(await seen(mine, one), { n: 10 })
  assert.equal(await seen(mine, one), await mine.read('a', decode))
  assert.equal(await add(mine), 2)
  assert.equal(reads(), 0, 'what was written is not read back')
  assert.deepEqual(await seen(theirs, two), { n: 20 })
  await share(theirs, 7)
  // Not asked since: what is kept here is behind, and the commit tells.
  assert.equal(await add(mine), 8)
  assert.ok(reads() > 0)
  assert.deepEqual([await seen(mine, one), await seen(theirs, two)], [{ n: 80 }, { n: 80 }])
  const before = await seen(mine, one)
  await assert.rejects(mine.update((tx) => (tx.share('a', { n: 9 }), Promise.reject(new Error('no')))), /no/)
  assert.equal(await seen(mine, one), before)
  await theirs.delete('a')
  assert.equal(await seen(mine, one), null)
  await mine.update((tx) => {
    tx.share('a', { n: 3 }, { n: 30 })
    tx.delete('a')
  })
  assert.equal(await seen(mine, one), null)
  await share(mine, 0)
  const rounds = 10
  const adder = async (view: View, barrier: Barrier): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      barrier.fresh()
      await add(view)
    }
  }
  await Promise.all([adder(mine, one), adder(mine, one), adder(theirs, two), adder(theirs, two)])
  assert.deepEqual([await seen(mine, one), await seen(theirs, two)], [{ n: rounds * 40 }, { n: rounds * 40 }])
  one.seal()
  await assert.rejects(mine.read('a'))
  await end()
}

test('of a distant store, which may tell of changes late, a transaction reads what is stored now', async () => {
  const memory = createMemory()
  const late: Storage = { ...openMemory(memory), distant: true, watch: () => ({ fresh: () => true, close() {} }) }
  const [key, barrier] = [randomBytes(32), new Barrier(late)]
  await barrier.initialize(key)
  await barrier.unseal(key)
  const other = new Barrier(openMemory(memory))
  await other.unseal(key)
  barrier.fresh()
  await barrier.view('v/').write('a', { n: 1 })
  assert.deepEqual(await barrier.view('v/').read('a'), { n: 1 })
  await other.view('v/').write('a', { n: 2 })
  assert.deepEqual(await barrier.view('v/').read('a'), { n: 1 })
  assert.deepEqual(await barrier.view('v/').update((tx) => tx.shared('a')), { n: 2 })
})

test('a shared record is kept as it was written until anybody changes it: in memory', () => {
  const memory = createMemory()
  return behaves(() => openMemory(memory))
})

test('a shared record is kept as it was written until anybody changes it: in a file of two writers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-cache-'))
  try {
    await behaves(() => openSqlite(join(folder, 'store.db')))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
