import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../../test/server.test-aid.ts'
import { secretTexts } from './values.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
  await trial.must('POST', 'sys/mounts/plain', { type: 'kv', options: { version: '1' } })
  for (const name of ['team/a/db', 'team/b/db', 'top']) await trial.must('POST', `secret/data/${name}`, { data: { password: `value-of-${name}` } })
  await trial.must('PUT', 'plain/one', { password: 'value-of-plain-one' })
})
after(() => trial.stop())

async function known(token?: string, query = ''): Promise<{ paths: string[]; refused: number; key_id: string }> {
  const headers = { 'x-vault-token': token ?? trial.root }
  const sent = await trial.server.answer({ method: 'GET', url: `/v1/sys/known-secrets${query}`, headers, body: Buffer.alloc(0), remote: { address: '127.0.0.1', port: 1 }, signal: new AbortController().signal, certificate: null })
  assert.equal(sent.status, 200, String(sent.body))
  let text = ''
  for await (const piece of sent.body as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString()
  const file = JSON.parse(text)
  return { ...file, paths: file.secrets.map((one: { path: string }) => one.path) }
}

const open = 'path "sys/known-secrets" { capabilities = ["read"] }\n'

test('every folder of every KV mount is walked, or of those that are asked for', async () => {
  assert.deepEqual((await known()).paths.sort(), ['plain/one', 'secret/team/a/db', 'secret/team/b/db', 'secret/top'])
  assert.deepEqual((await known(undefined, '?mounts=plain')).paths, ['plain/one'])
})

test('only what the caller may both list and read', async () => {
  const cases: [rules: string, paths: string[], refused: number][] = [
    ['path "secret/*" { capabilities = ["read"] }', [], 0],
    ['path "secret/metadata/*" { capabilities = ["list"] }', [], 3],
    ['path "secret/+/team/a/*" { capabilities = ["read", "list"] }', ['secret/team/a/db'], 0],
    ['path "secret/metadata/*" { capabilities = ["list"] }\npath "secret/data/*" { capabilities = ["read"] }\npath "secret/data/team/b/*" { capabilities = ["deny"] }', ['secret/team/a/db', 'secret/top'], 1],
    ['path "plain/*" { capabilities = ["read", "list"] }', ['plain/one'], 0],
  ]
  for (const [rules, paths, refused] of cases) {
    const found = await known(await trial.tokenWith(open + rules))
    assert.deepEqual([found.paths.sort(), found.refused], [paths, refused], rules)
  }
})

test('the right to fingerprints is none to the key', async () => {
  const token = await trial.tokenWith(open)
  await known(token)
  assert.equal((await trial.ask('GET', 'sys/known-secrets/key', undefined, { token })).status, 403)
  const { data } = await trial.must('GET', 'sys/known-secrets/key')
  assert.equal((await known()).key_id, data.key_id)
  await trial.must('POST', 'sys/known-secrets/key')
  assert.notEqual((await known()).key_id, data.key_id)
})

test('what says where and who is no secret; passwords within addresses are, and lines of a key', () => {
  const texts = (payload: Record<string, unknown>): string[] => [...secretTexts(payload)].map(({ field, value }) => `${field} ${value}`)
  assert.deepEqual(texts({ username: 'application', host: 'db.internal.test', port: 5432, password: ' s3cret-enough\n', pin: 'short' }), ['password s3cret-enough'])
  assert.deepEqual(texts({ url: 'postgres://app:p%40ssw0rd-1@db/x' }), ['url p@ssw0rd-1', 'url postgres://app:p%40ssw0rd-1@db/x'])
  assert.deepEqual(texts({ tls: { crt: '-----BEGIN CERTIFICATE-----\nMIIB', key: `-----BEGIN KEY-----\n${'k'.repeat(64)}\nend` } }).map((text) => text.slice(0, 12)), ['tls.key ----', 'tls.key kkkk'])
  assert.deepEqual(texts({ tokens: ['first-of-them', 123456789012] }), ['tokens first-of-them', 'tokens 123456789012'])
})
