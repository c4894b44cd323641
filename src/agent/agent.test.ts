import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseHcl } from '../hcl/index.ts'
import { type DevServer, startDev } from '../../test/dev-server.ts'
import { toAgentConfig } from './config.ts'

const program = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
let dev: DevServer
let folder: string

before(async () => {
  dev = await startDev()
  folder = mkdtempSync(join(tmpdir(), 'strongroom-agent-'))
  writeFileSync(join(folder, 'token'), dev.token)
  await dev.client.write('secret/data/myapp/database', { data: { username: 'app', password: 'pw-1' } })
})
after(async () => {
  await dev.stop()
  rmSync(folder, { recursive: true })
})

interface Running {
  child: ChildProcess
  out: string
  err: string
  code: Promise<number | null>
}

/** The real command line with this configuration. */
function agent(name: string, config: string): Running {
  const file = join(folder, `${name}.hcl`)
  writeFileSync(file, config)
  const child = spawn(process.execPath, ['--no-warnings', program, 'agent', `-config=${file}`], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, VAULT_ADDR: dev.address, OUTER: 'outer-value' } })
  const running: Running = { child, out: '', err: '', code: once(child, 'exit').then(([code]) => code as number | null) }
  child.stdout.on('data', (chunk: Buffer) => (running.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (running.err += chunk.toString()))
  return running
}

