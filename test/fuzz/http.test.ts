// Garbage, smuggling and odd framing on a raw socket: refused or answered, never two requests out of one, and the server goes on.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { listenerDefaults } from '../../src/config.ts'
import { type Listening, type Request, listen } from '../../src/http/listener.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'
import { numbers } from './odd.test-aid.ts'

let trial: Trial
let listening: Listening
const failures: unknown[] = []
const seen: Request[] = []
before(async () => {
  trial = await startTrial()
  listening = await listen({ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true, max_request_size: 100_000 }, (request) => {
    seen.push(request)
    return trial.server.answer(request)
  }, { failed: (cause) => failures.push(cause) })
})
after(async () => {
  await listening.close(100)
  await trial.stop()
})

/** All that comes back until the peer closes, or shortly after it has said something. */
function say(bytes: string | Buffer): Promise<string> {
  const { port } = new URL(listening.address)
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(Number(port), '127.0.0.1')
    const end = setTimeout(() => socket.destroy(), 400)
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1')
      setTimeout(() => socket.destroy(), 60)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(end)
      resolve(said)
    })
    socket.write(bytes)
  })
}

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`
const statuses = (said: string): number[] => [...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

test('a body whose length is told twice, or in two ways, is one request at the most, and refused', async () => {
  const inner = head('GET /v1/secret/data/smuggled HTTP/1.1', 'Host: h', `X-Vault-Token: ${trial.root}`)
  const bodies = [
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', `Content-Length: ${inner.length}`, 'Transfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked', 'Content-Length: 5') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: 0', `Content-Length: ${inner.length}`) + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: 1, 1') + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: +5') + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: 0x5') + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: -1') + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Content-Length: 99999999999999999999') + inner,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding: xchunked') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked, identity') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding : chunked') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked') + `ffffffffffffffffff\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked') + `zz\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'X: a\rTransfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'X: a\nTransfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
  ]
  for (const body of bodies) {
    seen.length = 0
    const answered = statuses(await say(body))
    assert.ok(answered.every((status) => status >= 400 && status < 500), `${JSON.stringify(body.slice(0, 120))}: ${answered}`)
    assert.ok(!seen.some(({ url }) => url.includes('smuggled')), JSON.stringify(body.slice(0, 120)))
  }
})

test('what is no request gets no more than a refusal', async () => {
  const next = numbers(7)
  const noise = Array.from({ length: 25 }, () => Buffer.from(Array.from({ length: 1 + Math.floor(next() * 400) }, () => Math.floor(next() * 256))))
  const lines: (string | Buffer)[] = [
    '\0', '\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET  HTTP/1.1\r\n\r\n', 'LIST \r\n\r\n', 'SCAN', 'LIST /v1/secret/metadata HTTP/1.1', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    head('GET /v1/sys/health HTTP/1.1'), head('GET /v1/sys/health HTTP/1.1', 'Host: a', 'Host: b'), head('GET http://elsewhere/v1/sys/health HTTP/1.1', 'Host: h'), head('GET //v1/sys/health HTTP/1.1', 'Host: h'), head('GET /v1/%c0%ae%c0%ae/ HTTP/1.1', 'Host: h'), head('OPTIONS * HTTP/1.1', 'Host: h'),
    head('CONNECT internal:80 HTTP/1.1', 'Host: h'), head('GET /v1/sys/health HTTP/1.1', 'Host: h', 'Upgrade: websocket', 'Connection: Upgrade'), head('GET /v1/sys/health HTTP/1.1', 'Host: h', `X: ${'y'.repeat(100_000)}`), head(`GET /v1/${'x'.repeat(100_000)} HTTP/1.1`, 'Host: h'),
    head('GET /v1/sys/health HTTP/1.1', 'Host: h', ...Array.from({ length: 3000 }, (_, index) => `H${index}: x`)), head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Expect: 100-continue', 'Content-Length: 100000000'), head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', 'Expect: nonsense', 'Content-Length: 2') + '{}',
    head('TRACE /v1/secret/data/x HTTP/1.1', 'Host: h', `X-Vault-Token: ${trial.root}`), head('GET /v1/secret/data/x HTTP/1.1', 'Host: h', `X-Vault-Token: ${trial.root}`, `X-Vault-Token: wrong`), head('GET /v1/secret/data/x HTTP/1.1', 'Host: h', 'X-Vault-Token: \xff\xfe'),
    head('POST /v1/secret/data/x HTTP/1.1', 'Host: h', `X-Vault-Token: ${trial.root}`, 'Content-Length: 50') + '{"cut":',
    ...noise, ...noise.slice(0, 8).map((bytes) => Buffer.concat([Buffer.from('POST /v1/secret/data/x HTTP/1.1\r\nHost: h\r\n'), bytes, Buffer.from('\r\n\r\n')])),
  ]
  for (let at = 0; at < lines.length; at += 8) {
    const answers = await Promise.all(lines.slice(at, at + 8).map(async (line) => [line, statuses(await say(line))] as const))
    for (const [line, answered] of answers) assert.ok(answered.length <= 2 && answered.every((status) => status !== 500), `${JSON.stringify(line.toString('latin1').slice(0, 100))}: ${answered}`)
    assert.deepEqual(statuses(await say(head('GET /v1/sys/health HTTP/1.1', 'Host: h'))), [200])
  }
  assert.deepEqual(failures, [])
  assert.ok(!(await say(head('TRACE / HTTP/1.1', 'Host: h', 'X-Vault-Token: canary-in-trace'))).includes('canary-in-trace'))
})

test('forwarded headers of strangers change nothing', async () => {
  await trial.must('POST', 'auth/token/roles/far', { token_bound_cidrs: '192.0.2.0/24', allowed_policies: 'default' })
  const token = (await trial.must('POST', 'auth/token/create/far', {})).auth.client_token as string
  for (const header of ['X-Forwarded-For: 192.0.2.1', 'Forwarded: for=192.0.2.1', 'X-Real-IP: 192.0.2.1', 'X-Client-IP: 192.0.2.1']) {
    assert.deepEqual(statuses(await say(head('GET /v1/auth/token/lookup-self HTTP/1.1', 'Host: h', `X-Vault-Token: ${token}`, header))), [403], header)
  }
})
