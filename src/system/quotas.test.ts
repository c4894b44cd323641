import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('a quota is for something that is there, once, and never for a role', async () => {
  const set = (name: string, body: object) => trial.ask('POST', `sys/quotas/rate-limit/${name}`, body)
  assert.equal((await set('all', { rate: 1000 })).status, 204)
  assert.equal((await set('all', { rate: 2000 })).status, 204)
  assert.equal((await set('store', { rate: 1000, path: 'secret/' })).status, 204)
  for (const [body, words] of [
    [{ rate: 0 }, /'rate' is invalid/],
    [{}, /'rate' is invalid/],
    [{ rate: 5 }, /similar properties exists under the name "all"/],
    [{ rate: 5, path: 'secret' }, /similar properties exists under the name "store"/],
    [{ rate: 5, path: 'nowhere/' }, /invalid mount path "nowhere\/"/],
    [{ rate: 5, path: 'auth/token', role: 'x' }, /does not support use with role-based quotas/],
  ] as const) {
    const { status, body: answered } = await set('more', body)
    assert.equal(status, 400)
    assert.match(answered.errors[0], words)
  }
  assert.equal((await trial.must('GET', 'sys/quotas/rate-limit/all')).data.inheritable, true)
  assert.deepEqual((await trial.must('LIST', 'sys/quotas/rate-limit')).data.keys, ['all', 'store'])
})

test('a quota may be for a namespace, or for what lies in it', async () => {
  await trial.must('POST', 'sys/namespaces/team')
  await trial.must('POST', 'team/sys/mounts/kv', { type: 'kv' })
  for (const path of ['team', 'team/kv', 'team/kv/below/*']) await trial.must('POST', `sys/quotas/lease-count/${path.replaceAll(/\W/g, '-')}`, { max_leases: 5, path })
  assert.equal((await trial.ask('POST', 'sys/quotas/lease-count/none', { max_leases: 5, path: 'team/none' })).status, 400)
})
