import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenerDefaults, toConfig } from '../../config.ts'
import { makeLog } from '../../log.ts'
import { type Server, startServer } from '../../server.ts'
import { mountDefaults } from '../default-mounts.ts'
import { signatureOf } from './shapes.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-events-'))
const servers: Server[] = []
let unsealKey = Buffer.alloc(0)
let root = ''

async function start(): Promise<Server> {
  const config = toConfig({ storage: { sqlite: { path: join(folder, 'store.db') } } })
  const server = await startServer({ ...config, listeners: [{ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true }] }, makeLog('error', 'standard', (line) => process.stderr.write(`${line}\n`)))
  servers.push(server)
  if (root === '') {
    const { keys, rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
    ;[unsealKey, root] = [Buffer.from(keys[0]!), rootToken]
  }
  await server.keeper.unseal(Buffer.from(unsealKey), false)
  return server
}

async function ask(server: Server, method: string, path: string, body?: object, token = root): Promise<any> {
  const response = await fetch(`${server.listening[0]!.address}/v1/${path}`, { method, headers: { 'x-vault-token': token }, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}

interface Received {
  headers: IncomingMessage['headers']
  body: string
}

/** A receiver that answers with the statuses given, then 200. */
async function receiver(statuses: number[] = []) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}
const closers: (() => void)[] = []

async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look()
    if (found) return found
    await sleep(25)
  }
  throw new Error('it never came to be')
}

/** Reads a stream of events until told to stop. */
function listenTo(server: Server, path: string, token = root) {
  const stop = new AbortController()
  const events: any[] = []
  const state = { text: '', status: 0, ended: false }
  const done = (async () => {
    try {
      const response = await fetch(`${server.listening[0]!.address}/v1/sys/events/subscribe/${path}`, { headers: { 'x-vault-token': token }, signal: stop.signal })
      state.status = response.status
      for await (const chunk of response.body!) {
        state.text += Buffer.from(chunk).toString()
        events.length = 0
        for (const [, data] of state.text.matchAll(/^data: (.*)$/gm)) events.push(JSON.parse(data!))
      }
    } catch {
      // Ended by the test.
    }
    state.ended = true
  })()
  return { events, state, end: () => (stop.abort(), done), ready: () => until(() => state.text.includes(': listening')) }
}

let server: Server
before(async () => {
  server = await start()
  await mountDefaults(server.core, server.core.namespaces.at('')!)
  await ask(server, 'PUT', 'sys/policies/acl/app', { policy: 'path "secret/data/app/*" { capabilities = ["read"] }\npath "sys/events/subscribe/*" { capabilities = ["read"] }' })
})
after(async () => {
  for (const close of closers) close()
  for (const one of servers) await one.stop()
  rmSync(folder, { recursive: true, force: true })
})

const subscribe = (name: string, body: object): Promise<any> => ask(server, 'POST', `sys/events/subscriptions/${name}`, { allowed_networks: ['127.0.0.0/8'], ...body })

test('nothing is written while nobody waits', async () => {
  await ask(server, 'POST', 'secret/data/quiet', { data: { a: 'b' } })
  assert.deepEqual(await server.core.events.view.keys(''), [])
})

