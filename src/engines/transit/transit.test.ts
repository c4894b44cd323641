import assert from 'node:assert/strict'
import { createDecipheriv, createHash, createHmac, createPublicKey, createSecretKey, hkdfSync, sign, verify, constants } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FaultCode } from '../../kit/errors.ts'
import { engineContract } from '../contract.ts'
import { mount } from '../harness.ts'
import { hchacha20 } from './aead.ts'
import { transit } from './index.ts'

engineContract(transit)

const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const plain = (text: string): string => Buffer.from(text, 'base64').toString()
const code = (wanted: FaultCode, message?: RegExp) => (error: unknown): boolean => {
  assert.equal((error as { code: string }).code, wanted)
  if (message) assert.match((error as Error).message, message)
  return true
}
const body = (marked: string): Buffer => Buffer.from(marked.split(':')[2]!, 'base64')

for (const type of ['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305', 'rsa-2048']) {
  test(`${type}: encrypts, decrypts, rotates and rewraps`, async () => {
    const t = mount(transit)
    await t.write('keys/k', { type })
    const { ciphertext, key_version } = (await t.write('encrypt/k', { plaintext: b64('hello') })).data
    assert.match(ciphertext, /^vault:v1:/)
    assert.equal(key_version, 1)
    await t.write('keys/k/rotate')
    const rewrapped = (await t.write('rewrap/k', { ciphertext })).data
    assert.match(rewrapped.ciphertext, /^vault:v2:/)
    for (const text of [ciphertext, rewrapped.ciphertext]) assert.equal(plain((await t.write('decrypt/k', { ciphertext: text })).data.plaintext), 'hello')
    await t.write('keys/k/config', { min_decryption_version: 2 })
    await assert.rejects(t.write('decrypt/k', { ciphertext }), code('invalid', /too old/))
    const broken = body(rewrapped.ciphertext)
    broken[broken.length - 1]! ^= 1
    await assert.rejects(t.write('decrypt/k', { ciphertext: `vault:v2:${b64(broken)}` }), code('invalid', /unable to decrypt/))
  })
}

test('the ciphertext is nonce, ciphertext and tag: another library opens it', async () => {
  const t = mount(transit)
  await t.write('keys/k', { exportable: true })
  const key = Buffer.from((await t.read('export/encryption-key/k')).data.keys['1'], 'base64')
  const sealed = body((await t.write('encrypt/k', { plaintext: b64('hello'), associated_data: b64('place') })).data.ciphertext)
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from('place')).setAuthTag(sealed.subarray(-16))
  assert.equal(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString(), 'hello')
})

test('HChaCha20 gives the published subkey', () => {
  const key = createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, at) => at)))
  assert.equal(
    hchacha20(key, Buffer.from('000000090000004a0000000031415927', 'hex')).toString('hex'),
    '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
  )
})

test('associated data is bound to the ciphertext', async () => {
  const t = mount(transit)
  const { ciphertext } = (await t.write('encrypt/k', { plaintext: b64('x'), associated_data: b64('a') })).data
  await assert.rejects(t.write('decrypt/k', { ciphertext }), code('invalid'))
  await assert.rejects(t.write('decrypt/k', { ciphertext, associated_data: b64('b') }), code('invalid'))
  assert.equal(plain((await t.write('decrypt/k', { ciphertext, associated_data: b64('a') })).data.plaintext), 'x')
})

test('encrypting makes an absent key, derived when a context is given, unless the mount forbids it', async () => {
  const t = mount(transit)
  const first = await t.write('encrypt/new', { plaintext: b64('x') })
  assert.equal(first.existed, false)
  assert.equal((await t.write('encrypt/new', { plaintext: b64('x') })).existed, true)
  await t.write('encrypt/derived', { plaintext: b64('x'), context: b64('c') })
  assert.equal((await t.read('keys/derived')).data.derived, true)
  assert.deepEqual(await t.list('keys'), ['derived', 'new'])
  await t.write('config/keys', { disable_upsert: true })
  await assert.rejects(t.write('encrypt/other', { plaintext: b64('x') }), code('invalid', /not found/))
  assert.equal((await t.read('keys/other')).status, 404)
})

