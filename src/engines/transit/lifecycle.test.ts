import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { mount } from '../harness.ts'
import { transit } from './index.ts'

const b64 = (data: string | Buffer): string => Buffer.from(data).toString('base64')
const because = (is: string, word?: string) => (error: { reason?: readonly string[] }) => error.reason?.[0] === is && (word === undefined || error.reason[1] === word)

test('a key ends when its time has come, with its aliases and grants, and not before', async () => {
  const t = mount(transit)
  await t.write('keys/k')
  await t.write('keys/other')
  await t.write('aliases/app/k', { target: 'k' })
  await t.write('keys/k/grants/g', { terms: {} })
  const { ciphertext } = (await t.write('encrypt/k', { plaintext: b64('x') })).data
  await t.write('keys/k/deletion', { window: '7d' })
  await assert.rejects(t.write('decrypt/k', { ciphertext }), because('key-pending-deletion'))
  await assert.rejects(t.write('keys/k/deletion', { window: '7d' }), because('key-pending-deletion'))
  await assert.rejects(t.write('keys/k/rotate'), because('key-pending-deletion'))
  t.advance(6 * 86_400)
  await t.chores()
  await t.call('delete', 'keys/k/deletion')
  await assert.rejects(t.write('decrypt/k', { ciphertext }), because('key-disabled'))
  t.advance(2 * 86_400)
  await t.chores()
  await t.write('keys/k/soft-delete-restore')
  assert.equal((await t.write('decrypt/k', { ciphertext })).data.plaintext, b64('x'))
  await t.write('keys/k/deletion', { window: '7d' })
  t.advance(7 * 86_400 + 1)
  await t.chores()
  assert.deepEqual(await t.list('keys'), ['other'])
  assert.deepEqual(await t.list('aliases'), [])
  assert.deepEqual(await t.list('grants'), [])
  assert.deepEqual(await t.store.keys('ending/'), [])
})

test('an alias stands for one key at a time', async () => {
  const t = mount(transit)
  await t.write('keys/a')
  await t.write('keys/b')
  await t.write('aliases/x', { target: 'a' })
  await assert.rejects(t.write('aliases/x', { target: 'b', present: false }), { code: 'exists' })
  await assert.rejects(t.write('aliases/y', { target: 'b', present: true }), because('alias-absent'))
  await assert.rejects(t.write('aliases/y', { target: 'none' }), because('key-absent'))
  await t.write('aliases/x', { target: 'b' })
  assert.deepEqual([(await t.read('keys/a', { entry: true })).data.aliases, (await t.read('keys/b', { entry: true })).data.aliases], [[], ['x']])
  assert.equal(await transit.lookups!.alias!(t.store, 'x'), 'b')
  await t.write('keys/b/config', { deletion_allowed: true })
  await t.delete('keys/b')
  assert.equal(await transit.lookups!.alias!(t.store, 'x'), null)
  for (let at = 0; at < 50; at++) await t.write(`aliases/n${at}`, { target: 'a' })
  await assert.rejects(t.write('aliases/n50', { target: 'a' }), { code: 'too-large' })
})

test('a key bound to one use serves no other, and never loses its binding', async () => {
  const t = mount(transit)
  await t.write('keys/sign', { type: 'rsa-2048', purpose: 'sign' })
  await assert.rejects(t.write('encrypt/sign', { plaintext: '' }), because('key-purpose', 'sign'))
  await assert.rejects(t.write('hmac/sign', { input: '' }), because('key-purpose', 'sign'))
  await t.write('sign/sign', { input: '' })
  await assert.rejects(t.write('keys/odd', { type: 'ecdsa-p256', purpose: 'encrypt' }), { code: 'invalid' })
  await assert.rejects(t.write('sign/sign', { input: '', demand: { types: ['rsa-4096'] } }), because('key-type', 'rsa-2048'))
  await assert.rejects(t.write('encrypt/absent', { plaintext: '', demand: {} }), because('key-absent'))
  assert.deepEqual(await t.list('keys'), ['sign'])
})

test('attributes change by merge patch and stay bounded', async () => {
  const t = mount(transit)
  await t.write('keys/k', { attributes: { tags: { a: '1', b: '2' }, note: 'x' } })
  const changed = await t.call('patch', 'keys/k', { attributes: { tags: { a: null, c: '3' }, note: null } })
  assert.deepEqual(changed.data.attributes, { tags: { b: '2', c: '3' } })
  await assert.rejects(t.call('patch', 'keys/k', { attributes: { big: 'x'.repeat(300_000) } }), { code: 'invalid' })
  assert.equal('attributes' in (await t.read('keys/k')).data, false)
})

