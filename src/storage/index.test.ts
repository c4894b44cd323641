import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../kit/errors.ts'
import { storageTypes } from './index.ts'

const typed = (type: string) => storageTypes.find((one) => one.type === type)!
const invalid = (error: unknown): boolean => error instanceof Fault && error.code === 'invalid'

test('opening one type loads no other driver', async () => {
  const loaded: string[] = []
  const hooks = registerHooks({
    load(url, context, next) {
      loaded.push(url)
      return next(url, context)
    },
  })
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-storage-'))
  const storage = await typed('sqlite').open({ path: join(folder, 'store.db') })
  await storage.commit({ put: [['a', Buffer.from('a')]] })
  await storage.close()
  hooks.deregister()
  await rm(folder, { recursive: true })
  assert.ok(loaded.some((url) => url.includes('/storage/sqlite/')))
  assert.deepEqual(loaded.filter((url) => url.includes('/storage/postgres/') || url.includes('node_modules/pg')), [])
})

test('a type without what it needs to open says so', async () => {
  await assert.rejects(typed('sqlite').open({}), invalid)
  await assert.rejects(typed('postgres').open({}), invalid)
  await assert.rejects(typed('postgres').open({ connection_url: 'postgres://127.0.0.1:1/x', pool_size: 'many' }), invalid)
})
