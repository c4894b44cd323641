import assert from 'node:assert/strict'
import { createDecipheriv, createECDH, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, publicEncrypt, sign, X509Certificate, constants } from 'node:crypto'
import { test } from 'node:test'
import type { FaultCode } from '../../kit/errors.ts'
import { memoryView, mount } from '../harness.ts'
import { transit } from './index.ts'
import { unwrapPadded, wrapPadded } from '../../crypto/key-wrap.ts'

const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const body = (marked: string): Buffer => Buffer.from(marked.split(':')[2]!, 'base64')
const code = (wanted: FaultCode, message?: RegExp) => (error: unknown): boolean => {
  assert.equal((error as { code: string }).code, wanted)
  if (message) assert.match((error as Error).message, message)
  return true
}

test('RFC 5649: a wrapped key unwraps, a changed one does not', () => {
  const kek = Buffer.alloc(32, 7)
  for (const size of [1, 7, 8, 20, 32, 1200]) {
    const wrapped = wrapPadded(kek, Buffer.alloc(size, 3))
    assert.equal(wrapped.length, Math.ceil(size / 8) * 8 + 8)
    assert.deepEqual(unwrapPadded(kek, wrapped), Buffer.alloc(size, 3))
    wrapped[0]! ^= 1
    assert.equal(unwrapPadded(kek, wrapped), null)
  }
})

test('backup and restore, under the same name by force, or another, or elsewhere', async () => {
  const t = mount(transit)
  await t.write('keys/k', { type: 'ecdsa-p256' })
  await assert.rejects(t.read('backup/k'), code('invalid', /exporting is disallowed/))
  await assert.rejects(t.read('export/signing-key/k'), code('invalid', /not exportable/))
  await t.write('keys/k/config', { exportable: true, allow_plaintext_backup: true })
  await t.write('keys/k/rotate')
  const { signature } = (await t.write('sign/k', { input: b64('m') })).data
  const { backup } = (await t.read('backup/k')).data
  await assert.rejects(t.write('restore', { backup }), code('invalid', /already exists/))
  await t.write('restore', { backup, force: true })
  const other = mount(transit, { store: memoryView() })
  await other.write('restore/copy', { backup })
  assert.equal((await other.write('verify/copy', { input: b64('m'), signature })).data.valid, true)
  assert.equal((await other.read('keys/copy')).data.restore_info.version, 2)
  const twisted = JSON.parse(Buffer.from(backup, 'base64').toString())
  twisted.key.versions['1'].public = twisted.key.versions['2'].public
  for (const bad of ['', '!', b64('{}'), b64('null'), b64(JSON.stringify(twisted))]) {
    await assert.rejects(other.write('restore', { backup: bad }), code('invalid'))
  }
})

test('import: wrapped secrets and pairs, public parts, further versions', async () => {
  const t = mount(transit)
  const wrapper = (await t.read('wrapping_key')).data.public_key
  assert.equal((await t.read('wrapping_key')).data.public_key, wrapper)
  const wrap = (secret: Buffer, hash = 'sha256'): string => {
    const kek = Buffer.alloc(32, 9)
    return b64(Buffer.concat([publicEncrypt({ key: wrapper, oaepHash: hash, padding: constants.RSA_PKCS1_OAEP_PADDING }, kek), wrapPadded(kek, secret)]))
  }
  await t.write('keys/aes/import', { ciphertext: wrap(Buffer.alloc(32, 1), 'sha1'), hash_function: 'SHA1', exportable: true })
  assert.equal((await t.read('export/encryption-key/aes')).data.keys['1'], b64(Buffer.alloc(32, 1)))
  await assert.rejects(t.write('keys/aes/rotate'), code('invalid', /does not allow rotation/))
  await t.write('keys/aes/import_version', { ciphertext: wrap(Buffer.alloc(32, 2)) })
  assert.equal((await t.read('keys/aes')).data.latest_version, 2)
  await assert.rejects(t.write('keys/aes/import', { ciphertext: wrap(Buffer.alloc(32, 1)) }), code('invalid', /existing key/))
  for (const ciphertext of ['!', b64('short'), b64(Buffer.alloc(600)), wrap(Buffer.alloc(31))]) {
    await assert.rejects(t.write('keys/bad/import', { ciphertext }), code('invalid'))
  }

  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const signature = `vault:v1:${b64(sign('sha256', Buffer.from('m'), pair.privateKey))}`
  await t.write('keys/ec/import', { type: 'ecdsa-p256', public_key: pem })
  assert.equal((await t.write('verify/ec', { input: b64('m'), signature })).data.valid, true)
  await assert.rejects(t.write('sign/ec', { input: b64('m') }), code('invalid', /private part/))
  const pkcs8 = wrap(pair.privateKey.export({ type: 'pkcs8', format: 'der' }))
  await t.write('keys/ec/import_version', { ciphertext: pkcs8 })
  assert.equal((await t.read('keys/ec')).data.latest_version, 1)
  assert.equal((await t.write('sign/ec', { input: b64('m') })).data.key_version, 1)
  await assert.rejects(t.write('keys/p384/import', { type: 'ecdsa-p384', ciphertext: pkcs8 }), code('invalid', /not of type/))
  await assert.rejects(t.write('keys/sym/import', { public_key: pem }), code('invalid', /does not support public_key/))
})

