import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

const policy = 'path "secret/data/x" { capabilities = ["read"] }'
const merge = { headers: { 'content-type': 'application/merge-patch+json' } }

test('names may hold slashes; lists take what they begin with', async () => {
  for (const name of ['team/reader', 'team/deep/writer', 'teammate']) await trial.must('PUT', `sys/policies/acl/${name}`, { policy })
  assert.deepEqual((await trial.must('GET', 'sys/policies/acl/Team/Reader')).data, { name: 'team/reader', policy })
  assert.deepEqual((await trial.must('LIST', 'sys/policies/acl')).data.keys, ['default', 'root', 'team/deep/writer', 'team/reader', 'teammate'])
  assert.deepEqual((await trial.must('LIST', 'sys/policies/acl/team')).data.keys, ['deep/writer', 'reader'])
  assert.deepEqual((await trial.must('LIST', 'sys/policy/team/deep')).data, { keys: ['writer'], policies: ['writer'] })
  assert.deepEqual((await trial.must('GET', 'sys/policies/acl?list=true&limit=1&after=default')).data.keys, ['root'])
  const { keys, key_info } = (await trial.must('LIST', 'sys/policies/detailed/acl/team')).data
  assert.deepEqual([keys, key_info.reader.policy], [['deep/writer', 'reader'], policy])
  assert.equal((await trial.ask('LIST', 'sys/policies/acl/none')).status, 404)
  const { auth } = await trial.must('POST', 'auth/token/create', { policies: ['team/reader'] })
  assert.deepEqual((await trial.must('POST', 'sys/capabilities-self', { path: 'secret/data/x' }, { token: auth.client_token })).data.capabilities, ['read'])
  await trial.must('DELETE', 'sys/policies/acl/team/reader')
  assert.equal((await trial.ask('GET', 'sys/policies/acl/team/reader')).status, 404)
})

test('check-and-set, once required, and a patch that keeps the rest', async () => {
  const place = 'sys/policies/acl/checked'
  await trial.must('PUT', place, { policy, cas: -1, cas_required: true })
  assert.equal((await trial.ask('PUT', place, { policy, cas: -1 })).status, 400)
  assert.match((await trial.ask('PUT', place, { policy })).text, /required for this call/)
  const first = (await trial.must('GET', place)).data
  assert.deepEqual([first.version, first.cas_required], [1, true])
  await trial.must('PATCH', place, { cas: 1, policy: `${policy}\n` }, merge)
  const second = (await trial.must('GET', place)).data
  assert.deepEqual([second.version, second.cas_required, second.policy], [2, true, `${policy}\n`])
  await trial.must('PATCH', place, { cas: 2, cas_required: false }, merge)
  assert.equal((await trial.must('GET', place)).data.policy, `${policy}\n`)
  assert.equal((await trial.ask('PATCH', 'sys/policies/acl/absent', { policy }, merge)).status, 404)
  assert.equal((await trial.ask('PATCH', place, { policy: 'path {' }, merge)).status, 400)
})

test('a policy that has ended grants nothing, and is not there', async () => {
  const place = 'sys/policies/acl/brief'
  const expiration = new Date(Date.now() + 3_600_000).toISOString()
  await trial.must('PUT', place, { policy, expiration })
  assert.equal((await trial.must('GET', place)).data.expiration, expiration)
  const { auth } = await trial.must('POST', 'auth/token/create', { policies: ['brief'] })
  const may = async () => (await trial.must('POST', 'sys/capabilities-self', { path: 'secret/data/x' }, { token: auth.client_token })).data.capabilities
  assert.deepEqual(await may(), ['read'])
  // As if its time had come: what is stored says so.
  const stored = `policy/root/brief`
  await trial.server.core.root.write(stored, { ...(await trial.server.core.root.read<object>(stored)), expires: Date.now() - 1 })
  assert.deepEqual(await may(), ['deny'])
  assert.equal((await trial.ask('GET', place)).status, 404)
  await trial.must('PUT', place, { policy, ttl: '1h', cas: -1 })
  assert.deepEqual(await may(), ['read'])
  for (const wrong of [{ ttl: '1h', expiration }, { expiration: 'soon' }, { expiration: '2001-01-01T00:00:00Z' }]) assert.equal((await trial.ask('PUT', place, { policy, ...wrong })).status, 400)
})

test('a batch token asks for itself', async () => {
  const { auth } = await trial.must('POST', 'auth/token/create', { policies: ['default'], type: 'batch', ttl: '1h' })
  assert.deepEqual((await trial.must('POST', 'sys/capabilities-self', { paths: ['sys/nothing'] }, { token: auth.client_token })).data.capabilities, ['deny'])
})
