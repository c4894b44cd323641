import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('a plugin is found with its type and, as older clients ask, without', async () => {
  const typed = (await trial.must('GET', 'sys/plugins/catalog/secret/kv')).data
  assert.deepEqual([typed.name, typed.type, typed.builtin], ['kv', 'secret', true])
  assert.deepEqual((await trial.must('GET', 'sys/plugins/catalog/kv')).data, typed)
  assert.equal((await trial.must('GET', 'sys/plugins/catalog/approle')).data.type, 'auth')
  for (const path of ['secret/approle', 'nothing']) assert.equal((await trial.ask('GET', `sys/plugins/catalog/${path}`)).status, 404)
})

test('reloading names what is reloaded; nothing else can be brought in', async () => {
  for (const body of [{ plugin: 'kv' }, { mounts: ['secret/'] }]) assert.match((await trial.must('POST', 'sys/plugins/reload/backend', body)).data.reload_id, /^[0-9a-f-]{36}$/)
  for (const body of [{}, { plugin: 'kv', mounts: ['secret/'] }, { plugin: 'nothing' }, { mounts: ['nowhere/'] }]) assert.equal((await trial.ask('POST', 'sys/plugins/reload/backend', body)).status, 400, JSON.stringify(body))
  for (const path of ['secret/own', 'own']) assert.equal((await trial.ask('POST', `sys/plugins/catalog/${path}`, { sha256: 'aa', command: 'own' })).status, 405)
})
