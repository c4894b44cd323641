import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { admitMethods, begun, wireMethod } from './methods.ts'

/** Sends packets one after another on one connection, each after the answer to the one before; gives all answers. */
async function converse(packets: string[][]): Promise<string> {
  const server = createServer((request, response) => {
    begun(request)
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => response.end(`${wireMethod(request.method!)} ${request.url} [${body}]`))
  })
  admitMethods(server, 'connection')
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.setNoDelay(true)
  let all = ''
  for (const parts of packets) {
    const answered = new Promise<void>((done) => socket.once('data', () => done()))
    socket.once('data', (chunk) => (all += chunk.toString().split('\r\n\r\n')[1] + '\n'))
    for (const part of parts) {
      socket.write(part)
      await new Promise((done) => setTimeout(done, 20))
    }
    await answered
  }
  socket.destroy()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  return all
}

test('LIST and SCAN are methods, on a fresh and on a kept connection', async () => {
  const head = ' /v1/a HTTP/1.1\r\nHost: h\r\n\r\n'
  const said = await converse([[`LIST${head}`], [`GET${head}`], [`SCAN${head}`], [`LIST${head}`]])
  assert.match(said, /LIST \/v1\/a \[\][\s\S]*GET \/v1\/a[\s\S]*SCAN \/v1\/a[\s\S]*LIST \/v1\/a/)
})

test('a body or a header that begins a packet with LIST is left alone', async () => {
  const said = await converse([
    ['POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n', 'LIST of a'],
    ['GET /v1/b?x=', 'LIST HTTP/1.1\r\nHost: h\r\n\r\n'],
  ])
  assert.match(said, /POST \/v1\/a \[LIST of a\]/)
  assert.match(said, /GET \/v1\/b\?x=LIST/)
})
