import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Fault } from '../kit/errors.ts'
import type { Batch, Feed, Item, Lock, Page, Storage } from '../kit/storage.ts'
import { Barrier } from './barrier.ts'

/** The least that a storage can be; `hold` stops reads until it resolves. */
class Shelf implements Storage {
  items = new Map<string, Item>()
  listeners = new Set<(keys: string[] | null) => void>()
  version = 0
  lists = 0
  gets = 0
  hold: Promise<void> | null = null
  isFresh = true

  async get(key: string): Promise<Item | null> {
    this.gets++
    const item = this.items.get(key) ?? null
    await this.hold
    return item
  }
  async list(prefix: string, { after, limit = 1000 }: Page = {}): Promise<string[]> {
    this.lists++
    const keys = [...this.items.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const behind = (key: string) => after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0
    return keys.filter((key) => key.startsWith(prefix) && behind(key)).slice(0, limit)
  }
  async commit(batch: Batch): Promise<void> {
    for (const [key, version] of batch.expect ?? []) {
      if ((this.items.get(key)?.version ?? 0) !== version) throw new Fault('conflict')
    }
    this.version++
    for (const [key, value] of batch.put ?? []) this.items.set(key, { value: Buffer.from(value), version: this.version })
    for (const key of batch.delete ?? []) this.items.delete(key)
    const keys = [...(batch.put ?? []).map(([key]) => key), ...(batch.delete ?? [])]
    for (const listener of this.listeners) listener(keys)
  }
  watch(changed: (keys: string[] | null) => void): Feed {
    this.listeners.add(changed)
    return { fresh: () => this.isFresh, close: () => void this.listeners.delete(changed) }
  }
  async lock(): Promise<Lock> {
    throw new Error('no locks here')
  }
  async *backup(): AsyncIterable<Uint8Array> {}
  async restore(): Promise<void> {}
  async close(): Promise<void> {}
}

async function openBarrier(shelf = new Shelf(), root = randomBytes(32)) {
  const barrier = new Barrier(shelf)
  if (!(await barrier.initialized())) await barrier.initialize(root)
  await barrier.unseal(root)
  return { barrier, shelf, root, view: barrier.view('') }
}

const code = (expected: string) => (error: unknown) => error instanceof Fault && error.code === expected

test('values come back, and nothing of them lies in the storage', async () => {
  const { view, shelf } = await openBarrier()
  await view.at('kv/').put('a', Buffer.from('a canary value'))
  await view.write('kv/b', { canary: ['value'] })
  assert.equal(String(await view.get('kv/a')), 'a canary value')
  assert.deepEqual(await view.at('kv/').read('b'), { canary: ['value'] })
  assert.equal(await view.get('kv/none'), null)
  assert.equal(await view.read('kv/none'), null)
  for (const { value } of shelf.items.values()) assert.ok(!Buffer.from(value).includes('canary'))
  await view.delete('kv/a')
  assert.equal(await view.get('kv/a'), null)
})

test('initialises once, opens with its own key alone, and forgets everything when sealed', async () => {
  const { barrier, view, root } = await openBarrier()
  await view.write('a', 1)
  await assert.rejects(barrier.initialize(root), code('invalid'))
  barrier.fresh()
  assert.equal(await view.read('a'), 1)
  barrier.seal()
  assert.ok(barrier.sealed)
  for (const attempt of [() => view.read('a'), () => view.get('a'), () => view.write('a', 2), () => view.keys(''), () => barrier.rotate()]) {
    await assert.rejects(attempt(), code('sealed'))
  }
  assert.throws(() => barrier.keyStatus(), code('sealed'))
  await assert.rejects(barrier.unseal(randomBytes(32)), code('denied'))
  await assert.rejects(new Barrier(new Shelf()).unseal(root), code('not-initialized'))
  await barrier.unseal(root)
  assert.equal(await view.read('a'), 1)
})

test('a ciphertext that was moved, swapped, cut or altered in any bit does not open', async () => {
  const { view, shelf } = await openBarrier()
  await view.put('a', Buffer.from('one'))
  await view.put('b', Buffer.from('two'))
  const [a, b] = [shelf.items.get('a')!, shelf.items.get('b')!]
  const refused = async (value: Uint8Array) => {
    shelf.items.set('a', { value, version: a.version })
    await assert.rejects(view.get('a'), code('internal'))
  }
  await refused(b.value)
  await refused(Buffer.alloc(0))
  for (let length = 1; length < a.value.length; length += 3) await refused(a.value.slice(0, length))
  for (let bit = 0; bit < a.value.length * 8; bit++) {
    const altered = Buffer.from(a.value)
    altered[bit >> 3]! ^= 1 << (bit & 7)
    await refused(altered)
  }
  shelf.items.set('a', a)
  assert.equal(String(await view.get('a')), 'one')
})

test('nonces are unique', async () => {
  const { view, shelf } = await openBarrier()
  const nonces = new Set<string>()
  for (let i = 0; i < 2000; i++) {
    await view.put('a', Buffer.from('x'))
    nonces.add(Buffer.from(shelf.items.get('a')!.value.slice(5, 17)).toString('hex'))
  }
  assert.equal(nonces.size, 2000)
})

test('rotation keeps old values readable, and other processes follow rotations and rekeys', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  await view.write('old', 1)
  assert.equal(await barrier.rotate(), 2)
  await view.write('new', 2)
  assert.equal(shelf.items.get('new')!.value[4], 2)
  assert.equal(await other.view.read('new'), 2)
  assert.equal(await other.view.read('old'), 1)
  const newRoot = randomBytes(32)
  await barrier.rekey(newRoot)
  assert.equal(await other.barrier.rotate(), 3)
  assert.ok(other.barrier.verify(newRoot) && !other.barrier.verify(root))
  await other.view.write('newer', 3)
  assert.equal(await view.read('newer'), 3)
  const third = new Barrier(shelf)
  await assert.rejects(third.unseal(root), code('denied'))
  await third.unseal(newRoot)
  assert.equal(await third.view('').read('old'), 1)
})

