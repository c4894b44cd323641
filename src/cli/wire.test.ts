import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HttpRequest } from '../sdk/transport.ts'
import { wire } from './wire.ts'

/** Answers each connection's first bytes with the pieces given, one after another, then ends. */
async function raw(pieces: readonly string[], body: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      let at = 0
      const next = (): void => {
        if (at === pieces.length) return void socket.end()
        socket.write(pieces[at++]!, 'latin1', () => setImmediate(next))
      }
      next()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/a`)
  } finally {
    await new Promise<void>((done) => server.close(() => done()))
  }
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, headers: {}, timeout: 5000, ...more })

const answers: [what: string, pieces: string[], status: number, text: string][] = [
  ['by length', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'], 200, 'hello'],
  ['in pieces of one byte', [...'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'], 200, 'hi'],
  ['in chunks', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n', 'A\r\n01234', '56789\r\n0\r\nTrailer: x\r\n\r\n'], 200, 'abc0123456789'],
  ['until the end', ['HTTP/1.0 404 Not Found\r\n\r\nall', ' of it'], 404, 'all of it'],
  ['after 100 Continue', ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n'], 204, ''],
  ['UTF-8 cut anywhere', ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xe2\x88', '\x9e'], 200, '∞'],
]

test('answers are read however they are framed', async () => {
  for (const [what, pieces, status, text] of answers)
    await raw(pieces, async (url) => {
      const response = await wire()(get(url))
      assert.equal(response.status, status, what)
      assert.equal(await response.text(), text, what)
    })
})

const faulty: [pieces: string[], message: RegExp][] = [
  [['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'], /cut short/],
  [['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'], /invalid length/],
  [['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'], /invalid chunk/],
  [['HTTP/1.1 200 OK\r\nno colon\r\n\r\n'], /malformed head/],
  [['SSH-2.0-OpenSSH\r\n\r\n'], /not HTTP/],
  [['HTTP/1.1 200'], /closed the connection/],
  [['HTTP/1.1 200 OK\r\n' + 'x: y\r\n'.repeat(100_000)], /too long a head/],
]

test('an answer that is not whole is an error', async () => {
  for (const [pieces, message] of faulty)
    await raw(pieces, async (url) => {
      await assert.rejects(async () => (await wire()(get(url))).text(), message)
    })
})

test('a connection is used again, and replaced when the server has closed it', async () => {
  const ports: (number | undefined)[] = []
  const server = createHttpServer((request, response) => {
    ports.push(request.socket.remotePort)
    response.end('ok', () => request.url === '/last' && request.socket.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = wire()
  try {
    for (const path of ['/', '/last', '/after']) assert.equal(await (await send(get(base + path, { method: 'POST', body: '{}' }))).text(), 'ok')
    assert.equal(ports[0], ports[1])
    assert.notEqual(ports[1], ports[2])
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  }
})

test('a server that does not answer is given up', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    await assert.rejects(wire()(get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: 50 })), /no answer within/)
  } finally {
    await new Promise<void>((done) => server.close(() => done()))
  }
})

test('a header cannot smuggle another', async () => {
  await raw([], async (url) => {
    await assert.rejects(wire()(get(url, { headers: { 'X-Vault-Token': 'a\r\nX-Evil: 1' } })), /characters that HTTP does not allow/)
  })
})

test('a Unix socket is reached', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-wire-'))
  const server = createHttpServer((request, response) => response.end(`${request.method} ${request.url} ${request.headers.host}`))
  await new Promise<void>((done) => server.listen(join(folder, 's'), done))
  try {
    const send = wire({ socketPath: join(folder, 's') })
    assert.equal(await (await send(get('http://localhost/v1/x', { method: 'DELETE' }))).text(), 'DELETE /v1/x localhost')
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
    await rm(folder, { recursive: true })
  }
})
