import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { kvMount, runLine, secret, withServer } from './cli.test-aid.ts'

const metadata = { created_time: '2026-01-02T03:04:05Z', custom_metadata: null, deletion_time: '', destroyed: false, version: 3 }
const kv = {
  'GET /v1/sys/internal/ui/mounts/secret/app': kvMount('2'),
  'GET /v1/sys/internal/ui/mounts/secret': kvMount('2'),
  'GET /v1/secret/data/app': secret({ data: { password: 'p<w', user: 'u', nested: { b: 1, a: [true, null] } }, metadata }),
}

test('kv get prints path, metadata and data as tables', () =>
  withServer(kv, async (line) => {
    const { code, out } = await line(['kv', 'get', 'secret/app'])
    assert.equal(code, 0)
    assert.equal(
      out,
      `= Secret Path =
secret/data/app

======= Metadata =======
Key                Value
---                -----
created_time       2026-01-02T03:04:05Z
custom_metadata    <nil>
deletion_time      n/a
destroyed          false
version            3

====== Data ======
Key         Value
---         -----
nested      map[a:[true <nil>] b:1]
password    p<w
user        u
`,
    )
  }))

test('kv get in JSON has the envelope in order, sorted data, escaped as Go does, and every digit', () =>
  withServer({ ...kv, 'GET /v1/secret/data/app': '{"request_id":"r","data":{"data":{"z":12345678901234567890,"f":1.0,"h":"<&>"},"metadata":{"version":3}},"warnings":null}' }, async (line) => {
    const { out } = await line(['kv', 'get', '--format', 'json', 'secret/app'])
    assert.equal(
      out,
      `{
  "request_id": "r",
  "lease_id": "",
  "lease_duration": 0,
  "renewable": false,
  "data": {
    "data": {
      "f": 1.0,
      "h": "\\u003c\\u0026\\u003e",
      "z": 12345678901234567890
    },
    "metadata": {
      "version": 3
    }
  },
  "warnings": null
}
`,
    )
  }))

test('a field is printed bare for programs, with a newline on a terminal', () =>
  withServer(kv, async (line) => {
    assert.deepEqual(await line(['kv', 'get', '-field=password', 'secret/app']), { code: 0, out: 'p<w', err: '' })
    assert.equal((await line(['kv', 'get', '-mount=secret', '--field', 'password', 'app'], { terminal: true })).out, 'p<w\n')
    assert.equal((await line(['kv', 'get', '-field=password', '-format=json', 'secret/app'])).out, '"p\\u003cw"')
    assert.deepEqual(await line(['kv', 'get', '-field=none', 'secret/app']), { code: 1, out: '', err: 'Field "none" not present in secret\n' })
  }))

test('a deleted version shows its metadata, and has no field', () =>
  withServer({ ...kv, 'GET /v1/secret/data/app': [404, secret({ data: null, metadata: { ...metadata, deletion_time: '2026-01-03T00:00:00Z' } })] }, async (line) => {
    const { code, out } = await line(['kv', 'get', 'secret/app'])
    assert.equal(code, 0)
    assert.match(out, /deletion_time {6}2026-01-03T00:00:00Z/)
    assert.doesNotMatch(out, /= Data =/)
    assert.deepEqual(await line(['kv', 'get', '-field=password', 'secret/app']), { code: 2, out: '', err: 'No data found at secret/data/app\n' })
  }))

test('what is not there is said on standard error, exit code 2', () =>
  withServer({ 'GET /v1/sys/internal/ui/mounts/secret/none': kvMount('2') }, async (line) => {
    assert.deepEqual(await line(['kv', 'get', 'secret/none']), { code: 2, out: '', err: 'No value found at secret/data/none\n' })
    assert.deepEqual(await line(['kv', 'list', '-format=json', 'secret/none']), { code: 2, out: '{}\n', err: '' })
    assert.deepEqual(await line(['read', 'secret/data/none']), { code: 2, out: '', err: 'No value found at secret/data/none\n' })
  }))

