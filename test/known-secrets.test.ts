// `scan --known` against a real server: a secret of the store is found wherever it stands, by who may read it and nobody else.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ServerProcess, program, runProgram, startDev } from './process.test-aid.ts'

const home = mkdtempSync(join(tmpdir(), 'strongroom-known-'))
const scanned = join(home, 'src')
const secret = 'correct-horse-battery'
const replaced = 'the-password-of-before'
const foreign = 'what-another-tenant-holds'
let server: ServerProcess
before(async () => {
  mkdirSync(scanned)
  server = await startDev(home)
  must(['namespace', 'create', 'tenant'])
  must(['secrets', 'enable', '-path=secret', '-version=2', 'kv'], { VAULT_NAMESPACE: 'tenant' })
  must(['kv', 'put', '-mount=secret', 'app', `password=${foreign}`], { VAULT_NAMESPACE: 'tenant' })
  must(['kv', 'put', '-mount=secret', 'app/db', `password=${replaced}`, 'username=strongroom-app'])
  must(['kv', 'put', '-mount=secret', 'app/db', `password=${secret}`, 'username=strongroom-app'])
  must(['kv', 'metadata', 'put', '-mount=secret', '-custom-metadata=owner=team-a', 'app/db'])
  must(['kv', 'put', '-mount=secret', 'ops/root', 'password=nobody-but-ops-reads-this'])
  must(['audit', 'enable', 'file', `file_path=${join(home, 'audit.log')}`])
})
after(async () => {
  await server.stop()
  rmSync(home, { recursive: true })
})

const environment = (more: Record<string, string> = {}): Record<string, string> => ({ HOME: home, VAULT_ADDR: server.address, VAULT_TOKEN: 'root', ...more })
const must = (words: string[], more?: Record<string, string>): string => runProgram(words, environment(more))
function scan(words: string[], more?: Record<string, string>): { status: number; err: string; found: { file: string; line: number; rule: string; description: string }[] } {
  const { status, stdout, stderr } = spawnSync(program[0], [...program.slice(1), 'scan', '-f', 'json', ...words], { cwd: home, env: environment(more), encoding: 'utf8' })
  return { status: status!, err: stderr, found: stdout === '' ? [] : JSON.parse(stdout) }
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('a stored secret is found inside a longer text and in Base64 at each place, with path, version, owner and state', () => {
  writeFileSync(join(scanned, 'notes.txt'), [`see xx${secret}yy`, ...['', 'a', 'ab'].map((before) => base64(`${before}${secret}.`)), `old ${replaced}`, `${foreign} strongroom-app`, ''].join('\n'))
  const { found, status } = scan(['--known', 'src'])
  assert.equal(status, 1)
  assert.deepEqual(found.map(({ rule, line }) => [rule, line]), [1, 2, 3, 4, 5].map((line) => ['known-secret', line]))
  for (const { description } of found.slice(0, 4)) assert.equal(description, 'A secret of the store: secret/app/db (password), version 2, of team-a, live')
  assert.equal(found[4]!.description, 'A secret of the store: secret/app/db (password), version 1, of team-a, no longer live')
})

test('another namespace knows its own alone', () => {
  const { found } = scan(['--known', '--threads', '2', 'src'], { VAULT_NAMESPACE: 'tenant' })
  assert.deepEqual(found.map(({ line, description }) => [line, description]), [[6, 'A secret of the store: secret/app (password), version 1, live']])
})

test('a token knows what it may list and read, and what it read is audited', () => {
  writeFileSync(join(home, 'scanner.hcl'), 'path "sys/known-secrets*" { capabilities = ["read"] }\npath "secret/metadata/app/*" { capabilities = ["list"] }\npath "secret/data/+/*" { capabilities = ["read"] }\n')
  must(['policy', 'write', 'scanner', join(home, 'scanner.hcl')])
  const token = must(['token', 'create', '-policy=scanner', '-field=token'])
  const files = ['known.json', 'known.key'].map((name) => join(home, name)) as [string, string]
  must(['scan', 'known', ...files], { VAULT_TOKEN: token })
  for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(files[0], 'utf8')
  for (const value of [secret, replaced, foreign, 'ops/root', 'strongroom-app']) assert.ok(!text.includes(value), value)
  const { found } = scan(['--known', files[0], '--known-key', files[1], 'src'], { VAULT_ADDR: 'http://127.0.0.1:1' })
  assert.equal(found.length, 5)
  const log = readFileSync(join(home, 'audit.log'), 'utf8')
  for (const path of ['sys/known-secrets', 'secret/data/app/db']) assert.ok(log.includes(`"path":"${path}"`), path)
  assert.ok(!log.includes(secret))

  const outsider = must(['token', 'create', '-policy=default', '-field=token'])
  const refused = scan(['--known', 'src'], { VAULT_TOKEN: outsider })
  assert.equal(refused.status, 2)
  assert.match(refused.err, /permission denied/)
})

test('a new key parts old fingerprints from new ones', () => {
  const files = ['a.json', 'b.key'].map((name) => join(home, name)) as [string, string]
  must(['scan', 'known', files[0]])
  must(['write', '-f', 'sys/known-secrets/key'])
  must(['scan', 'known', join(home, 'c.json'), files[1]])
  const { status, err } = scan(['--known', files[0], '--known-key', files[1], 'src'])
  assert.equal(status, 2)
  assert.match(err, /another key/)
})
