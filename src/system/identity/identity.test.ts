import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../../test/server.test-aid.ts'

let trial: Trial
let accessor: string
before(async () => {
  trial = await startTrial()
  for (const [path, type] of [['people', 'userpass'], ['staff', 'userpass'], ['machines', 'approle']] as const) await trial.must('POST', `sys/auth/${path}`, { type })
  accessor = (await trial.must('GET', 'sys/auth')).data['people/'].accessor
  for (const name of ['read-a', 'read-b', 'read-c']) await trial.must('PUT', `sys/policies/acl/${name}`, { policy: `path "secret/data/${name}" { capabilities = ["read"] }` })
})
after(() => trial.stop())

const mountAccessor = async (path: string): Promise<string> => (await trial.must('GET', 'sys/auth')).data[`${path}/`].accessor
const entity = async (body: object): Promise<string> => (await trial.must('POST', 'identity/entity', body)).data.id
const group = async (body: object): Promise<string> => (await trial.must('POST', 'identity/group', body)).data.id
async function logIn(name: string, path = 'people'): Promise<any> {
  await trial.must('POST', `auth/${path}/users/${name}`, { password: 'pass' })
  return (await trial.must('POST', `auth/${path}/login/${name}`, { password: 'pass' }, { token: null })).auth
}
const readStatus = async (name: string, token: string): Promise<number> => (await trial.ask('GET', `secret/data/${name}`, undefined, { token })).status

test('a first login makes an entity, later ones find it', async () => {
  const first = await logIn('ann')
  const again = await logIn('ann')
  assert.equal(first.entity_id, again.entity_id)
  const { data } = await trial.must('GET', `identity/entity/id/${first.entity_id}`)
  assert.equal(data.aliases.length, 1)
  assert.deepEqual([data.aliases[0].name, data.aliases[0].mount_accessor, data.aliases[0].mount_path], ['ann', accessor, 'auth/people/'])
  const many = await Promise.all(Array.from({ length: 30 }, () => logIn('crowd')))
  assert.equal(new Set(many.map((one) => one.entity_id)).size, 1)
})

test('policies of an entity, its groups and the groups above them reach a token at once, and leave it at once', async () => {
  const { client_token, entity_id } = await logIn('ben')
  assert.equal(await readStatus('read-a', client_token), 403)
  await trial.must('POST', `identity/entity/id/${entity_id}`, { policies: ['read-a'] })
  const inner = await group({ name: 'inner', policies: ['read-b'], member_entity_ids: [entity_id] })
  const outer = await group({ name: 'outer', policies: ['read-c'], member_group_ids: [inner] })
  for (const name of ['read-a', 'read-b', 'read-c']) assert.equal(await readStatus(name, client_token), 404, name)
  const seen = (await trial.must('GET', 'auth/token/lookup-self', undefined, { token: client_token })).data
  assert.deepEqual(seen.identity_policies, ['read-a', 'read-b', 'read-c'])
  const { data } = await trial.must('GET', `identity/entity/id/${entity_id}`)
  assert.deepEqual([data.direct_group_ids, data.inherited_group_ids], [[inner], [outer]])
  await trial.must('POST', `identity/group/id/${outer}`, { member_group_ids: [] })
  assert.equal(await readStatus('read-c', client_token), 403)
  await trial.must('DELETE', `identity/group/id/${inner}`)
  assert.equal(await readStatus('read-b', client_token), 403)
  assert.deepEqual((await trial.must('GET', `identity/entity/id/${entity_id}`)).data.group_ids, [])
})

test('a disabled entity opens nothing and cannot log in; a removed one takes its tokens along', async () => {
  const { client_token, entity_id } = await logIn('cid')
  await trial.must('POST', `identity/entity/id/${entity_id}`, { disabled: true })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 403)
  assert.equal((await trial.ask('POST', 'auth/people/login/cid', { password: 'pass' }, { token: null })).status, 403)
  await trial.must('POST', `identity/entity/id/${entity_id}`, { disabled: false })
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 200)
  await trial.must('DELETE', `identity/entity/id/${entity_id}`)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self', undefined, { token: client_token })).status, 403)
  assert.notEqual((await logIn('cid')).entity_id, entity_id)
})

