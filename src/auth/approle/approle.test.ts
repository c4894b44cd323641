import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineContract } from '../../engines/contract.ts'
import { type Harness, mount } from '../../engines/harness.ts'
import { approle } from './index.ts'

engineContract(approle)

const refusal = { code: 'invalid', message: 'invalid role or secret ID' }

async function withRole(settings: Record<string, unknown> = {}, options: Parameters<typeof mount>[1] = {}): Promise<Harness & { roleId: string; secretId(body?: object): Promise<string>; logIn(secretId?: string): ReturnType<Harness['write']> }> {
  const harness = mount(approle, options)
  await harness.write('role/Web', settings)
  const roleId = (await harness.read('role/web/role-id')).data.role_id as string
  return {
    ...harness,
    roleId,
    secretId: async (body = {}) => (await harness.write('role/web/secret-id', body as Record<string, unknown>)).data.secret_id,
    logIn: (secretId) => harness.write('login', { role_id: roleId, ...(secretId !== undefined && { secret_id: secretId }) }),
  }
}

test('a login gives the role\'s settings and the secret id\'s metadata', async () => {
  const { logIn, secretId, roleId } = await withRole({ policies: 'p', token_ttl: '20m', token_max_ttl: '30m', secret_id_ttl: '10m' })
  const { grant } = await logIn(await secretId({ metadata: '{"team":"a"}' }))
  assert.deepEqual(grant?.policies, ['p'])
  assert.equal(grant?.ttl, 1200)
  assert.equal(grant?.maxTtl, 1800)
  assert.deepEqual(grant?.metadata, { team: 'a', role_name: 'web' })
  assert.equal(grant?.alias?.name, roleId)
})

test('unknown roles and unknown secret ids are told apart by nothing', async () => {
  const { logIn, write, roleId } = await withRole()
  await assert.rejects(logIn('wrong'), refusal)
  await assert.rejects(write('login', { role_id: 'wrong', secret_id: 'wrong' }), refusal)
  await assert.rejects(write('login', { role_id: roleId.toUpperCase(), secret_id: 'wrong' }), refusal)
})

test('a secret id ends after its uses, also when they come at once', async () => {
  const { logIn, secretId, list } = await withRole({ secret_id_num_uses: 2 })
  const id = await secretId()
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => logIn(id)))
  assert.equal(outcomes.filter((one) => one.status === 'fulfilled').length, 2)
  assert.deepEqual(await list('role/web/secret-id'), [])
})

test('a secret id ends with its time, and its traces are removed', async () => {
  const { logIn, secretId, advance, chores, store } = await withRole({ secret_id_ttl: 60 })
  const id = await secretId()
  assert.ok((await logIn(id)).grant)
  advance(61)
  await assert.rejects(logIn(id), refusal)
  await chores()
  const left = (await store.keys('')).filter((key) => /^(secret|accessor|due)\//.test(key))
  assert.deepEqual(left, [])
})

test('neither the secret id nor the role id can be read from the store', async () => {
  const { secretId, store } = await withRole()
  const id = await secretId()
  for (const key of await store.keys('')) {
    assert.ok(!key.includes(id))
    assert.ok(!Buffer.from((await store.get(key))!).toString().includes(id))
  }
})

test('networks bind role and secret id; a refused login does not use one up', async () => {
  const { logIn, secretId } = await withRole({ secret_id_num_uses: 1 })
  const id = await secretId({ cidr_list: '10.0.0.0/8' })
  await assert.rejects(logIn(id), /CIDR/)
  await assert.rejects(logIn(id), /CIDR/)
  const bound = await withRole({ secret_id_bound_cidrs: ['10.0.0.0/8'] })
  await assert.rejects(bound.secretId({ cidr_list: '11.0.0.0/8' }), /not a subset/)
  await assert.rejects(bound.logIn(await bound.secretId()), /CIDR/)
})

test('a role that would let anybody in is refused', async () => {
  const { write, logIn } = await withRole()
  await assert.rejects(write('role/web', { bind_secret_id: false }), /at least one constraint/)
  await write('role/web', { bind_secret_id: false, secret_id_bound_cidrs: '127.0.0.0/8' })
  assert.ok((await logIn()).grant)
  await assert.rejects(write('role/web/secret-id', {}), /bind_secret_id/)
})

test('custom ids are unique, and look-ups and ends go by id and by accessor', async () => {
  const { write, read, logIn, call } = await withRole()
  const made = await write('role/web/custom-secret-id', { secret_id: 'chosen', metadata: { a: 'b' } })
  assert.equal(made.data.secret_id, 'chosen')
  await assert.rejects(write('role/web/custom-secret-id', { secret_id: 'chosen' }), /already registered/)
  const accessor = made.data.secret_id_accessor as string
  assert.equal((await write('role/web/secret-id/lookup', { secret_id: 'chosen' })).data.metadata.a, 'b')
  assert.equal((await write('role/web/secret-id-accessor/lookup', { secret_id_accessor: accessor })).data.secret_id_accessor, accessor)
  assert.equal((await write('role/web/secret-id/lookup', { secret_id: 'other' })).status, 204)
  await call('delete', 'role/web/secret-id-accessor/destroy', { secret_id_accessor: accessor })
  await assert.rejects(logIn('chosen'), refusal)
  await assert.rejects(write('role/web/secret-id-accessor/lookup', { secret_id_accessor: accessor }), { code: 'not-found' })
  await write('role/web/role-id', { role_id: 'mine' })
  assert.equal((await read('role/web/role-id')).data.role_id, 'mine')
  await assert.rejects(logIn('chosen'), refusal)
  await assert.rejects(write('role/other', { role_id: 'mine' }), /already in use/)
})

test('a role made anew knows nothing of its namesake\'s secret ids', async () => {
  const { write, delete: remove, secretId, store } = await withRole()
  const id = await secretId()
  await remove('role/web')
  await write('role/web', { role_id: 'again' })
  await assert.rejects(write('login', { role_id: 'again', secret_id: id }), refusal)
  assert.deepEqual(await store.keys('secret/'), [])
})

test('each setting has a path of its own', async () => {
  const { write, read, delete: reset } = await withRole({ secret_id_ttl: 60 })
  await write('role/web/token-ttl', { token_ttl: '5m' })
  assert.deepEqual((await read('role/web/token-ttl')).data, { token_ttl: 300 })
  await reset('role/web/secret-id-ttl')
  assert.deepEqual((await read('role/web/secret-id-ttl')).data, { secret_id_ttl: 0 })
  await write('role/web/bound-cidr-list', { bound_cidr_list: '127.0.0.0/8' })
  assert.deepEqual((await read('role/web/secret-id-bound-cidrs')).data, { secret_id_bound_cidrs: ['127.0.0.0/8'] })
  await write('role/web/policies', { policies: 'x,y' })
  assert.deepEqual((await read('role/web/policies')).data, { token_policies: ['x', 'y'], policies: ['x', 'y'] })
  await assert.rejects(write('role/absent/token-ttl', { token_ttl: 1 }), /does not exist/)
})
