import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('POST', 'auth/userpass/users/ada', { password: 'correct horse' })
})
after(() => trial.stop())

const logIn = async (): Promise<{ client_token: string; accessor: string }> => (await trial.must('POST', 'auth/userpass/login/ada', { password: 'correct horse' }, { token: null })).auth
const list = async (prefix: string): Promise<string[]> => (await trial.ask('LIST', `sys/leases/lookup/${prefix}`)).body.data?.keys ?? []

test('a token that ends is a lease of the path that made it', async () => {
  const auth = await logIn()
  const id = `auth/userpass/login/ada/${auth.accessor}`
  assert.ok((await list('')).includes('auth/'))
  assert.deepEqual(await list('auth/userpass'), ['login/'])
  assert.deepEqual(await list('auth/userpass/login/ada'), [auth.accessor])
  const { data } = await trial.must('PUT', 'sys/leases/lookup', { lease_id: id })
  assert.equal(data.id, id)
  assert.ok(data.ttl > 0 && data.expire_time !== null)
  assert.match((await trial.ask('PUT', 'sys/leases/renew', { lease_id: id })).text, /tokens cannot be renewed through this endpoint/)
  assert.equal((await trial.ask('PUT', 'sys/leases/lookup', { lease_id: `auth/other/${auth.accessor}` })).status, 400)
  await trial.must('PUT', 'sys/leases/revoke', { lease_id: id })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: auth.client_token })).status, 403)
})

test('revoking a prefix ends the tokens that logins below it made, and no others', async () => {
  const made = [await logIn(), await logIn()]
  const other = (await trial.must('POST', 'auth/token/create', { policies: ['default'], ttl: '1h' })).auth.client_token
  await trial.must('PUT', 'sys/leases/revoke-prefix/auth/userpass')
  for (const { client_token } of made) assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 403)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: other })).status, 200)
  assert.deepEqual(await list('auth/userpass'), [])
})

test('a prefix is a whole folder, and never nothing', async () => {
  const { client_token } = await logIn()
  for (const path of ['auth/user', 'auth/userpass/login/a']) await trial.must('PUT', `sys/leases/revoke-prefix/${path}`)
  for (const verb of ['revoke-prefix', 'revoke-force']) assert.equal((await trial.ask('PUT', `sys/leases/${verb}`)).status, 404)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 200)
  await trial.must('PUT', 'sys/leases/revoke-prefix/auth/userpass/login')
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 403)
})

test('a namespace sees its own alone', async () => {
  const { accessor } = await logIn()
  await trial.must('PUT', 'sys/namespaces/team')
  const headers = { 'x-vault-namespace': 'team' }
  assert.equal((await trial.ask('LIST', 'sys/leases/lookup/auth', undefined, { headers })).status, 404)
  assert.equal((await trial.ask('PUT', 'sys/leases/lookup', { lease_id: `auth/userpass/login/ada/${accessor}` }, { headers })).status, 400)
  await trial.must('PUT', 'sys/leases/revoke-prefix/auth/userpass', undefined, { headers })
  assert.deepEqual(await list('auth/userpass/login/ada'), [accessor])
})
