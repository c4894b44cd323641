import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, Client, SecretsManager, encodePath, kv } from './index.ts'
import type { HttpRequest, Transport } from './index.ts'

type Scripted = readonly [status: number, body?: unknown, headers?: Record<string, string>]

/** A transport that gives the answers in turn, the last one again and again. */
function scripted(...answers: Scripted[]): { transport: Transport; sent: HttpRequest[] } {
  const sent: HttpRequest[] = []
  const transport: Transport = async (request) => {
    const [status, body, headers = {}] = answers[Math.min(sent.length, answers.length - 1)]!
    sent.push(request)
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    return { status, header: (name) => headers[name], text: async () => text, stream: async function* () { yield new TextEncoder().encode(text) } }
  }
  return { transport, sent }
}

const clientOf = (transport: Transport): Client => new Client({ address: 'https://vault.test:8200/', token: 't', namespace: 'team', transport, retryWait: 0 })

test('a request carries token and namespace below the address', async () => {
  const { transport, sent } = scripted([200, { data: { a: 1 } }])
  assert.deepEqual((await clientOf(transport).read('/secret/data/a b/ü', { version: 2 }))?.data, { a: 1 })
  assert.equal(sent[0]!.url, 'https://vault.test:8200/v1/secret/data/a%20b/%C3%BC?version=2')
  assert.deepEqual(sent[0]!.headers, { 'X-Vault-Request': 'true', 'X-Vault-Token': 't', 'X-Vault-Namespace': 'team' })
})

test('a path cannot climb', () => {
  for (const path of ['a/../sys/seal', './a', 'a/..']) assert.throws(() => encodePath(path), /invalid path/)
  assert.equal(encodePath('a/%2e%2e/b'), 'a/%252e%252e/b')
})

const transient: [statuses: number[], attempts: number][] = [
  [[500, 200], 2], [[412, 502, 200], 3], [[503, 503, 503], 3], [[501], 1], [[400], 1], [[429], 1], [[404], 1],
]

test('what may pass is tried again, twice at most; a refusal is not', async () => {
  for (const [statuses, attempts] of transient) {
    const { transport, sent } = scripted(...statuses.map((status): Scripted => [status, status === 200 ? { data: {} } : { errors: ['x'] }]))
    await clientOf(transport).write('a', {}).catch((error: unknown) => assert.ok(error instanceof ApiError))
    assert.equal(sent.length, attempts, String(statuses))
  }
})

test('an error has status and lines, or the text as it came', async () => {
  const refused = await clientOf(scripted([403, { errors: ['permission denied'] }]).transport).read('a').catch((error: unknown) => error)
  assert.ok(refused instanceof ApiError)
  assert.deepEqual([refused.status, refused.errors, refused.raw], [403, ['permission denied'], undefined])
  const odd = await clientOf(scripted([418, '<html>']).transport).read('a').catch((error: unknown) => error)
  assert.ok(odd instanceof ApiError)
  assert.deepEqual([odd.errors, odd.raw], [[], '<html>'])
})

test('404 is nothing, unless it carries data or warnings', async () => {
  assert.equal(await clientOf(scripted([404, { errors: [] }]).transport).read('a'), null)
  assert.equal(await clientOf(scripted([404]).transport).list('a'), null)
  assert.deepEqual((await clientOf(scripted([404, { data: { metadata: {} } }]).transport).read('a'))?.data, { metadata: {} })
  assert.deepEqual((await clientOf(scripted([404, { warnings: ['w'] }]).transport).read('a'))?.warnings, ['w'])
  await assert.rejects(clientOf(scripted([404, { errors: ['no handler'] }]).transport).write('a', {}), ApiError)
})

test('redirects are followed, but not without end and never out of TLS', async () => {
  const { transport, sent } = scripted([307, '', { location: 'https://active.test/v1/a' }], [200, { data: {} }])
  await clientOf(transport).write('a', { x: 1 })
  assert.deepEqual([sent[1]!.url, sent[1]!.method, sent[1]!.body], ['https://active.test/v1/a', 'PUT', '{"x":1}'])
  await assert.rejects(clientOf(scripted([302, '', { location: '/v1/a' }]).transport).read('a'), /more than 3 times/)
  await assert.rejects(clientOf(scripted([301, '', { location: 'http://active.test/v1/a' }]).transport).read('a'), /downgrade/)
  await assert.rejects(clientOf(scripted([301]).transport).read('a'), /without saying where/)
})

/** KV v2 as far as the five verbs need it. */
function memory(): Transport {
  const stored = new Map<string, { version: number; data: unknown }>()
  return async ({ method, url, body }) => {
    const name = url.replace(/.*\/v1\/secret\/(data|metadata)\//, '')
    const present = stored.get(name)
    const answer = ((): Scripted => {
      if (method === 'DELETE') return (stored.delete(name), [204])
      if (method === 'GET' && url.includes('/metadata/')) return present ? [200, { data: { current_version: present.version } }] : [404, { errors: [] }]
      if (method === 'GET') return present ? [200, { data: { data: present.data, metadata: { version: present.version } } }] : [404, { errors: [] }]
      const { data, options } = JSON.parse(body as string) as { data: unknown; options?: { cas?: number } }
      if (options?.cas !== undefined && options.cas !== (present?.version ?? 0)) return [400, { errors: ['check-and-set parameter did not match the current version'] }]
      stored.set(name, { data, version: (present?.version ?? 0) + 1 })
      return [200, { data: { version: present ? present.version + 1 : 1 } }]
    })()
    return { status: answer[0], header: () => undefined, text: async () => (answer[1] === undefined ? '' : JSON.stringify(answer[1])), stream: async function* () {} }
  }
}

test('the secrets manager stores, updates, promotes and deletes', async () => {
  const manager = new SecretsManager({ client: clientOf(memory()) })
  await assert.rejects(manager.getSecret('db'), (error: unknown) => error instanceof ApiError && error.status === 404)
  await manager.storeSecret('db', 'one')
  assert.equal(await manager.getSecret('db'), 'one')
  await assert.rejects(manager.storeSecret('db', 'two'), /check-and-set/)
  await manager.updateSecret('db', { user: 'u', password: 'two' })
  assert.deepEqual(await manager.getSecret('db'), { user: 'u', password: 'two' })
  await manager.storeSecret('db-pending', 'three')
  await manager.promoteSecret('db-pending', 'db')
  await manager.deleteSecret('db-pending')
  assert.equal(await manager.getSecret('db'), 'three')
  await assert.rejects(manager.getSecret('db-pending'), ApiError)
})

test('KV of version 1 has no folders', async () => {
  const { transport, sent } = scripted([200, { data: { a: '1' } }])
  assert.deepEqual(await kv(clientOf(transport), 'old/', 1).get('x'), { a: '1' })
  assert.match(sent[0]!.url, /\/v1\/old\/x$/)
})
