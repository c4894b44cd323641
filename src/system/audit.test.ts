import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuditBroker } from '../core/audit/broker.ts'
import { KeptLines, memoryView } from '../core/audit/fixture.ts'
import { parseFields } from '../kit/field.ts'
import type { Context } from '../kit/route.ts'
import { auditRoutes } from './audit.ts'

async function setUp() {
  const kept = new KeptLines()
  const type = { ...kept.type('kept'), secrets: ['headers'] }
  const broker = new AuditBroker({ view: memoryView(), types: [type], folder: null })
  await broker.load()
  const routes = auditRoutes(broker)
  const ask = async (op: string, path: string, input: Record<string, unknown> = {}): Promise<any> => {
    const found = routes.find((one) => one.op === op && one.path === path)!
    return await found.run({} as Context, parseFields(found.takes, input))
  }
  return { broker, routes, ask }
}

test('devices are enabled, listed without their secrets, asked for hashes and disabled', async () => {
  const { ask } = await setUp()
  await ask('write', 'audit/:path*', { path: 'main', type: 'kept', description: 'd', options: { headers: 'canary-value' } })
  const listed = await ask('read', 'audit')
  assert.deepEqual(listed, { 'main/': { path: 'main/', type: 'kept', description: 'd', local: false, options: { headers: '***' } } })
  assert.match((await ask('write', 'audit-hash/:path*', { path: 'main', input: 'v' })).hash, /^hmac-sha256:[0-9a-f]{64}$/)
  assert.match((await ask('read', 'audit-key')).public_key, /BEGIN PUBLIC KEY/)
  await ask('delete', 'audit/:path*', { path: 'main/' })
  assert.deepEqual(await ask('read', 'audit'), {})
  await assert.rejects(ask('write', 'audit/:path*', { path: 'main' }), /missing type/)
})

test('request headers are set, shown and removed', async () => {
  const { ask } = await setUp()
  await ask('write', 'config/auditing/request-headers/:header', { header: 'X-Trace', hmac: true })
  assert.deepEqual(await ask('read', 'config/auditing/request-headers/:header', { header: 'X-Trace' }), { 'X-Trace': { hmac: true } })
  assert.deepEqual((await ask('read', 'config/auditing/request-headers')).headers['x-trace'], { hmac: true })
  await ask('delete', 'config/auditing/request-headers/:header', { header: 'x-trace' })
  await assert.rejects(ask('read', 'config/auditing/request-headers/:header', { header: 'X-Trace' }), /Could not find/)
})

test('whatever changes audit asks for sudo', async () => {
  const { routes } = await setUp()
  for (const route of routes.filter((one) => one.path !== 'audit-hash/:path*' && one.path !== 'audit-key')) assert.equal(route.access, 'sudo', route.path)
})
