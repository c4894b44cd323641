import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, createServer as createPlainServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { after, before, test } from 'node:test'
import { certificate } from './certificate.test-aid.ts'
import { runLine, secret } from './cli.test-aid.ts'
import { bypassed } from './proxy.ts'

const started: { server: Server; close(): void }[] = []
async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  started.push({ server, close: () => (server.closeAllConnections(), server.close()) })
  return (server.address() as AddressInfo).port
}

let proxy: string
let seen: string[] = []
let refusal: string | null = null
let securePort: number
let cert: string

before(async () => {
  const made = await certificate()
  cert = made.cert
  securePort = await listen(createSecureServer({ ...made }, (_request, response) => response.end(JSON.stringify(secret({ a: 1 })))))
  const through = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['proxy-authorization'] ?? '-'} ${request.headers['x-vault-token']}`)
    response.end(JSON.stringify(secret({ a: 1 })))
  })
  through.on('connect', (request: IncomingMessage, socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? '-'} ${request.headers['x-vault-token'] ?? '-'}`)
    if (refusal !== null) return void socket.end(refusal)
    const onward = connect(securePort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [socket, onward]) end.on('error', () => (socket.destroy(), onward.destroy()))
  })
  proxy = `http://127.0.0.1:${await listen(through)}`
})
after(() => started.forEach((one) => one.close()))

async function read(variables: Record<string, string>, words: string[] = []) {
  seen = []
  const ran = await runLine(['read', ...words, '-field=a', 'x'], { variables: { VAULT_TOKEN: 't', HOME: '/nonexistent', ...variables } })
  return { ...ran, seen }
}

test('plain addresses are asked of the proxy, whole', async () => {
  const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
  const withPassword = proxy.replace('http://', 'http://user:p%40ss@')
  for (const variables of [{ HTTP_PROXY: withPassword }, { http_proxy: withPassword }, { VAULT_PROXY_ADDR: withPassword, HTTP_PROXY: 'http://127.0.0.1:1' }, { VAULT_HTTP_PROXY: withPassword, NO_PROXY: '*' }]) {
    const ran = await read({ VAULT_ADDR: 'http://vault.test:8200', ...variables } as Record<string, string>)
    assert.deepEqual([ran.code, ran.out, ran.err, ran.seen], [0, '1', '', [`GET http://vault.test:8200/v1/x vault.test:8200 ${basic} t`]])
  }
})

test('TLS goes through the proxy, which sees neither token nor path', async () => {
  const variables = { VAULT_ADDR: 'https://vault.test:8200', VAULT_CACERT_BYTES: cert }
  for (const set of [{ HTTPS_PROXY: proxy }, { VAULT_PROXY_ADDR: proxy.slice('http://'.length) }]) {
    const ran = await read({ ...variables, ...set } as Record<string, string>)
    assert.deepEqual([ran.code, ran.out, ran.err, ran.seen], [0, '1', '', ['CONNECT vault.test:8200 - -']])
  }
  assert.equal((await read({ VAULT_ADDR: 'https://other.test', VAULT_CACERT_BYTES: cert, HTTPS_PROXY: proxy })).code, 2, 'the certificate is still that of the server')
})

test('a proxy that refuses, is gone, or cannot be used is an error that tells no password', async () => {
  const secure = { VAULT_ADDR: 'https://vault.test:8200', VAULT_MAX_RETRIES: '0' }
  for (const [answer, message] of [['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', /refuses to connect to vault\.test:8200: status 407/], ['SSH-2.0\r\n\r\n', /not HTTP/], ['', /proxy closed/]] as const) {
    refusal = answer
    const ran = await read({ ...secure, HTTPS_PROXY: proxy })
    assert.equal(ran.code, 2)
    assert.match(ran.err, message)
  }
  refusal = null
  for (const [address, code, message] of [['http://user:hidden@127.0.0.1:1', 2, /proxy cannot be reached/], ['socks4://user:hidden@127.0.0.1:1', 1, /socks4:\/\/ are not supported/], ['socks5://user:hidden@127.0.0.1:1', 2, /proxy cannot be reached/], ['http://', 1, /not valid/]] as const) {
    const ran = await read({ ...secure, HTTPS_PROXY: address })
    assert.equal(ran.code, code)
    assert.match(ran.err, message)
    assert.doesNotMatch(ran.err, /hidden/)
  }
})

