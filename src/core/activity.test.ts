import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryView } from '../engines/harness.ts'
import { Activity, type Client } from './activity.ts'
import type { Token } from './tokens.ts'

const token = (more: Partial<Token>): Token => ({ namespaceId: 'root', policies: ['default'], entityId: '', mountAccessor: '', ...more }) as Token

async function clientsOf(activity: Activity, month: string): Promise<Client[]> {
  const found: Client[] = []
  for await (const client of activity.clients(month)) found.push(client)
  return found
}

test('at the end of a month everybody is noted again, and what is too old goes', async () => {
  let now = Date.UTC(2026, 9, 31, 23)
  const activity = new Activity(memoryView(), () => now)
  let forgotten = 0
  activity.onForget = () => void forgotten++
  await activity.configure({ enabled: true, retentionMonths: 1 })
  activity.note(token({ entityId: 'e1', mountAccessor: 'auth_x' }))
  activity.note(token({ policies: ['b', 'a'] }))
  activity.note(token({ policies: ['a', 'b'] }))
  activity.note(token({ policies: ['root'] }))
  await activity.flush()
  const october = await clientsOf(activity, '2026-10')
  assert.deepEqual(october.map(({ kind, mount }) => [kind, mount]), [['token', ''], ['entity', 'auth_x']])
  assert.equal(forgotten, 0)

  activity.note(token({ entityId: 'e1', mountAccessor: 'auth_x' }))
  now = Date.UTC(2026, 10, 1)
  activity.note(token({ entityId: 'late' }))
  await activity.flush()
  assert.equal(forgotten, 1, 'sessions are worked out anew')
  activity.note(token({ entityId: 'e1', mountAccessor: 'auth_x' }))
  await activity.flush()
  assert.deepEqual((await clientsOf(activity, '2026-11')).map(({ id }) => id).sort(), ['e1', 'late'])

  now = Date.UTC(2026, 11, 1)
  await activity.flush()
  assert.deepEqual(await activity.months(), ['2026-11'], 'one month beside the present one is kept')
})

test('who is noted while the store takes nothing is written later', async () => {
  const view = memoryView()
  const activity = new Activity(view, () => Date.UTC(2026, 0, 5))
  const { update } = view
  view.update = () => Promise.reject(new Error('the disk is full'))
  activity.note(token({ entityId: 'e1' }))
  await assert.rejects(activity.flush(), /full/)
  view.update = update
  await activity.flush()
  assert.equal((await clientsOf(activity, '2026-01')).length, 1)
})
