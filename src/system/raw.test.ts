import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial({ raw_storage_endpoint: true })
})
after(() => trial.stop())

const value = async (path: string): Promise<string> => (await trial.must('GET', `sys/raw/${path}`)).data.value
const status = async (method: string, path: string, body?: object): Promise<number> => (await trial.ask(method, `sys/raw/${path}`, body)).status

test('records are written, read, listed by pages and deleted, as text and in base64', async () => {
  await trial.must('POST', 'sys/raw/own/a', { value: 'plain' })
  await trial.must('POST', 'sys/raw/own/b/c', { value: '//79', encoding: 'base64' })
  assert.equal(await value('own/a'), 'plain')
  assert.equal(await value('own/a?encoding=base64'), Buffer.from('plain').toString('base64'))
  assert.equal(await value('own/b/c?encoding=base64'), '//79')
  for (const path of ['sys/raw/own', 'sys/raw/own/']) assert.deepEqual((await trial.must('LIST', path)).data.keys, ['a', 'b/'])
  assert.deepEqual((await trial.must('GET', 'sys/raw/own?list=true&limit=1')).data.keys, ['a'])
  for (const path of ['sys/raw', 'sys/raw/']) assert.deepEqual((await trial.must('LIST', path)).data.keys, ['core/', 'own/'])
  await trial.must('DELETE', 'sys/raw/own/a')
  await trial.must('DELETE', 'sys/raw/own/a')
  assert.equal(await status('GET', 'own/a'), 404)
  assert.equal(await status('LIST', 'none'), 404)
  for (const body of [{}, { value: 'x%', encoding: 'base64' }, { value: 'x', encoding: 'hex' }, { value: 'x', compression_type: 'lzw' }]) assert.equal(await status('POST', 'own/d', body), 400, JSON.stringify(body))
  assert.equal(await status('GET', 'own/b/c?encoding=hex'), 400)
  for (const path of ['own/', '']) assert.equal(await status('POST', path, { value: 'x' }), 400)
  assert.equal(await status('GET', 'own/%2e%2e/core/keyring'), 400)
})

test('what is compressed reads as it was, and stays compressed where nothing else is said', async () => {
  const stored = async (): Promise<Buffer> => Buffer.from(await value('packed?compressed=false&encoding=base64'), 'base64')
  await trial.must('POST', 'sys/raw/packed', { value: 'long '.repeat(100), compression_type: 'gzip' })
  assert.equal(await value('packed'), 'long '.repeat(100))
  assert.equal((await stored()).toString('latin1', 0, 1), 'G')
  assert.equal(gunzipSync((await stored()).subarray(1)).toString(), 'long '.repeat(100))
  await trial.must('POST', 'sys/raw/packed', { value: 'other' })
  assert.equal(gunzipSync((await stored()).subarray(1)).toString(), 'other')
  await trial.must('POST', 'sys/raw/packed', { value: 'Good', compression_type: '' })
  assert.equal(String(await stored()), 'Good')
  assert.equal(await value('packed'), 'Good')
  const broken = Buffer.concat([Buffer.from('G'), gzipSync('value').subarray(0, 12)])
  await trial.must('POST', 'sys/raw/packed', { value: broken.toString('base64'), encoding: 'base64', compression_type: 'none' })
  assert.equal(await status('GET', 'packed'), 400)
  const bomb = Buffer.concat([Buffer.from('G'), gzipSync(Buffer.alloc(40_000_000))])
  await trial.must('POST', 'sys/raw/packed', { value: bomb.toString('base64'), encoding: 'base64', compression_type: 'none' })
  assert.equal(await status('GET', 'packed'), 400)
})

test('what opens the barrier is out of reach', async () => {
  for (const key of ['keyring', 'root-key', 'key-usage', 'seal-config', 'wrapped-root-key', 'recovery-key']) {
    for (const [method, body] of [['GET'], ['POST', { value: '{}' }], ['DELETE']] as const) {
      const { status, body: answered } = await trial.ask(method, `sys/raw/core/${key}`, body)
      assert.deepEqual([status, answered.errors], [400, [`cannot access "core/${key}"`]], `${method} ${key}`)
    }
  }
})