async function until(check: () => boolean, running: Running): Promise<void> {
  for (let tries = 0; !check(); tries++) {
    assert.ok(tries < 400 && running.child.exitCode === null, `not reached: ${running.err}${running.out}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const tokenFile = (): string => `auto_auth {
  method "token_file" { config = { token_file_path = "${folder}/token" } }
  sink "file" { config = { path = "${folder}/sink", mode = "0600" } }
}`

test('renders a template once and ends', async () => {
  const source = join(folder, 't.ctmpl')
  writeFileSync(source, '{{- with secret "secret/data/myapp/database" -}}\nexport DB_USERNAME="{{ .Data.data.username }}"\nexport DB_PASSWORD="{{ .Data.data.password }}"\n{{- end }}\n')
  const running = agent('once', `exit_after_auth = true\n${tokenFile()}\ntemplate {\n source = "${source}"\n destination = "${folder}/deep/database"\n perms = "0640"\n command = "echo ran"\n}`)
  assert.equal(await running.code, 0, running.err)
  assert.equal(readFileSync(join(folder, 'deep/database'), 'utf8'), 'export DB_USERNAME="app"\nexport DB_PASSWORD="pw-1"\n')
  assert.equal(statSync(join(folder, 'deep/database')).mode & 0o777, 0o640)
  assert.equal(readFileSync(join(folder, 'sink'), 'utf8'), dev.token)
  assert.match(running.out, /ran/)
  assert.ok(!running.err.includes('pw-1') && !running.err.includes(dev.token))
})

test('logs in with an AppRole whose secret id serves once; writes a wrapped token', async () => {
  await dev.client.write('sys/auth/approle', { type: 'approle' })
  await dev.client.write('sys/policies/acl/app', { policy: 'path "secret/data/*" { capabilities = ["read"] }' })
  await dev.client.write('auth/approle/role/app', { token_policies: 'app' })
  const role = await dev.client.read('auth/approle/role/app/role-id')
  const secret = await dev.client.write('auth/approle/role/app/secret-id')
  writeFileSync(join(folder, 'role-id'), String(role?.data?.role_id))
  writeFileSync(join(folder, 'secret-id'), String(secret?.data?.secret_id))
  const running = agent(
    'approle',
    `exit_after_auth = true
auto_auth {
  method "approle" {
    mount_path = "auth/approle"
    config = { role_id_file_path = "${folder}/role-id", secret_id_file_path = "${folder}/secret-id" }
  }
  sink "file" {
    wrap_ttl = "5m"
    config = { path = "${folder}/wrapped" }
  }
}
template {
  contents = "{{ with secret \\"secret/myapp/database\\" }}{{ .Data.data.password }}{{ end }} {{ env \\"OUTER\\" }} {{ range secrets \\"secret/myapp\\" }}{{ . }}{{ end }}"
  destination = "${folder}/approle.out"
}
template_config { max_attempts = 1 }`,
  )
  // The policy lets it read but not list: the error names the path, and the secret id is gone.
  assert.equal(await running.code, 1)
  assert.match(running.err, /permission denied.*secret\/metadata\/myapp/)
  assert.ok(!existsSync(join(folder, 'secret-id')) && !existsSync(join(folder, 'approle.out')))
  const wrapped = JSON.parse(readFileSync(join(folder, 'wrapped'), 'utf8')) as { token: string }
  const opened = await dev.client.unwrap(wrapped.token)
  assert.match(String(opened?.data?.token), /^\S{20,}$/)
})

test('runs a program with secrets, restarts it when they change, ends with its exit code', async () => {
  const script = `setInterval(() => {}, 1000); process.on('SIGHUP', () => process.exit(7)); console.log('started with ' + process.env.PASSWORD + ' ' + process.env.OUTER)`
  const running = agent('exec', `${tokenFile()}
template_config { static_secret_render_interval = "1s" }
env_template "PASSWORD" {
  contents = "{{ with secret \\"secret/data/myapp/database\\" }}{{ .Data.data.password }}{{ end }}"
}
exec { command = ["${process.execPath}", "-e", ${JSON.stringify(script)}] }`)
  await until(() => running.out.includes('started with pw-1 outer-value'), running)
  await dev.client.write('secret/data/myapp/database', { data: { username: 'app', password: 'pw-2' } })
  await until(() => running.out.includes('started with pw-2 outer-value'), running)
  running.child.kill('SIGHUP')
  assert.equal(await running.code, 7)
})

test('renews its token, logs in again when it ends, and stops on SIGTERM', async () => {
  await dev.client.write('sys/auth/userpass', { type: 'userpass' })
  await dev.client.write('auth/userpass/users/eve', { password: 'a password of hers', token_ttl: '2s', token_max_ttl: '4s' })
  writeFileSync(join(folder, 'password'), 'a password of hers')
  const running = agent('renew', `auto_auth {
  method "userpass" { config = { username = "eve", password_file_path = "${folder}/password" } }
  sink "file" { config = { path = "${folder}/renewed" } }
}
pid_file = "${folder}/pid"`)
  await until(() => existsSync(join(folder, 'renewed')), running)
  const first = readFileSync(join(folder, 'renewed'), 'utf8')
  await until(() => readFileSync(join(folder, 'renewed'), 'utf8') !== first, running)
  running.child.kill('SIGTERM')
  assert.equal(await running.code, 0)
  assert.ok(!existsSync(join(folder, 'pid')))
})

test('passes requests on with its token, from those who name the header', async () => {
  const running = agent('proxy', `${tokenFile()}
api_proxy { use_auto_auth_token = true }
listener "tcp" {
  address = "127.0.0.1:0"
  tls_disable = true
}`)
  await until(() => running.err.includes('logged in'), running)
  const at = `http://127.0.0.1:${/listening on port (\d+)/.exec(running.err)![1]}`
  const refused = await fetch(`${at}/v1/secret/data/myapp/database`)
  assert.equal(refused.status, 412)
  const answer = await fetch(`${at}/v1/secret/data/myapp/database`, { headers: { 'X-Vault-Request': 'true' } })
  assert.equal(((await answer.json()) as { data: { data: { username: string } } }).data.data.username, 'app')
  running.child.kill('SIGTERM')
  assert.equal(await running.code, 0)
})

const refused: [string, RegExp][] = [
  ['', /nothing to do/],
  ['auto_auth { method "aws" { } }', /method "aws" is not known/],
  ['auto_auth { method "approle" { config = { } } }', /missing role_id_file_path/],
  ['template { destination = "/a" }', /either source or contents/],
  ['template {\n contents = "{{ if"\n destination = "/a"\n}', /line 1/],
  ['listener "tcp" {\n address = "0.0.0.0:1"\n tls_disable = true\n}', /loopback/],
  ['cache { persist "kubernetes" { } }\nlistener "tcp" { tls_disable = true }', /nothing is kept on disk/],
  ['env_template "A" { contents = "a" }\nauto_auth { method "cert" { } }', /needs an exec/],
]
for (const [config, why] of refused)
  test(`refuses ${JSON.stringify(config)}`, async () => {
    const { runAgent } = await import('./agent.ts')
    await assert.rejects(async () => runAgent({ config: toAgentConfig(parseHcl(config)), variables: {}, report: () => {}, signal: AbortSignal.abort() }), why)
  })
