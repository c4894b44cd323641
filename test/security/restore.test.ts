// The restore drill: a backup taken under load brings back values, versions and policies in an empty instance.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type DevServer, startDev } from '../dev-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-restore-'))
const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const opened: DevServer[] = []
after(async () => {
  await Promise.all(opened.map((dev) => dev.stop().catch(() => {})))
  rmSync(folder, { recursive: true })
})

async function start(raw: Record<string, unknown> = {}): Promise<DevServer> {
  const dev = await startDev(raw)
  opened.push(dev)
  return dev
}

async function save(dev: DevServer): Promise<Buffer> {
  const response = await fetch(`${dev.address}/v1/sys/storage/raft/snapshot`, { headers: { 'X-Vault-Token': dev.token } })
  assert.equal(response.status, 200)
  return Buffer.from(await response.arrayBuffer())
}

const send = (dev: DevServer, path: string, body: Uint8Array): Promise<Response> =>
  fetch(`${dev.address}/v1/sys/storage/raft/${path}`, { method: 'POST', headers: { 'X-Vault-Token': dev.token }, body: body as never })

/** Writes until told to stop; gives how often, and whether nothing was refused but for the seal. */
function load(dev: DevServer): { stop(): Promise<number> } {
  let running = true
  let count = 0
  const work = async (lane: number): Promise<void> => {
    while (running) {
      await dev.client.write(`secret/data/load/${lane}/${count % 50}`, { data: { count } })
      count++
    }
  }
  const lanes = Promise.all([0, 1, 2, 3].map(work))
  return { stop: async () => ((running = false), await lanes, count) }
}

const run = (words: string[], input = ''): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--no-warnings', program, ...words], { input, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder } })

async function fill(dev: DevServer): Promise<void> {
  await dev.client.write('sys/policies/acl/readers', { policy: 'path "secret/data/*" { capabilities = ["read"] }' })
  for (let version = 1; version <= 3; version++) await dev.client.write('secret/data/app/db', { data: { password: `value ${version}` } })
}

async function holds(dev: DevServer): Promise<void> {
  const current = await dev.client.read('secret/data/app/db')
  assert.deepEqual((current?.data?.data as object) ?? null, { password: 'value 3' })
  assert.deepEqual((await dev.client.read('secret/data/app/db', { version: 1 }))?.data?.data, { password: 'value 1' })
  assert.match(String((await dev.client.read('sys/policies/acl/readers'))?.data?.policy), /secret\/data/)
}

test('a backup under load is consistent, opens in an empty instance, and brings everything back', async () => {
  const source = { storage: { sqlite: { path: join(folder, 'source.db') } } }
  const dev = await start(source)
  await fill(dev)
  const working = load(dev)
  const file = join(folder, 'under-load.snap')
  const saved = await save(dev)
  assert.ok((await working.stop()) > 0)
  writeFileSync(file, saved)
  const keys = dev.unsealKeys.map((key) => key.toString('base64')).join('\n')

  const config = join(folder, 'target.hcl')
  writeFileSync(config, `storage "sqlite" { path = "${folder}/target.db" }\nlistener "tcp" { address = "127.0.0.1:0"\n tls_disable = true }\n`)
  const verified = run(['restore', '-verify', `-config=${config}`, '-format=json', file], `${keys}\n`)
  assert.equal(verified.status, 0, verified.stderr)
  const findings = JSON.parse(verified.stdout) as { records: number; broken: string[]; policies: number; mounts: { path: string; records: number }[] }
  assert.deepEqual(findings.broken, [])
  assert.ok(findings.policies >= 1 && findings.mounts.find((mount) => mount.path === 'secret/')!.records >= 4)

  const restored = run(['restore', `-config=${config}`, file])
  assert.equal(restored.status, 0, restored.stderr)
  const again = run(['restore', `-config=${config}`, file])
  assert.notEqual(again.status, 0)
  assert.match(again.stderr, /not empty/)

  const { startServer } = await import('../../src/server.ts')
  const { readConfig } = await import('../../src/config.ts')
  const { makeLog } = await import('../../src/log.ts')
  const server = await startServer(await readConfig([config]), makeLog('error', 'standard', () => {}))
  await server.keeper.unseal(Buffer.from(dev.unsealKeys[0]!), false)
  const { Client } = await import('../../src/sdk/index.ts')
  const address = server.listening[0]!.address
  await holds({ ...dev, address, client: new Client({ address, token: dev.token }), stop: () => server.stop() })
  await server.stop()
})