test('a repair counts at once, whatever is kept in memory', async () => {
  await trial.must('PUT', 'sys/policies/acl/repaired', { policy: 'path "secret/*" { capabilities = ["read"] }' })
  await trial.must('POST', 'secret/data/x', { data: { a: 'b' } })
  const token = (await trial.must('POST', 'auth/token/create', { policies: ['repaired'] })).auth.client_token
  assert.equal((await trial.ask('GET', 'secret/data/x', undefined, { token })).status, 200)
  const policy = JSON.parse(await value('core/policy/root/repaired'))
  await trial.must('POST', 'sys/raw/core/policy/root/repaired', { value: JSON.stringify(policy).replace('read', 'deny') })
  assert.equal((await trial.ask('GET', 'secret/data/x', undefined, { token })).status, 403)

  const { uuid } = (await trial.must('GET', 'sys/mounts/secret')).data
  const mount = JSON.parse(await value(`core/mount/${uuid}`))
  await trial.must('POST', `sys/raw/core/mount/${uuid}`, { value: JSON.stringify({ ...mount, path: 'moved/' }) })
  assert.equal((await trial.must('GET', 'moved/data/x')).data.data.a, 'b')
  assert.equal((await trial.ask('GET', 'secret/data/x')).status, 404)
  for (const body of [{ value: 'no JSON' }, { value: '{}', compression_type: 'gzip' }]) assert.equal(await status('POST', `core/mount/${uuid}`, body), 400)
  await trial.must('DELETE', `sys/raw/core/mount/${uuid}`)
  assert.equal((await trial.ask('GET', 'moved/data/x')).status, 404)
})

test('a record that was altered is told as such, and can be replaced after its deletion', async () => {
  await trial.must('POST', 'sys/raw/own/g', { value: 'x' })
  await trial.server.core.storage.commit({ put: [['own/g', Buffer.alloc(40, 1)]] })
  for (const [method, body] of [['GET'], ['POST', { value: 'y' }]] as const) assert.match((await trial.ask(method, 'sys/raw/own/g', body)).body.errors[0], /does not open/)
  await trial.must('DELETE', 'sys/raw/own/g')
  await trial.must('POST', 'sys/raw/own/g', { value: 'y' })
  assert.equal(await value('own/g'), 'y')
})

test('it takes sudo, the root namespace and a configuration that allows it', async () => {
  await trial.must('POST', 'sys/raw/own/e', { value: 'x' })
  const rules = (more: string) => `path "sys/raw/own/*" { capabilities = ["create", "read", "update", "delete", "list"${more}] }`
  const [plain, mighty] = [await trial.tokenWith(rules('')), await trial.tokenWith(rules(', "sudo"'))]
  for (const [method, body] of [['GET'], ['POST', { value: 'y' }], ['DELETE'], ['LIST']] as const) assert.equal((await trial.ask(method, 'sys/raw/own/e', body, { token: plain })).status, 403, method)
  assert.equal((await trial.ask('GET', 'sys/raw/own/e', undefined, { token: mighty })).status, 200)
  const creating = await trial.tokenWith('path "sys/raw/own/*" { capabilities = ["create", "sudo"] }')
  assert.equal((await trial.ask('POST', 'sys/raw/own/e', { value: 'y' }, { token: creating })).status, 403)
  assert.equal((await trial.ask('POST', 'sys/raw/own/new', { value: 'y' }, { token: creating })).status, 204)
  await trial.must('POST', 'sys/namespaces/team')
  assert.equal((await trial.ask('GET', 'team/sys/raw/own/e')).status, 404)
  const other = await startTrial()
  for (const [method, body] of [['GET'], ['POST', { value: 'y' }], ['DELETE'], ['LIST']] as const) assert.equal((await other.ask(method, 'sys/raw/own/e', body)).status, 404, method)
  await other.stop()
})

test('values go to audit hashed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-raw-'))
  const file = join(folder, 'audit.log')
  try {
    await trial.must('POST', 'sys/audit/raw', { type: 'file', options: { file_path: file } })
    await trial.must('POST', 'sys/raw/own/f', { value: 'a canary value' })
    await trial.must('GET', 'sys/raw/own/f')
    await trial.must('GET', 'sys/raw/own/f?encoding=base64')
    await trial.must('DELETE', 'sys/audit/raw')
    const lines = readFileSync(file, 'utf8')
    assert.match(lines, /"path":"sys\/raw\/own\/f"/)
    assert.ok(!lines.includes('canary') && !lines.includes(Buffer.from('a canary value').toString('base64')))
    assert.ok(!trial.logged.join('').includes('canary'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
