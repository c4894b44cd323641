import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { xor } from '../crypto/encoding.ts'
import { autoSeal, invalid, serve, serveUnsealed, token } from './seal.test-aid.ts'

test('init, unseal and seal as Vault answers them', async () => {
  const { ask } = serve()
  const sealed = {
    type: 'shamir', initialized: false, sealed: true, t: 0, n: 0, progress: 0, nonce: '', version: '1.2.3', build_date: '2026-01-01T00:00:00Z',
    migration: false, recovery_seal: false, storage_type: 'inmem',
  }
  assert.deepEqual(await ask('read', 'seal-status'), sealed)
  assert.deepEqual(await ask('read', 'init'), { initialized: false })
  await assert.rejects(ask('write', 'init', {}), invalid(/shares must be at least one/))
  await assert.rejects(ask('write', 'init', { secret_shares: 1, secret_threshold: 1, recovery_shares: 1 }), invalid(/not applicable to seal type shamir/))
  const made = (await ask('write', 'init', { secret_shares: 3, secret_threshold: 2, stored_shares: 0, pgp_keys: null, root_token_pgp_key: '' }))!
  assert.deepEqual(Object.keys(made), ['keys', 'keys_base64', 'root_token'])
  assert.deepEqual(made.keys.map((key: string) => Buffer.from(key, 'hex').toString('base64')), made.keys_base64)
  assert.equal(made.root_token, token)
  await assert.rejects(ask('write', 'init', { secret_shares: 3, secret_threshold: 2 }), invalid(/already initialized/))
  assert.deepEqual(await ask('read', 'init'), { initialized: true })

  await assert.rejects(ask('write', 'unseal', {}), invalid(/'key' must be specified/))
  await assert.rejects(ask('write', 'unseal', { key: '!' }), invalid(/valid hex or base64/))
  const first = (await ask('write', 'unseal', { key: made.keys[0] }))!
  assert.deepEqual({ ...first, nonce: '' }, { ...sealed, initialized: true, t: 2, n: 3, progress: 1 })
  assert.equal((await ask('write', 'unseal', { reset: true }))!.progress, 0)
  await ask('write', 'unseal', { key: made.keys[0] })
  const open = { ...sealed, initialized: true, sealed: false, t: 2, n: 3, cluster_name: 'house', cluster_id: 'c-1' }
  assert.deepEqual(await ask('write', 'unseal', { key: made.keys_base64[2] }), open)
  assert.deepEqual(await ask('read', 'seal-status'), open)
  assert.equal(await ask('write', 'seal'), undefined)
  assert.equal((await ask('read', 'seal-status'))!.sealed, true)
})

test('init with an automatic seal gives recovery keys', async () => {
  const { ask } = serve({ seal: autoSeal })
  await assert.rejects(ask('write', 'init', { secret_shares: 1, secret_threshold: 1 }), invalid(/not applicable to seal type static/))
  const made = (await ask('write', 'init', { recovery_shares: 2, recovery_threshold: 2 }))!
  assert.deepEqual([made.keys, made.recovery_keys.length, made.recovery_keys_base64.length], [[], 2, 2])
  const { type, sealed, t, n, recovery_seal } = (await ask('read', 'seal-status'))!
  assert.deepEqual([type, sealed, t, n, recovery_seal], ['static', false, 2, 2, true])
  assert.equal((await ask('read', 'rekey-recovery-key/init'))!.required, 2)
})

test('rekey as Vault answers it, bare and in OpenBao’s authenticated twin', async () => {
  const { ask, keys } = await serveUnsealed()
  const idle = {
    nonce: '', started: false, t: 0, n: 0, progress: 0, required: 2, pgp_fingerprints: null, backup: false, verification_required: false,
  }
  assert.deepEqual(await ask('read', 'rekey/init'), idle)
  assert.deepEqual(await ask('read', 'rotate/root/init'), idle)
  await assert.rejects(ask('write', 'rekey/init', { secret_shares: 1, secret_threshold: 1, backup: true }), invalid(/backup/))
  const started = (await ask('write', 'rekey/init', { secret_shares: 2, secret_threshold: 2, require_verification: true }))!
  const { nonce } = started
  assert.deepEqual(started, { ...idle, nonce, started: true, t: 2, n: 2, verification_required: true })
  assert.equal((await ask('write', 'rekey/update', { key: keys[0], nonce }))!.progress, 1)
  const done = (await ask('write', 'rekey/update', { key: keys[1], nonce }))!
  assert.deepEqual(Object.keys(done), [
    'nonce', 'complete', 'keys', 'keys_base64', 'pgp_fingerprints', 'backup', 'verification_required', 'verification_nonce',
  ])
  const verify = { nonce: done.verification_nonce, started: true, t: 2, n: 2, progress: 0 }
  assert.deepEqual(await ask('read', 'rekey/verify'), verify)
  assert.deepEqual(await ask('write', 'rekey/verify', { key: done.keys[0], nonce: verify.nonce }), { ...verify, progress: 1 })
  const restarted = (await ask('delete', 'rekey/verify'))!
  for (const [i, key] of done.keys_base64.entries()) {
    const reply = await ask('write', 'rekey/verify', { key, nonce: restarted.nonce })
    if (i === 1) assert.deepEqual(reply, { nonce: restarted.nonce, complete: true })
  }
  assert.deepEqual(await ask('read', 'rekey/init'), idle)
  await assert.rejects(ask('read', 'rekey/backup'), invalid(/no backed-up keys/))
})

