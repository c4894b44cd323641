// What every storage backend must pass. `test*` functions are handed a place in which any number of
// handles on the same store can be opened; each test gets a place of its own.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as tick } from 'node:timers/promises'
import { Fault, type FaultCode } from '../kit/errors.ts'
import type { Storage } from '../kit/storage.ts'

/** An empty store: `open` gives one more handle on it, `end` removes it after its handles were closed. */
export interface Place {
  open(): Promise<Storage>
  end(): Promise<void>
}

/** Runs the suite against the backend `name`, whose empty stores `createPlace` makes. */
export function testStorage(name: string, createPlace: () => Promise<Place>): void {
  describe(`storage ${name}`, () => {
    for (const [about, run] of Object.entries(behaviours)) {
      test(about, async () => {
        const place = await createPlace()
        const handles: Storage[] = []
        const open = async (): Promise<Storage> => {
          const handle = await place.open()
          handles.push(handle)
          return handle
        }
        try {
          await run(open, createPlace)
        } finally {
          for (const handle of handles) await handle.close()
          await place.end()
        }
      })
    }
  })
}

type Behaviour = (open: () => Promise<Storage>, createPlace: () => Promise<Place>) => Promise<void>

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = async (storage: Storage, key: string): Promise<string | null> => {
  const item = await storage.get(key)
  return item && Buffer.from(item.value).toString()
}
const version = async (storage: Storage, key: string): Promise<number> => (await storage.get(key))?.version ?? 0
const putAll = (storage: Storage, keys: string[], value = 'v'): Promise<void> =>
  storage.commit({ put: keys.map((key): [string, Uint8Array] => [key, bytes(value)]) })
const refused = (run: Promise<unknown>, code: FaultCode): Promise<void> =>
  assert.rejects(run, (error) => error instanceof Fault && error.code === code)
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(new Uint8Array(chunk))
  return chunks
}

async function* stream(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function listAll(storage: Storage, prefix: string, limit: number): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const page = await storage.list(prefix, { limit, ...(all.length > 0 && { after: all.at(-1)! }) })
    assert.ok(page.length <= limit)
    all.push(...page)
    if (page.length < limit) return all
  }
}

// One key for each length of UTF-8 sequence, and around the surrogates, where UTF-16 order differs.
const letters = ['a', 'z', '~', '\x7f', '\x80', 'é', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f512}', '\u{10ffff}']

const values: Record<string, Behaviour> = {
  'a value is read as written, empty and binary ones too, until it is deleted': async (open) => {
    const storage = await open()
    assert.equal(await storage.get('a'), null)
    const binary = Uint8Array.from({ length: 256 }, (_, i) => i)
    await storage.commit({ put: [['a', binary], ['empty', new Uint8Array()]] })
    assert.deepEqual(new Uint8Array((await storage.get('a'))!.value), binary)
    assert.equal((await storage.get('empty'))!.value.byteLength, 0)
    await storage.commit({ delete: ['a', 'never there'] })
    assert.equal(await storage.get('a'), null)
    assert.deepEqual(await storage.list(''), ['empty'])
  },
  'a stored value does not follow the buffers of its writer and readers': async (open) => {
    const storage = await open()
    const given = bytes('before')
    await storage.commit({ put: [['a', given]] })
    given.fill(0)
    ;(await storage.get('a'))!.value.fill(0)
    assert.equal(await text(storage, 'a'), 'before')
  },
  'values of 8 MiB': async (open) => {
    const storage = await open()
    const large = Buffer.alloc(8 * 1024 * 1024, 'strongroom')
    await storage.commit({ put: [['large', large], ['small', bytes('s')]] })
    assert.ok(large.equals((await storage.get('large'))!.value))
    assert.equal(await text(await open(), 'small'), 's')
  },
  'keys that no backend could hold are refused, long ones kept': async (open) => {
    const storage = await open()
    const long = 'é'.repeat(1024)
    for (const key of ['', 'a\0b', '\ud800', `${long}x`]) await refused(storage.commit({ put: [['a', bytes('a')], [key, bytes('x')]] }), 'invalid')
    assert.equal(await storage.get('a'), null)
    await putAll(storage, [long])
    assert.deepEqual(await storage.list('é'), [long])
  },
  'what one handle commits every other sees, and a later one': async (open) => {
    const [one, two] = [await open(), await open()]
    await putAll(one, ['a'], '1')
    assert.equal(await text(two, 'a'), '1')
    await putAll(two, ['a'], '2')
    assert.equal(await text(one, 'a'), '2')
    assert.equal(await text(await open(), 'a'), '2')
  },
}

