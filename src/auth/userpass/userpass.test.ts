import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineContract } from '../../engines/contract.ts'
import { mount } from '../../engines/harness.ts'
import { canonicalName, userpass } from './index.ts'
import { hashPassword, kindOf, ownKind, verifyPassword } from './password.ts'

engineContract(userpass)

const password = ['correct', 'horse'].join(' ')

test('a login gives what the user was set up with', async () => {
  const { write, read } = mount(userpass)
  await write('users/Bob', { password, token_policies: 'B,a', token_ttl: '20m', token_max_ttl: 3600, token_bound_cidrs: ['127.0.0.0/8'] })
  const { grant } = await write('login/bOB', { password })
  assert.deepEqual(grant, { displayName: 'bob', alias: { name: 'bob', metadata: {} }, metadata: { username: 'bob' }, policies: ['a', 'b'], ttl: 1200, maxTtl: 3600, explicitMaxTtl: 0, period: 0, uses: 0, boundCidrs: ['127.0.0.0/8'], noDefaultPolicy: false, type: 'default', internal: { username: 'bob' } })
  const { data } = await read('users/bob')
  assert.equal(data.token_ttl, 1200)
  assert.ok(!JSON.stringify(data).includes('argon2'))
})

test('every way to write a name is one user', () => {
  for (const name of ['bob', ' Bob ', 'BOB', 'ｂｏｂ']) assert.equal(canonicalName(name), 'bob')
  for (const odd of ['', '  ', 'a/b', 'a\u0000b']) assert.throws(() => canonicalName(odd), /username/)
})

test('unknown users and wrong passwords look alike, and both cost a hash', async () => {
  const { write } = mount(userpass)
  await write('users/bob', { password })
  const refusal = { code: 'invalid', message: 'invalid username or password' }
  await assert.rejects(write('login/bob', { password: 'wrong' }), refusal)
  await assert.rejects(write('login/nobody', { password }), refusal)
  assert.equal(await verifyPassword(null, 'no user has this password'), false)
})

test('a user needs a password, keeps what a change does not name, and takes hashes made elsewhere', async () => {
  const { write, read } = mount(userpass)
  await assert.rejects(write('users/new', { token_policies: 'a' }), { message: 'missing password' })
  await write('users/new', { password, policies: 'old', ttl: 60 })
  await write('users/new/policies', { token_policies: 'next' })
  assert.deepEqual((await read('users/new')).data.token_policies, ['next'])
  assert.equal((await read('users/new')).data.ttl, 60)
  assert.equal((await write('login/new', { password })).grant?.policies[0], 'next')
  // bcrypt of "U*U", from the test vectors of the reference implementation.
  await write('users/new/password', { password_hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' })
  assert.ok((await write('login/new', { password: 'U*U' })).grant)
  await assert.rejects(write('login/new', { password: 'U*V' }), { code: 'invalid' })
  await assert.rejects(write('users/new/password', { password_hash: 'plain' }), { code: 'invalid' })
  await assert.rejects(write('users/ghost/password', { password }), { message: 'username does not exist' })
})

test('settings that cannot stand together are refused', async () => {
  const { write } = mount(userpass)
  for (const settings of [{ token_ttl: '2h', token_max_ttl: '1h' }, { token_policies: 'root' }, { token_type: 'batch', token_num_uses: 1 }, { token_bound_cidrs: 'here' }, { token_ttl: -1 }, { token_type: 'odd' }]) {
    await assert.rejects(write('users/x', { password, ...settings }), { code: 'invalid' }, JSON.stringify(settings))
  }
})

test('outside its networks a login is refused, and a renewal when the user changed', async () => {
  const far = mount(userpass, { caller: { remote: '192.0.2.1' } })
  await far.write('users/bob', { password, token_bound_cidrs: '127.0.0.1' })
  await assert.rejects(far.write('login/bob', { password }), { code: 'denied' })
  const near = mount(userpass)
  await near.write('users/bob', { password, token_policies: 'a' })
  const { grant } = await near.write('login/bob', { password })
  assert.equal((await userpass.renew(near.context, grant!)).policies[0], 'a')
  await near.write('users/bob/policies', { policies: 'b' })
  await assert.rejects(userpass.renew(near.context, grant!), /policies have changed/)
  await near.delete('users/bob')
  await assert.rejects(userpass.renew(near.context, grant!), /gone/)
})

test('a hash that was brought along is replaced at its first login; until then every login does its work', async () => {
  const { write, delete: remove, store } = mount(userpass)
  // bcrypt of "U*U", from the test vectors of the reference implementation.
  const brought = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const hashOf = async (name: string): Promise<string> => (await store.read<{ hash: string }>(`user/${name}`))!.hash
  const waiting = () => store.read<Record<string, number>>('brought')
  await write('users/own', { password })
  assert.equal(kindOf(await hashOf('own')), ownKind)
  for (const name of ['old', 'gone', 'changed']) await write(`users/${name}`, { password_hash: brought })
  assert.deepEqual(await waiting(), { $2$05: 3 })
  await remove('users/gone')
  await write('users/changed/password', { password })
  assert.deepEqual(await waiting(), { $2$05: 1 })
  await assert.rejects(write('login/old', { password: 'U*V' }), { code: 'invalid' })
  assert.equal(await hashOf('old'), brought, 'a wrong password changes nothing')
  assert.ok((await write('login/old', { password: 'U*U' })).grant)
  assert.equal(kindOf(await hashOf('old')), ownKind)
  assert.deepEqual(await waiting(), {})
  assert.ok((await write('login/old', { password: 'U*U' })).grant)
  assert.equal(await verifyPassword(null, 'no user has this password', { $2$05: 1, '$argon2id$v=19$m=8192,t=1,p=1': 1 }), false)
  assert.equal(await verifyPassword(await hashPassword(password), password, { $2$05: 1 }), true)
})

test('hashes that would cost too much, or are of too many kinds, are refused', async () => {
  const { write } = mount(userpass)
  const bcrypt = (rounds: string): string => `$2b$${rounds}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`
  for (const password_hash of [bcrypt('16'), '$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$aGFzaA', '$argon2id$v=19$m=1024,t=99,p=1$c2FsdHNhbHQ$aGFzaA']) {
    await assert.rejects(write('users/x', { password_hash }), /not taken/)
  }
  for (const rounds of ['04', '05', '06', '07']) await write(`users/u${rounds}`, { password_hash: bcrypt(rounds) })
  await assert.rejects(write('users/x', { password_hash: bcrypt('08') }), /more than 4 kinds/)
})
