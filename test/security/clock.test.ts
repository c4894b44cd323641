// A clock that jumps: what has ended does not come alive again, and nothing lasts longer than was said.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../server.test-aid.ts'

let trial: Trial
let ahead = 0
const realNow = Date.now
before(async () => {
  Date.now = () => realNow() + ahead
  trial = await startTrial()
})
after(async () => {
  await trial.stop()
  Date.now = realNow
})

const opens = async (token: string): Promise<boolean> => (await trial.ask('GET', 'auth/token/lookup-self', undefined, { token })).status === 200
const settle = async (): Promise<void> => {
  const { core } = trial.server
  while ((await core.due.work(core.now(), new AbortController().signal, 1000)) > 0);
}

test('a token that ended while the clock was ahead is gone when the clock goes back', async () => {
  const { client_token: token } = (await trial.must('POST', 'auth/token/create', { ttl: '1h', policies: ['default'] })).auth
  const { client_token: child } = (await trial.must('POST', 'auth/token/create', { ttl: '30m', policies: ['default'] })).auth
  const wrapped = (await trial.must('GET', 'sys/mounts', undefined, { headers: { 'x-vault-wrap-ttl': '30m' } })).wrap_info.token
  assert.ok(await opens(token))
  ahead = 2 * 3_600_000
  assert.ok(!(await opens(token)) && !(await opens(child)))
  await settle()
  ahead = 0
  assert.ok(!(await opens(token)) && !(await opens(child)))
  assert.equal((await trial.ask('POST', 'sys/wrapping/unwrap', { token: wrapped })).status, 400)
})

test('a token that was made while the clock was ahead cannot be renewed beyond its maximum afterwards', async () => {
  const { client_token: token } = (await trial.must('POST', 'auth/token/create', { ttl: '10m', explicit_max_ttl: '1h', policies: ['default'] })).auth
  ahead = -3_600_000
  const { status, body } = await trial.ask('POST', 'auth/token/renew-self', { increment: '100h' }, { token })
  assert.equal(status, 200)
  const end = new Date((await trial.must('GET', 'auth/token/lookup-self', undefined, { token })).data.expire_time).getTime()
  assert.ok(end <= realNow() + 3_600_000 + 2000, JSON.stringify(body.auth.lease_duration))
  ahead = 0
})

test('a lockout is not lifted by a clock that goes back', async () => {
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('POST', 'auth/userpass/users/ann', { password: 'right' })
  for (let attempt = 0; attempt < 5; attempt++) await trial.ask('POST', 'auth/userpass/login/ann', { password: 'wrong' }, { token: null })
  ahead = -7_200_000
  assert.equal((await trial.ask('POST', 'auth/userpass/login/ann', { password: 'right' }, { token: null })).status, 403)
  ahead = 0
})
