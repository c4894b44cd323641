// Audit fails closed: without a device that takes the entry nothing is done. What a device takes holds no secret,
// whatever was asked, in whichever dialect; nor does the server's log, its metrics or its answers to others.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Trial, startTrial } from '../server.test-aid.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-closed-'))
const trials: Trial[] = []
after(async () => {
  for (const trial of trials) await trial.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(settings: Record<string, unknown> = {}): Promise<Trial> {
  const trial = await startTrial({ audit_folder: folder, ...settings })
  trials.push(trial)
  return trial
}

test('a device that is gone: the request is refused and was not done; once it is back all pass', async () => {
  const sockets = new Set<Socket>()
  const sink = createServer((socket) => {
    sockets.add(socket)
    socket.resume().on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  const listening = (port = 0): Promise<number> => new Promise((done) => void sink.listen(port, '127.0.0.1', () => done((sink.address() as { port: number }).port)))
  const port = await listening()
  const trial = await start()
  await trial.must('POST', 'secret/data/kept', { data: { value: 'before' } })
  await trial.must('PUT', 'sys/audit/far', { type: 'socket', options: { address: `127.0.0.1:${port}`, socket_type: 'tcp', write_timeout: '1s' } })
  const child = await trial.tokenWith('path "secret/*" { capabilities = ["read"] }')
  await new Promise<void>((done) => {
    sink.close(() => done())
    for (const socket of sockets) socket.destroy()
  })
  const refused = async (method: string, path: string, body?: unknown, options = {}): Promise<void> => {
    // The first line may still have gone into the closing connection.
    let status = 0
    for (let tries = 0; tries < 5 && status < 500; tries++) status = (await trial.ask(method, path, body, options)).status
    assert.ok(status >= 500, `${method} ${path}: ${status}`)
  }
  await refused('GET', 'secret/data/kept')
  await refused('POST', 'secret/data/after', { data: { value: 'written' } })
  await refused('POST', 'secret/data/kept', { data: { value: 'changed' } })
  await refused('DELETE', 'secret/data/kept')
  await refused('POST', 'auth/token/revoke', { token: child })
  await refused('GET', 'secret/data/kept', undefined, { headers: { 'x-vault-wrap-ttl': '60s' } })
  assert.equal(await listening(port), port)
  let answered = { status: 0 }
  for (let tries = 0; tries < 50 && answered.status !== 200; tries++) answered = await trial.ask('GET', 'secret/data/kept', undefined, { token: child })
  assert.equal(answered.status, 200, 'the token was not revoked')
  assert.equal((answered as any).body.data.data.value, 'before')
  assert.equal((await trial.ask('GET', 'secret/data/after')).status, 404)
  await trial.must('DELETE', 'sys/audit/far')
  sink.close()
  for (const socket of sockets) socket.destroy()
})

test('a canary in every operation is in no log, metric, error or listing', async () => {
  const trial = await start()
  const file = join(folder, 'canary.log')
  await trial.must('PUT', 'sys/audit/file', { type: 'file', options: { file_path: file } })
  const canary = 'canary-7d1f0b'
  const made: string[] = [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '')]
  for (const type of ['userpass', 'approle', 'aws']) await trial.must('POST', `sys/auth/${type}`, { type })
  for (const [path, type] of [['transit', 'transit'], ['totp', 'totp'], ['database', 'database'], ['one', 'kv']]) await trial.must('POST', `sys/mounts/${path}`, { type })
  const ask = trial.ask
  await ask('POST', 'secret/data/a', { data: { value: canary, deep: [{ list: [canary] }] } })
  await ask('PATCH', 'secret/data/a', { data: { more: canary } }, { headers: { 'content-type': 'application/merge-patch+json' } })
  await ask('GET', 'secret/data/a')
  await ask('POST', 'secret/data/a', `{"data":"${canary}"}`)
  await ask('POST', 'secret/data/a', `{"data":{"a":"${canary}"`)
  await ask('POST', 'secret/data/a', { data: { value: canary }, options: { cas: canary } })
  await ask('POST', 'one/a', { value: canary })
  await ask('GET', 'one/a')
  await ask('POST', 'cubbyhole/a', { value: canary })
  await ask('POST', 'auth/userpass/users/ann', { password: canary })
  await ask('POST', 'auth/userpass/login/ann', { password: `${canary}x` }, { token: null })
  made.push((await ask('POST', 'auth/userpass/login/ann', { password: canary }, { token: null })).body.auth.client_token)
  await ask('POST', 'auth/approle/role/r', {})
  made.push((await ask('POST', 'auth/approle/role/r/secret-id', {})).body.data.secret_id)
  await ask('POST', 'auth/approle/login', { role_id: canary, secret_id: canary }, { token: null })
  made.push((await ask('POST', 'auth/token/create', { meta: { a: 'b' } })).body.auth.client_token)
  await ask('POST', 'auth/token/lookup', { token: canary })
  await ask('POST', 'auth/token/create', { id: canary })
  await ask('GET', 'secret/data/a', undefined, { token: canary })
  await ask('GET', 'secret/data/a', undefined, { token: null, headers: { authorization: `Bearer ${canary}`, cookie: canary } })
  const wrapped = (await ask('GET', 'secret/data/a', undefined, { headers: { 'x-vault-wrap-ttl': '60' } })).body.wrap_info.token
  made.push(wrapped)
  await ask('POST', 'sys/wrapping/lookup', { token: wrapped })
  await ask('POST', 'sys/wrapping/unwrap', { token: wrapped })
  await ask('POST', 'sys/wrapping/unwrap', { token: canary })
  await ask('POST', 'sys/wrapping/wrap', { a: canary }, { headers: { 'x-vault-wrap-ttl': '60' } })
  await ask('POST', 'transit/keys/k', {})
  await ask('POST', 'transit/encrypt/k', { plaintext: Buffer.from(canary).toString('base64') })
  await ask('POST', 'transit/encrypt/k', { plaintext: canary })
  await ask('POST', 'transit/decrypt/k', { ciphertext: canary })
  await ask('POST', 'transit/hmac/k', { input: Buffer.from(canary).toString('base64') })
  await ask('POST', 'transit/keys/imported/import', { ciphertext: canary })
  await ask('POST', 'totp/keys/t', { url: `otpauth://totp/x:y?secret=${canary}&issuer=x` })
  made.push(String((await ask('POST', 'totp/keys/g', { generate: true, issuer: 'i', account_name: 'a' })).body.data?.url ?? canary))
  await ask('POST', 'database/config/d', { plugin_name: 'postgresql-database-plugin', connection_url: 'postgresql://{{username}}:{{password}}@127.0.0.1:1/x', username: 'u', password: canary })
  await ask('GET', 'database/config/d')
  await ask('POST', 'sys/tools/hash', { input: canary })
  await ask('POST', 'sys/capabilities', { token: canary, paths: ['a'] })
  await ask('POST', 'sys/mfa/validate', { mfa_request_id: 'x', mfa_payload: { x: [canary] } }, { token: null })
  made.push(String((await ask('POST', 'auth/aws/key', { name: 'k' })).body.data.secret_key))
  await ask('GET', `secret/data/missing?password=${canary}`)
  await ask('POST', 'sys/unseal', { key: canary }, { token: null })
  const otp = (await ask('POST', 'sys/generate-root/attempt', {})).body
  made.push(String(otp.otp))
  await ask('POST', 'sys/generate-root/update', { key: canary, nonce: otp.nonce })
  await ask('DELETE', 'sys/generate-root/attempt')
  await ask('POST', 'sys/rekey/init', { secret_shares: 1, secret_threshold: 1 })
  await ask('POST', 'sys/rekey/update', { key: canary, nonce: 'x' })
  await ask('DELETE', 'sys/rekey/init')
  const elsewhere = await Promise.all(['sys/metrics?format=prometheus', 'sys/in-flight-req', 'sys/config/state/sanitized', 'sys/internal/specs/openapi', 'sys/audit', 'sys/host-info'].map(async (path) => (await ask('GET', path)).text))
  const all = { audit: readFileSync(file, 'utf8'), log: trial.logged.join('\n'), elsewhere: elsewhere.join('\n') }
  assert.ok(all.audit.split('\n').length > 80)
  for (const [place, text] of Object.entries(all)) for (const secret of [...made, trial.root]) assert.ok(secret.length >= 6 && !text.includes(secret), `${secret.slice(0, 12)} is in the ${place}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`)
  assert.equal(statSync(file).mode & 0o077, 0)
})
