import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryView } from '../engines/harness.ts'
import { granted } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import type { Route } from '../kit/route.ts'
import { Lockout } from './lockout.ts'
import type { Mount } from './mounts.ts'

const route = { op: 'write', path: 'login', access: 'open', about: '', takes: {}, run: () => {} } as Route
const engine = { type: 'userpass', about: '', routes: [route], renew: async () => ({ displayName: '', policies: [] }), loginName: (input: Record<string, unknown>) => String(input.name) }
const mount = { record: { accessor: 'a', type: 'userpass', config: {} }, engine } as unknown as Mount

function setUp() {
  let now = 1_000_000_000_000
  const view = memoryView()
  const nodes = [new Lockout(view, () => now), new Lockout(view, () => now)] as const
  const attempt = async (right: boolean, name = 'ann', node = 0): Promise<unknown> =>
    nodes[node]!.watch(mount, route, { name }, async () => {
      if (!right) throw invalid('wrong')
      return granted({ displayName: '', policies: [] })
    })
  const fail = async (times: number, name = 'ann', node = 0): Promise<void> => {
    for (let at = 0; at < times; at++) await assert.rejects(attempt(false, name, node))
  }
  return { view, nodes, attempt, fail, advance: (seconds: number) => void (now += seconds * 1000) }
}

test('the fifth failure locks for a quarter of an hour, on every process', async () => {
  const { attempt, fail, advance, nodes } = setUp()
  await fail(3)
  await fail(2, 'ann', 1)
  await assert.rejects(attempt(true), { code: 'denied' })
  await assert.rejects(attempt(true, 'ann', 1), { code: 'denied' })
  assert.deepEqual(await nodes[1].locked(mount), ['ann'])
  assert.ok(await attempt(true, 'ben'))
  advance(899)
  await assert.rejects(attempt(true), { code: 'denied' })
  advance(1)
  assert.ok(await attempt(true))
  assert.deepEqual(await nodes[0].locked(mount), [])
})

test('refused attempts do not lengthen the lock, old failures are forgotten', async () => {
  const { attempt, fail, advance } = setUp()
  await fail(5)
  advance(600)
  await assert.rejects(attempt(false), { code: 'denied' })
  advance(300)
  assert.ok(await attempt(true))
  await fail(4)
  advance(901)
  await fail(4)
  assert.ok(await attempt(true))
})

test('of attempts under way when the name is locked, the right one is refused too', async () => {
  const { nodes, fail } = setUp()
  const [lockout] = nodes
  let release = (): void => {}
  const slow = Promise.resolve(lockout.watch(mount, route, { name: 'ann' }, () => new Promise((done) => (release = () => done(granted({ displayName: '', policies: [] }))))))
  await new Promise((done) => setImmediate(done))
  await fail(5)
  release()
  await assert.rejects(slow, { code: 'denied' })
})

test('however many names are tried, what is kept is bounded', async () => {
  const { view, fail } = setUp()
  for (let at = 0; at < 5000; at++) await fail(1, `name-${at}`)
  const keys = await view.keys('', { limit: 10_000 })
  assert.ok(keys.length <= 1024)
  for (const key of keys) assert.ok((await view.read<unknown[]>(key))!.length <= 64)
})

test('settings come from configuration by type, then from the mount', () => {
  const { nodes } = setUp()
  const [lockout] = nodes
  lockout.configured = { all: { lockout_threshold: 7, lockout_duration: '1h' }, userpass: { lockout_threshold: '3' } }
  assert.deepEqual(lockout.settings(mount), { threshold: 3, duration: 3600, reset: 900, disabled: false })
  const tuned = { ...mount, record: { ...mount.record, config: { userLockout: { lockout_disable: true, lockout_counter_reset_duration: '60' } } } } as unknown as Mount
  assert.deepEqual(lockout.settings(tuned), { threshold: 3, duration: 3600, reset: 60, disabled: true })
})
