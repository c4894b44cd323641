import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { unwrapPadded } from '../crypto/key-wrap.ts'
import { secret, withServer } from './cli.test-aid.ts'

test('transit import wraps the key for the mount; nothing of it is sent in clear', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = Buffer.alloc(32, 7)
  await withServer({
    'GET /v1/transit/wrapping_key': secret({ public_key: publicKey.export({ type: 'spki', format: 'pem' }) }),
    'PUT /v1/transit/keys/k/import': [204],
    'PUT /v1/team/transit/keys/k/import_version': [204],
    'GET /v1/team/transit/wrapping_key': secret({ public_key: publicKey.export({ type: 'spki', format: 'pem' }) }),
  }, async (line, fake, home) => {
    const file = join(home, 'key')
    writeFileSync(file, `${key.toString('base64')}\n`)
    for (const [words, input] of [[['import', 'transit/keys/k', `@${file}`, 'type=aes256-gcm96', 'exportable=true'], ''], [['import-version', 'team/transit/k', '-'], key.toString('base64')]] as const) {
      const ran = await line(['transit', ...words], { input })
      assert.equal(ran.code, 0, ran.err)
      const { ciphertext, ...options } = fake.seen.at(-1)!.body as { ciphertext: string }
      const bytes = Buffer.from(ciphertext, 'base64')
      const kek = privateDecrypt({ key: privateKey, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes.subarray(0, 256))
      assert.deepEqual(unwrapPadded(kek, bytes.subarray(256)), key)
      assert.deepEqual(options, words[0] === 'import' ? { type: 'aes256-gcm96', exportable: 'true' } : {})
    }
    for (const words of [['transit/keys/k', 'not base64!'], ['k', 'aGk='], ['transit/keys/k', '@/nonexistent']]) assert.equal((await line(['transit', 'import', ...words])).code, 1, words.join())
    const absent = await line(['transit', 'import', 'other/keys/k', 'aGk='])
    assert.deepEqual([absent.code, /No wrapping key found at other\/wrapping_key/.test(absent.err)], [1, true])
  })
})
