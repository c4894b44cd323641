import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('a namespace has one name, shows its whole path, and its end is told', async () => {
  await trial.must('POST', 'sys/namespaces/team')
  assert.equal((await trial.must('POST', 'team/sys/namespaces/app')).data.path, 'team/app/')
  for (const path of ['team/other', 'team/seal', 'other/app']) assert.match((await trial.ask('POST', `sys/namespaces/${path}`)).text, /namespace name cannot contain/)
  assert.match((await trial.ask('DELETE', 'sys/namespaces/team')).text, /unable to delete namespace containing child namespaces/)
  for (const path of ['team/sys/namespaces/app', 'sys/namespaces/team']) assert.equal((await trial.must('DELETE', path)).data.status, 'deleted')
  assert.deepEqual((await trial.must('DELETE', 'sys/namespaces/team')).warnings, ['requested namespace does not exist'])
})

test('root may unlock without a key, but not with a wrong one', async () => {
  await trial.must('POST', 'sys/namespaces/locked')
  const lock = async (): Promise<string> => (await trial.must('POST', 'sys/namespaces/api-lock/lock/locked')).data.unlock_key
  await lock()
  assert.match((await trial.ask('POST', 'sys/namespaces/api-lock/unlock/locked', { unlock_key: 'wrong' })).text, /incorrect unlock key/)
  await trial.must('POST', 'sys/namespaces/api-lock/unlock/locked')
  await trial.must('POST', 'sys/namespaces/api-lock/unlock/locked', { unlock_key: await lock() })
  assert.match((await trial.ask('POST', 'sys/namespaces/api-lock/unlock/locked')).text, /is not locked/)
})
