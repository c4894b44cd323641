import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'
import { rootNamespace } from '../core/namespaces.ts'
import { mountDefaults } from './default-mounts.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('what is mounted before anyone asked may be enabled once, with its data; what someone enabled may not', async () => {
  await mountDefaults(trial.server.core, rootNamespace)
  const before = (await trial.must('GET', 'sys/mounts/transit')).data.uuid
  await trial.must('POST', 'transit/keys/k')
  assert.match((await trial.ask('POST', 'sys/mounts/transit', { type: 'kv' })).text, /path is already in use at transit/)
  await trial.must('POST', 'sys/mounts/transit', { type: 'transit', description: 'mine' })
  const { uuid, description } = (await trial.must('GET', 'sys/mounts/transit')).data
  assert.deepEqual([uuid, description], [before, 'mine'])
  assert.equal((await trial.must('GET', 'transit/keys/k')).data.name, 'k')
  assert.match((await trial.ask('POST', 'sys/mounts/transit', { type: 'transit' })).text, /path is already in use at transit/)
  assert.match((await trial.ask('POST', 'sys/mounts/secret', { type: 'kv' })).text, /path is already in use at secret/)
})

test('an auth method is tuned below sys/auth and, as the command lines do it, below sys/mounts/auth', async () => {
  await trial.must('POST', 'sys/auth/people', { type: 'userpass' })
  await trial.must('POST', 'sys/mounts/auth/people/tune', { default_lease_ttl: '10m', description: 'tuned' })
  for (const path of ['sys/auth/people/tune', 'sys/mounts/auth/people/tune']) assert.equal((await trial.must('GET', path)).data.default_lease_ttl, 600)
  assert.match((await trial.ask('POST', 'sys/mounts/auth/nobody/tune', { default_lease_ttl: '10m' })).text, /No auth engine at nobody/)
})

test('a policy is answered with its name and text, and with its version where clients check it', async () => {
  const policy = 'path "a" { capabilities = ["read"] }'
  await trial.must('PUT', 'sys/policies/acl/p', { policy })
  assert.deepEqual((await trial.must('GET', 'sys/policies/acl/p')).data, { name: 'p', policy })
  await trial.must('PUT', 'sys/policies/acl/p', { policy, cas: 1 })
  assert.equal((await trial.must('GET', 'sys/policies/acl/p')).data.version, 2)
  assert.equal((await trial.ask('PUT', 'sys/policies/acl/p', { policy, cas: 1 })).status, 400)
})
