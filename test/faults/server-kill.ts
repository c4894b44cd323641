// Kills the whole server, as a power cut would, at random moments while clients write over HTTP, and looks whether
// everything that was acknowledged is there and the audit log is whole.
// Run as a script: `node test/faults/server-kill.ts [rounds]`.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { verifyAudit } from '../../src/core/audit/verify.ts'
import { type ServerProcess, startServer } from '../process.test-aid.ts'

const lanes = 12
/** Milliseconds of load before the kill, at the most. */
const longestLife = 300

/** What was acknowledged: the value last written to each path, and the version that each lane's counter had reached. */
interface Acknowledged {
  values: Map<string, number>
  counters: Map<number, number>
  tokens: string[]
}

export interface Client {
  ask(method: string, path: string, body?: object, token?: string): Promise<{ status: number; body: any }>
  close(): void
}

/** A client that keeps its connections; rejects where the server goes away. */
export function clientOf(address: string, ownToken: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  return {
    ask: (method, path, body, token = ownToken) =>
      new Promise((resolve, reject) => {
        const sent = request(`${address}/v1/${path}`, { method, agent, headers: { 'x-vault-token': token } }, (message) => {
          let text = ''
          message.on('data', (chunk) => (text += chunk))
          message.on('error', reject)
          message.on('close', () => (message.complete ? resolve({ status: message.statusCode!, body: text === '' ? null : JSON.parse(text) }) : reject(new Error('cut off'))))
        })
        sent.on('error', reject)
        sent.end(body && JSON.stringify(body))
      }),
    close: () => agent.destroy(),
  }
}

/** A configuration over SQLite that unseals itself, with an audit file. */
export function writeConfig(folder: string, more = ''): string {
  const key = join(folder, 'seal.key')
  writeFileSync(key, randomBytes(32).toString('hex'), { mode: 0o600 })
  const file = join(folder, 'server.hcl')
  writeFileSync(file, `storage "sqlite" { path = "${folder}/strongroom.db" }\nlistener "tcp" {\n  address = "127.0.0.1:0"\n  tls_disable = true\n}\nseal "static" {\n  current_key_id = "one"\n  current_key = "file://${key}"\n}\naudit "file" "file" {\n  options { file_path = "${folder}/audit.log" }\n}\n${more}`)
  return file
}

/** Initializes a new server; gives the root token. */
export async function initialize(address: string): Promise<string> {
  const client = clientOf(address, '')
  const { status, body } = await client.ask('PUT', 'sys/init', { recovery_shares: 1, recovery_threshold: 1 })
  assert.equal(status, 200, JSON.stringify(body))
  const root = clientOf(address, body.root_token as string)
  assert.equal((await root.ask('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } })).status, 204)
  root.close()
  client.close()
  return body.root_token as string
}

/** Writes on every lane until the server is gone; notes what it acknowledged. */
async function load(client: Client, round: number, done: Acknowledged): Promise<void> {
  const work = async (lane: number): Promise<void> => {
    for (let number = 0; ; number++) {
      const path = `secret/data/kill/${round}/${lane}/${number}`
      const written = await client.ask('POST', path, { data: { number } })
      if (written.status === 200) done.values.set(path, number)
      const counted = await client.ask('POST', `secret/data/count/${lane}`, { data: { round, number } })
      if (counted.status === 200) done.counters.set(lane, counted.body.data.version)
      if (number % 20 !== 10) continue
      const made = await client.ask('POST', 'auth/token/create', { ttl: '1h' })
      if (made.status === 200) done.tokens.push(made.body.auth.client_token)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane).catch(() => {})))
}

async function verify(client: Client, done: Acknowledged): Promise<void> {
  const paths = [...done.values]
  const check = async (): Promise<void> => {
    for (let next = paths.pop(); next; next = paths.pop()) {
      const { status, body } = await client.ask('GET', next[0])
      assert.equal(status, 200, `${next[0]} was acknowledged and is lost`)
      assert.equal(body.data.data.number, next[1])
    }
  }
  await Promise.all(Array.from({ length: lanes }, check))
  for (const [lane, version] of done.counters) {
    const { body } = await client.ask('GET', `secret/data/count/${lane}`)
    // One more may have been written and not acknowledged.
    assert.ok(body.data.metadata.version >= version && body.data.metadata.version <= version + 1, `lane ${lane}: ${body.data.metadata.version}, acknowledged ${version}`)
  }
  for (const token of done.tokens) assert.equal((await client.ask('GET', 'auth/token/lookup-self', undefined, token)).status, 200, 'an acknowledged token is lost')
}

/** Kills one server `rounds` times; returns how many writes were acknowledged and found, and what the audit log has. */
export async function killServers(rounds: number): Promise<{ acknowledged: number; audited: number; torn: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-server-kill-'))
  let server: ServerProcess | null = null
  try {
    const config = writeConfig(folder)
    server = await startServer([`-config=${config}`], folder)
    const token = await initialize(server.address)
    let acknowledged = 0
    for (let round = 1; round <= rounds; round++) {
      const done: Acknowledged = { values: new Map(), counters: new Map(), tokens: [] }
      const writer = clientOf(server.address, token)
      const working = load(writer, round, done)
      while (done.values.size === 0) await sleep(2)
      await sleep(Math.random() * longestLife)
      await server.kill()
      await working
      writer.close()
      server = await startServer([`-config=${config}`], folder)
      const reader = clientOf(server.address, token)
      await verify(reader, done)
      reader.close()
      acknowledged += done.values.size
    }
    await server.stop()
    return { acknowledged, ...(await audited(join(folder, 'audit.log'))) }
  } finally {
    await server?.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Verifies the log; lines that a kill cut short are told apart. */
async function audited(path: string): Promise<{ audited: number; torn: number }> {
  const report = await verifyAudit(readFileSync(path, 'utf8').split('\n').slice(0, -1))
  const torn = report.problems.filter((problem) => problem.kind === 'unreadable')
  assert.deepEqual(report.problems.filter((problem) => problem.kind !== 'unreadable'), [])
  return { audited: report.entries, torn: torn.length }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = Number(process.argv[2] ?? 50)
  const { acknowledged, audited: entries, torn } = await killServers(rounds)
  console.log(`${rounds} kills of the server: ${acknowledged} acknowledged writes, 0 lost; ${entries} audit entries, ${torn} torn`)
}