test('a derived key uses HKDF of the context; a convergent one repeats itself', async () => {
  const t = mount(transit)
  await t.write('keys/c', { derived: true, convergent_encryption: true, exportable: true })
  const one = (await t.write('encrypt/c', { plaintext: b64('x'), context: b64('ctx') })).data.ciphertext
  assert.equal((await t.write('encrypt/c', { plaintext: b64('x'), context: b64('ctx') })).data.ciphertext, one)
  assert.notEqual((await t.write('encrypt/c', { plaintext: b64('x'), context: b64('other') })).data.ciphertext, one)
  await assert.rejects(t.write('decrypt/c', { ciphertext: one, context: b64('other') }), code('invalid'))
  await assert.rejects(t.write('encrypt/c', { plaintext: b64('x') }), code('invalid', /missing 'context'/))

  const secret = Buffer.from((await t.read('export/encryption-key/c')).data.keys['1'], 'base64')
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'ctx', 64))
  const nonce = createHmac('sha256', derived.subarray(32)).update('x').digest().subarray(0, 12)
  assert.deepEqual(body(one).subarray(0, 12), nonce)
  const decipher = createDecipheriv('aes-256-gcm', derived.subarray(0, 32), nonce).setAuthTag(body(one).subarray(-16))
  assert.equal(decipher.update(body(one).subarray(12, -16)).toString() + decipher.final().toString(), 'x')
})

test('batches answer item by item; the status tells of failures', async () => {
  const t = mount(transit)
  const bad = { plaintext: '!', reference: 'two' }
  const mixed = [{ plaintext: b64('a'), reference: 'one' }, bad]
  const reply = await t.write('encrypt/k', { batch_input: mixed })
  assert.equal(reply.status, 400)
  const [one, two] = reply.data.batch_results
  assert.match(one.ciphertext, /^vault:v1:/)
  assert.deepEqual([one.key_version, one.reference, two.reference], [1, 'one', 'two'])
  assert.match(two.error, /base64/)
  assert.equal((await t.write('encrypt/k', { batch_input: mixed, partial_failure_response_code: 207 })).status, 207)
  assert.equal((await t.write('encrypt/k', { batch_input: [bad], partial_failure_response_code: 207 })).status, 400)
  const back = await t.write('decrypt/k', { batch_input: [{ ciphertext: one.ciphertext }] })
  assert.equal(back.status, 200)
  assert.equal(plain(back.data.batch_results[0].plaintext), 'a')
  await assert.rejects(t.write('encrypt/k', { batch_input: [] }), code('invalid', /missing batch input/))
  await assert.rejects(t.write('encrypt/k', { batch_input: [{ plaintext: ['x'] }] }), code('invalid'))
})

test('data keys: plaintext or wrapped, and their plaintext decrypts from the ciphertext', async () => {
  const t = mount(transit)
  await t.write('keys/k')
  const { plaintext, ciphertext } = (await t.write('datakey/plaintext/k', { bits: 512 })).data
  assert.equal(Buffer.from(plaintext, 'base64').length, 64)
  assert.equal((await t.write('decrypt/k', { ciphertext })).data.plaintext, plaintext)
  assert.equal((await t.write('datakey/wrapped/k')).data.plaintext, undefined)
  await assert.rejects(t.write('datakey/plaintext/k', { bits: 100 }), code('invalid'))
  await assert.rejects(t.write('datakey/other/k'), code('invalid'))
})

const hashes: Record<string, string> = {
  sha1: 'sha1', 'sha2-224': 'sha224', 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512',
  'sha3-224': 'sha3-224', 'sha3-256': 'sha3-256', 'sha3-384': 'sha3-384', 'sha3-512': 'sha3-512',
}

