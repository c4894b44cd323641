import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../kit/errors.ts'
import type { Storage } from '../kit/storage.ts'
import { createMemory, openMemory } from '../storage/memory/index.ts'
import { Barrier } from './barrier.ts'

/** A storage in memory whose bytes can be altered, whose reads can be held up and counted, whose feed can fall silent. */
class Shelf {
  readonly #memory = createMemory()
  gets = 0
  lists = 0
  hold: Promise<void> | null = null
  fresh = true

  /** As one more process sees it. */
  open(): Storage {
    const storage = openMemory(this.#memory)
    return {
      ...storage,
      get: async (key) => {
        this.gets++
        const item = await storage.get(key)
        await this.hold
        return item
      },
      list: (prefix, page) => {
        this.lists++
        return storage.list(prefix, page)
      },
      watch: (changed) => ({ ...storage.watch(changed), fresh: () => this.fresh }),
    }
  }

  async bytes(key: string): Promise<Buffer> {
    return Buffer.from((await openMemory(this.#memory).get(key))!.value)
  }

  alter(key: string, value: Uint8Array): Promise<number> {
    return openMemory(this.#memory).commit({ put: [[key, value]] })
  }

  keys(): Promise<string[]> {
    return openMemory(this.#memory).list('')
  }

  /** What a feed tells that lost its place. */
  loseTrack(): void {
    for (const watcher of this.#memory.watchers) watcher(null)
  }
}

async function openBarrier(shelf = new Shelf(), root = randomBytes(32)) {
  const barrier = new Barrier(shelf.open())
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
  for (const key of await shelf.keys()) assert.ok(!(await shelf.bytes(key)).includes('canary'))
  await view.delete('kv/a')
  assert.equal(await view.get('kv/a'), null)
})

test('initialises once, opens with its own key alone, and forgets everything when sealed', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
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
  await assert.rejects(new Barrier(new Shelf().open()).unseal(root), code('not-initialized'))
  await barrier.unseal(root)
  barrier.fresh()
  const { gets } = shelf
  assert.equal(await view.read('a'), 1)
  assert.ok(shelf.gets > gets)
})

test('a ciphertext that was moved, swapped, cut or altered in any bit does not open', async () => {
  const { view, shelf } = await openBarrier()
  await view.put('a', Buffer.from('one'))
  await view.put('b', Buffer.from('two'))
  const [a, b] = [await shelf.bytes('a'), await shelf.bytes('b')]
  const refused = async (value: Uint8Array) => {
    await shelf.alter('a', value)
    await assert.rejects(view.get('a'), code('internal'))
  }
  await refused(b)
  for (let length = 1; length < a.length; length += 3) await refused(a.subarray(0, length))
  for (let bit = 0; bit < a.length * 8; bit++) {
    const altered = Buffer.from(a)
    altered[bit >> 3]! ^= 1 << (bit & 7)
    await refused(altered)
  }
  // Cut to nothing it is gone, as if it were deleted.
  await shelf.alter('a', Buffer.alloc(0))
  assert.equal(await view.get('a'), null)
  await shelf.alter('a', a)
  assert.equal(String(await view.get('a')), 'one')
})

test('of a distant store sealed values are kept: while they may be used, and until they change', async () => {
  const shelf = new Shelf()
  let asked = 0
  const storage = shelf.open()
  const barrier = new Barrier({ ...storage, distant: true, get: (key) => (key.startsWith('v/') && asked++, storage.get(key)) })
  const key = Buffer.alloc(32, 1)
  await barrier.initialize(key)
  await barrier.unseal(key)
  const view = barrier.view('v/')
  const get = async (name: string): Promise<string | null> => ((found) => found && String(found))(await view.get(name))
  await view.put('a', Buffer.from('one'))
  await view.put('long', Buffer.alloc(5000))
  barrier.fresh()
  asked = 0
  for (let i = 0; i < 3; i++) assert.deepEqual([await get('a'), await get('none')], ['one', null])
  assert.equal(asked, 2)
  await view.put('a', Buffer.from('two'))
  assert.equal(await get('a'), 'two')
  asked = 0
  await view.get('long')
  await view.get('long')
  assert.equal(asked, 2)
  // A transaction judges by what is stored now.
  await view.update(async (tx) => tx.put('b', (await tx.get('a'))!))
  assert.equal(asked, 3)
  shelf.fresh = false
  barrier.fresh()
  assert.equal(await get('a'), 'two')
  assert.equal(asked, 4)
  barrier.seal()
  await assert.rejects(view.get('a'), code('sealed'))
})

test('a mark is a key without a value: listed, absent to reads, and told from an empty value', async () => {
  const { view, shelf } = await openBarrier()
  await view.update((tx) => {
    tx.mark('m/a')
    tx.put('m/b', new Uint8Array(0))
  })
  assert.deepEqual(await view.children('m/'), ['a', 'b'])
  assert.equal((await shelf.bytes('m/a')).length, 0)
  assert.equal(await view.get('m/a'), null)
  assert.equal((await view.get('m/b'))?.length, 0)
  await view.update(async (tx) => {
    assert.equal(await tx.get('m/a'), null)
    tx.mark('m/c')
    assert.equal(await tx.read('m/c'), null)
    tx.delete('m/a')
  })
  assert.deepEqual(await view.children('m/'), ['b', 'c'])
})

test('nonces are unique', async () => {
  const { view, shelf } = await openBarrier()
  const nonces = new Set<string>()
  for (let i = 0; i < 2000; i++) {
    await view.put('a', Buffer.from('x'))
    nonces.add((await shelf.bytes('a')).toString('hex', 5, 17))
  }
  assert.equal(nonces.size, 2000)
})

test('rotation keeps old values readable, and other processes follow rotations and rekeys', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  await view.write('old', 1)
  assert.equal(await barrier.rotate(), 2)
  await view.write('new', 2)
  assert.equal((await shelf.bytes('new'))[4], 2)
  assert.equal(await other.view.read('new'), 2)
  assert.equal(await other.view.read('old'), 1)
  const newRoot = randomBytes(32)
  await barrier.rekey(newRoot)
  assert.equal(await other.barrier.rotate(), 3)
  assert.ok(other.barrier.verify(newRoot) && !other.barrier.verify(root))
  await other.view.write('newer', 3)
  assert.equal(await view.read('newer'), 3)
  const third = new Barrier(shelf.open())
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
  shelf.fresh = false
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

test('an update that read two versions of one key runs again', async () => {
  const { view } = await openBarrier()
  await view.write('a', 1)
  const seen: unknown[] = []
  await view.update(async (tx) => {
    const before = await tx.read('a')
    if (seen.length === 0) await view.write('a', 2)
    seen.push([before, await tx.read('a')])
    tx.write('b', before)
  })
  assert.deepEqual(seen, [[1, 2], [2, 2]])
  assert.equal(await view.read('b'), 2)
})

test('an update that throws stores nothing, and one that never wins gives up', async () => {
  const { view } = await openBarrier()
  await assert.rejects(view.update((tx) => {
    tx.write('a', 1)
    throw new Error('no')
  }), /no/)
  assert.equal(await view.get('a'), null)
  let tries = 0
  await assert.rejects(view.update(async (tx) => {
    tries++
    await tx.get('a')
    tx.delete('a')
    await view.put('a', Buffer.from('of another'))
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

test('children, page by page, are those of all keys', async () => {
  const segment = fc.constantFrom('a', 'b', 'a-', 'a0', 'é', '\u{10ffff}', '\u{10fffe}')
  const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
  await fc.assert(fc.asyncProperty(fc.uniqueArray(key, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), async (keys, limit) => {
    const { view, barrier } = await openBarrier()
    await view.at('kv/').update((tx) => keys.forEach((name) => tx.put(name, Buffer.from('x'))))
    const expected = [...new Set(keys.toSorted(bytewise).map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/') + 1) : name)))]
    const found: string[] = []
    for (let page: string[] = []; found.length === 0 || page.length === limit; found.push(...page)) {
      page = await view.at('kv/').children('', { limit, ...(found.length > 0 && { after: found.at(-1)! }) })
      if (page.length === 0) break
    }
    assert.deepEqual(found, expected)
    barrier.close()
  }), { numRuns: 60 })
})

test('tells which keys changed, by whomever', async () => {
  const { barrier, view, shelf, root } = await openBarrier()
  const other = await openBarrier(shelf, root)
  const told: (string[] | null)[] = []
  barrier.onChange((keys) => told.push(keys))
  await other.view.write('core/mounts', 1)
  await view.write('core/own', 1)
  shelf.loseTrack()
  assert.ok(told.some((keys) => keys?.includes('core/mounts')))
  assert.ok(told.some((keys) => keys?.includes('core/own')))
  assert.ok(told.includes(null))
})
