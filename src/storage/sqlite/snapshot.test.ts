import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Storage } from '../../kit/storage.ts'
import { openSqlite } from './index.ts'

const folder = await mkdtemp(join(tmpdir(), 'strongroom-snapshot-'))
after(() => rm(folder, { recursive: true }))
const path = join(folder, 'store.db')
const put = (key: string, value: string): { put: [string, Uint8Array][] } => ({ put: [[key, Buffer.from(value)]] })
const valueOf = async (storage: Storage, key: string): Promise<string> => String(Buffer.from((await storage.get(key))!.value))

test('what arrives together sees one state; the next to arrive sees what others committed', async () => {
  const [one, other] = [openSqlite(path), openSqlite(path)]
  const told: string[] = []
  const feed = one.watch((keys) => told.push(...(keys ?? ['?'])))
  await other.commit(put('a', '1'))
  assert.equal(feed.freshOnArrival!(), true)
  assert.deepEqual(told, ['a'])
  await other.commit(put('a', '2'))
  // Whether the event loop has turned meanwhile is its own matter; an arrival after a turn must see everything.
  await turn()
  assert.equal(feed.freshOnArrival!(), true)
  assert.deepEqual(told, ['a', 'a'])
  assert.equal(await valueOf(one, 'a'), '2')
  await one.close()
  await other.close()
})

test('a commit of its own is seen by whoever awaited it, however early the look was', async () => {
  const storage = openSqlite(path)
  const feed = storage.watch(() => {})
  for (let round = 0; round < 200; round++) {
    assert.equal(feed.freshOnArrival!(), true)
    const committed = storage.commit(put('own', String(round)))
    const look = committed.then(() => storage.get('own'))
    feed.freshOnArrival!()
    assert.equal(String(Buffer.from((await look)!.value)), String(round))
  }
  await storage.close()
})

test('a look does not outlive what a strict one finds, and ends with the store', async () => {
  const [one, other] = [openSqlite(path), openSqlite(path)]
  const feed = one.watch(() => {})
  feed.freshOnArrival!()
  await other.commit(put('b', '1'))
  assert.equal(feed.fresh(), true)
  assert.equal(await valueOf(one, 'b'), '1')
  feed.freshOnArrival!()
  await one.close()
  assert.equal(feed.freshOnArrival!(), false)
  await turn()
  await other.close()
})