test('a webhook is told each change, signed, without values', async () => {
  const hook = await receiver()
  const { data } = await subscribe('hook', { url: hook.url, path_prefixes: ['secret/data/app/'] })
  assert.ok(data.signing_secret.length > 30)
  assert.ok(!JSON.stringify(await ask(server, 'GET', 'sys/events/subscriptions/hook')).includes(data.signing_secret))
  await ask(server, 'POST', 'secret/data/other/x', { data: { value: 'canary-one' } })
  await ask(server, 'POST', 'secret/data/app/x', { data: { value: 'canary-two' } })
  await ask(server, 'POST', 'secret/data/app/x', { data: { value: 'canary-three' } })
  await ask(server, 'DELETE', 'secret/data/app/x')
  await ask(server, 'POST', 'secret/undelete/app/x', { versions: [2] })
  await ask(server, 'POST', 'secret/metadata/app/x', { custom_metadata: { owner: 'me' } })
  await ask(server, 'DELETE', 'secret/metadata/app/x')
  await until(() => hook.received.length >= 5)
  const events = hook.received.map(({ body }) => JSON.parse(body))
  assert.deepEqual(events.map((event) => [event.type, event.path, event.name, event.version]), [
    ['secret.created', 'secret/data/app/x', 'app/x', 1],
    ['secret.updated', 'secret/data/app/x', 'app/x', 2],
    ['secret.deleted', 'secret/data/app/x', 'app/x', 2],
    ['secret.restored', 'secret/data/app/x', 'app/x', 2],
    ['secret.deleted', 'secret/data/app/x', 'app/x', undefined],
  ])
  assert.equal(new Set(events.map((event) => event.id)).size, 5)
  for (const { headers, body } of hook.received) {
    assert.equal(headers['x-strongroom-signature'], signatureOf(data.signing_secret, headers['x-strongroom-timestamp'] as string, body))
    assert.equal(headers['x-strongroom-event-id'], JSON.parse(body).id)
    assert.doesNotMatch(body, /canary/)
  }
  const fate = await until(async () => {
    const { deliveries } = (await ask(server, 'GET', 'sys/events/subscriptions/hook')).data
    return deliveries.delivered + deliveries.failed === 5 && deliveries
  })
  assert.deepEqual([fate.delivered, fate.failed], [5, 0])
  await ask(server, 'DELETE', 'sys/events/subscriptions/hook')
})

test('messages of SNS and events of EventBridge have their shapes; a rotation is one', async () => {
  const [sns, bridge] = [await receiver(), await receiver()]
  await subscribe('topic', { url: sns.url, kind: 'sns', event_types: ['secret.rot*'] })
  await subscribe('bus', { url: bridge.url, kind: 'eventbridge', event_types: ['secret.rotated', 'secret.label-moved'], signing_secret: 'a secret of sixteen' })
  const first = (await ask(server, 'POST', 'secret/data/app/rotating', { entry: { mode: 'create', payload: 'old', media: 'text', id: 'one' } })).data
  await ask(server, 'POST', 'secret/data/app/rotating', { entry: { mode: 'put', payload: 'new', media: 'text', id: 'two', stages: ['AWSPENDING'] } })
  await fetch(`${server.listening[0]!.address}/v1/secret/metadata/app/rotating`, { method: 'PATCH', headers: { 'x-vault-token': root, 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ entry: { stage: { name: 'AWSCURRENT', to: 'two', from: first.id } } }) })
  const message = JSON.parse((await until(() => sns.received[0])).body)
  const told = JSON.parse(message.Message)
  assert.deepEqual([message.Type, message.TopicArn, told.type, told.version, told.version_id], ['Notification', 'arn:aws:sns:us-east-1:123456789012:topic', 'secret.rotated', 2, 'two'])
  assert.match(message.MessageId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(sns.received[0]!.headers['x-amz-sns-message-type'], 'Notification')
  await until(() => bridge.received.length === 2)
  const [moved, rotated] = bridge.received.map(({ body }) => JSON.parse(body))
  assert.deepEqual([moved['detail-type'], moved.detail.labels, moved.detail.version], ['Secret Label Moved', ['AWSPENDING'], 1])
  assert.deepEqual([rotated['detail-type'], rotated.source, rotated.account, rotated.detail.type], ['Secret Rotated', 'strongroom.secrets', '123456789012', 'secret.rotated'])
  // Labels of parameters lie beside the secret.
  await ask(server, 'POST', 'secret/data/app/labelled', { entry: { mode: 'create', payload: 'x', media: 'text', id: 'one' } })
  await fetch(`${server.listening[0]!.address}/v1/secret/metadata/app/labelled`, { method: 'PATCH', headers: { 'x-vault-token': root, 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ entry: { attributes: { 'label live': 'one', description: 'no label' } } }) })
  const labelled = JSON.parse((await until(() => bridge.received[2])).body)
  assert.deepEqual([labelled['detail-type'], labelled.detail.labels], ['Secret Label Moved', ['live']])
  for (const name of ['topic', 'bus']) await ask(server, 'DELETE', `sys/events/subscriptions/${name}`)
})