for (const type of ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521']) {
  test(`${type}: signatures agree with the runtime's in both directions, message or digest, ASN.1 or JWS`, async () => {
    const t = mount(transit)
    await t.write('keys/k', { type, exportable: true })
    const publicKey = createPublicKey((await t.read('keys/k')).data.keys['1'].public_key)
    const privateKey = (await t.read('export/signing-key/k')).data.keys['1']
    const message = Buffer.from('message')
    for (const [name, digest] of Object.entries(hashes)) {
      const hashed = createHash(digest).update(message).digest()
      const own = (await t.write(`sign/k/${name}`, { input: b64(message) })).data
      const prehashed = (await t.write('sign/k', { input: b64(hashed), prehashed: true, hash_algorithm: name })).data
      assert.ok(verify(digest, message, publicKey, body(own.signature)), `${name}: ours, theirs`)
      assert.ok(verify(digest, message, publicKey, body(prehashed.signature)), `${name}: prehashed`)
      const theirs = `vault:v1:${b64(sign(digest, message, privateKey))}`
      assert.equal((await t.write('verify/k', { input: b64(message), signature: theirs, algorithm: name })).data.valid, true)
      assert.equal((await t.write('verify/k', { input: b64('other'), signature: theirs, algorithm: name })).data.valid, false)
    }
    const jws = (await t.write('sign/k', { input: b64(message), marshaling_algorithm: 'jws' })).data.signature
    assert.ok(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(jws.split(':')[2], 'base64url')))
    assert.equal((await t.write('verify/k', { input: b64(message), signature: jws, marshaling_algorithm: 'jws' })).data.valid, true)
    await assert.rejects(t.write('verify/k', { input: b64(message), signature: 'vault:v1:MAYCAQECAQ==' }), code('invalid', /signature is invalid/))
    assert.equal((await t.write('verify/k', { input: b64(message), signature: 'vault:v1:MAYCAQECAQE=' })).data.valid, false)
  })
}

test('RSA: PSS and PKCS #1 signatures agree with the runtime, message or digest, any salt', async () => {
  const t = mount(transit)
  await t.write('keys/k', { type: 'rsa-2048', exportable: true })
  const key = createPublicKey((await t.read('keys/k')).data.keys['1'].public_key)
  const privateKey = (await t.read('export/signing-key/k')).data.keys['1']
  const message = Buffer.from('message')
  for (const [name, digest] of Object.entries(hashes)) {
    const hashed = createHash(digest).update(message).digest()
    for (const input of [{ input: b64(message) }, { input: b64(hashed), prehashed: true }]) {
      for (const salt_length of ['auto', 'hash', '20']) {
        const { signature } = (await t.write('sign/k', { ...input, hash_algorithm: name, salt_length })).data
        const saltLength = salt_length === 'auto' ? constants.RSA_PSS_SALTLEN_MAX_SIGN : salt_length === 'hash' ? constants.RSA_PSS_SALTLEN_DIGEST : 20
        assert.ok(verify(digest, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, body(signature)), `${name} ${salt_length}`)
      }
      const { signature } = (await t.write('sign/k', { ...input, hash_algorithm: name, signature_algorithm: 'pkcs1v15' })).data
      assert.ok(verify(digest, message, key, body(signature)), `${name} pkcs1v15`)
    }
    const theirs = `vault:v1:${b64(sign(digest, message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 17 }))}`
    const check = async (more: object) => (await t.write('verify/k', { input: b64(message), signature: theirs, hash_algorithm: name, ...more })).data.valid
    assert.equal(await check({}), true)
    assert.equal(await check({ salt_length: '17' }), true)
    assert.equal(await check({ salt_length: '18' }), false)
    assert.equal(await check({ input: b64('other') }), false)
    assert.equal(await check({ signature_algorithm: 'pkcs1v15' }), false)
  }
  const raw = (await t.write('sign/k', { input: b64('anything'), hash_algorithm: 'none', prehashed: true, signature_algorithm: 'pkcs1v15' })).data.signature
  const again = { input: b64('anything'), hash_algorithm: 'none', prehashed: true, signature_algorithm: 'pkcs1v15', signature: raw }
  assert.equal((await t.write('verify/k', again)).data.valid, true)
  await assert.rejects(t.write('sign/k', { input: b64('x'), hash_algorithm: 'none' }), code('invalid', /requires both/))
  await assert.rejects(t.write('sign/k', { ...again, input: b64(Buffer.alloc(300)) }), code('invalid', /too long/))
  await assert.rejects(t.write('sign/k', { input: b64('short'), prehashed: true }), code('invalid', /not a digest/))
  await assert.rejects(t.write('sign/k', { input: b64('x'), salt_length: '500' }), code('invalid', /salt length/))
})