test('where a list has only warnings, they are shown, and it is no failure', () =>
  withServer({ 'GET /v1/secret/old': [404, secret(null, { warnings: ['Look elsewhere, because this sentence is so long that no terminal of eighty columns would hold it.'] })] }, async (line) => {
    const { code, out, err } = await line(['list', 'secret/old'])
    assert.deepEqual([code, out], [0, ''])
    assert.equal(err, 'WARNING! The following warnings were returned from Vault:\n\n  * Look elsewhere, because this sentence is so long that no terminal of\n  eighty columns would hold it.\n\n')
    assert.equal((await line(['list', '-format=json', 'secret/old'])).code, 2)
  }))

test('a switch may say no, and takes no second word', () =>
  withServer({ 'GET /v1/sys/internal/ui/mounts/secret/app': kvMount('2'), 'PUT /v1/secret/metadata/app': [204] }, async (line, fake) => {
    for (const [words, wanted] of [[['-cas-required'], { cas_required: true }], [['-cas-required=false'], { cas_required: false }], [[], {}]] as const) {
      assert.equal((await line(['kv', 'metadata', 'put', ...words, 'secret/app'])).code, 0)
      assert.deepEqual(fake.seen.at(-1)!.body, wanted)
    }
  }))

test('texts that some YAML reads as something else are quoted', () =>
  withServer({ 'GET /v1/a': secret({ y: 'yes', when: '2020-01-01', count: 5, t: 'text' }) }, async (line) => {
    const { out } = await line(['read', '-format=yaml', 'a'])
    for (const part of ['"y": "yes"', 'when: "2020-01-01"', 'count: 5', 't: text']) assert.ok(out.includes(part), out)
  }))

test('version 1 is read and written without folders', () =>
  withServer({ 'GET /v1/sys/internal/ui/mounts/secret/app': kvMount('1'), 'GET /v1/secret/app': secret({ a: '1' }, { lease_duration: 2_764_800 }), 'PUT /v1/secret/app': [204] }, async (line, fake) => {
    assert.equal((await line(['kv', 'get', 'secret/app'])).out, '== Data ==\nKey    Value\n---    -----\na      1\n')
    assert.equal((await line(['kv', 'put', 'secret/app', 'a=2'])).out, 'Success! Data written to: secret/app\n')
    assert.deepEqual(fake.seen.at(-1)!.body, { a: '2' })
    assert.equal((await line(['kv', 'undelete', '-versions=1', 'secret/app'])).code, 1)
  }))

test('kv put sends data and cas, from arguments, files and standard input', () =>
  withServer({ ...kv, 'PUT /v1/secret/data/app': secret(metadata) }, async (line, fake, home) => {
    const file = join(home, 'value')
    await writeFile(file, 'from file\n')
    await writeFile(join(home, 'data.json'), '{"n": 1, "list": ["x"]}')
    const { code, out } = await line(['kv', 'put', '-cas=0', 'secret/app', 'a=b=c', `f=@${file}`, 'i=-', 'at=\\@x', 'e=', 'r=1', 'r=2', `@${join(home, 'data.json')}`], { input: 'typed' })
    assert.equal(code, 0)
    assert.match(out, /^= Secret Path =\nsecret\/data\/app\n\n======= Metadata =======\nKey +Value\n/)
    assert.deepEqual(fake.seen.at(-1)!.body, { data: { a: 'b=c', f: 'from file\n', i: 'typed', at: '@x', e: '', r: ['1', '2'], n: 1, list: ['x'] }, options: { cas: 0 } })
    assert.equal((await line(['kv', 'put', 'secret/app', 'a=1', '-'])).code, 0)
    assert.deepEqual((fake.seen.at(-1)!.body as { data: unknown }).data, { a: '1' })
    assert.equal((await line(['kv', 'put', 'secret/app', 'a=1', '-'], { input: '{"b": 12345678901234567890}' })).code, 0)
  }))

