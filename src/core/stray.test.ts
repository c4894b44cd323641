import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  await trial.must('POST', 'sys/mounts/transit', { type: 'transit' })
})
after(() => trial.stop())

const warningsOf = async (path: string, body: object, headers = {}): Promise<string[] | null> => (await trial.must('POST', path, body, { headers })).warnings

test('parameters that mean nothing are named in a warning, in order; those of the path too', async () => {
  assert.deepEqual(await warningsOf('transit/keys/k', { zeta: 1, alpha: null, type: 'aes256-gcm96' }), ['Endpoint ignored these unrecognized parameters: [alpha zeta]'])
  assert.deepEqual(await warningsOf('transit/encrypt/k', { name: 'other', plaintext: 'aGk=' }), ["Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [name]"])
  assert.deepEqual(await warningsOf('auth/token/create', { policies: ['default'], polices: ['typo'] }), ['Endpoint ignored these unrecognized parameters: [polices]'])
})

test('what is meant gives none, and neither does a free body or an answer without one', async () => {
  assert.equal(await warningsOf('transit/encrypt/k', { plaintext: 'aGk=' }), null)
  assert.equal(await warningsOf('secret/data/a', { data: { anything: 1 }, options: { cas: 0 } }), null)
  const { wrap_info } = await trial.must('POST', 'sys/wrapping/wrap', { anything: 1 }, { headers: { 'x-vault-wrap-ttl': '60' } })
  const unwrapped = await trial.must('POST', 'sys/wrapping/unwrap', { token: wrap_info.token })
  assert.deepEqual([unwrapped.data, unwrapped.warnings], [{ anything: 1 }, null])
  assert.equal((await trial.ask('POST', 'sys/policies/acl/p', { policy: 'path "a" { capabilities = ["read"] }', other: 1 })).status, 204)
  assert.equal((await trial.ask('POST', 'cubbyhole/x', { anything: 1 })).status, 204)
})
