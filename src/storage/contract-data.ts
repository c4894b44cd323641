// What every storage backend does with keys and values: reading, listing, committing.

import assert from 'node:assert/strict'
import { Fault } from '../kit/errors.ts'
import type { Storage } from '../kit/storage.ts'
import { byBytes, bytes, listAll, putAll, refused, text, version, type Behaviour } from './contract-terms.ts'

// One key for each length of UTF-8 sequence, and around the surrogates, where UTF-16 order differs.
const letters = ['a', 'z', '~', '\x7f', '\x80', 'é', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f512}', '\u{10ffff}']

export const values: Record<string, Behaviour> = {
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

export const lists: Record<string, Behaviour> = {
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

export const commits: Record<string, Behaviour> = {
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
  'a commit gives the versions of what it put, and a feed those of what it tells, or neither tells': async (open) => {
    const [one, two] = [await open(), await open()]
    const told = new Map<string, number>()
    const feed = two.watch((keys, first) => keys?.forEach((key, at) => told.set(key, first === undefined ? 0 : first + at)))
    assert.equal(await feed.fresh(true), true)
    const batches = [['a', 'b'], ['c'], ['b', 'd']].map((keys) => ({ put: keys.map((key): [string, Uint8Array] => [key, bytes('v')]), delete: ['a', 'none'] }))
    batches[0]!.delete = []
    const firsts = await Promise.all(batches.map((batch) => one.commit(batch)))
    assert.equal(await one.commit({ delete: ['c'] }), 0)
    assert.equal(await feed.fresh(true), true)
    for (const [at, [key, batch, place]] of ([['c', 1, 0], ['b', 2, 0], ['d', 2, 1]] as const).entries()) {
      const given = firsts[batch]! === 0 ? 0 : firsts[batch]! + place
      if (key !== 'c' && given > 0) assert.equal(given, await version(two, key), key)
      if (key === 'c') assert.ok(told.get(key)! === 0 || told.get(key)! > given, `${at}: a deletion is newer than what it deletes`)
      else assert.equal(told.get(key), given, key)
    }
    feed.close()
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
          return void (await storage.commit({ expect: new Map([['count', item?.version ?? 0]]), put: [['count', bytes(String(next))]] }))
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
