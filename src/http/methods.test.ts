import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { type TestContext, test } from 'node:test'
import { admitMethods, begun, connectionOf, wireMethod } from './methods.ts'
import { makeCertificates } from './self-signed.ts'

function answerTo(request: IncomingMessage, response: ServerResponse): void {
  begun(request, response)
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const said = `${wireMethod(request.method!)} ${request.url} [${body.length > 100 ? body.length : body}] from ${connectionOf(request).remoteAddress}`
    setTimeout(() => response.end(said), request.url === '/slow' ? 50 : 0)
  })
}

async function listening(t: TestContext, server: Server): Promise<number> {
  admitMethods(server, 'addContext' in server ? 'secureConnection' : 'connection')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function connected(t: TestContext): Promise<Socket> {
  const socket = connect(await listening(t, createServer(answerTo)), '127.0.0.1')
  socket.setNoDelay(true)
  return socket
}

/** Sends packets one after another on one connection, each after the answer to the one before; gives the bodies of all answers. */
async function converse(socket: Socket, packets: string[][]): Promise<string[]> {
  const all: string[] = []
  for (const parts of packets) {
    const answered = once(socket, 'data')
    for (const part of parts) {
      socket.write(part)
      await pause(20)
    }
    all.push(String((await answered)[0]).split('\r\n\r\n')[1]!)
  }
  socket.destroy()
  return all
}

const head = ' /v1/a HTTP/1.1\r\nHost: h\r\n\r\n'
const said = (method: string, body = ''): string => `${method} /v1/a [${body}] from 127.0.0.1`

test('LIST and SCAN are methods, on a fresh and on a kept connection', async (t) => {
  assert.deepEqual(
    await converse(await connected(t), [[`GET${head}`], [`LIST${head}`], [`GET${head}`], [`SCAN${head}`], [`LIST${head}`], [`DELETE${head}`]]),
    ['GET', 'LIST', 'GET', 'SCAN', 'LIST', 'DELETE'].map((method) => said(method)),
  )
  assert.deepEqual(await converse(await connected(t), [[`SCAN${head}`]]), [said('SCAN')])
})

test('they are over TLS too', async (t) => {
  const { cert, key } = await makeCertificates()
  t.after(() => rmSync(dirname(cert), { recursive: true }))
  const socket = connectTls({ port: await listening(t, createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, answerTo)), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  assert.deepEqual(await converse(socket, [[`LIST${head}`], [`GET${head}`]]), [said('LIST'), said('GET')])
})

test('a body or a header that begins a packet with LIST is left alone, before and after a LIST', async (t) => {
  const packets = [
    ['POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n', 'LIST of a'],
    ['GET /v1/', 'LIST HTTP/1.1\r\nHost: h\r\n\r\n'],
  ]
  const [posted, got] = [said('POST', 'LIST of a'), 'GET /v1/LIST [] from 127.0.0.1']
  assert.deepEqual(await converse(await connected(t), [...packets, [`LIST${head}`], ...packets]), [posted, got, said('LIST'), posted, got])
})

test('a large body comes through whole after a LIST', async (t) => {
  const size = 8 * 1024 * 1024
  const socket = await connected(t)
  assert.deepEqual(await converse(socket, [[`LIST${head}`], [`PUT /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`]]), [said('LIST'), said('PUT', String(size))])
})

test('a LIST that is sent before its forerunner is answered waits for it', async (t) => {
  const socket = await connected(t)
  let all = ''
  socket.on('data', (chunk: Buffer) => (all += chunk.toString()))
  socket.write('GET /slow HTTP/1.1\r\nHost: h\r\n\r\n')
  await pause(10)
  socket.write(`LIST${head}`)
  while (!all.includes(said('LIST'))) await once(socket, 'data')
  assert.ok(all.indexOf('GET /slow') < all.indexOf('LIST /v1/a'))
  socket.destroy()
})

test('what is no request is refused as the runtime does it, before and after a LIST', async (t) => {
  for (const before of [[], [`LIST${head}`]]) {
    for (const [bytes, status] of [['NONSENSE / HTTP/1.1\r\n\r\n', 400], [`GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431], ['GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400]] as const) {
      const socket = await connected(t)
      for (const packet of before) {
        socket.write(packet)
        await once(socket, 'data')
      }
      let all = ''
      socket.on('data', (chunk: Buffer) => (all += chunk.toString())).on('error', () => {})
      socket.write(bytes)
      await once(socket, 'close')
      assert.match(all, new RegExp(`^HTTP/1.1 ${status} [\\w ]+\\r\\nConnection: close\\r\\n\\r\\n$`))
    }
  }
})

test('what is no request does not end up in an answer that is under way, before and after a LIST', async (t) => {
  const server = createServer((request, response) => {
    begun(request, response)
    if (request.url === '/stream') response.write('half')
    else response.end('whole')
  })
  const port = await listening(t, server)
  for (const before of [[], [`LIST${head}`]]) {
    const socket = connect(port, '127.0.0.1')
    for (const packet of before) {
      socket.write(packet)
      await once(socket, 'data')
    }
    let all = ''
    socket.on('data', (chunk: Buffer) => (all += chunk.toString())).on('error', () => {})
    socket.write('GET /stream HTTP/1.1\r\nHost: h\r\n\r\n')
    while (!all.includes('half')) await once(socket, 'data')
    socket.write('NONSENSE / HTTP/1.1\r\n\r\n')
    await once(socket, 'close')
    assert.doesNotMatch(all, / 400 /)
  }
})

test('an idle connection ends with its server, one that has listed too', async (t) => {
  const server = createServer(answerTo)
  const port = await listening(t, server)
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  for (const [index, socket] of sockets.entries()) {
    socket.write(`${index === 0 ? 'LIST' : 'GET'}${head}`)
    await once(socket, 'data')
  }
  const ended = Promise.all(sockets.map((socket) => once(socket, 'close')))
  const closed = new Promise((done) => server.close(done))
  server.closeIdleConnections()
  await Promise.all([ended, closed])
})

test('a client that goes away in the middle leaves nothing behind', async (t) => {
  const server = createServer(answerTo)
  const port = await listening(t, server)
  const socket = connect(port, '127.0.0.1')
  socket.write(`LIST${head}`)
  await once(socket, 'data')
  socket.write('POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf')
  await pause(20)
  socket.destroy()
  for (let left = 1, waited = 0; left > 0 && waited < 100; waited++) {
    await pause(10)
    left = await new Promise<number>((done) => server.getConnections((_, count) => done(count)))
    if (waited === 99) assert.equal(left, 0)
  }
})
