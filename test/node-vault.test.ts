// node-vault, as its users call it, against the real program: what it writes is there after a power cut, and its functions work.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import nodeVault from 'node-vault'
import { type ServerProcess, runProgram, startDev, startPersistent } from './process.test-aid.ts'

let home: string
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-node-vault-'))
})
after(() => rm(home, { recursive: true, force: true }))

test('what node-vault and the command line wrote is read again after SIGKILL', async () => {
  let server: ServerProcess = await startPersistent(home)
  try {
    const { keys, token } = await initialize(server)
    const vault = nodeVault({ endpoint: server.address, token })
    await vault.mount({ mount_point: 'secret', type: 'kv', options: { version: '2' } })
    await vault.write('secret/data/node', { data: { from: 'node-vault' } })
    runProgram(['kv', 'put', 'secret/line', 'from=command line'], { HOME: home, VAULT_ADDR: server.address, VAULT_TOKEN: token })

    const look = async (): Promise<void> => {
      const again = nodeVault({ endpoint: server.address, token })
      for (const [path, from] of [['node', 'node-vault'], ['line', 'command line']] as const) {
        assert.equal((await again.read(`secret/data/${path}`)).data.data.from, from)
        assert.equal(runProgram(['kv', 'get', '-field=from', `secret/${path}`], { HOME: home, VAULT_ADDR: server.address, VAULT_TOKEN: token }), from)
      }
    }
    await look()
    await server.kill()
    server = await startPersistent(home)
    assert.equal((await nodeVault({ endpoint: server.address }).status()).sealed, true)
    for (const key of keys) await nodeVault({ endpoint: server.address }).unseal({ key })
    await look()
    await server.stop()
  } finally {
    await server.kill()
  }
})

async function initialize(server: ServerProcess): Promise<{ keys: string[]; token: string }> {
  const vault = nodeVault({ endpoint: server.address })
  assert.equal((await vault.initialized()).initialized, false)
  const made = await vault.init({ secret_shares: 3, secret_threshold: 2 })
  assert.equal(made.keys.length, 3)
  const keys: string[] = made.keys_base64.slice(0, 2)
  assert.equal((await vault.unseal({ key: keys[0] })).progress, 1)
  assert.equal((await vault.unseal({ key: keys[1] })).sealed, false)
  return { keys, token: made.root_token }
}