test('bad data are refused before anything is sent', () =>
  withServer(kv, async (line, fake) => {
    for (const words of [['novalue'], ['a=@/no/such/file'], ['@/no/such/file'], ['a=-', 'b=-']]) {
      const { code, err } = await line(['kv', 'put', 'secret/app', ...words])
      assert.equal(code, 1)
      assert.match(err, /^Failed to parse K=V data: /)
    }
    assert.equal((await line(['kv', 'put', 'secret/app', '-'], { input: '[1]' })).code, 1)
    assert.equal((await line(['kv', 'put', 'secret/app'])).err, 'Must supply data\n')
    assert.equal(fake.seen.length, 0)
  }))

test('kv patch falls back to reading and writing where the server refuses PATCH', () =>
  withServer({ ...kv, 'PATCH /v1/secret/data/app': [403, { errors: ['permission denied'] }], 'PUT /v1/secret/data/app': secret({ ...metadata, version: 4 }) }, async (line, fake) => {
    assert.equal((await line(['kv', 'patch', '-remove-data=user', 'secret/app', 'password=new'])).code, 0)
    assert.deepEqual(fake.seen.at(-1)!.body, { data: { password: 'new', nested: { b: 1, a: [true, null] } }, options: { cas: 3 } })
    assert.equal((await line(['kv', 'patch', '-method=patch', 'secret/app', 'password=new'])).code, 2)
    assert.equal(fake.seen.at(-1)!.headers['content-type'], 'application/merge-patch+json')
  }))

test('kv rollback writes the old data after the present version', () =>
  withServer({ ...kv, 'GET /v1/secret/data/app?version=1': secret({ data: { password: 'old' }, metadata: { version: 1 } }), 'PUT /v1/secret/data/app': secret(metadata) }, async (line, fake) => {
    assert.equal((await line(['kv', 'rollback', '-version=1', 'secret/app'])).code, 0)
    assert.deepEqual(fake.seen.at(-1)!.body, { data: { password: 'old' }, options: { cas: 3 } })
    assert.equal((await line(['kv', 'rollback', 'secret/app'])).code, 1)
  }))

test('versions are deleted, undeleted and destroyed by number', () =>
  withServer({ ...kv, 'PUT /v1/secret/delete/app': [204], 'PUT /v1/secret/destroy/app': [204], 'DELETE /v1/secret/data/app': [204] }, async (line, fake) => {
    assert.equal((await line(['kv', 'delete', '-versions=1,2', '-versions=3', 'secret/app'])).out, 'Success! Data deleted (if it existed) at: secret/data/app\n')
    assert.deepEqual(fake.seen.at(-1)!.body, { versions: ['1', '2', '3'] })
    assert.equal((await line(['kv', 'destroy', '-versions', '1', 'secret/app'])).out, 'Success! Data written to: secret/destroy/app\n')
    assert.equal((await line(['kv', 'destroy', 'secret/app'])).code, 1)
    assert.equal((await line(['kv', 'delete', 'secret/app'])).code, 0)
    assert.equal(fake.seen.at(-1)!.method, 'DELETE')
  }))

test('read shows the lease and durations of a dynamic secret', () =>
  withServer({ 'GET /v1/database/creds/ro': secret({ username: 'u', password: 'p' }, { lease_id: 'database/creds/ro/1', lease_duration: 3600, renewable: true }) }, async (line) => {
    assert.equal(
      (await line(['read', 'database/creds/ro'])).out,
      `Key                Value
---                -----
lease_id           database/creds/ro/1
lease_duration     1h
lease_renewable    true
password           p
username           u
`,
    )
    assert.equal((await line(['read', '-field=lease_id', 'database/creds/ro'])).out, 'database/creds/ro/1')
  }))

test('write shows a login, and its token alone', () =>
  withServer(
    { 'PUT /v1/auth/approle/login': secret(null, { auth: { client_token: 's.x', accessor: 'acc', policies: ['a', 'default'], token_policies: ['a', 'default'], metadata: { role_name: 'ci' }, lease_duration: 1200, renewable: true } }), 'PUT /v1/transit/keys/k': [204] },
    async (line, fake) => {
      assert.deepEqual(await line(['write', '-field=token', 'auth/approle/login', 'role_id=r', 'secret_id=-'], { input: 'sid' }), { code: 0, out: 's.x', err: '' })
      assert.deepEqual(fake.seen.at(-1)!.body, { role_id: 'r', secret_id: 'sid' })
      assert.match((await line(['write', 'auth/approle/login', 'role_id=r'])).out, /token_duration +20m\ntoken_renewable +true\ntoken_policies +\["a" "default"\]\nidentity_policies +\[\]\n.*\ntoken_meta_role_name +ci\n/)
      assert.equal((await line(['write', 'transit/keys/k'])).code, 1)
      assert.equal((await line(['write', '-f', 'transit/keys/k'])).out, 'Success! Data written to: transit/keys/k\n')
    },
  ))

