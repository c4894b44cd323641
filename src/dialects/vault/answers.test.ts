// What Vault's clients compare: statuses, texts and shapes of answers, beyond what each route says.
import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { after, before, mock, test } from 'node:test'
import { type Trial, startTrial } from '../../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

const list = (words: string): string[] => [`1 error occurred:\n\t* ${words}\n\n`]

test('what the frame refuses is told as a list of errors, what a route refuses in its own words', async () => {
  const token = await trial.tokenWith('path "secret/*" { capabilities = ["read"] }')
  for (const [method, path, status, errors, as] of [
    ['GET', 'sys/nothing', 404, list('unsupported path'), undefined],
    ['GET', 'auth/token/nothing', 404, list('unsupported path'), undefined],
    ['PATCH', 'sys/mounts/secret', 405, list('unsupported operation'), undefined],
    ['GET', 'sys/mounts', 403, list('permission denied'), token],
    ['GET', 'sys/mounts', 403, ['permission denied'], 'no-such-token'],
    ['GET', 'sys/mounts', 403, ['permission denied'], null],
    ['GET', 'nowhere/x', 404, ['no handler for route "nowhere/x". route entry not found.'], undefined],
    ['POST', 'sys/mounts/x', 400, ['backend type must be specified as a string'], undefined],
  ] as const) {
    const answered = await trial.ask(method, path, undefined, as === undefined ? {} : { token: as })
    assert.deepEqual([answered.status, answered.body.errors], [status, errors], `${method} ${path}`)
  }
})

test('data stands beside the envelope where the oldest clients look for it, and nowhere else', async () => {
  assert.ok((await trial.must('GET', 'sys/mounts'))['secret/'])
  assert.equal((await trial.must('GET', 'sys/mounts/secret')).type, 'kv')
  assert.deepEqual((await trial.must('POST', 'sys/capabilities-self', { paths: ['a'] })).capabilities, ['root'])
  const answered = await trial.must('GET', 'sys/internal/ui/mounts')
  assert.deepEqual([answered.secret, typeof answered.data.secret], [undefined, 'object'])
})

test('nothing is written to a path that ends in a slash', async () => {
  for (const method of ['POST', 'PUT']) {
    const { status, body } = await trial.ask(method, 'secret/data/folder/', { data: { a: 1 } })
    assert.deepEqual([status, body.errors], [400, ["cannot write to a path ending in '/'"]])
  }
  assert.equal((await trial.ask('GET', 'secret/data/folder')).status, 404)
})

test('answers tell the namespace that they are of', async () => {
  await trial.must('POST', 'sys/namespaces/team')
  const { headers } = await trial.ask('GET', 'sys/mounts', undefined, { headers: { 'x-vault-namespace': 'team' } })
  assert.equal(headers['x-vault-namespace'], 'team/')
  assert.equal((await trial.ask('GET', 'sys/mounts')).headers['x-vault-namespace'], undefined)
})

test('browsers of configured origins may call, others may not; without configuration nothing is said', async () => {
  const from = (origin: string, more: object = {}) => ({ headers: { origin, ...more } })
  assert.equal((await trial.ask('GET', 'sys/mounts', undefined, from('https://a.example'))).headers['access-control-allow-origin'], undefined)
  assert.equal((await trial.ask('PUT', 'sys/config/cors', { allowed_origins: '*,https://a.example' })).status, 400)
  await trial.must('PUT', 'sys/config/cors', { allowed_origins: ['https://a.example'], allowed_headers: ['X-Own'] })
  const answered = await trial.ask('GET', 'sys/mounts', undefined, from('https://a.example'))
  assert.deepEqual([answered.status, answered.headers['access-control-allow-origin'], answered.headers.vary], [200, 'https://a.example', 'Origin'])
  const foreign = await trial.ask('GET', 'sys/mounts', undefined, from('https://b.example'))
  assert.deepEqual([foreign.status, foreign.body.errors, foreign.headers['access-control-allow-origin']], [403, ['origin not allowed'], undefined])
  const preflight = await trial.ask('OPTIONS', 'secret/data/x', undefined, { token: null, ...from('https://a.example', { 'access-control-request-method': 'LIST' }) })
  assert.deepEqual([preflight.status, preflight.text], [204, ''])
  assert.match(preflight.headers['access-control-allow-methods']!, /\bLIST\b/)
  assert.match(preflight.headers['access-control-allow-headers']!, /X-Vault-Token.*X-Own/)
  assert.equal((await trial.ask('OPTIONS', 'secret/data/x', undefined, from('https://a.example', { 'access-control-request-method': 'TRACE' }))).status, 405)
  await trial.must('DELETE', 'sys/config/cors')
  assert.equal((await trial.ask('GET', 'sys/mounts', undefined, from('https://b.example'))).status, 200)
})

test('the store is asked once whether caches hold, by browsers as by others', async () => {
  const fresh = mock.method(trial.server.core.barrier, 'fresh')
  const times = async (headers: IncomingHttpHeaders): Promise<number> => {
    fresh.mock.resetCalls()
    await trial.must('GET', 'sys/internal/ui/mounts/secret', undefined, { headers })
    return fresh.mock.callCount()
  }
  // Housekeeping asks too: the least of some is what a request asks by itself.
  const least = async (headers: IncomingHttpHeaders): Promise<number> => Math.min(await times(headers), await times(headers), await times(headers))
  assert.deepEqual([await least({}), await least({ origin: 'https://a.example' })], [1, 1])
  fresh.mock.restore()
})

test('a login that wishes for more than it can get is told so', async () => {
  await trial.must('POST', 'sys/auth/people', { type: 'userpass' })
  await trial.must('POST', 'auth/people/users/ann', { password: 'pass', token_ttl: '9999h' })
  const { auth, warnings } = await trial.must('POST', 'auth/people/login/ann', { password: 'pass' }, { token: null })
  assert.equal(auth.lease_duration, 768 * 3600)
  assert.deepEqual(warnings, ['TTL of "9999h0m0s" exceeded the effective max_ttl of "768h0m0s"; TTL value is capped accordingly'])
})

test('version 1 paths on a versioned store are answered with the words that clients know', async () => {
  for (const [method, command] of [['GET', 'get'], ['POST', 'put'], ['DELETE', 'delete'], ['LIST', 'list']] as const) {
    const { status, body } = await trial.ask(method, 'secret/old', method === 'POST' ? { a: 1 } : undefined)
    assert.equal(status, 404)
    assert.deepEqual(body.warnings, [`Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv ${command}' for this operation.`])
  }
})
