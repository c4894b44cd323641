// A store that goes away under a running server and comes back; a disk that is full.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../src/storage/postgres/server.test-aid.ts'
import { type ServerProcess, startServer } from '../process.test-aid.ts'
import { clientOf, initialize, writeConfig } from './server-kill.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-gone-'))
const ends: (() => Promise<unknown>)[] = []
after(async () => {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
})

async function start(args: string[]): Promise<ServerProcess> {
  const server = await startServer(args, folder); server.process.stderr!.on('data', (c) => process.stderr.write(c)); server.process.stdout!.on('data', (c) => process.stderr.write(c)); server.process.on('exit', (c, s) => console.error('EXIT', c, s))
  ends.push(() => server.kill())
  return server
}

async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; !(await check().catch(() => false)); tries++) {
    assert.ok(tries < 200, what)
    await sleep(100)
  }
}

test('PostgreSQL stops under load and comes back: requests fail meanwhile, nothing acknowledged is lost', async () => {
  const postgres = await startPostgres()
  ends.push(() => postgres.end())
  const config = writeConfig(folder)
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^storage .*$/m, `storage "postgres" { connection_url = "${await postgres.createDatabase()}" }`))
  const server = await start([`-config=${config}`])
  const client = clientOf(server.address, await initialize(server.address))
  const done = new Map<string, number>()
  const failures = new Set<number>()
  let running = true
  const lane = async (name: number): Promise<void> => {
    for (let number = 0; running; number++) {
      const path = `secret/data/gone/${name}/${number}`
      const { status, body } = await client.ask('POST', path, { data: { number } })
      if (status === 200) done.set(path, number)
      else {
        failures.add(status)
        assert.ok(!JSON.stringify(body).includes('postgres'), 'an error tells nothing of the store')
        await sleep(20)
      }
    }
  }
  const lanes = [0, 1, 2, 3].map(lane)
  await until(async () => done.size > 20, 'the load begins')
  await postgres.stop()
  await until(async () => failures.size > 0, 'requests fail')
  const before = done.size
  await postgres.start()
  await until(async () => done.size > before + 20, 'requests succeed again without a restart')
  running = false
  await Promise.all(lanes)
  assert.deepEqual([...failures], [503])
  for (const [path, number] of done) {
    const { status, body } = await client.ask('GET', path)
    assert.equal(status, 200, `${path} was acknowledged and is lost`)
    assert.equal(body.data.data.number, number)
  }
  client.close()
  await server.stop()
})

test('a file that may not grow: writes are refused with an error, what is there is read, and all goes on when there is room', { skip: process.platform !== 'linux' }, async () => {
  const home = mkdtempSync(join(folder, 'full-'))
  const config = writeConfig(home)
  const server = await start([`-config=${config}`])
  const client = clientOf(server.address, await initialize(server.address))
  const pid = String(server.process.pid)
  assert.equal((await client.ask('POST', 'secret/data/before', { data: { a: 'b' } })).status, 200)
  const limit = (bytes: string): void => {
    const ran = spawnSync('prlimit', ['--pid', pid, `--fsize=${bytes}:unlimited`], { encoding: 'utf8' })
    assert.equal(ran.status, 0, ran.stderr)
  }
  limit('16384')
  const value = 'x'.repeat(4096)
  const statuses = new Set<number>()
  for (let number = 0; number < 40; number++) statuses.add((await client.ask('POST', `secret/data/full/${number}`, { data: { value } })).status)
  assert.ok([...statuses].some((status) => status >= 500), 'some write found no room')
  assert.ok([...statuses].every((status) => status === 200 || status >= 500))
  limit('unlimited')
  await until(async () => (await client.ask('POST', 'secret/data/after', { data: { a: 'c' } })).status === 200, 'writes succeed again')
  assert.equal((await client.ask('GET', 'secret/data/before')).body.data.data.a, 'b')
  client.close()
  await server.stop()
})