test('the error of the server is printed as Vault does, exit code 2', () =>
  withServer({ 'GET /v1/secret/data/app': [403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }], 'GET /v1/raw': [502, '<html>'] }, async (line, fake) => {
    const { code, err } = await line(['read', '-ns=team', 'secret/data/app'])
    assert.equal(code, 2)
    assert.equal(err, `Error reading secret/data/app: Error making API request.\n\nNamespace: team/\nURL: GET ${fake.address}/v1/secret/data/app\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n`)
    assert.equal(fake.seen.at(-1)!.headers['x-vault-namespace'], 'team')
    assert.match((await line(['read', 'raw'], { variables: { VAULT_MAX_RETRIES: '0' } })).err, /Code: 502\. Raw Message:\n\n<html>\n$/)
  }))

test('a mistake of the caller is exit code 1, with the nearest name', async () => {
  assert.match((await runLine(['kv', 'gte', 'x'])).err, /Unknown command "kv gte"\. Did you mean "get"\?/)
  assert.match((await runLine(['lst'])).err, /Did you mean "list"\?/)
  assert.match((await runLine(['read', '-feild=x', 'a'])).err, /flag provided but not defined: -feild\. Did you mean "-field"\?/)
  assert.match((await runLine(['read'])).err, /Not enough arguments \(expected 1, got 0\)/)
  assert.match((await runLine(['kv', 'get', 'a', 'b'])).err, /Too many arguments \(expected 1, got 2\)/)
  assert.match((await runLine(['read', '-format=xml', 'a'])).err, /Invalid output format: xml/)
  assert.match((await runLine(['auth', '-method=aws'])).err, /use "strongroom login -method=aws"/)
  for (const words of [['kv', 'gte'], ['kv', 'put'], ['read', '-mfa'], ['kv', 'get', '-version=x', 'a']]) assert.equal((await runLine(words)).code, 1)
  for (const words of [['constructor'], ['lst'], []]) assert.equal((await runLine(words)).code, 127)
})

test('a token is kept by login in a file of mode 0600, and used afterwards', () =>
  withServer({ 'GET /v1/auth/token/lookup-self': secret({ accessor: 'a', policies: ['root'], ttl: 0, renewable: false, meta: null }), 'PUT /v1/auth/userpass/login/ann': secret(null, { auth: { client_token: 's.ann', accessor: 'x', policies: ['default'], metadata: null, lease_duration: 60, renewable: true } }) }, async (line, fake, home) => {
    const none = { VAULT_TOKEN: '' }
    const { code, out, err } = await line(['login', '-'], { variables: none, input: 's.root\n' })
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^Success! You are now authenticated\..*\ntoken +s\.root\ntoken_accessor +a\ntoken_duration +∞\n/s)
    const file = join(home, '.vault-token')
    assert.equal(await readFile(file, 'utf8'), 's.root')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await line(['print', 'token'], { variables: none })).out, 's.root\n')
    assert.equal((await line(['login', '-no-store', '-token-only', '-method=userpass', 'username=ann', 'password=-'], { variables: none, input: 'pw\n' })).out, 's.ann')
    assert.deepEqual(fake.seen.at(-1)!.body, { password: 'pw' })
    assert.equal(fake.seen.at(-1)!.headers['x-vault-token'], undefined)
    assert.equal(await readFile(file, 'utf8'), 's.root')
    assert.match((await line(['login', 's.other'])).err, /WARNING! The VAULT_TOKEN environment variable\s+is set!/)
    assert.match((await line(['login'], { variables: none })).err, /Token is needed and there is no terminal/)
  }))