test('Ed25519 signs, also with the key of a context', async () => {
  const t = mount(transit)
  await t.write('keys/k', { type: 'ed25519' })
  await t.write('keys/d', { type: 'ed25519', derived: true })
  const { signature } = (await t.write('sign/k', { input: b64('m') })).data
  const raw = Buffer.from((await t.read('keys/k')).data.keys['1'].public_key, 'base64')
  assert.ok(verify(null, Buffer.from('m'), createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }), body(signature)))
  assert.equal((await t.write('verify/k', { input: b64('m'), signature })).data.valid, true)
  assert.equal((await t.write('verify/k', { input: b64('n'), signature })).data.valid, false)

  const derived = (await t.write('sign/d', { input: b64('m'), context: b64('c') })).data
  assert.equal((await t.read('keys/d', { context: b64('c') })).data.keys['1'].public_key, derived.public_key)
  assert.equal((await t.read('keys/d')).data.keys['1'].public_key, '')
  assert.equal((await t.write('verify/d', { input: b64('m'), context: b64('c'), signature: derived.signature })).data.valid, true)
  assert.equal((await t.write('verify/d', { input: b64('m'), context: b64('e'), signature: derived.signature })).data.valid, false)
  await assert.rejects(t.write('sign/d', { input: b64('m') }), code('invalid', /missing 'context'/))
})

test('HMACs verify by version, and never with another key, input or length', async () => {
  const t = mount(transit)
  await t.write('keys/k', { type: 'hmac', key_size: 64, exportable: true })
  const secret = Buffer.from((await t.read('export/hmac-key/k')).data.keys['1'], 'base64')
  assert.equal(secret.length, 64)
  const { hmac } = (await t.write('hmac/k/sha2-512', { input: b64('m') })).data
  assert.deepEqual(body(hmac), createHmac('sha512', secret).update('m').digest())
  const check = async (more: object) => (await t.write('verify/k/sha2-512', { input: b64('m'), hmac, ...more })).data.valid
  assert.equal(await check({}), true)
  assert.equal(await check({ input: b64('n') }), false)
  assert.equal(await check({ hmac: `vault:v1:${b64(body(hmac).subarray(0, 20))}` }), false)
  await t.write('keys/k/rotate')
  assert.equal(await check({}), true)
  assert.equal((await t.write('hmac/k', { batch_input: [{ input: b64('m') }, {}] })).data.batch_results[1].error, 'missing input for HMAC')
  await assert.rejects(check({ hmac: undefined }), code('invalid', /neither/))
  await assert.rejects(t.write('verify/k', { batch_input: [{ input: '', hmac: 'a' }, { input: '', signature: 'b' }] }), code('invalid', /all provide/))
  await assert.rejects(t.write('sign/k', { input: b64('m') }), code('invalid', /does not support signing/))
})

test('hash and random', async () => {
  const t = mount(transit)
  assert.equal((await t.write('hash', { input: b64('abc') })).data.sum, createHash('sha256').update('abc').digest('hex'))
  assert.equal((await t.write('hash/sha3-512', { input: b64('abc'), format: 'base64' })).data.sum, createHash('sha3-512').update('abc').digest('base64'))
  for (const [path, bytes] of [['random', 32], ['random/20', 20], ['random/platform', 32], ['random/all/7', 7]] as const) {
    assert.equal(Buffer.from((await t.write(path)).data.random_bytes, 'base64').length, bytes, path)
  }
  assert.match((await t.write('random', { bytes: 4, format: 'hex' })).data.random_bytes, /^[0-9a-f]{8}$/)
  for (const path of ['random/0', 'random/999999999', 'random/dice', 'hash/md5']) await assert.rejects(t.write(path, { input: '' }), code('invalid'))
})

