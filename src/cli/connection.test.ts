import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { createServer as createPlainServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificate } from './certificate.test-aid.ts'
import { runLine, secret } from './cli.test-aid.ts'

test('TLS: the certificate counts, unless it is waived', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-tls-'))
  const { cert, key } = await certificate()
  const server = createServer({ cert, key }, (_request, response) => response.end(JSON.stringify(secret({ a: 1 }))))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const variables = { VAULT_ADDR: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, VAULT_TOKEN: 't', HOME: folder }
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, cert)
  const read = (words: string[], more: Record<string, string> = {}) => runLine(['read', ...words, '-field=a', 'x'], { variables: { ...variables, ...more } })
  try {
    const refused = await read([])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /failed to verify certificate: .*\n\nName the authority with VAULT_CACERT/)
    for (const trusted of [await read([`-ca-cert=${ca}`]), await read([], { VAULT_CACERT_BYTES: cert }), await read([], { VAULT_CAPATH: folder }), await read(['-tls-skip-verify']), await read([], { VAULT_CACERT: ca, VAULT_TLS_SERVER_NAME: 'vault.test' })])
      assert.deepEqual(trusted, { code: 0, out: '1', err: '' })
    assert.equal((await read([], { VAULT_CACERT: ca, VAULT_TLS_SERVER_NAME: 'other.test' })).code, 2)
    assert.equal((await read([], { VAULT_CACERT: join(folder, 'none') })).code, 2)
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
    await rm(folder, { recursive: true })
  }
})

test('https to a server that speaks HTTP is explained', async () => {
  const server = createPlainServer((_request, response) => response.end())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    const { code, err } = await runLine(['read', 'x', `-address=https://127.0.0.1:${(server.address() as AddressInfo).port}`])
    assert.equal(code, 2)
    assert.match(err, /server gave HTTP response to HTTPS client/)
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  }
})

test('an address that is none is refused', async () => {
  for (const address of ['ftp://a', 'localhost:8200', 'http://user:pw@host']) assert.equal((await runLine(['read', 'x', '-address', address])).code, 1, address)
})