test('what fails is tried again under the same id; an internal address is not reached unless allowed', async () => {
  const hook = await receiver([500])
  await subscribe('again', { url: hook.url })
  await subscribe('inward', { url: hook.url.replace('/hook', '/inward'), allowed_networks: [] })
  await ask(server, 'POST', 'secret/data/app/again', { data: { a: 'b' } })
  await until(() => hook.received.length === 2)
  const [first, second] = hook.received
  assert.equal(first!.headers['x-strongroom-event-id'], second!.headers['x-strongroom-event-id'])
  assert.equal(first!.body, second!.body)
  const inward = (await ask(server, 'GET', 'sys/events/subscriptions/inward')).data.deliveries
  assert.match(inward.last_error, /internal and not allowed/)
  assert.equal(inward.delivered, 0)
  const again = await until(async () => {
    const { deliveries } = (await ask(server, 'GET', 'sys/events/subscriptions/again')).data
    return deliveries.delivered === 1 && deliveries
  })
  assert.deepEqual([again.failed, again.given_up], [1, 0])
  for (const name of ['again', 'inward']) await ask(server, 'DELETE', `sys/events/subscriptions/${name}`)
})

test('a stream shows what its token may read, and goes on where it was', async () => {
  const { auth } = await ask(server, 'POST', 'auth/token/create', { policies: ['app'] })
  const mine = listenTo(server, 'secret.*', auth.client_token)
  const all = listenTo(server, '')
  await Promise.all([mine.ready(), all.ready()])
  await ask(server, 'POST', 'secret/data/app/streamed', { data: { value: 'canary' } })
  await ask(server, 'POST', 'secret/data/hidden', { data: { value: 'canary' } })
  await ask(server, 'POST', 'secret/data/app/streamed', { data: { value: 'canary' } })
  await until(() => all.events.length === 3 && mine.events.length === 2)
  assert.deepEqual(mine.events.map((event) => [event.type, event.path]), [['secret.created', 'secret/data/app/streamed'], ['secret.updated', 'secret/data/app/streamed']])
  assert.match(mine.state.text, /^id: \d{15}-[0-9a-f]{16}$/m)
  assert.doesNotMatch(all.state.text, /canary/)
  await Promise.all([mine.end(), all.end()])
  const later = listenTo(server, `?after=${all.events[0].id}`)
  await until(() => later.events.length === 2)
  assert.deepEqual(later.events.map((event) => event.path), ['secret/data/hidden', 'secret/data/app/streamed'])
  // A token that ends takes its stream with it.
  const ending = listenTo(server, '', auth.client_token)
  await ending.ready()
  await ask(server, 'POST', 'auth/token/revoke', { token: auth.client_token })
  await ask(server, 'POST', 'secret/data/app/streamed', { data: { a: 'b' } })
  await until(() => ending.state.ended)
  assert.equal(ending.events.length, 0)
  await later.end()
  const stranger = await ask(server, 'POST', 'auth/token/create', { policies: ['default'] })
  assert.equal((await fetch(`${server.listening[0]!.address}/v1/sys/events/subscribe/`, { headers: { 'x-vault-token': stranger.auth.client_token } })).status, 403)
  await until(async () => (await server.core.events.view.keys('listener/')).length === 0)
})

test('a stream of one process shows what another one wrote', async () => {
  const other = await start()
  const heard = listenTo(other, '')
  await heard.ready()
  await ask(server, 'POST', 'secret/data/app/across', { data: { a: 'b' } })
  await until(() => heard.events.length === 1)
  assert.equal(heard.events[0].path, 'secret/data/app/across')
  // The server that stops ends the stream by itself.
  await other.stop()
  servers.splice(servers.indexOf(other), 1)
  await until(() => heard.state.ended)
})

test('what a subscription may be is checked', async () => {
  for (const [name, body] of [['x', { url: 'ftp://a' }], ['x', { url: 'https://u:p@host/' }], ['x.y', { url: 'https://host/' }], ['x', { url: 'https://host/', signing_secret: 'short' }], ['x', { url: 'https://host/', kind: 'mail' }], ['x', { url: 'https://host/', allowed_networks: ['all'] }]] as const) {
    await assert.rejects(subscribe(name, body), /^Error: 400/, JSON.stringify(body))
  }
  const { auth } = await ask(server, 'POST', 'auth/token/create', { policies: ['app'] })
  await assert.rejects(ask(server, 'POST', 'sys/events/subscriptions/x', { url: 'https://host/' }, auth.client_token), /^Error: 403/)
})