/** A SOCKS proxy that lets `user` with `p@ss` through, to whatever stands behind `port`; tells what it was asked for. */
async function socksProxy(port: () => number, status = 0): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createPlainServer((socket) => {
    const steps = [
      (data: Buffer) => (asked.push(`methods ${[...data.subarray(2)].join()}`), socket.write(Buffer.from([5, data[2]!])), data[2] === 2 ? 1 : 2),
      (data: Buffer) => {
        const name = data.subarray(2, 2 + data[1]!).toString()
        const right = name === 'user' && data.subarray(3 + data[1]!).toString() === 'p@ss'
        socket.write(Buffer.from([1, right ? 0 : 1]))
        return 2
      },
      (data: Buffer) => {
        asked.push(`${data.subarray(5, 5 + data[4]!).toString()}:${data.readUInt16BE(5 + data[4]!)}`)
        const reply = Buffer.from([5, status, 0, 3, 4, 97, 98, 99, 100, 0, 80])
        // In two parts: an answer may come in pieces.
        socket.write(reply.subarray(0, 4))
        setImmediate(() => {
          socket.write(reply.subarray(4))
          if (status !== 0) return void socket.end()
          socket.removeAllListeners('data')
          const onward = connect(port(), '127.0.0.1', () => void onward.pipe(socket).pipe(onward))
          onward.on('error', () => socket.destroy())
        })
        return 3
      },
    ]
    let step = 0
    socket.on('data', (data) => void (step = steps[step]?.(data) ?? step))
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  started.push({ server, close: () => server.close() })
  return { port: (server.address() as AddressInfo).port, asked }
}

test('a SOCKS proxy is asked for the name of the server, with and without TLS, with and without a password', async () => {
  const plain = await listen(createServer((_request, response) => response.end(JSON.stringify(secret({ a: 1 })))))
  for (const [address, port, user] of [['https://vault.test:8200', securePort, 'user:p%40ss@'], ['http://vault.test:8200', plain, '']] as const) {
    const socks = await socksProxy(() => port)
    const ran = await read({ VAULT_ADDR: address, VAULT_CACERT_BYTES: cert, VAULT_PROXY_ADDR: `socks5://${user}127.0.0.1:${socks.port}` })
    assert.deepEqual([ran.code, ran.out, ran.err, socks.asked], [0, '1', '', [`methods ${user === '' ? 0 : 2}`, 'vault.test:8200']])
  }
  const wrong = await socksProxy(() => securePort)
  const refused = await read({ VAULT_ADDR: 'https://vault.test', VAULT_MAX_RETRIES: '0', VAULT_PROXY_ADDR: `socks5h://user:hidden@127.0.0.1:${wrong.port}` })
  assert.match(refused.err, /refuses the user name and password/)
  assert.doesNotMatch(refused.err, /hidden/)
  const closed = await socksProxy(() => securePort, 2)
  assert.match((await read({ VAULT_ADDR: 'https://vault.test', VAULT_MAX_RETRIES: '0', VAULT_PROXY_ADDR: `socks5://127.0.0.1:${closed.port}` })).err, /refuses to connect to vault\.test:443: its rules forbid it/)
  assert.match((await read({ VAULT_ADDR: 'https://vault.test', VAULT_MAX_RETRIES: '0', VAULT_PROXY_ADDR: proxy.replace('http://', 'socks5://') })).err, /not SOCKS 5|closed the connection/)
})

test('an agent wins over the server; numbers and rates are checked', async () => {
  const ran = await read({ VAULT_ADDR: 'http://127.0.0.1:1', VAULT_AGENT_ADDR: proxy, VAULT_RATE_LIMIT: '1000:5' })
  assert.deepEqual([ran.code, ran.seen.length], [0, 1])
  for (const [name, value] of [['VAULT_MAX_RETRIES', 'many'], ['VAULT_RATE_LIMIT', '0'], ['VAULT_RATE_LIMIT', '5:x'], ['VAULT_CLIENT_TIMEOUT', 'soon']] as const) {
    const { code, err } = await read({ VAULT_ADDR: proxy, [name]: value })
    assert.notEqual(code, 0, name)
    assert.match(err, new RegExp(name))
  }
  const unannounced = await read({ VAULT_ADDR: 'http://localhost.invalid', VAULT_SRV_LOOKUP: 'true', VAULT_PROXY_ADDR: proxy })
  assert.deepEqual(unannounced.seen.map((line) => line.split(' ')[1]), ['http://localhost.invalid/v1/x'], 'without a record the address stays')
})

test('NO_PROXY names hosts, domains, addresses and networks', () => {
  const table: [url: string, list: string, bypassed: boolean][] = [
    ['http://vault.test', '', false],
    ['http://vault.test', '*', true],
    ['http://vault.test', 'vault.test', true],
    ['http://a.vault.test', 'vault.test', true],
    ['http://a.vault.test', '.vault.test', true],
    ['http://vault.test', '.vault.test', false],
    ['http://a.vault.test', '*.vault.test', true],
    ['http://avault.test', 'vault.test', false],
    ['http://vault.test:8200', 'other, VAULT.test:8200', true],
    ['http://vault.test:8201', 'vault.test:8200', false],
    ['https://vault.test', 'vault.test:443', true],
    ['http://10.1.2.3', '10.0.0.0/8', true],
    ['http://10.1.2.3', '10.0.0.0/80', false],
    ['http://10.1.2.3', '10.1.2.3:80', true],
    ['http://11.1.2.3', '10.0.0.0/8', false],
    ['http://[fd00::1]:8200', 'fd00::/8', true],
    ['http://[fd00::1]:8200', '[fd00::1]:8200', true],
    ['http://localhost:1', '', true],
    ['http://127.0.0.9', '', true],
    ['http://[::1]', '', true],
  ]
  for (const [url, list, expected] of table) assert.equal(bypassed(new URL(url), list), expected, `${url} ${list}`)
})
