// Bounds: leases have quotas, numbers stay numbers, lists of many small values are no way around the limits.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runProgram, startDev, startPersistent } from '../process.test-aid.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'

const home = mkdtempSync(join(tmpdir(), 'strongroom-limits-'))
let trial: Trial
before(async () => {
  trial = await startTrial({ audit_folder: home })
})
after(async () => {
  await trial.stop()
  rmSync(home, { recursive: true, force: true })
})

test('a lease count quota refuses the lease that is one too many, and what was made for it is taken back', async () => {
  const { core } = trial.server
  const mount = core.mounts.at('secret/')!
  await trial.must('POST', 'sys/quotas/lease-count/few', { max_leases: 2, path: 'secret/' })
  const make = (): Promise<unknown> => core.leases.create(mount, 'secret/x', { kind: 'none', data: {}, ttl: 60 }, '', 0)
  await make()
  await make()
  await assert.rejects(make(), /quota|lease/i)
  await trial.must('DELETE', 'sys/quotas/lease-count/few')
  await make()
})

test('numbers and times beyond what can be counted are refused, never rounded into something else', async () => {
  await trial.must('POST', 'secret/data/n', { data: { a: 1 } })
  for (const [method, path, body] of [
    ['POST', 'auth/token/create', { ttl: 1e308 }], ['POST', 'auth/token/create', { period: '99999999999h' }], ['POST', 'auth/token/create', { num_uses: 1e308 }], ['POST', 'auth/token/create', { num_uses: '1e400' }],
    ['POST', 'auth/token/create', { explicit_max_ttl: '9'.repeat(400) }], ['POST', 'sys/mounts/secret/tune', { max_lease_ttl: '1e400' }], ['POST', 'sys/mounts/secret/tune', { default_lease_ttl: 1e300 }],
    ['POST', 'secret/undelete/n', { versions: ['1e308'] }], ['POST', 'secret/destroy/n', { versions: [-1] }], ['POST', 'secret/config', { max_versions: 1e308 }], ['POST', 'secret/config', { delete_version_after: '9'.repeat(30) }],
    ['POST', 'secret/data/n', { data: {}, options: { cas: 1e308 } }], ['GET', 'secret/data/n?version=1e308', undefined], ['GET', 'secret/data/n?version=NaN', undefined], ['GET', 'secret/data/n?version=0x1', undefined],
  ] as const) {
    const { status, text } = await trial.ask(method, path, body)
    assert.ok(status === 400 || status === 404 || (path.includes('0x1') && status === 200) || /^secret.(destroy|undelete)/.test(path), `${path} ${JSON.stringify(body)}: ${status} ${text}`)
  }
  assert.equal((await trial.must('GET', 'secret/data/n')).data.data.a, 1)
})

test('every digit of a number comes back, wherever it was kept, and none is in the audit log', async () => {
  const file = join(home, 'digits.log')
  await trial.must('POST', 'sys/mounts/one', { type: 'kv' })
  await trial.must('PUT', 'sys/audit/digits', { type: 'file', options: { file_path: file } })
  const numbers = '"id":12345678901234567891,"tiny":0.12345678901234567891,"huge":1e400'
  for (const [path, body] of [['secret/data/digits', `{"data":{${numbers}}}`], ['one/digits', `{${numbers}}`], ['cubbyhole/digits', `{${numbers}}`]] as const) {
    await trial.must('POST', path, body)
    assert.ok((await trial.ask('GET', path)).text.includes(numbers), path)
  }
  await trial.must('PATCH', 'secret/data/digits', '{"data":{"more":98765432109876543210}}', { headers: { 'content-type': 'application/merge-patch+json' } })
  const wrapped = (await trial.must('GET', 'secret/data/digits', undefined, { headers: { 'x-vault-wrap-ttl': '60s' } })).wrap_info.token
  const { text } = await trial.ask('POST', 'sys/wrapping/unwrap', { token: wrapped })
  assert.ok(text.includes(numbers) && text.includes('98765432109876543210'))
  await trial.must('DELETE', 'sys/audit/digits')
  assert.doesNotMatch(readFileSync(file, 'utf8'), /12345678901234567|rawJSON/)
})

test('a body of many small values is refused as one of many strings is', async () => {
  assert.equal((await trial.ask('POST', 'secret/data/wide', `{"data":{"a":[${'1,'.repeat(1_000_001)}1]}}`)).status, 413)
  assert.equal((await trial.ask('POST', 'secret/data/wide', `{"data":{"a":[${'[],'.repeat(1_000_001)}[]]}}`)).status, 413)
})

test('two spellings of one letter are two names, to policy and engine alike', async () => {
  const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'].map((name) => encodeURIComponent(name))
  await trial.must('POST', `secret/data/${composed}`, { data: { of: 'composed' } })
  const token = await trial.tokenWith('path "secret/data/cafe\u0301" { capabilities = ["read"] }')
  assert.equal((await trial.ask('GET', `secret/data/${composed}`, undefined, { token })).status, 403)
  assert.equal((await trial.ask('GET', `secret/data/${decomposed}`, undefined, { token })).status, 404)
})

test('what server and command line write is their owner\'s alone', { skip: process.platform === 'win32' }, async () => {
  chmodSync(home, 0o755)
  const server = await startPersistent(home)
  const response = await fetch(`${server.address}/v1/sys/init`, { method: 'PUT', body: '{"secret_shares":1,"secret_threshold":1}' })
  const { keys, root_token } = (await response.json()) as { keys: string[]; root_token: string }
  await fetch(`${server.address}/v1/sys/unseal`, { method: 'PUT', body: JSON.stringify({ key: keys[0] }) })
  await fetch(`${server.address}/v1/sys/audit/file`, { method: 'PUT', headers: { 'x-vault-token': root_token }, body: JSON.stringify({ type: 'file', options: { file_path: join(home, 'audit.log') } }) })
  await server.stop()
  const dev = await startDev(home)
  runProgram(['login', '-no-print', '-'], { HOME: home, VAULT_ADDR: dev.address }, 'root')
  await dev.stop()
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'server.hcl')
  assert.ok(files.some(({ name }) => name === '.vault-token') && files.some(({ name }) => name === 'audit.log') && files.some(({ name }) => name === 'strongroom.db'))
  for (const { name, parentPath } of files) assert.equal(statSync(join(parentPath, name)).mode & 0o077, 0, name)
})