test('settings hold each other in check; deletion, soft deletion and trimming', async () => {
  const t = mount(transit)
  await t.write('keys/k')
  assert.deepEqual((await t.write('keys/k')).warnings, ['key k already existed'])
  for (let at = 0; at < 3; at++) await t.write('keys/k/rotate')
  await assert.rejects(t.delete('keys/k'), code('invalid', /deletion is not allowed/))
  await assert.rejects(t.write('keys/k/config', { min_decryption_version: 9 }), code('invalid', /latest key version is 4/))
  await assert.rejects(t.write('keys/k/config', { min_decryption_version: 3, min_encryption_version: 2 }), code('invalid'))
  await assert.rejects(t.write('keys/k/config', { auto_rotate_period: '10m' }), code('invalid', /at least an hour/))
  await assert.rejects(t.write('keys/k/trim', { min_available_version: 2 }), code('invalid', /not set/))
  await t.write('keys/k/config', { min_decryption_version: 2, min_encryption_version: 3, deletion_allowed: true })
  await assert.rejects(t.write('encrypt/k', { plaintext: b64('x'), key_version: 2 }), code('invalid', /less than the minimum/))
  await assert.rejects(t.write('keys/k/trim', { min_available_version: 3 }), code('invalid'))
  const trimmed = (await t.write('keys/k/trim', { min_available_version: 2 })).data
  assert.deepEqual([trimmed.min_available_version, Object.keys(trimmed.keys)], [2, ['2', '3', '4']])
  await t.delete('keys/k/soft-delete')
  await assert.rejects(t.write('encrypt/k', { plaintext: b64('x') }), code('invalid', /soft-deleted/))
  await assert.rejects(t.write('keys/k/rotate'), code('invalid', /soft-deleted/))
  assert.equal((await t.read('keys/k')).data.soft_deleted, true)
  await t.write('keys/k/soft-delete-restore')
  await t.write('encrypt/k', { plaintext: b64('x') })
  assert.equal((await t.delete('keys/k')).status, 204)
  assert.equal((await t.read('keys/k')).status, 404)
  for (const bad of ['../x', 'a b', '-x', 'x-']) await assert.rejects(t.call('write', `keys/${bad.replace('/', '%')}`), code('invalid'))
})

test('keys rotate by themselves once their period has passed', async () => {
  const t = mount(transit)
  await t.write('keys/k', { auto_rotate_period: '2h' })
  await t.chores()
  assert.equal((await t.read('keys/k')).data.latest_version, 1)
  t.advance(7300)
  await t.chores()
  await t.chores()
  assert.equal((await t.read('keys/k')).data.latest_version, 2)
  await t.write('keys/k/config', { auto_rotate_period: 0 })
  t.advance(7300)
  await t.chores()
  assert.equal((await t.read('keys/k')).data.latest_version, 2)
})

test('concurrent rotations and creations all count', async () => {
  const t = mount(transit)
  const made = await Promise.all(Array.from({ length: 5 }, () => t.write('keys/k')))
  assert.equal(made.filter((reply) => !reply.warnings).length, 1)
  await Promise.all(Array.from({ length: 10 }, () => t.write('keys/k/rotate')))
  assert.equal((await t.read('keys/k')).data.latest_version, 11)
})

test('odd ciphertexts, signatures and HMACs are refused or untrue, never a crash', async () => {
  const t = mount(transit)
  for (const type of ['aes256-gcm96', 'ecdsa-p256', 'ed25519', 'rsa-2048']) await t.write(`keys/${type}`, { type })
  const tail = fc.oneof(fc.uint8Array({ maxLength: 80 }).map((bytes) => b64(Buffer.from(bytes))), fc.string())
  const marked = fc.tuple(fc.constantFrom('vault:v1:', 'vault:v0:', 'vault:v99999999999:', 'vault:', 'vault:v1', ''), tail).map((parts) => parts.join(''))
  await fc.assert(fc.asyncProperty(marked, fc.constantFrom('asn1', 'jws'), async (text, marshaling_algorithm) => {
    await assert.rejects(t.write('decrypt/aes256-gcm96', { ciphertext: text }), code('invalid'))
    for (const type of ['ecdsa-p256', 'ed25519', 'rsa-2048']) {
      for (const proof of [{ signature: text, marshaling_algorithm }, { hmac: text }]) {
        const valid = await t.write(`verify/${type}`, { input: b64('m'), ...proof }).then((reply) => reply.data.valid, (error: { code: string }) => error.code)
        assert.ok(valid === false || valid === 'invalid', `${type} ${valid}`)
      }
    }
  }), { numRuns: 200 })
})