test('only an administrator cancels without the nonce', async () => {
  const { ask } = await serveUnsealed()
  for (const [path, body] of [['rekey/init', { secret_shares: 1, secret_threshold: 1 }], ['generate-root/attempt', {}]] as const) {
    const { nonce } = (await ask('write', path, body))!
    await assert.rejects(ask('delete', path), invalid(/nonce is required/))
    await ask('delete', path, { nonce })
    await ask('write', path, body)
    await ask('delete', path, {}, ['root'])
    assert.equal((await ask('read', path))!.started, false)
  }
})

test('generate-root as Vault answers it', async () => {
  const { ask, keys } = await serveUnsealed()
  const started = (await ask('write', 'generate-root/attempt'))!
  const { nonce, otp } = started
  const status = {
    nonce, started: true, progress: 0, required: 2, complete: false, encoded_token: '', encoded_root_token: '', pgp_fingerprint: '', otp: '', otp_length: 28,
  }
  assert.deepEqual(started, { ...status, otp })
  assert.deepEqual(await ask('read', 'generate-root/attempt'), status)
  await assert.rejects(ask('write', 'generate-root/update', { key: keys[0], nonce: 'x' }), invalid(/incorrect nonce/))
  assert.deepEqual(await ask('write', 'generate-root/update', { key: keys[0], nonce }), { ...status, progress: 1 })
  const done = (await ask('write', 'generate-root/update', { key: keys[1], nonce }))!
  assert.deepEqual([done.complete, done.progress, done.encoded_token], [true, 2, done.encoded_root_token])
  assert.equal(String(xor(Buffer.from(done.encoded_token, 'base64'), Buffer.from(otp))), token)
  assert.deepEqual(await ask('write', 'decode-token', { encoded_token: done.encoded_token, otp }), { token })
  await assert.rejects(async () => ask('write', 'decode-token', { encoded_token: 'AA', otp }), invalid(/not as long/))
})

test('key terms, their rotation and its configuration', async () => {
  const { ask } = await serveUnsealed()
  const before = (await ask('read', 'key-status'))!
  assert.deepEqual(Object.keys(before), ['term', 'install_time', 'encryptions'])
  await ask('write', 'rotate')
  await ask('write', 'rotate/keyring')
  assert.equal((await ask('read', 'key-status'))!.term, before.term + 2)
  assert.deepEqual(await ask('read', 'rotate/config'), { enabled: true, max_operations: 3_865_470_566, interval: 0 })
  await ask('write', 'rotate/keyring/config', { interval: '48h', max_operations: 2_000_000 })
  assert.deepEqual(await ask('read', 'rotate/config'), { enabled: true, max_operations: 2_000_000, interval: '48h0m0s' })
  await assert.rejects(ask('write', 'rotate/config', { max_operations: 5 }), invalid(/max_operations/))
  await assert.rejects(ask('write', 'rotate/root'), invalid(/rekey/))
})

test('leader and nodes', async () => {
  const { ask } = serve()
  assert.equal((await ask('read', 'leader'))!.ha_enabled, false)
  assert.deepEqual(await ask('read', 'ha-status'), { nodes: [] })
})

test('who may ask what, and what is answered while sealed', () => {
  const names = (wanted: (route: ReturnType<typeof serve>['routes'][number]) => boolean, routes = serve().routes) =>
    [...new Set(routes.filter(wanted).map(({ path }) => path))].sort()
  assert.deepEqual(names((route) => route.sealed === true), ['init', 'leader', 'seal-status', 'unseal'])
  const strict = serve({ unauthenticated: false }).routes
  assert.deepEqual(names((route) => route.access === 'open', strict), ['decode-token', 'init', 'leader', 'seal-status', 'unseal'])
  const open = names((route) => route.access === 'open')
  assert.ok(open.includes('rekey/update') && open.includes('generate-root/update'))
  assert.ok(!open.some((path) => path.startsWith('rotate') || path.startsWith('generate-root-token') || path.endsWith('backup')))
  assert.ok(names((route) => route.access === 'sudo').includes('seal'))
})

test('an unseal with random shares never opens', async () => {
  const { ask } = serve()
  await ask('write', 'init', { secret_shares: 3, secret_threshold: 2 })
  await ask('write', 'unseal', { key: randomBytes(33).toString('hex') })
  await assert.rejects(ask('write', 'unseal', { key: randomBytes(33).toString('base64') }), invalid(/unseal failed|belong together/))
  assert.equal((await ask('read', 'seal-status'))!.sealed, true)
})
