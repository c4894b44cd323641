import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { transitSeal } from './index.ts'

// A transit engine of the other side in little: it keeps plaintexts by a number that stands for the ciphertext.
const token = 'hvs.' + 'a-token-of-the-test'
const requests: { url: string; headers: IncomingHttpHeaders }[] = []
const kept: string[] = []
let failures = 0
const server = createServer(async (request, response) => {
  requests.push({ url: request.url!, headers: request.headers })
  let text = ''
  for await (const chunk of request) text += chunk
  const send = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
  if (failures-- > 0) return send(503, { errors: [text] })
  if (request.headers['x-vault-token'] !== token) return send(403, { errors: ['permission denied', request.headers['x-vault-token']] })
  if (request.url!.endsWith('/renew-self')) return send(200, { auth: { renewable: false, lease_duration: 60 } })
  const body = JSON.parse(text) as { plaintext?: string; ciphertext?: string }
  if (request.url!.includes('/encrypt/')) return send(200, { data: { ciphertext: `vault:v1:${kept.push(body.plaintext!) - 1}` } })
  const plaintext = kept[Number(body.ciphertext!.split(':')[2])]
  return plaintext === undefined ? send(400, { errors: ['invalid ciphertext'] }) : send(200, { data: { plaintext } })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const secret = Buffer.from([0, 1, 2, 250, 251, 252])

test('wraps and unwraps through the key of the other side', async () => {
  const seal = await transitSeal.open({ address, token, key_name: 'unseal key', disable_renewal: 'true', mount_path: 'keys/transit/', namespace: 'team/' })
  const wrapped = await seal.wrap(secret)
  assert.deepEqual(Buffer.from(await seal.unwrap(wrapped)), secret)
  const [first] = requests.splice(0)
  assert.equal(first!.url, '/v1/keys/transit/encrypt/unseal%20key')
  assert.equal(first!.headers['x-vault-namespace'], 'team/')
})

test('tries again while the other side is unavailable', async () => {
  const seal = await transitSeal.open({ address, token, key_name: 'k', disable_renewal: 'true' })
  failures = 2
  const wrapped = await seal.wrap(secret)
  assert.equal(requests.splice(0).length, 3)
  assert.deepEqual(Buffer.from(await seal.unwrap(wrapped)), secret)
})

test('errors tell the status, and neither the token nor what was sent', async () => {
  requests.splice(0)
  const stranger = await transitSeal.open({ address, token: token + '-wrong', key_name: 'k', disable_renewal: 'true' })
  const silent = (error: Error & { code?: string }) =>
    error.code === 'upstream' && !error.message.includes(token) && !error.message.includes(secret.toString('base64'))
  await assert.rejects(stranger.wrap(secret), (error: Error) => silent(error) && error.message.includes('403'))
  assert.equal(requests.length, 1)
  failures = 3
  await assert.rejects(stranger.wrap(secret), (error: Error) => silent(error) && error.message.includes('503'))
  const seal = await transitSeal.open({ address, token, key_name: 'k', disable_renewal: 'true' })
  await assert.rejects(seal.unwrap(Buffer.from('vault:v1:99')), silent)
  const nobody = await transitSeal.open({ address: 'http://127.0.0.1:1', token, key_name: 'k', disable_renewal: 'true' })
  await assert.rejects(nobody.wrap(secret), silent)
})

test('renews its token', async () => {
  requests.splice(0)
  await transitSeal.open({ address, token, key_name: 'k' })
  while (requests.length === 0) await new Promise(setImmediate)
  assert.equal(requests[0]!.url, '/v1/auth/token/renew-self')
})

test('refuses options that it cannot use', async () => {
  for (const options of [{ token, key_name: 'k' }, { address, key_name: 'k' }, { address, token }, { address: 'ftp://x', token, key_name: 'k' }, { address, token, key_name: 'k', key: 'x' }]) {
    await assert.rejects(transitSeal.open(options as Record<string, string>), { code: 'invalid' })
  }
})