test('byok-export of one mount is what import of another takes', async () => {
  const from = mount(transit)
  const to = mount(transit)
  await from.write('keys/wrapper/import', { type: 'rsa-4096', public_key: (await to.read('wrapping_key')).data.public_key })
  await from.write('keys/k', { type: 'ed25519', exportable: true })
  await from.write('keys/locked')
  await assert.rejects(from.read('byok-export/wrapper/locked'), code('invalid', /not exportable/))
  const { keys, type } = (await from.read('byok-export/wrapper/k/latest')).data
  await to.write('keys/moved/import', { type, ciphertext: keys['1'] })
  const { signature } = (await from.write('sign/k', { input: b64('m') })).data
  assert.equal((await to.write('verify/moved', { input: b64('m'), signature })).data.valid, true)
})

test('derive-key: both sides of an agreement hold the same key', async () => {
  const t = mount(transit)
  await t.write('keys/mine', { type: 'ecdsa-p256' })
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await t.write('derive-key/shared', {
    base_key_name: 'mine', peer_public_key: peer.publicKey.export({ type: 'spki', format: 'pem' }), derived_key_type: 'aes128-gcm96',
  })
  const mine = createPublicKey((await t.read('keys/mine')).data.keys['1'].public_key)
  const secret = Buffer.from(hkdfSync('sha256', diffieHellman({ privateKey: peer.privateKey, publicKey: mine }), '', '', 16))
  const sealed = body((await t.write('encrypt/shared', { plaintext: b64('hello') })).data.ciphertext)
  const decipher = createDecipheriv('aes-128-gcm', secret, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16))
  assert.equal(decipher.update(sealed.subarray(12, -16)).toString() + decipher.final().toString(), 'hello')
  const wrong = createECDH('secp384r1')
  wrong.generateKeys()
  await assert.rejects(t.write('derive-key/x', { base_key_name: 'mine', peer_public_key: 'nonsense' }), code('invalid'))
  await assert.rejects(t.write('derive-key/x', { base_key_name: 'absent', peer_public_key: 'nonsense' }), code('invalid', /base key not found/))
})

test('certificates: a request that verifies, a chain kept with its version', async () => {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const t = mount(transit)
  for (const type of ['ecdsa-p384', 'ed25519', 'rsa-2048']) {
    await t.write(`keys/${type}`, { type })
    const { csr } = (await t.write(`keys/${type}/csr`)).data
    const request = new x509.Pkcs10CertificateRequest(csr)
    assert.equal(await request.verify(), true, type)
    const ca = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const leaf = await x509.X509CertificateGenerator.create({
      subject: 'CN=leaf', issuer: 'CN=ca', publicKey: request.publicKey, signingKey: ca.privateKey, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    })
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=ca', keys: ca, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' }, extensions: [new x509.BasicConstraintsExtension(true)],
    })
    const chain = `${leaf.toString('pem')}\n${root.toString('pem')}\n`
    await t.write(`keys/${type}/set-certificate`, { certificate_chain: chain })
    const shown = (await t.read(`export/certificate-chain/${type}`)).data.keys['1']
    assert.equal(new X509Certificate(shown).subject, 'CN=leaf')
    await assert.rejects(t.write(`keys/${type}/set-certificate`, { certificate_chain: root.toString('pem') }), code('invalid', /CA certificate/))
    await t.write(`keys/${type}/rotate`)
    await assert.rejects(t.write(`keys/${type}/set-certificate`, { certificate_chain: chain }), code('invalid', /not for this version/))
  }
  const subject = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=template', signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' }, keys: await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
  })
  const { csr } = (await t.write('keys/ed25519/csr', { csr: subject.toString('pem') })).data
  assert.equal(new x509.Pkcs10CertificateRequest(csr).subject, 'CN=template')
  await assert.rejects(t.write('keys/ed25519/csr', { csr: 'nonsense' }), code('invalid'))
})
