import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

const counts = (entities: number, tokens: number) => ({
  clients: entities + tokens, distinct_entities: entities, entity_clients: entities, non_entity_clients: tokens, non_entity_tokens: tokens,
  secret_syncs: 0, acme_clients: 0,
})
const month = (await import('../core/activity.ts')).monthOf(Date.now())

test('clients are counted once, by namespace and mount; root tokens are not', async () => {
  await trial.must('GET', 'sys/internal/counters/activity/monthly')
  assert.equal((await trial.ask('GET', 'sys/internal/counters/activity')).status, 204)
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  for (const name of ['ann', 'bob']) {
    await trial.must('POST', `auth/userpass/users/${name}`, { password: 'pass-of-test' })
    for (let i = 0; i < 2; i++) {
      const { auth } = await trial.must('POST', `auth/userpass/login/${name}`, { password: 'pass-of-test' })
      await trial.must('GET', 'auth/token/lookup-self', undefined, { token: auth.client_token })
    }
  }
  for (let i = 0; i < 3; i++) {
    const { auth } = await trial.must('POST', 'auth/token/create', { policies: ['default'] })
    await trial.must('GET', 'auth/token/lookup-self', undefined, { token: auth.client_token })
  }
  await trial.must('POST', 'sys/namespaces/team')
  const other = await trial.must('POST', 'team/auth/token/create', { policies: ['default'] })
  await trial.must('GET', 'team/auth/token/lookup-self', undefined, { token: other.auth.client_token })

  const { data } = await trial.must('GET', 'sys/internal/counters/activity')
  assert.deepEqual(data.total, counts(2, 2))
  assert.equal(data.by_namespace.length, 2)
  const [root, team] = data.by_namespace
  assert.deepEqual([root.namespace_id, root.namespace_path, root.counts], ['root', '', counts(2, 1)])
  assert.deepEqual(Object.fromEntries(root.mounts.map((mount: any) => [mount.mount_path, mount.counts.clients])), { 'auth/token/': 1, 'auth/userpass/': 2 })
  assert.deepEqual([team.namespace_path, team.counts], ['team/', counts(0, 1)])
  assert.deepEqual(data.months.map((one: any) => [one.timestamp, one.counts, one.new_clients.counts]), [[`${month}-01T00:00:00Z`, counts(2, 2), counts(2, 2)]])
  assert.equal((await trial.must('GET', 'sys/internal/counters/activity?limit_namespaces=1')).data.by_namespace.length, 1)
  assert.deepEqual((await trial.must('GET', 'team/sys/internal/counters/activity/monthly')).data.clients, 1)
})

test('a client of an earlier month is not new; periods are whole months', async () => {
  const { activity, now } = trial.server.core
  const view = trial.server.core.root.at('activity/client/')
  const earlier = new Date(now())
  earlier.setUTCDate(1)
  earlier.setUTCMonth(earlier.getUTCMonth() - 1)
  const last = earlier.toISOString().slice(0, 7)
  for await (const client of activity.clients(month)) if (client.namespaceId !== 'root') await view.update((tx) => tx.mark(`${last}/${client.namespaceId}/-/${client.kind}/${client.id}`))
  const { data } = await trial.must('GET', 'sys/internal/counters/activity')
  assert.deepEqual(data.total, counts(2, 2))
  assert.deepEqual(data.months.map((one: any) => one.new_clients.counts.clients), [1, 3])
  const past = await trial.must('GET', `sys/internal/counters/activity?start_time=${earlier.toISOString()}&end_time=${earlier.getTime() / 1000 | 0}`)
  assert.deepEqual([past.data.start_time, past.data.total.clients], [`${last}-01T00:00:00Z`, 1])
  assert.equal((await trial.ask('GET', 'sys/internal/counters/activity?start_time=soon')).status, 400)
  assert.equal((await trial.ask('GET', 'sys/internal/counters/activity?start_time=2020-01-01T00:00:00Z&end_time=2019-01-01T00:00:00Z')).status, 400)
})

test('counting is turned off and on again', async () => {
  await trial.must('POST', 'sys/internal/counters/config', { enabled: 'disable' })
  assert.equal((await trial.must('GET', 'sys/internal/counters/config')).data.enabled, 'disable')
  const token = await trial.tokenWith('path "secret/*" { capabilities = ["read"] }')
  await trial.ask('GET', 'secret/data/x', undefined, { token })
  const before = (await trial.must('GET', 'sys/internal/counters/activity/monthly')).data.clients
  await trial.must('POST', 'sys/internal/counters/config', { enabled: 'default', retention_months: 2 })
  await trial.ask('GET', 'secret/data/x', undefined, { token })
  assert.equal((await trial.must('GET', 'sys/internal/counters/activity/monthly')).data.clients, before + 1)
  assert.equal((await trial.ask('POST', 'sys/internal/counters/config', { retention_months: -1 })).status, 400)
})

test('entities, tokens, and requests that Vault no longer counts', async () => {
  assert.deepEqual((await trial.must('GET', 'sys/internal/counters/entities')).data, { counters: { entities: { total: 2 } } })
  const { total } = (await trial.must('GET', 'sys/internal/counters/tokens')).data.counters.service_tokens
  await trial.must('POST', 'auth/token/create', {})
  assert.equal((await trial.must('GET', 'sys/internal/counters/tokens')).data.counters.service_tokens.total, total + 1)
  const gone = await trial.ask('GET', 'sys/internal/counters/requests')
  assert.deepEqual([gone.status, gone.body.errors], [404, ['The functionality has been removed on this path']])
})