test('groups that would contain themselves are refused', async () => {
  const [a, b, c] = [await group({ name: 'a' }), await group({ name: 'b' }), await group({ name: 'c' })] as const
  await trial.must('POST', `identity/group/id/${a}`, { member_group_ids: [b] })
  await trial.must('POST', `identity/group/id/${b}`, { member_group_ids: [c] })
  for (const [id, member] of [[a, a], [b, a], [c, a], [c, b]] as const) {
    const { status, text } = await trial.ask('POST', `identity/group/id/${id}`, { member_group_ids: [member] })
    assert.equal(status, 400, text)
  }
  assert.deepEqual((await trial.must('GET', `identity/group/id/${c}`)).data.parent_group_ids, [b])
})

test('names and aliases are unique, whatever their case, also when asked for at once', async () => {
  await entity({ name: 'Unique' })
  assert.equal((await trial.ask('POST', 'identity/entity/name/UNIQUE', { policies: ['read-a'] })).status, 204)
  const made = await Promise.all(Array.from({ length: 12 }, () => trial.ask('POST', 'identity/entity', { name: 'race' })))
  assert.equal(made.filter((one) => one.status === 200).length, 1)
  const [left, right] = [await entity({ name: 'left' }), await entity({ name: 'right' })] as const
  const alias = (await trial.must('POST', 'identity/entity-alias', { name: 'One', canonical_id: left, mount_accessor: accessor })).data
  const moved = (await trial.must('POST', 'identity/entity-alias', { name: 'one', canonical_id: right, mount_accessor: accessor })).data
  assert.deepEqual([moved.id, moved.canonical_id], [alias.id, right])
  assert.deepEqual((await trial.must('GET', `identity/entity/id/${left}`)).data.aliases, [])
  const second = await trial.ask('POST', 'identity/entity-alias', { name: 'two', canonical_id: right, mount_accessor: accessor })
  assert.match(second.text, /already has an alias/)
  assert.match((await trial.ask('POST', 'identity/entity-alias', { name: 'x', mount_accessor: 'made-up' })).text, /invalid mount accessor/)
})

test('a merge moves everything; old ids and old tokens lead to the entity that stayed', async () => {
  const [one, two] = [await logIn('dan', 'people'), await logIn('dan', 'staff')]
  await trial.must('POST', `identity/entity/id/${two.entity_id}`, { policies: ['read-a'] })
  const members = await group({ name: 'merged', policies: ['read-b'], member_entity_ids: [two.entity_id] })
  await trial.must('POST', 'identity/entity/merge', { from_entity_ids: [two.entity_id], to_entity_id: one.entity_id })
  for (const token of [one.client_token, two.client_token]) for (const name of ['read-a', 'read-b']) assert.equal(await readStatus(name, token), 404)
  assert.equal((await trial.must('GET', `identity/entity/id/${two.entity_id}`)).data.id, one.entity_id)
  assert.equal((await logIn('dan', 'staff')).entity_id, one.entity_id)
  assert.deepEqual((await trial.must('GET', `identity/group/id/${members}`)).data.member_entity_ids, [one.entity_id])
})

test('a merge of two aliases of one mount asks which to keep', async () => {
  const [one, two] = [await logIn('eve'), await logIn('eva')]
  const merge = { from_entity_ids: [two.entity_id], to_entity_id: one.entity_id }
  assert.match((await trial.ask('POST', 'identity/entity/merge', merge)).text, /same mount accessor/)
  const kept = (await trial.must('GET', `identity/entity/id/${two.entity_id}`)).data.aliases[0].id
  await trial.must('POST', 'identity/entity/merge', { ...merge, conflicting_alias_ids_to_keep: [kept] })
  const { data } = await trial.must('GET', `identity/entity/id/${one.entity_id}`)
  assert.deepEqual(data.aliases.map((alias: any) => alias.name), ['eva'])
  assert.notEqual((await logIn('eve')).entity_id, one.entity_id)
})

test('look-ups find by name and alias; lists say what they list', async () => {
  const { entity_id } = await logIn('fay')
  const found = await trial.must('POST', 'identity/lookup/entity', { alias_name: 'fay', alias_mount_accessor: accessor })
  assert.equal(found.data.id, entity_id)
  assert.equal((await trial.ask('POST', 'identity/lookup/entity', { name: 'nobody at all' })).status, 204)
  assert.equal((await trial.ask('POST', 'identity/lookup/entity', { name: 'x', id: 'y' })).status, 400)
  const named = await entity({ name: 'Fay Ann', metadata: { team: 'x' } })
  assert.ok((await trial.must('LIST', 'identity/entity/name')).data.keys.includes('Fay Ann'))
  assert.equal((await trial.must('LIST', 'identity/entity/id')).data.key_info[named].name, 'Fay Ann')
  const page = (await trial.must('GET', 'identity/entity/id?list=true&limit=2')).data.keys
  assert.equal(page.length, 2)
  assert.equal((await trial.must('POST', 'identity/lookup/group', { name: await group({ name: 'findable' }).then(() => 'Findable') })).data.name, 'findable')
})