test('a refused token is not kept', () =>
  withServer({ 'GET /v1/auth/token/lookup-self': [403, { errors: ['permission denied'] }] }, async (line, _fake, home) => {
    assert.equal((await line(['login', 's.bad'])).code, 2)
    await assert.rejects(stat(join(home, '.vault-token')))
  }))

test('an external token helper is asked', () =>
  withServer({ 'GET /v1/sys/x': secret({ a: 1 }) }, async (line, fake, home) => {
    await writeFile(join(home, 'helper'), '#!/bin/sh\ncase $1 in get) printf from-helper ;; store) cat > "$HOME/stored" ;; esac\n', { mode: 0o755 })
    await writeFile(join(home, '.vault'), `token_helper = "${join(home, 'helper')}"\n`)
    await line(['read', 'sys/x'], { variables: { VAULT_TOKEN: '' } })
    assert.equal(fake.seen.at(-1)!.headers['x-vault-token'], 'from-helper')
  }))

const sealStatus = { type: 'shamir', initialized: true, sealed: true, t: 2, n: 3, progress: 1, nonce: 'n-1', version: '1.19.0', build_date: 'd', migration: false, recovery_seal: false, storage_type: 'sqlite' }

test('status says by its exit code whether the server is sealed', () =>
  withServer({ 'GET /v1/sys/seal-status': (_seen, count) => ({ ...sealStatus, sealed: count === 0 }), 'GET /v1/sys/leader': { ha_enabled: false } }, async (line) => {
    const sealed = await line(['status'])
    assert.equal(sealed.code, 2)
    assert.match(sealed.out, /^Key {16}Value\n---.*\nSeal Type +shamir\nInitialized +true\nSealed +true\nTotal Shares +3\nThreshold +2\nUnseal Progress +1\/2\nUnseal Nonce +n-1\nVersion +1\.19\.0\n/)
    const open = await line(['status', '-format=json'])
    assert.equal(open.code, 0)
    assert.equal(JSON.parse(open.out).sealed, false)
  }))

test('status without a server is exit code 1', async () => {
  const { code, err } = await runLine(['status', '-address=http://127.0.0.1:1'])
  assert.equal(code, 1)
  assert.match(err, /^Error checking seal status: .*ECONNREFUSED/)
})

test('operator init prints shares, or everything for a machine', () =>
  withServer({ 'GET /v1/sys/seal-status': { ...sealStatus, initialized: false }, 'GET /v1/sys/init': { initialized: false }, 'PUT /v1/sys/init': { keys: ['6b31', '6b32'], keys_base64: ['azE=', 'azI='], root_token: 's.root' } }, async (line, fake) => {
    const shown = await line(['operator', 'init', '-n', '2', '-key-threshold=2'])
    assert.match(shown.out, /^Unseal Key 1: azE=\nUnseal Key 2: azI=\n\nInitial Root Token: s\.root\n/)
    assert.deepEqual(fake.seen.at(-1)!.body, { secret_shares: 2, secret_threshold: 2 })
    const { out } = await line(['operator', 'init', '-format=json'])
    assert.deepEqual(Object.keys(JSON.parse(out)), ['unseal_keys_b64', 'unseal_keys_hex', 'unseal_shares', 'unseal_threshold', 'recovery_keys_b64', 'recovery_keys_hex', 'recovery_keys_shares', 'recovery_keys_threshold', 'root_token'])
    assert.equal((await line(['operator', 'init', '-status'])).code, 2)
  }))

test('generate-root decodes what the one-time password hid', () =>
  withServer({}, async (line) => {
    const otp = 'abcdefghijklmnop'
    const encoded = Buffer.from([...'s.0123456789abcd'].map((char, at) => char.charCodeAt(0) ^ otp.charCodeAt(at))).toString('base64').replace(/=+$/, '')
    assert.equal((await line(['operator', 'generate-root', `-decode=${encoded}`, `-otp=${otp}`])).out, 's.0123456789abcd\n')
    assert.equal((await line(['operator', 'generate-root', `-decode=${encoded}`, '-otp=short'])).code, 1)
  }))