test('a running server takes its own snapshot back and stays unsealed', async () => {
  const dev = await start({ storage: { sqlite: { path: join(folder, 'own.db') } } })
  await fill(dev)
  const saved = await save(dev)
  await dev.client.write('secret/data/app/db', { data: { password: 'value 4' } })
  await dev.client.delete('sys/policies/acl/readers')
  const answer = await send(dev, 'snapshot', saved)
  assert.equal(answer.status, 204, await answer.text())
  await holds(dev)
})

test('another store\'s snapshot is refused unless forced, and then only its own keys open it', async () => {
  const [first, second] = [await start(), await start()]
  await fill(first)
  const saved = await save(first)
  const refused = await send(second, 'snapshot', saved)
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /different set of unseal keys/)
  assert.equal((await second.client.read('sys/seal-status') as unknown as { sealed: boolean }).sealed, false)
  const forced = await send(second, 'snapshot-force', saved)
  assert.equal(forced.status, 204, await forced.text())
  assert.equal(second.server.core.barrier.sealed, true)
  await assert.rejects(second.server.keeper.unseal(Buffer.from(second.unsealKeys[0]!), false))
  await second.server.keeper.unseal(Buffer.from(first.unsealKeys[0]!), false)
  second.client.token = first.token
  await holds(second)
})

test('what is damaged, cut short or no snapshot changes nothing', async () => {
  const dev = await start()
  await fill(dev)
  const saved = await save(dev)
  const plain = gunzipSync(saved)
  const flipped = Buffer.from(plain)
  flipped[3 * 512 + 100]! ^= 1
  for (const bad of [Buffer.alloc(0), Buffer.from('no snapshot'), saved.subarray(0, saved.length - 20), gzipSync(flipped), gzipSync(plain.subarray(0, 2048)), gzipSync(Buffer.alloc(10_000))]) {
    const answer = await send(dev, 'snapshot-force', bad)
    assert.equal(answer.status, 400, await answer.text())
  }
  await holds(dev)
  const verified = await send(dev, 'snapshot-verify', saved)
  const { data } = (await verified.json()) as { data: { broken: string[]; records: number } }
  assert.deepEqual(data.broken, [])
  assert.ok(data.records > 5)
})

test('a snapshot holds nothing in clear', async () => {
  const dev = await start()
  await dev.client.write('secret/data/canary', { data: { value: 'canary-value-in-a-snapshot' } })
  const saved = gunzipSync(await save(dev))
  assert.ok(!saved.includes('canary-value-in-a-snapshot') && !saved.includes(dev.token))
})

test('a body of any size is taken for a snapshot alone, by those who may', async () => {
  const dev = await start()
  const big = Readable.from((function* () { for (let count = 0; count < 40; count++) yield Buffer.alloc(1024 * 1024) })())
  const stranger = await fetch(`${dev.address}/v1/sys/storage/raft/snapshot`, { method: 'POST', body: Readable.toWeb(big), duplex: 'half' } as unknown as RequestInit).catch(() => null)
  assert.ok(stranger === null || stranger.status === 403)
  const elsewhere = await fetch(`${dev.address}/v1/secret/data/a`, { method: 'POST', headers: { 'X-Vault-Token': dev.token, 'content-length': String(40 * 1024 * 1024) }, body: Buffer.alloc(40 * 1024 * 1024) }).catch(() => null)
  assert.ok(elsewhere === null || elsewhere.status === 413)
})

test('the server takes snapshots by itself', async () => {
  const target = join(folder, 'scheduled')
  const dev = await start({ snapshots: { folder: target, every: '1h', keep: 3 } })
  await fill(dev)
  for (let tries = 0; tries < 200 && !(existsSync(target) && readdirSync(target).some((name) => name.endsWith('.snap'))); tries++) await new Promise((done) => setTimeout(done, 50))
  const [name] = readdirSync(target)
  const answer = await send(dev, 'snapshot-verify', readFileSync(join(target, name!)))
  assert.equal(answer.status, 200, await answer.text())
})

test('what was there comes back when the storage fails in the middle', async () => {
  const dev = await start()
  await fill(dev)
  const saved = await save(dev)
  await dev.client.write('secret/data/later', { data: { value: 'kept' } })
  const { Snapshots } = await import('../../src/snapshot/snapshots.ts')
  const { storage, barrier } = dev.server.core
  let failures = 1
  const failing = { ...storage, restore: async (source: AsyncIterable<Uint8Array>) => (failures-- > 0 ? Promise.reject(new Error('the disk is full')) : storage.restore(source)) }
  const snapshots = new Snapshots({ storage: failing, barrier, keeper: dev.server.keeper, storageType: 'memory', version: '0' })
  await assert.rejects(snapshots.restore(Readable.from([saved]), false), /disk is full/)
  assert.equal(barrier.sealed, false)
  await holds(dev)
  assert.deepEqual((await dev.client.read('secret/data/later'))?.data?.data, { value: 'kept' })
})
