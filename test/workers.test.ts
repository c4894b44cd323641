// Several processes over one store, as the real program starts them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyAudit } from '../src/core/audit/verify.ts'
import { program, startServer } from './process.test-aid.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

/** One request on a connection of its own, so that the kernel picks the process that answers. */
async function ask(address: string, method: string, path: string, token: string | null, body?: object): Promise<any> {
  const response = await fetch(`${address}/v1/${path}`, { method, headers: { connection: 'close', ...(token && { 'x-vault-token': token }) }, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}

test('two processes: unsealed by shares given to either, and what one wrote or revoked the other sees at once', async () => {
  const home = await mkdtemp(join(tmpdir(), 'strongroom-workers-'))
  const log = join(home, 'audit.log')
  await writeFile(join(home, 'config.json'), JSON.stringify({ storage: { sqlite: { path: join(home, 'db') } }, listener: { tcp: { address: `127.0.0.1:${await freePort()}`, tls_disable: true } }, workers: '2', audit: { file: { file: { options: { file_path: log } } } } }))
  const server = await startServer([`-config=${join(home, 'config.json')}`], home)
  try {
    const { keys, root_token: root } = await ask(server.address, 'PUT', 'sys/init', null, { secret_shares: 3, secret_threshold: 2 })
    for (const key of keys.slice(0, 2)) await ask(server.address, 'PUT', 'sys/unseal', null, { key })
    // The other process is handed the key over its pipe.
    for (let tries = 0, open = 0; open < 20; tries++) {
      assert.ok(tries < 400, 'a process stayed sealed')
      open = (await ask(server.address, 'GET', 'sys/seal-status', null)).sealed ? 0 : open + 1
    }
    await ask(server.address, 'POST', 'sys/mounts/secret', root, { type: 'kv', options: { version: '2' } })
    for (let round = 0; round < 60; round++) {
      await ask(server.address, 'POST', `secret/data/${round % 5}`, root, { data: { round } })
      assert.equal((await ask(server.address, 'GET', `secret/data/${round % 5}`, root)).data.data.round, round)
    }
    for (let round = 0; round < 10; round++) {
      const token = (await ask(server.address, 'POST', 'auth/token/create', root, {})).auth.client_token
      await ask(server.address, 'GET', 'auth/token/lookup-self', token)
      await ask(server.address, 'POST', 'auth/token/revoke', root, { token })
      await assert.rejects(ask(server.address, 'GET', 'auth/token/lookup-self', token), /403/)
    }
    await ask(server.address, 'PUT', 'sys/seal', root)
    for (let tries = 0, closed = 0; closed < 20; tries++) {
      assert.ok(tries < 400, 'a process stayed open')
      closed = (await ask(server.address, 'GET', 'sys/seal-status', null)).sealed ? closed + 1 : 0
    }
    await server.stop()
    const report = await verifyAudit((async function* () { yield* (await readFile(log, 'utf8')).trimEnd().split('\n') })())
    assert.deepEqual(report.problems, [])
    assert.ok(Object.keys(report.writers).length >= 2, 'both processes wrote to the audit log')
  } finally {
    await server.kill()
    await rm(home, { recursive: true, force: true })
  }
})

/** Runs `strongroom start` until it says how to log in; gives what it said and a way to stop it. */
async function startLocal(home: string, port: number): Promise<{ said: string; stop(): Promise<number | null> }> {
  const child = spawn(program[0], [...program.slice(1), 'start', `-listen-address=127.0.0.1:${port}`], { cwd: home, env: { HOME: home, PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  await new Promise<void>((done, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes('Ctrl-C')) done()
    })
    child.once('exit', (code) => failed(new Error(`ended with ${code}: ${said}`)))
  })
  return {
    said,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

test('start: a store is made, its files are private, and a second start finds it again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'strongroom-start-'))
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  try {
    const first = await startLocal(home, port)
    assert.match(first.said, new RegExp(`ready at ${address}`))
    assert.match(first.said, /kv put/)
    const folder = join(home, '.strongroom')
    const token = (await readFile(join(folder, 'root-token'), 'utf8')).trim()
    assert.ok(!first.said.includes(token), 'the token is not printed')
    for (const file of ['seal.key', 'root-token', 'strongroom.db', 'audit.log']) assert.equal((await stat(join(folder, file))).mode & 0o077, 0, file)
    await ask(address, 'POST', 'secret/data/first', token, { data: { greeting: 'hello' } })
    assert.equal(await first.stop(), 0)
    const second = await startLocal(home, port)
    assert.match(second.said, /found again/)
    assert.equal((await ask(address, 'GET', 'secret/data/first', token)).data.data.greeting, 'hello')
    assert.equal(await second.stop(), 0)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