test('a tour of its functions', async (t) => {
  const server = await startDev(home)
  t.after(() => server.kill())
  // A client takes on each token that it makes or logs in for, so every part begins with one of its own.
  const asRoot = () => nodeVault({ endpoint: server.address, token: 'root' })
  const refused = (status: number) => (error: { response?: { statusCode: number } }) => error.response?.statusCode === status

  await t.test('system', async () => {
    const vault = asRoot()
    assert.equal((await vault.health()).sealed, false)
    assert.equal((await vault.leader()).ha_enabled, false)
    assert.equal((await vault.initialized()).initialized, true)
    for (const path of ['sys/mounts', 'secret/data/a', 'auth/token/create']) assert.match((await vault.help(path)).help, /OPERATIONS/)
    await vault.rotate()
    const attempt = await vault.generateRootInit()
    assert.ok(attempt.started && attempt.nonce && attempt.otp)
    await assert.rejects(vault.generateRootUpdate({ key: Buffer.alloc(33, 1).toString('base64'), nonce: 'another' }), refused(400))
    await vault.generateRootCancel()
  })

  await t.test('mounts, audit devices, auth methods', async () => {
    const vault = asRoot()
    await vault.mount({ mount_point: 'old', type: 'kv' })
    assert.equal((await vault.mounts())['old/'].type, 'kv')
    await vault.remount({ from: 'old', to: 'new' })
    await vault.unmount({ mount_point: 'new' })
    assert.equal((await vault.mounts()).data['new/'], undefined)
    await vault.enableAudit({ name: 'tour', type: 'file', options: { file_path: join(home, 'tour.log') } })
    assert.equal((await vault.audits()).data['tour/'].type, 'file')
    await vault.disableAudit({ name: 'tour' })
    await vault.enableAuth({ mount_point: 'people', type: 'userpass' })
    assert.equal((await vault.auths()).data['people/'].type, 'userpass')
    await vault.disableAuth({ mount_point: 'people' })
  })

  await t.test('secrets: write, read, list, patch, delete, versions, absence', async () => {
    const vault = asRoot()
    await vault.write('secret/data/tour', { data: { a: '1', b: '2' } })
    await vault.update('secret/data/tour', { data: { b: null, c: '3' } })
    assert.deepEqual((await vault.read('secret/data/tour')).data.data, { a: '1', c: '3' })
    assert.ok((await vault.list('secret/metadata/')).data.keys.includes('tour'))
    await vault.destroySecretVersions({ path: 'tour', versions: [1] })
    assert.equal((await vault.read('secret/metadata/tour')).data.versions['1'].destroyed, true)
    await vault.delete('secret/metadata/tour')
    await assert.rejects(vault.read('secret/data/tour'), refused(404))
  })

  await t.test('policies and tokens', async () => {
    const vault = asRoot()
    await vault.addPolicy({ name: 'reader', rules: 'path "secret/data/*" { capabilities = ["read"] }' })
    assert.match((await vault.getPolicy({ name: 'reader' })).rules, /secret\/data/)
    assert.ok((await vault.policies()).policies.includes('reader'))
    const { auth } = await asRoot().tokenCreate({ policies: ['reader'], ttl: '1h', meta: { team: 'core' } })
    const own = nodeVault({ endpoint: server.address, token: auth.client_token })
    assert.deepEqual((await own.tokenLookupSelf()).data.meta, { team: 'core' })
    assert.equal((await own.tokenRenewSelf({ increment: '30m' })).auth.lease_duration, 1800)
    await assert.rejects(own.write('secret/data/x', { data: { a: '1' } }), refused(403))
    assert.equal((await vault.tokenLookup({ token: auth.client_token })).data.accessor, auth.accessor)
    assert.ok((await vault.tokenAccessors()).data.keys.includes(auth.accessor))
    await vault.tokenRevokeAccessor({ accessor: auth.accessor })
    await assert.rejects(own.tokenLookupSelf(), refused(403))
    await vault.addTokenRole({ role_name: 'batch', allowed_policies: 'reader', orphan: true })
    assert.deepEqual((await vault.tokenRoles()).data.keys, ['batch'])
    assert.equal((await asRoot().tokenCreateRole({ role_name: 'batch' })).auth.orphan, true)
    await vault.removeTokenRole({ role_name: 'batch' })
    await vault.removePolicy({ name: 'reader' })
  })

  await t.test('logins: userpass and approle', async () => {
    const vault = asRoot()
    await vault.enableAuth({ mount_point: 'userpass', type: 'userpass' })
    await vault.write('auth/userpass/users/ada', { password: 'correct horse', policies: 'default' })
    const anyone = nodeVault({ endpoint: server.address })
    const session = await anyone.userpassLogin({ username: 'ada', password: 'correct horse' })
    assert.equal(session.auth.metadata.username, 'ada')
    assert.equal(anyone.token, session.auth.client_token)
    await vault.enableAuth({ mount_point: 'approle', type: 'approle' })
    await vault.addApproleRole({ role_name: 'app', policies: 'default', secret_id_num_uses: 1 })
    assert.deepEqual((await vault.approleRoles()).data.keys, ['app'])
    const { role_id } = (await vault.getApproleRoleId({ role_name: 'app' })).data
    const made = (await vault.getApproleRoleSecret({ role_name: 'app' })).data
    assert.equal((await vault.approleSecretLookup({ role_name: 'app', secret_id: made.secret_id })).data.secret_id_accessor, made.secret_id_accessor)
    const login = { role_id, secret_id: made.secret_id }
    assert.ok((await anyone.approleLogin(login)).auth.client_token)
    await assert.rejects(anyone.approleLogin(login), refused(400))
  })

  await t.test('wrapping, transit, leases, namespaces', async () => {
    const vault = asRoot()
    const wrapped = await vault.read('sys/policies/acl/default', { headers: { 'X-Vault-Wrap-TTL': '1m' } })
    const opened = await nodeVault({ endpoint: server.address, token: wrapped.wrap_info.token }).unwrap()
    assert.equal(opened.data.name, 'default')
    await assert.rejects(vault.write('sys/wrapping/wrap', { a: 'b' }), refused(400))
    const kept = await vault.write('sys/wrapping/wrap', { a: 'b' }, { headers: { 'X-Vault-Wrap-TTL': '60' } })
    assert.deepEqual((await vault.unwrap({ token: kept.wrap_info.token })).data, { a: 'b' })
    await vault.mount({ mount_point: 'transit', type: 'transit' })
    await vault.transitCreateKey({ name: 'k' })
    const { ciphertext } = (await vault.encryptData({ name: 'k', plaintext: Buffer.from('x').toString('base64') })).data
    const rewrapped = (await vault.rewrapData({ name: 'k', ciphertext })).data
    assert.equal(Buffer.from((await vault.decryptData({ name: 'k', ciphertext: rewrapped.ciphertext })).data.plaintext, 'base64').toString(), 'x')
    await assert.rejects(vault.renew({ lease_id: 'no/such/lease' }), refused(400))
    await vault.write('sys/namespaces/team', {})
    const inside = nodeVault({ endpoint: server.address, token: 'root', namespace: 'team' })
    assert.equal((await inside.mounts()).data['secret/'], undefined)
  })
})

test('without a configured address the server tells the one of its listener; browsers ask it before they call', async () => {
  const server = await startDev(home)
  try {
    const { issuer } = (await (await fetch(`${server.address}/v1/identity/oidc/.well-known/openid-configuration`)).json()) as { issuer: string }
    assert.equal(issuer, `${server.address}/v1/identity/oidc`)
    const allow = await fetch(`${server.address}/v1/sys/config/cors`, { method: 'PUT', headers: { 'x-vault-token': 'root' }, body: '{"allowed_origins":"https://a.example"}' })
    assert.equal(allow.status, 204)
    const preflight = await fetch(`${server.address}/v1/secret/data/x`, { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' } })
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, 'https://a.example'])
  } finally {
    await server.kill()
  }
})