test('material from outside is forgotten in time, and imports that nobody finished too', async () => {
  const t = mount(transit)
  await t.write('keys/k', { external: true })
  await assert.rejects(t.write('encrypt/k', { plaintext: '' }), because('key-pending-import'))
  assert.equal((await t.read('keys/k')).data.latest_version, 0)
  const material = randomBytes(32)
  const bring = async (secret: Buffer, more: object = {}) => {
    const { ticket, public_key } = (await t.write('keys/k/import-parameters', { wrapping: 'oaep-sha256' })).data
    const wrapped = publicEncrypt({ key: createPublicKey({ key: Buffer.from(public_key, 'base64'), format: 'der', type: 'spki' }), oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, secret)
    return t.write('keys/k/material', { ticket, material: b64(wrapped), ...more })
  }
  await assert.rejects(bring(randomBytes(31)), because('key-material'))
  await bring(material, { expires: t.context.now() + 3_600_000 })
  const { ciphertext } = (await t.write('encrypt/k', { plaintext: b64('x') })).data
  await t.chores()
  await t.write('decrypt/k', { ciphertext })
  t.advance(3700)
  await t.chores()
  await assert.rejects(t.write('decrypt/k', { ciphertext }), because('key-pending-import'))
  await assert.rejects(bring(randomBytes(32)), because('key-material-other'))
  const late = (await t.write('keys/k/import-parameters', { wrapping: 'pkcs1' })).data.ticket
  await bring(material)
  assert.equal((await t.write('decrypt/k', { ciphertext })).data.plaintext, b64('x'))
  t.advance(86_500)
  await assert.rejects(t.write('keys/k/material', { ticket: late, material: '' }), because('ticket-expired'))
  await t.chores()
  assert.deepEqual(await t.store.keys('importing/'), [])
  await assert.rejects(t.write('keys/other/import-parameters', { wrapping: 'pkcs1' }), because('key-absent'))
})

test('secp256k1: signatures agree with the runtime in both directions', async () => {
  const t = mount(transit)
  await t.write('keys/k', { type: 'ecdsa-secp256k1' })
  const key = createPublicKey((await t.read('keys/k')).data.keys['1'].public_key)
  for (let at = 0; at < 10; at++) {
    const message = randomBytes(at)
    const { signature } = (await t.write('sign/k', { input: b64(message), unmarked: true })).data
    assert.ok(verify('sha256', message, key, Buffer.from(signature, 'base64')))
    assert.equal((await t.write('verify/k', { input: b64(message), signature, unmarked: true })).data.valid, true)
    const other = sign('sha256', message, generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)
    assert.equal((await t.write('verify/k', { input: b64(message), signature: b64(other), unmarked: true })).data.valid, false)
  }
  await t.write('keys/k/rotate')
  await assert.rejects(t.write('keys/k/csr'), { code: 'invalid' })
})

test('unmarked signatures, HMACs and ciphertexts are read by whichever version made them', async () => {
  const t = mount(transit)
  await t.write('keys/rsa', { type: 'rsa-2048' })
  await t.write('keys/mac', { type: 'hmac' })
  const input = b64('m')
  const unmarked = true
  const { signature } = (await t.write('sign/rsa', { input, unmarked })).data
  const { hmac } = (await t.write('hmac/mac', { input, unmarked })).data
  const { ciphertext } = (await t.write('encrypt/rsa', { plaintext: input, unmarked })).data
  for (const name of ['rsa', 'mac']) await t.write(`keys/${name}/rotate`)
  assert.equal((await t.write('verify/rsa', { input, signature, unmarked })).data.valid, true)
  assert.equal((await t.write('verify/mac', { input, hmac, unmarked })).data.valid, true)
  assert.equal((await t.write('decrypt/rsa', { ciphertext, unmarked })).data.plaintext, input)
  await t.write('keys/rsa/config', { min_decryption_version: 2 })
  assert.equal((await t.write('verify/rsa', { input, signature, unmarked })).data.valid, false)
  await assert.rejects(t.write('decrypt/rsa', { ciphertext, unmarked }), because('broken'))
})