test('mounts are enabled, listed and tuned', () =>
  withServer({ 'POST /v1/sys/mounts/apps': [204], 'POST /v1/sys/mounts/apps/tune': [204], 'GET /v1/sys/mounts': { 'secret/': { type: 'kv', accessor: 'kv_1', description: '' }, request_id: 'x', data: { 'secret/': { type: 'kv', accessor: 'kv_1', description: '' } } } }, async (line, fake) => {
    assert.equal((await line(['secrets', 'enable', '-path=apps', 'kv-v2'])).out, 'Success! Enabled the kv-v2 secrets engine at: apps/\n')
    assert.deepEqual(fake.seen.at(-1)!.body, { type: 'kv', description: '', config: {}, local: false, options: { version: '2' } })
    assert.equal((await line(['secrets', 'tune', '-max-lease-ttl=1h', 'apps/'])).code, 0)
    assert.deepEqual(fake.seen.at(-1)!.body, { max_lease_ttl: '1h' })
    assert.equal((await line(['secrets', 'list'])).out, 'Path       Type    Accessor    Description\n----       ----    --------    -----------\nsecret/    kv      kv_1        n/a\n')
    assert.deepEqual(Object.keys(JSON.parse((await line(['secrets', 'list', '-format=json'])).out)), ['secret/'])
  }))

test('policies are uploaded from standard input and formatted', () =>
  withServer({ 'PUT /v1/sys/policies/acl/app': [204] }, async (line, fake) => {
    const { out } = await line(['policy', 'write', 'App', '-'], { input: 'path "a" {}' })
    assert.equal(out, 'Success! Uploaded policy: app\n')
    assert.deepEqual(fake.seen.at(-1)!.body, { policy: 'path "a" {}' })
    assert.equal((await line(['policy', 'fmt', '-'], { input: 'path "a" {\ncapabilities=["read"] # = x\n}\n\n\n\n' })).out, 'path "a" {\n  capabilities = ["read"] # = x\n}\n')
    assert.equal((await line(['policy', 'fmt', '-'], { input: 'path "a" {\ncapabilities = ["read" ,"li,st"] # a,b\n}\n' })).out, 'path "a" {\n  capabilities = ["read", "li,st"] # a,b\n}\n')
    assert.equal((await line(['policy', 'fmt', '-'], { input: 'path "a" {' })).code, 1)
    assert.deepEqual(await line(['policy', 'write', 'p', '/no/such/file']), { code: 2, out: '', err: 'Error opening policy file: open /no/such/file: no such file or directory\n' })
  }))

test('requests can be shown instead of sent', () =>
  withServer(kv, async (line, fake) => {
    assert.equal((await line(['kv', 'get', '-output-curl-string', 'secret/app'])).out, `curl -H 'X-Vault-Request: true' -H "X-Vault-Token: $(strongroom print token)" '${fake.address}/v1/secret/data/app'\n`)
    assert.equal((await line(['kv', 'list', '-mount=secret', '-output-policy'])).out, 'path "secret/metadata" {\n  capabilities = ["list"]\n}\n')
    assert.equal(fake.seen.filter(({ url }) => !url.includes('internal')).length, 0)
  }))

test('own names of variables win over BAO_ and VAULT_', () =>
  withServer({ 'GET /v1/sys/x': secret({ a: 1 }) }, async (line, fake) => {
    await line(['read', 'sys/x'], { variables: { BAO_TOKEN: 'bao', STRONGROOM_NAMESPACE: 'own', VAULT_NAMESPACE: 'vault', VAULT_WRAP_TTL: '5m', VAULT_MFA: 'id:1' } })
    const { headers } = fake.seen.at(-1)!
    assert.equal(headers['x-vault-token'], 'bao')
    assert.equal(headers['x-vault-namespace'], 'own')
    assert.equal(headers['x-vault-wrap-ttl'], '5m')
    assert.equal(headers['x-vault-mfa'], 'id:1')
    const { code, err } = await line(['read', 'sys/x'], { variables: { VAULT_TOKEN: 'a\r\nX-Evil: 1' } })
    assert.equal(code, 2)
    assert.doesNotMatch(err, /Evil/)
  }))
