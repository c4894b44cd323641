import assert from 'node:assert/strict'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Fault } from '../kit/errors.ts'
import { isInternal, send } from './outgoing.ts'

const loopback = ['127.0.0.0/8', '::1/128']
let server: Server
let port: number
let asked = 0
let connections = 0
before(async () => {
  server = createServer((request, response) => {
    asked++
    if (request.url === '/elsewhere') return void response.writeHead(302, { location: `http://127.0.0.1:${port}/inside` }).end()
    if (request.url === '/large') return void response.end(Buffer.alloc(50_000))
    if (request.url === '/silent') return
    response.end('here')
  })
  server.on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const refused = (code: string) => (error: unknown): boolean => error instanceof Fault && error.code === code

test('addresses of this machine, of private networks and of clouds are internal, in every notation', () => {
  for (const address of ['127.0.0.1', '127.255.0.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.9.9', '169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:127.0.0.1', '::FFFF:10.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', 'no address']) assert.ok(isInternal(address), address)
  for (const address of ['192.0.2.1', '8.8.8.8', '172.32.0.1', '2001:db8::1', '::ffff:192.0.2.1']) assert.ok(!isInternal(address), address)
})

test('no spelling of an internal address is reached, nor a name that leads to one', async () => {
  for (const host of ['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', 'localhost', 'LOCALHOST', '127.0.0.1.', '１２７.0.0.1', 'user:password@127.0.0.1']) await assert.rejects(send(`http://${host}:${port}/`), (error) => error instanceof Fault, host)
  for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://192.0.2.1/', 'data:,x', 'javascript:0', '', '//127.0.0.1/']) await assert.rejects(send(url), refused('invalid'), url)
  assert.equal(asked, 0)
  assert.equal(connections, 0)
})

test('what is allowed for one address is allowed for that request alone', async () => {
  assert.equal((await send(`http://127.0.0.1:${port}/`, { allowed: loopback })).body.toString(), 'here')
  assert.equal((await send(`http://localhost:${port}/`, { allowed: loopback })).status, 200)
  const before = asked
  // The connection to that name must not be left open for who may not make it.
  await assert.rejects(send(`http://localhost:${port}/`), refused('invalid'))
  await assert.rejects(send(`http://localhost:${port}/`, { allowed: ['10.0.0.0/8'] }), refused('invalid'))
  assert.equal(asked, before)
})

test('redirects are not followed, answers and time are bounded', async () => {
  const before = asked
  assert.equal((await send(`http://127.0.0.1:${port}/elsewhere`, { allowed: loopback })).status, 302)
  assert.equal(asked, before + 1)
  await assert.rejects(send(`http://127.0.0.1:${port}/large`, { allowed: loopback, maxBytes: 10_000 }), refused('upstream'))
  await assert.rejects(send(`http://127.0.0.1:${port}/silent`, { allowed: loopback, timeout: 100 }), refused('upstream'))
})