const lists: Record<string, Behaviour> = {
  'keys are ordered by the bytes of their UTF-8 form': async (open) => {
    const storage = await open()
    const keys = letters.flatMap((a) => ['', ...letters].map((b) => `${a}${b}`))
    await putAll(storage, keys.toReversed())
    assert.deepEqual(await storage.list(''), keys.toSorted(byBytes))
    assert.deepEqual(await listAll(storage, '', 7), keys.toSorted(byBytes))
  },
  'a prefix selects exactly the keys that begin with it': async (open) => {
    const storage = await open()
    const keys = letters.flatMap((a) => ['', ...letters].flatMap((b) => [`${a}${b}`, `${a}${b}/x`])).toSorted(byBytes)
    await putAll(storage, keys)
    for (const prefix of [...keys, 'nothing', '\u{10ffff}\u{10ffff}\u{10ffff}']) {
      assert.deepEqual(await listAll(storage, prefix, 5), keys.filter((key) => key.startsWith(prefix)), JSON.stringify(prefix))
    }
  },
  'pages begin strictly after `after`, which need not exist nor lie in the prefix': async (open) => {
    const storage = await open()
    await putAll(storage, ['a', 'b', 'b/1', 'b/2', 'b/3', 'c'])
    assert.deepEqual(await storage.list('b/', { after: 'b/1' }), ['b/2', 'b/3'])
    assert.deepEqual(await storage.list('b/', { after: 'b/11' }), ['b/2', 'b/3'])
    assert.deepEqual(await storage.list('b/', { after: 'a' }), ['b/1', 'b/2', 'b/3'])
    assert.deepEqual(await storage.list('b/', { after: 'b/' }), ['b/1', 'b/2', 'b/3'])
    assert.deepEqual(await storage.list('b/', { after: 'b/3' }), [])
    assert.deepEqual(await storage.list('b/', { after: 'c' }), [])
    assert.deepEqual(await storage.list('b', { limit: 2 }), ['b', 'b/1'])
    assert.deepEqual(await storage.list('b', { after: 'b', limit: 1 }), ['b/1'])
    assert.deepEqual(await storage.list('', { limit: 0 }), [])
    await refused(storage.list('', { limit: -1 }), 'invalid')
  },
  'a page holds 1000 keys unless told otherwise': async (open) => {
    const storage = await open()
    const keys = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(5, '0')}`)
    await putAll(storage, keys)
    assert.deepEqual(await storage.list('k/'), keys.slice(0, 1000))
    assert.deepEqual(await listAll(storage, 'k/', 999), keys)
    await storage.commit({ delete: keys.filter((_, i) => i % 2 === 0) })
    assert.deepEqual(await listAll(storage, 'k/', 600), keys.filter((_, i) => i % 2 === 1))
  },
}

const commits: Record<string, Behaviour> = {
  'a batch happens whole or not at all': async (open) => {
    const storage = await open()
    await putAll(storage, ['a', 'b'], '1')
    const expect = new Map([['a', await version(storage, 'a')], ['absent', 1]])
    await refused(storage.commit({ expect, put: [['a', bytes('2')], ['c', bytes('2')]], delete: ['b'] }), 'conflict')
    assert.deepEqual([await text(storage, 'a'), await text(storage, 'b'), await text(storage, 'c')], ['1', '1', null])
    await storage.commit({ put: [['a', bytes('2')], ['c', bytes('2')]], delete: ['b', 'c'] })
    assert.deepEqual(await storage.list(''), ['a'])
    await storage.commit({})
  },
  'the last put of a key in a batch counts': async (open) => {
    const storage = await open()
    await storage.commit({ put: [['a', bytes('1')], ['a', bytes('2')]] })
    assert.equal(await text(storage, 'a'), '2')
  },
  'expectations: the version read, 0 for an absent key, keys that are only read': async (open) => {
    const [one, two] = [await open(), await open()]
    await one.commit({ expect: new Map([['a', 0]]), put: [['a', bytes('1')]] })
    await refused(two.commit({ expect: new Map([['a', 0]]), put: [['a', bytes('2')]] }), 'conflict')
    const first = await version(two, 'a')
    await two.commit({ expect: new Map([['a', first]]), put: [['a', bytes('3')]] })
    await refused(one.commit({ expect: new Map([['a', first]]), put: [['b', bytes('4')]] }), 'conflict')
    await refused(one.commit({ expect: new Map([['a', first]]) }), 'conflict')
    await one.commit({ expect: new Map([['a', await version(one, 'a')], ['b', 0]]), delete: ['a'] })
    await one.commit({ expect: new Map([['a', 0]]), put: [['b', bytes('5')]] })
    assert.deepEqual([await text(two, 'a'), await text(two, 'b')], [null, '5'])
  },
  'versions grow, and a key that comes back never has an old one': async (open) => {
    const storage = await open()
    let last = 0
    for (let i = 0; i < 5; i++) {
      await putAll(storage, ['a', 'b'])
      const now = await version(storage, 'a')
      assert.ok(now > last)
      last = now
      if (i % 2) await storage.commit({ delete: ['a', 'b'] })
    }
  },
  'of many who read the same version one wins each round': async (open) => {
    const handles = [await open(), await open()]
    const add = async (storage: Storage): Promise<void> => {
      for (let attempt = 0; attempt < 1000; attempt++) {
        const item = await storage.get('count')
        const next = Number(item ? Buffer.from(item.value).toString() : 0) + 1
        try {
          return await storage.commit({ expect: new Map([['count', item?.version ?? 0]]), put: [['count', bytes(String(next))]] })
        } catch (error) {
          if (!(error instanceof Fault && error.code === 'conflict')) throw error
        }
      }
      throw new Error('never won')
    }
    await Promise.all(Array.from({ length: 30 }, (_, i) => add(handles[i % 2]!)))
    assert.equal(await text(handles[0]!, 'count'), '30')
  },
  'a conflict fails alone among many concurrent writers, and none deadlock': async (open) => {
    const handles = [await open(), await open()]
    const shared = Array.from({ length: 8 }, (_, i) => `shared/${i}`)
    const outcomes = await Promise.allSettled(Array.from({ length: 600 }, (_, i) => handles[i % 2]!.commit({
      ...(i % 3 === 0 && { expect: new Map([['missing', 7]]) }),
      put: [[`own/${String(i).padStart(3, '0')}`, bytes(String(i))], [shared[i % 8]!, bytes('x')], [shared[(i * 5 + 3) % 8]!, bytes('y')]],
    })))
    for (const [i, outcome] of outcomes.entries()) assert.equal(outcome.status, i % 3 === 0 ? 'rejected' : 'fulfilled', String(i))
    assert.equal((await handles[0]!.list('own/')).length, 400)
  },
  'a batch of thousands of keys': async (open) => {
    const storage = await open()
    const keys = Array.from({ length: 5000 }, (_, i) => `k/${i}`)
    await Promise.all([putAll(storage, keys), putAll(storage, ['other'])])
    assert.equal((await listAll(storage, 'k/', 1000)).length, 5000)
  },
}

const feeds: Record<string, Behaviour> = {
  'a feed tells own and foreign changes before it says fresh': async (open) => {
    const [one, two] = [await open(), await open()]
    const told = new Set<string>()
    const feed = one.watch((keys) => keys?.forEach((key) => told.add(key)))
    assert.equal(await feed.fresh(true), true)
    for (const [handle, key] of [[one, 'own'], [two, 'foreign'], [one, 'again']] as const) {
      await putAll(handle, [key])
      assert.equal(await feed.fresh(true), true)
      assert.ok(told.has(key), key)
    }
    told.clear()
    await two.commit({ delete: ['own'], put: [['more', bytes('m')]] })
    assert.equal(await feed.fresh(true), true)
    assert.deepEqual([...told].toSorted(), ['more', 'own'])
    feed.close()
  },
  'no change is missed in many rounds against a handle that writes': async (open) => {
    const [one, two] = [await open(), await open()]
    const told = new Set<string>()
    const feed = one.watch((keys) => keys?.forEach((key) => told.add(key)))
    assert.equal(await feed.fresh(true), true)
    let last = -1
    const writing = (async () => {
      for (let i = 0; i < 300; i++) {
        await putAll(two, [`k/${i}`])
        last = i
      }
    })()
    while (last < 299) {
      const durable = last
      assert.equal(await feed.fresh(true), true)
      for (let i = 0; i <= durable; i++) assert.ok(told.has(`k/${i}`), `k/${i}`)
      await tick()
    }
    await writing
    feed.close()
  },
  'a handle may have several feeds; one that is closed hears nothing': async (open) => {
    const storage = await open()
    const heard = [new Set<string>(), new Set<string>()]
    const feeds = heard.map((set) => storage.watch((keys) => keys?.forEach((key) => set.add(key))))
    for (const feed of feeds) assert.equal(await feed.fresh(true), true)
    await putAll(storage, ['a'])
    for (const feed of feeds) assert.equal(await feed.fresh(true), true)
    feeds[0]!.close()
    await putAll(storage, ['b'])
    assert.equal(await feeds[0]!.fresh(true), false)
    assert.equal(await feeds[1]!.fresh(true), true)
    assert.deepEqual(heard, [new Set(['a']), new Set(['a', 'b'])])
    feeds[1]!.close()
  },
}

const locks: Record<string, Behaviour> = {
  'a named lock has one holder and is handed over': async (open) => {
    const handles = [await open(), await open()]
    let holders = 0
    let most = 0
    await Promise.all(Array.from({ length: 6 }, async (_, i) => {
      const lock = await handles[i % 2]!.lock('job')
      most = Math.max(most, ++holders)
      await tick()
      holders--
      assert.equal(lock.lost.aborted, false)
      await lock.release()
      await lock.release()
    }))
    assert.equal(most, 1)
  },
  'locks of different names do not wait for each other': async (open) => {
    const storage = await open()
    const held = [await storage.lock('a'), await storage.lock('b/../..\0ü')]
    for (const lock of held) await lock.release()
  },
  'waiting ends with the signal, and whoever waits behind still gets the lock': async (open) => {
    const [one, two] = [await open(), await open()]
    for (const handle of [one, two]) {
      const held = await one.lock('job')
      const stop = new AbortController()
      const waiting = handle.lock('job', stop.signal)
      const behind = handle.lock('job')
      await tick()
      stop.abort(new Error('stop'))
      await assert.rejects(waiting, /stop/)
      await assert.rejects(handle.lock('job', stop.signal), /stop/)
      await held.release()
      await (await behind).release()
    }
  },
  'who closes its handle loses its locks to others': async (open) => {
    const [one, two] = [await open(), await open()]
    const lock = await one.lock('job')
    const waiting = two.lock('job')
    const lost = new Promise((resolve) => lock.lost.addEventListener('abort', resolve))
    await one.close()
    await lost
    await lock.release()
    await (await waiting).release()
  },
}

const copies: Record<string, Behaviour> = {
  'a backup taken while others write is one consistent state, versions included': async (open, createPlace) => {
    const storage = await open()
    const pair = (i: number): Promise<void> => putAll(storage, ['left', 'right', `k/${i}`], String(i))
    await putAll(storage, Array.from({ length: 3000 }, (_, i) => `filler/${i}`), 'x'.repeat(200))
    await pair(0)
    let writing = true
    const writer = (async () => {
      for (let i = 1; writing; i++) await pair(i)
    })()
    const chunks = await collect(storage.backup())
    writing = false
    await writer
    const place = await createPlace()
    const copy = await place.open()
    let dropped = 0
    const feed = copy.watch((keys) => keys ?? dropped++)
    await copy.restore(stream(chunks))
    assert.equal(await feed.fresh(true), true)
    assert.ok(dropped > 0, 'watchers drop their caches')
    const last = Number(await text(copy, 'left'))
    assert.equal(await text(copy, 'right'), String(last))
    assert.equal((await listAll(copy, 'k/', 1000)).length, last + 1)
    assert.equal((await listAll(copy, 'filler/', 1000)).length, 3000)
    assert.equal(await version(copy, 'filler/7'), await version(storage, 'filler/7'))
    const newest = await version(copy, 'right')
    await putAll(copy, ['right'])
    assert.ok((await version(copy, 'right')) > newest)
    await copy.close()
    await place.end()
  },
  'a store that is not empty is not restored into': async (open) => {
    const storage = await open()
    await putAll(storage, ['a'], '1')
    const chunks = await collect(storage.backup())
    await putAll(storage, ['a'], '2')
    await refused(storage.restore(stream(chunks)), 'precondition')
    assert.equal(await text(storage, 'a'), '2')
    await storage.commit({ delete: ['a'] })
    await storage.restore(stream(chunks))
    assert.equal(await text(storage, 'a'), '1')
  },
  'a damaged or shortened backup leaves the store empty': async (open, createPlace) => {
    const storage = await open()
    await putAll(storage, Array.from({ length: 2000 }, (_, i) => `k/${i}`), 'x'.repeat(100))
    const whole = Buffer.concat(await collect(storage.backup()))
    const place = await createPlace()
    const copy = await place.open()
    for (const part of [0, 3, whole.length >> 1, whole.length - 1]) {
      await refused(copy.restore(stream([whole.subarray(0, part)])), 'invalid')
      assert.deepEqual(await copy.list(''), [])
    }
    await copy.close()
    await place.end()
  },
  'close waits for what was asked, then everything fails as unavailable': async (open) => {
    const storage = await open()
    const asked = Array.from({ length: 20 }, (_, i) => putAll(storage, [`k/${i}`]))
    await storage.close()
    await storage.close()
    await Promise.all(asked)
    await refused(putAll(storage, ['late']), 'unavailable')
    await refused(storage.get('k/1'), 'unavailable')
    await refused(storage.list(''), 'unavailable')
    await refused(storage.lock('job'), 'unavailable')
    assert.equal((await (await open()).list('k/')).length, 20)
  },
}

const behaviours: Record<string, Behaviour> = { ...values, ...lists, ...commits, ...feeds, ...locks, ...copies }
