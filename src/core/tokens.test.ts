import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Barrier } from '../barrier/barrier.ts'
import { memoryStorage } from '../storage/memory/index.ts'
import { Due } from './due.ts'
import { type NewToken, Tokens } from './tokens.ts'

const wanted = (change: Partial<NewToken> = {}): NewToken => ({
  parent: null, type: 'service', namespace: '', namespaceId: 'root', policies: ['default'], path: 'auth/token/create', metadata: {}, displayName: 'token', uses: 0, ttl: 60, explicitMaxTtl: 0,
  maxTtl: 0, period: 0, renewable: true, entityId: '', role: '', boundCidrs: [], noDefaultPolicy: false, mountAccessor: '', ...change,
})

async function open() {
  const storage = await memoryStorage.open({})
  const barrier = new Barrier(storage)
  const key = randomBytes(32)
  await barrier.initialize(key)
  await barrier.unseal(key)
  barrier.fresh()
  const root = barrier.view('core/')
  let now = 1_800_000_000_000
  return { root, storage, tokens: new Tokens(root, new Due(root, 'due/'), () => now), pass: (milliseconds: number) => (now += milliseconds) }
}

test('a record comes back as it was made, and as it is after each change', async () => {
  const { tokens } = await open()
  const grant = { displayName: 'x', policies: ['b', 'a'], metadata: { left: 'out' }, internal: { role: 'r' } }
  const { token, record } = await tokens.create(wanted({ metadata: { a: 'b' }, uses: 2, boundCidrs: ['10.0.0.0/8'], role: 'r', grant, period: 5, noDefaultPolicy: true }))
  assert.deepEqual(await tokens.lookup(token), record)
  assert.deepEqual(record.grant, { displayName: 'x', policies: ['b', 'a'], internal: { role: 'r' } })
  assert.deepEqual(await tokens.use(record), { ...record, uses: 1 })
  assert.deepEqual(await tokens.use(record), { ...record, uses: -1 })
  assert.equal(await tokens.lookup(token), null)
  assert.equal((await tokens.stored(record.key))!.uses, -1)
  const { token: plain, record: made } = await tokens.create(wanted({ ttl: 0 }))
  assert.deepEqual(await tokens.lookup(plain), made)
})

test('a token is one record and one due key, and leaves nothing behind', async () => {
  const { tokens, storage } = await open()
  await tokens.create(wanted())
  const before = (await storage.list('core/')).length
  const { record } = await tokens.create(wanted())
  assert.equal((await storage.list('core/')).length, before + 2)
  await tokens.forget(record.key)
  assert.equal((await storage.list('core/')).length, before)
})

test('tokens that were made one after the other lie in that order; their digests tell nothing of each other', async () => {
  const { tokens, pass } = await open()
  const made: string[] = []
  for (let index = 0; index < 5; index++, pass(1)) made.push((await tokens.create(wanted())).record.accessor)
  assert.deepEqual(await tokens.accessors('root'), made)
  assert.equal(new Set(made.map((accessor) => accessor.slice(7))).size, 5)
})

test('outside the root namespace token and accessor end with its id, and only there they are listed', async () => {
  const { tokens } = await open()
  const { token, record } = await tokens.create(wanted({ namespace: 'team/', namespaceId: 'aB3def' }))
  assert.match(token, /^hvs\.[0-9A-Za-z]{31}\.aB3def$/)
  assert.match(record.accessor, /^[0-9A-Za-z]{29}\.aB3def$/)
  assert.deepEqual(await tokens.byAccessor(record.accessor), record)
  assert.deepEqual([await tokens.accessors('aB3def'), await tokens.accessors('root')], [[record.accessor], []])
  assert.equal(await tokens.lookup(token.slice(0, -7)), null)
})

test('an id of the caller\'s choice opens its token, is taken once, and cannot look like that of another namespace', async () => {
  const { tokens } = await open()
  const { token, record } = await tokens.create(wanted(), 'root')
  assert.equal(token, 'root')
  assert.deepEqual(await tokens.lookup('root'), record)
  await assert.rejects(tokens.create(wanted(), 'root'), /duplicate/)
  await assert.rejects(tokens.create(wanted(), 'my.aB3def'), /cannot end/)
})
