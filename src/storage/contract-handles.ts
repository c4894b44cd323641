// What every storage backend keeps between handles, processes and nodes: the feed, named locks, backups, closing.

import assert from 'node:assert/strict'
import { setImmediate as tick } from 'node:timers/promises'
import { bytes, collect, listAll, putAll, refused, stream, text, version, type Behaviour } from './contract-terms.ts'

export const feeds: Record<string, Behaviour> = {
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

export const locks: Record<string, Behaviour> = {
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

export const copies: Record<string, Behaviour> = {
  'a backup taken while others write is one consistent state, versions included': async (open, createPlace) => {
    const storage = await open()
    const pair = (i: number): Promise<number> => putAll(storage, ['left', 'right', `k/${i}`], String(i))
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