test('external groups take their members from the login alone', async () => {
  const external = await group({ name: 'outside', type: 'external', policies: ['read-a'] })
  assert.match((await trial.ask('POST', `identity/group/id/${external}`, { member_entity_ids: ['x'] })).text, /external groups/)
  await trial.must('POST', 'identity/group-alias', { name: 'Developers', canonical_id: external, mount_accessor: accessor })
  const { core } = trial.server
  const mount = core.mounts.byAccessor(accessor)!
  const login = (groups: string[]): Promise<string> => core.identity.login({ mountAccessor: accessor, mountType: 'userpass', namespaceId: mount.namespace.id, namespace: '', name: 'gus', metadata: {}, groups })
  const id = await login(['developers', 'unknown'])
  assert.deepEqual((await trial.must('GET', `identity/entity/id/${id}`)).data.group_ids, [external])
  const internal = await group({ name: 'inside', member_entity_ids: [id] })
  assert.equal(await login([]), id)
  assert.deepEqual((await trial.must('GET', `identity/entity/id/${id}`)).data.group_ids, [internal])
  assert.match((await trial.ask('POST', 'identity/group-alias', { name: 'y', canonical_id: internal, mount_accessor: accessor })).text, /external groups/)
})

test('namespaces do not see each other\'s identities', async () => {
  await trial.must('POST', 'sys/namespaces/team', {})
  const inside = { headers: { 'x-vault-namespace': 'team' } }
  const id = await entity({ name: 'outer one' })
  assert.equal((await trial.ask('GET', `identity/entity/id/${id}`, undefined, inside)).status, 404)
  assert.equal((await trial.ask('GET', 'identity/entity/name/outer%20one', undefined, inside)).status, 404)
  await trial.ask('DELETE', `identity/entity/id/${id}`, undefined, inside)
  assert.equal((await trial.ask('GET', `identity/entity/id/${id}`)).status, 200)
  assert.match((await trial.ask('POST', 'identity/entity-alias', { name: 'x', mount_accessor: await mountAccessor('people') }, inside)).text, /invalid mount accessor/)
})

test('a namespace that is removed leaves no identities behind', async () => {
  await trial.must('POST', 'sys/namespaces/gone', {})
  const inside = { headers: { 'x-vault-namespace': 'gone' } }
  const member = (await trial.must('POST', 'identity/entity', { name: 'member' }, inside)).data.id
  await trial.must('POST', 'identity/group', { name: 'group', member_entity_ids: [member] }, inside)
  const { method_id } = (await trial.must('POST', 'identity/mfa/method/totp', { issuer: 'x' }, inside)).data
  await trial.must('POST', 'identity/mfa/login-enforcement/x', { mfa_method_ids: [method_id], identity_entity_ids: [member] }, inside)
  const { core } = trial.server
  const namespaceId = core.namespaces.at('gone/')!.id
  const left = async (): Promise<string[]> => [...(await core.root.keys(`identity/ns/${namespaceId}/`)), ...(await core.root.keys(`identity/entity/${member}`)), ...(await core.root.keys(`mfa/method/${method_id}`)), ...(await core.root.keys('identity/member/')).filter((key) => key.endsWith(member))]
  assert.equal((await left()).length, 7)
  await trial.must('DELETE', 'sys/namespaces/gone')
  assert.deepEqual(await left(), [])
})

test('lists of many entities go by pages', async () => {
  const { core } = trial.server
  const { putEntity } = await import('../../core/identity/entities.ts')
  for (let at = 0; at < 300; at += 50) await Promise.all(Array.from({ length: 50 }, (_, one) => putEntity(core.identity.view, 'root', undefined, { name: `many-${at + one}` }, 0)))
  const page = (await trial.must('GET', 'identity/entity/name?list=true&after=many-100&limit=3')).data.keys
  assert.deepEqual(page, ['many-101', 'many-102', 'many-103'])
  assert.equal((await trial.must('GET', 'identity/entity/name/many-299')).data.name, 'many-299')
})
