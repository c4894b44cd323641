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
  assert.match((await trial.ask('POST', 'sys/mounts/auth/nobody/tune', { default_lease_ttl: '10m' })).body.errors[0], /tune of path "auth\/nobody\/" failed: no mount entry found/)
})

test('a policy is answered with its name and text, and with its version where clients check it', async () => {
  const policy = 'path "a" { capabilities = ["read"] }'
  await trial.must('PUT', 'sys/policies/acl/p', { policy })
  assert.deepEqual((await trial.must('GET', 'sys/policies/acl/p')).data, { name: 'p', policy })
  await trial.must('PUT', 'sys/policies/acl/p', { policy, cas: 1 })
  assert.equal((await trial.must('GET', 'sys/policies/acl/p')).data.version, 2)
  assert.equal((await trial.ask('PUT', 'sys/policies/acl/p', { policy, cas: 1 })).status, 400)
})

test('tuning refuses what a mount cannot have, and shows lockout settings under the names of answers', async () => {
  const refused = async (path: string, body: object, words: RegExp): Promise<void> => {
    const { status, text } = await trial.ask('POST', path, body)
    assert.deepEqual([status, words.test(text)], [400, true], text)
  }
  await refused('sys/mounts/secret/tune', { token_type: 'batch' }, /can only be modified on auth mounts/)
  await refused('sys/auth/token/tune', { token_type: 'batch' }, /cannot be set for 'token'/)
  await refused('sys/mounts/sys/tune', { default_lease_ttl: '1h' }, /cannot tune parameter default_lease_ttl of sys/)
  await refused('sys/mounts/secret/tune', { default_lease_ttl: '2h', max_lease_ttl: '1h' }, /would be less than/)
  await refused('sys/mounts/one', { type: 'cubbyhole' }, /not mountable/)
  await trial.must('POST', 'sys/auth/locked', { type: 'userpass' })
  await trial.must('POST', 'sys/auth/locked/tune', { user_lockout_config: { lockout_threshold: '3', lockout_duration: '10m' } })
  const wanted = { user_lockout_threshold: 3, user_lockout_duration: 600, user_lockout_counter_reset_duration: 0, user_lockout_disable: false }
  const { data } = await trial.must('GET', 'sys/auth/locked/tune')
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, data[name]])), wanted)
  assert.deepEqual((await trial.must('GET', 'sys/auth/locked')).data.config.user_lockout_config, wanted)
})

test('a move needs both paths, and another one than the present', async () => {
  await trial.must('POST', 'sys/mounts/here', { type: 'kv' })
  for (const body of [{}, { from: 'here' }, { from: 'here', to: 'here' }, { from: 'here', to: 'auth/here' }, { from: 'nowhere', to: 'there' }]) assert.equal((await trial.ask('POST', 'sys/remount', body)).status, 400, JSON.stringify(body))
  const { migration_id } = await trial.must('POST', 'sys/remount', { from: 'here', to: 'there' })
  assert.equal((await trial.must('GET', `sys/remount/status/${migration_id}`)).data.migration_info.status, 'success')
})
