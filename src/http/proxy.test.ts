import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { listenerDefaults } from '../config.ts'
import { Fault } from '../kit/errors.ts'
import { forwardedFor } from './forwarded.ts'
import { listen } from './listener.ts'
import { parseProxyHeader } from './proxy.ts'
import { makeCertificates } from './self-signed.ts'

const binary = (command: number, family: number, rest: number[]): Buffer => {
  const head = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, command, family, 0, rest.length])
  return Buffer.concat([head, Buffer.from(rest)])
}
const v4 = binary(0x21, 0x11, [203, 0, 113, 7, 10, 0, 0, 1, 0x1f, 0x90, 0, 80])

test('reads both versions, whole or in pieces', () => {
  const cases: [Buffer, { address: string; port: number } | null][] = [
    [Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 8080 80\r\n'), { address: '203.0.113.7', port: 8080 }],
    [Buffer.from('PROXY TCP6 2001:db8::7 ::1 65535 80\r\n'), { address: '2001:db8::7', port: 65535 }],
    [Buffer.from('PROXY UNKNOWN what ever\r\n'), null],
    [v4, { address: '203.0.113.7', port: 8080 }],
    [binary(0x21, 0x21, [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 7, ...Array<number>(16).fill(0), 0, 9, 0, 80]), { address: '2001:db8:0:0:0:0:0:7', port: 9 }],
    [binary(0x20, 0x00, []), null],
    [binary(0x21, 0x31, Array<number>(216).fill(0)), null],
  ]
  for (const [bytes, origin] of cases) {
    assert.deepEqual(parseProxyHeader(Buffer.concat([bytes, Buffer.from('GET /')])), { origin, length: bytes.length })
    for (let cut = 0; cut < bytes.length; cut++) assert.equal(parseProxyHeader(bytes.subarray(0, cut)), null)
  }
})

test('refuses everything else', () => {
  const bad = ['GET / HTTP/1.1\r\n', 'PROXY TCP4 203.0.113.7 10.0.0.1 8080\r\n', 'PROXY TCP4 ::1 10.0.0.1 1 1\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 70000 1\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n', `PROXY ${'x'.repeat(200)}`, 'PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n']
  for (const text of bad) assert.throws(() => parseProxyHeader(Buffer.from(text)), Fault)
  assert.throws(() => parseProxyHeader(binary(0x22, 0x11, [])), Fault)
  assert.throws(() => parseProxyHeader(binary(0x21, 0x11, [1, 2])), Fault)
  assert.throws(() => parseProxyHeader(Buffer.concat([v4.subarray(0, 14), Buffer.from([0xff, 0xff])])), Fault)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, signed) => {
    try {
      const parsed = parseProxyHeader(Buffer.concat([signed ? v4.subarray(0, 12) : Buffer.from('PROXY '), bytes]))
      assert.ok(parsed === null || parsed.length > 0)
    } catch (error) {
      assert.ok(error instanceof Fault)
    }
  }))
})

test('X-Forwarded-For counts hop by hop from the right, from named proxies alone', () => {
  const proxies = ['10.0.0.0/8', '::1']
  const cases: [string, string | undefined, string][] = [
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['::1', '[2001:db8::1]:443', '2001:db8::1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ]
  for (const [peer, header, client] of cases) assert.equal(forwardedFor(peer, header, proxies), client)
  for (const header of ['', 'localhost', '1.1.1.1, ', '999.1.1.1', Array(65).fill('10.0.0.1').join()]) assert.throws(() => forwardedFor('10.0.0.1', header, proxies), Fault)
  assert.equal(forwardedFor('10.0.0.1', '198.51.100.1', []), '10.0.0.1')
})

/** Sends bytes, gives what came back until the end. */
function talk(socket: Socket, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let out = ''
    socket.on('data', (chunk) => (out += chunk.toString())).on('error', () => {}).on('close', () => resolve(out))
    void (async () => {
      for (const part of parts) {
        socket.write(part)
        await new Promise((done) => setTimeout(done, 20))
      }
    })()
  })
}

const request = 'GET /v1/x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n'
const portOf = (address: string): number => Number(address.split(':').at(-1))

async function withListener(config: Partial<ReturnType<typeof listenerDefaults>>, work: (port: number) => Promise<void>): Promise<void> {
  const listening = await listen({ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true, ...config }, async ({ remote, method }) => ({ status: 200, contentType: 'text/plain', body: `${method} from ${remote.address}:${remote.port}` }), { failed: (cause) => assert.fail(String(cause)) })
  try {
    await work(portOf(listening.address))
  } finally {
    await listening.close(100)
  }
}

test('a listener believes the PROXY header of a named proxy', async () => {
  await withListener({ proxy_protocol_authorized_addrs: ['127.0.0.1'] }, async (port) => {
    assert.match(await talk(connect(port, '127.0.0.1'), `PROXY TCP4 203.0.113.7 10.0.0.1 8080 80\r\n${request}`), /GET from 203\.0\.113\.7:8080/)
    assert.match(await talk(connect(port, '127.0.0.1'), v4.subarray(0, 13), v4.subarray(13), 'LIST'.concat(request.slice(3))), /LIST from 203\.0\.113\.7:8080/)
    // Without the header the proxy is not believed to speak for itself.
    assert.equal(await talk(connect(port, '127.0.0.1'), request), '')
  })
})

test('a stranger\'s PROXY header is no header, and may close the connection', async () => {
  const header = 'PROXY TCP4 203.0.113.7 10.0.0.1 8080 80\r\n'
  await withListener({ proxy_protocol_authorized_addrs: ['10.0.0.0/8'] }, async (port) => {
    assert.match(await talk(connect(port, '127.0.0.1'), request), /GET from 127\.0\.0\.1/)
    assert.match(await talk(connect(port, '127.0.0.1'), header + request), /^HTTP\/1\.1 400/)
  })
  await withListener({ proxy_protocol_authorized_addrs: ['10.0.0.0/8'], proxy_protocol_behavior: 'deny_unauthorized' }, async (port) => {
    assert.equal(await talk(connect(port, '127.0.0.1'), request), '')
  })
})

test('forwarded headers count from the named alone, behind the PROXY protocol too', async () => {
  await withListener({}, async (port) => assert.match(await talk(connect(port, '127.0.0.1'), request), /from 127\.0\.0\.1/))
  await withListener({ x_forwarded_for_authorized_addrs: ['127.0.0.1'] }, async (port) => assert.match(await talk(connect(port, '127.0.0.1'), request), /from 6\.6\.6\.6/))
  await withListener({ x_forwarded_for_authorized_addrs: ['127.0.0.1'], proxy_protocol_authorized_addrs: ['127.0.0.1'] }, async (port) => {
    assert.match(await talk(connect(port, '127.0.0.1'), v4, request), /from 203\.0\.113\.7/)
  })
})

test('the header stands before TLS', async () => {
  const files = await makeCertificates()
  await withListener({ tls_disable: false, tls_cert_file: files.cert, tls_key_file: files.key, proxy_protocol_authorized_addrs: ['127.0.0.1'] }, async (port) => {
    const plain = connect(port, '127.0.0.1')
    plain.write(v4)
    await new Promise((done) => plain.once('connect', done))
    assert.match(await talk(connectTls({ socket: plain, rejectUnauthorized: false }), request), /GET from 203\.0\.113\.7:8080/)
  })
})