test('processes that rotate at the same time lose no term', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  await Promise.all([barrier.rotate(), other.barrier.rotate(), barrier.rotate(), other.view.write('a', 1)])
  await view.write('b', 2)
  assert.equal(barrier.keyStatus().term, 4)
  assert.equal(await other.view.read('b'), 2)
  assert.equal(await view.read('a'), 1)
})

test('rotates by itself once the count of encryptions is reached, whichever process made them', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  await assert.rejects(barrier.setRotationConfig({ enabled: true, maxOperations: 10, interval: 0 }), code('invalid'))
  await assert.rejects(barrier.setRotationConfig({ enabled: true, maxOperations: 2_000_000, interval: 60 }), code('invalid'))
  await barrier.setRotationConfig({ enabled: true, maxOperations: 1_000_000, interval: 0 })
  await view.write('core/key-usage', { 1: 999_990 })
  const later = await openBarrier(shelf, root)
  assert.equal(later.barrier.keyStatus().encryptions, 999_990)
  await later.view.write('a', 1)
  for (let i = 0; i < 1000 && later.barrier.keyStatus().term === 1; i++) await new Promise(setImmediate)
  assert.equal(later.barrier.keyStatus().term, 2)
  assert.ok(later.barrier.keyStatus().encryptions < 100)
  assert.equal(await view.read('a'), 1)
})

test('parsed objects are kept only while the storage vouches for them', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  await view.write('a', { n: 1 })
  barrier.fresh()
  const first = await view.read('a')
  assert.equal(await view.read('a'), first)
  await other.view.write('a', { n: 2 })
  assert.deepEqual(await view.read('a'), { n: 2 })
  const gets = shelf.gets
  await view.read('a')
  assert.equal(shelf.gets, gets)
  shelf.isFresh = false
  barrier.fresh()
  await view.read('a')
  assert.equal(shelf.gets, gets + 1)
})

