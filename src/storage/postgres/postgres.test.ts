import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import pg from 'pg'
import { Fault } from '../../kit/errors.ts'
import { testStorage } from '../contract.ts'
import { shareChecks } from './feed.ts'
import { openPostgres } from './index.ts'
import { startPostgres, type PostgresServer } from './server.test-aid.ts'

let server: PostgresServer
before(async () => {
  server = await startPostgres()
})
after(() => server.end())

testStorage('postgres', async () => {
  const url = await server.createDatabase()
  return { open: () => openPostgres({ url, poolSize: 4 }), end: async () => {} }
})

const put = (key: string, value = 'v'): { put: [string, Uint8Array][] } => ({ put: [[key, Buffer.from(value)]] })
const unavailable = (error: unknown): boolean => error instanceof Fault && error.code === 'unavailable'
const until = async (holds: () => unknown): Promise<void> => {
  while (!(await holds())) await sleep(10)
}

async function administer<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<T>(sql)
  await client.end()
  return rows
}

describe('postgres', () => {
  test('under the lease a feed answers at once, and the changes of others come without being asked for', async () => {
    const url = await server.createDatabase()
    const [one, two] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
    const told = new Set<string>()
    const feed = one.watch((keys) => keys?.forEach((key) => told.add(key)))
    assert.equal(await feed.fresh(true), true)
    assert.equal(feed.fresh(), true)
    await two.commit(put('a'))
    await until(() => told.has('a'))
    feed.close()
    assert.equal(feed.fresh(), false)
    await Promise.all([one.close(), two.close()])
  })

  test('a transaction that was numbered early and commits late is not missed', async () => {
    const url = await server.createDatabase()
    const storage = await openPostgres({ url })
    const told = new Set<string>()
    const feed = storage.watch((keys) => keys?.forEach((key) => told.add(key)))
    assert.equal(await feed.fresh(true), true)
    const slow = new pg.Client(url)
    await slow.connect()
    await slow.query("BEGIN; INSERT INTO strongroom_changes (key) VALUES ('early')")
    for (let i = 0; i < 5; i++) {
      await administer(url, `INSERT INTO strongroom_changes (key) VALUES ('late/${i}')`)
      assert.equal(await feed.fresh(true), true)
      assert.ok(told.delete(`late/${i}`))
      assert.ok(!told.has(`late/${i - 1}`), 'a change is told once')
    }
    assert.ok(!told.has('early'))
    await slow.query('COMMIT')
    assert.equal(await feed.fresh(true), true)
    assert.ok(told.has('early'))
    await slow.end()
    await storage.close()
  })

  test('who is behind what was trimmed drops everything', async () => {
    const url = await server.createDatabase()
    const storage = await openPostgres({ url })
    let dropped = 0
    const feed = storage.watch((keys) => keys ?? dropped++)
    assert.equal(await feed.fresh(true), true)
    const before = dropped
    await administer(url, 'UPDATE strongroom_state SET trimmed = pg_current_xact_id()')
    assert.equal(await feed.fresh(true), true)
    assert.equal(dropped, before + 1)
    await storage.close()
  })

  test('changes are trimmed to the newest 100,000', async () => {
    const url = await server.createDatabase()
    const storage = await openPostgres({ url })
    await administer(url, "INSERT INTO strongroom_changes (key) SELECT 'k/' || i FROM generate_series(1, 101000) AS i")
    await storage.commit({ put: Array.from({ length: 1000 }, (_, i): [string, Uint8Array] => [`k/${i}`, Buffer.from('v')]) })
    await until(async () => (await administer<{ n: string }>(url, 'SELECT count(*) AS n FROM strongroom_changes'))[0]!.n === '100000')
    assert.notEqual((await administer<{ trimmed: string }>(url, 'SELECT trimmed FROM strongroom_state'))[0]!.trimmed, '0')
    await storage.close()
  })

  test('a lock whose session the server ended is lost and free for others', async () => {
    const url = await server.createDatabase()
    const [one, two] = [await openPostgres({ url }), await openPostgres({ url })]
    const lock = await one.lock('job')
    const waiting = two.lock('job')
    await administer(url, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    await until(() => lock.lost.aborted)
    await (await waiting).release()
    await (await one.lock('job')).release()
    await Promise.all([one.close(), two.close()])
  })

  test('two stores in one database do not meet', async () => {
    const url = await server.createDatabase()
    await administer(url, 'CREATE SCHEMA team')
    const stores = [await openPostgres({ url }), await openPostgres({ url, prefix: 'b_' }), await openPostgres({ url, schema: 'team' })]
    for (const [i, storage] of stores.entries()) await storage.commit(put('a', String(i)))
    const held = await Promise.all(stores.map((storage) => storage.lock('job')))
    for (const [i, storage] of stores.entries()) {
      assert.equal(Buffer.from((await storage.get('a'))!.value).toString(), String(i))
      await held[i]!.release()
      await storage.close()
    }
    await assert.rejects(openPostgres({ url, prefix: '"; --' }), (error) => error instanceof Fault && error.code === 'invalid')
  })

  test('while the server is away calls fail as unavailable, and succeed when it is back', async () => {
    const away = await startPostgres()
    try {
      const storage = await openPostgres({ url: await away.createDatabase(), poolSize: 4 })
      let dropped = 0
      const feed = storage.watch((keys) => keys ?? dropped++)
      await storage.commit(put('a', 'kept'))
      assert.equal(await feed.fresh(true), true)
      const lock = await storage.lock('job')
      await away.stop()
      await until(() => lock.lost.aborted)
      await Promise.all([
        assert.rejects(storage.get('a'), unavailable),
        assert.rejects(storage.list(''), unavailable),
        assert.rejects(storage.commit(put('b')), unavailable),
        assert.rejects(storage.lock('job'), unavailable),
      ])
      assert.equal(await feed.fresh(true), false)
      const before = dropped
      await away.start()
      await until(() => storage.commit(put('b')).then(() => true, () => false))
      assert.equal(Buffer.from((await storage.get('a'))!.value).toString(), 'kept')
      await until(() => feed.fresh(true))
      assert.ok(dropped > before)
      await (await storage.lock('job')).release()
      await storage.close()
    } finally {
      await away.end()
    }
  })

  test('a server that does not answer is unavailable, without its password in the message', async () => {
    await assert.rejects(openPostgres({ url: 'postgres://user:hidden-word@127.0.0.1:1/none' }), (error) => {
      assert.ok(unavailable(error))
      assert.doesNotMatch(inspect(error, { depth: 9 }), /hidden-word/)
      return true
    })
  })
})

test('a handle that is closed while its feed connects leaves nothing behind', async () => {
  const url = await server.createDatabase()
  const storage = await openPostgres({ url })
  storage.watch(() => {})
  await storage.close()
  const sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'strongroom' AND datname = current_database()"
  await until(async () => (await administer(url, sessions)).length === 0)
})

test('a shared check begins after each who asks, and serves all who asked meanwhile', async () => {
  const ends: (() => void)[] = []
  let begun = 0
  const check = shareChecks(async () => {
    const number = ++begun
    await new Promise<void>((resolve) => ends.push(resolve))
    return number
  })
  const first = check()
  const later = [check(), check(), check()]
  assert.equal(begun, 1)
  ends.shift()!()
  assert.equal(await first, 1)
  await until(() => ends.length > 0)
  ends.shift()!()
  assert.deepEqual(await Promise.all(later), [2, 2, 2])
  assert.equal(begun, 2)
})
