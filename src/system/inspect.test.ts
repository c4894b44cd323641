import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial({ introspection_endpoint: true })
})
after(() => trial.stop())

test('the router shows every mount, by any of its indexes', async () => {
  await trial.must('POST', 'sys/namespaces/team')
  await trial.must('POST', 'team/sys/auth/approle', { type: 'approle' })
  for (const tag of ['root', 'uuid', 'accessor', 'storage']) {
    const found: Record<string, unknown>[] = (await trial.must('GET', `sys/internal/inspect/router/${tag}`)).data[tag]
    const secret = found.find((mount) => mount.mount_path === 'secret/')!
    assert.deepEqual([secret.mount_namespace, secret.mount_type, String(secret.storage_prefix).endsWith(`${secret.uuid}/`)], ['', 'kv', tag === 'root' || tag === 'storage'])
    assert.equal(found.find((mount) => mount.mount_type === 'approle')!.mount_namespace, 'team/')
  }
  assert.equal((await trial.ask('GET', 'sys/internal/inspect/router/other')).status, 404)
  assert.equal((await trial.ask('GET', 'team/sys/internal/inspect/router/root')).status, 404)
})

test('a request shows who sent it, never the token', async () => {
  await trial.must('PUT', 'sys/policies/acl/inspector', { policy: 'path "sys/internal/inspect/*" { capabilities = ["read", "sudo"] }' })
  await trial.must('POST', 'sys/auth/userpass', { type: 'userpass' })
  await trial.must('POST', 'auth/userpass/users/ann', { password: 'pass-of-test', token_policies: 'inspector' })
  const { auth } = await trial.must('POST', 'auth/userpass/login/ann', { password: 'pass-of-test' })
  await trial.must('POST', 'identity/group', { name: 'crew', member_entity_ids: [auth.entity_id] })
  const { status, body, text } = await trial.ask('GET', 'sys/internal/inspect/request?a=b', undefined, { token: auth.client_token })
  assert.equal(status, 200)
  assert.ok(!text.includes(auth.client_token))
  const { data, entity, groups, req } = body.data
  assert.deepEqual([data, entity.ID, entity.aliases[0].name, groups[0].name], [{ a: 'b' }, auth.entity_id, 'ann', 'crew'])
  assert.deepEqual([req.id, req.display_name, req.client_token_accessor, req.connection.remote_port], [body.request_id, 'userpass-ann', auth.accessor, 1])
  assert.equal((await trial.must('GET', 'sys/internal/inspect/request')).data.entity, null)
})

test('it takes sudo and a configuration that allows it', async () => {
  const token = await trial.tokenWith('path "sys/internal/inspect/*" { capabilities = ["read"] }')
  for (const path of ['router/root', 'request']) assert.equal((await trial.ask('GET', `sys/internal/inspect/${path}`, undefined, { token })).status, 403)
  const other = await startTrial()
  for (const path of ['router/root', 'request']) {
    const { status, body } = await other.ask('GET', `sys/internal/inspect/${path}`)
    assert.equal(status, 400)
    assert.match(body.errors[0], /introspection_endpoint/)
  }
  await other.stop()
})