test('a value read before a change is not kept after it', async () => {
  const { barrier, view, shelf } = await openBarrier()
  await view.write('a', 1)
  barrier.fresh()
  let release = () => {}
  shelf.hold = new Promise((resolve) => (release = resolve))
  const slow = view.read('a')
  const written = view.write('a', 2)
  shelf.hold = null
  await written
  release()
  assert.equal(await slow, 1)
  assert.equal(await view.read('a'), 2)
})

test('a read that began before sealing leaves nothing behind', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  await view.write('a', 1)
  barrier.fresh()
  let release = () => {}
  shelf.hold = new Promise((resolve) => (release = resolve))
  const slow = view.read('a')
  barrier.seal()
  release()
  shelf.hold = null
  await assert.rejects(slow, code('sealed'))
  await barrier.unseal(root)
  const gets = shelf.gets
  await view.read('a')
  assert.ok(shelf.gets > gets)
})

test('concurrent updates of one key all count', async () => {
  const { view, shelf, root } = await openBarrier()
  const other = (await openBarrier(shelf, root)).view
  const increment = (through: typeof view) =>
    through.update(async (tx) => {
      const n = ((await tx.read<number>('n')) ?? 0) + 1
      tx.write('n', n)
      assert.equal(await tx.read('n'), n)
      return n
    })
  const results = await Promise.all(Array.from({ length: 12 }, (_, i) => increment(i % 2 ? view : other)))
  assert.deepEqual(results.sort((a, b) => a - b), Array.from({ length: 12 }, (_, i) => i + 1))
  assert.equal(await view.read('n'), 12)
})

test('an update that throws stores nothing, and one that never wins gives up', async () => {
  const { view, shelf } = await openBarrier()
  await assert.rejects(view.update((tx) => {
    tx.write('a', 1)
    throw new Error('no')
  }), /no/)
  assert.equal(await view.get('a'), null)
  let tries = 0
  await assert.rejects(view.update(async (tx) => {
    tries++
    await tx.get('a')
    shelf.items.set('a', { value: Buffer.from('x'), version: ++shelf.version })
    tx.delete('a')
    shelf.items.delete('a')
    await view.put('a', Buffer.from('y'))
  }), code('conflict'))
  assert.equal(tries, 20)
})

test('children collapse folders, at the cost of what they show', async () => {
  const { view, shelf } = await openBarrier()
  const kv = view.at('kv/')
  await view.put('kw', Buffer.from('outside'))
  for (let i = 0; i < 100; i++) await kv.put(`folder/${i}`, Buffer.from('x'))
  for (const key of ['a', 'a/b', 'a/c/d', 'a-b', 'folder', 'folder0', 'z/\u{10ffff}x', 'z/y', 'é/x']) await kv.put(key, Buffer.from('x'))
  const all = ['a', 'a-b', 'a/', 'folder', 'folder/', 'folder0', 'z/', 'é/']
  shelf.lists = 0
  assert.deepEqual(await kv.children(''), all)
  assert.ok(shelf.lists <= 3, `${shelf.lists} lists`)
  assert.deepEqual(await kv.children('a/'), ['b', 'c/'])
  assert.deepEqual(await kv.children('none/'), [])
  const paged: string[] = []
  for (;;) {
    const page = await kv.children('', { limit: 2, ...(paged.length ? { after: paged.at(-1)! } : {}) })
    paged.push(...page)
    if (page.length < 2) break
  }
  assert.deepEqual(paged, all)
  assert.deepEqual(await kv.keys('a', { limit: 2, after: 'a' }), ['a-b', 'a/b'])
})

test('tells which keys changed, by whomever', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  const told: (string[] | null)[] = []
  barrier.onChange((keys) => told.push(keys))
  await other.view.write('core/mounts', 1)
  await view.write('core/own', 1)
  for (const listener of shelf.listeners) listener(null)
  assert.ok(told.some((keys) => keys?.includes('core/mounts')))
  assert.ok(told.some((keys) => keys?.includes('core/own')))
  assert.ok(told.includes(null))
})
