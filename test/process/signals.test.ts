// The real program under signals: it ends without breaking what it is answering, and takes new certificates.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { makeCertificates } from '../../src/http/self-signed.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'strongroom-run-'))
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

interface Running {
  child: ChildProcess
  address: string
  out: string
  code: Promise<number | null>
}

async function start(...words: string[]): Promise<Running> {
  const child = spawn(process.execPath, ['--no-warnings', program, 'server', ...words], { env: { PATH: process.env.PATH, HOME: folder } })
  children.push(child)
  const running: Running = { child, address: '', out: '', code: once(child, 'exit').then(([code]) => code as number | null) }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (running.out += chunk.toString()))
  await until(() => /https?:\/\/127\.0\.0\.1:\d+/.test(running.out), running)
  running.address = /https?:\/\/127\.0\.0\.1:\d+/.exec(running.out)![0]
  return running
}

async function until(check: () => boolean | Promise<boolean>, running: Running): Promise<void> {
  for (let tries = 0; !(await check()); tries++) {
    assert.ok(tries < 300, running.out)
    await new Promise((done) => setTimeout(done, 50))
  }
}

function get(address: string, path: string, agent: Agent): Promise<{ status: number; connection: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${address}/v1/${path}`, { agent, headers: { 'X-Vault-Token': 'root' } }, (message) => {
      let body = ''
      message.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve({ status: message.statusCode!, connection: message.headers.connection, body }))
    })
    sent.on('error', reject).end()
  })
}

test('SIGTERM: what is being answered is answered, connections close, nothing new is taken', async () => {
  const running = await start('-dev', '-dev-root-token-id=root', '-dev-listen-address=127.0.0.1:0', '-dev-no-store-token')
  await until(() => running.out.includes('Root Token'), running)
  const agent = new Agent({ keepAlive: true })
  assert.equal((await get(running.address, 'sys/health', agent)).connection, 'keep-alive')
  const slow = get(running.address, 'sys/pprof/profile?seconds=2', agent)
  await until(async () => (await get(running.address, 'sys/in-flight-req', agent)).body.includes('pprof/profile'), running)
  running.child.kill('SIGTERM')
  const answered = await slow
  assert.deepEqual([answered.status, answered.connection], [200, 'close'])
  assert.ok(JSON.parse(answered.body).nodes.length > 0)
  assert.equal(await running.code, 0)
  await assert.rejects(get(running.address, 'sys/health', new Agent()))
})

const shownBy = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address)
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!.fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })

test('SIGHUP: the next connection sees the new certificate; a broken one leaves the former', async () => {
  const [first, second] = [await makeCertificates(), await makeCertificates()]
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const install = (files: { cert: string; key: string }): void => {
    copyFileSync(files.cert, cert)
    copyFileSync(files.key, key)
  }
  const fingerprint = (file: string): string => new X509Certificate(readFileSync(file)).fingerprint256
  install(first)
  const pid = join(folder, 'pid')
  const config = join(folder, 'server.hcl')
  writeFileSync(config, `storage "memory" {}\npid_file = "${pid}"\nlistener "tcp" {\n address = "127.0.0.1:0"\n tls_cert_file = "${cert}"\n tls_key_file = "${key}"\n tls_min_version = "tls13"\n}\n`)
  const running = await start(`-config=${config}`)
  await until(() => existsSync(pid), running)
  assert.equal(await shownBy(running.address), fingerprint(first.cert))
  install(second)
  running.child.kill('SIGHUP')
  await until(async () => (await shownBy(running.address)) === fingerprint(second.cert), running)
  writeFileSync(cert, 'no certificate')
  running.child.kill('SIGHUP')
  await until(() => running.out.includes('reload failed'), running)
  assert.equal(await shownBy(running.address), fingerprint(second.cert))
  running.child.kill('SIGTERM')
  assert.equal(await running.code, 0)
  assert.ok(!existsSync(pid))
})
