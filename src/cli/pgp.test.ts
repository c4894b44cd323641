import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { generateKey, readKey } from 'openpgp'
import { runLine, withServer } from './cli.test-aid.ts'
import { pgpKeysOf } from './pgp.ts'

const folder = mkdtempSync(join(tmpdir(), 'strongroom-pgp-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('a key is read from an armored, a binary or a base64 file', async () => {
  const { publicKey, privateKey } = await generateKey({ type: 'curve25519', userIDs: [{ name: 'x' }], format: 'armored' })
  const binary = Buffer.from((await readKey({ armoredKey: publicKey })).write())
  const expected = binary.toString('base64')
  assert.match(publicKey, /^=.{4}$/m)
  const headed = publicKey.replace(/^=.{4}\n/m, '').replace('BLOCK-----\n', 'BLOCK-----\nVersion: 1\nComment: mine\n')
  const files = [file('a.asc', publicKey), file('b.asc', headed.replaceAll('\n', '\r\n')), file('c.pgp', binary), file('d.txt', `${expected}\n`)]
  assert.deepEqual(pgpKeysOf([files.slice(0, 2).join(','), ...files.slice(2)]), [expected, expected, expected, expected])
  assert.throws(() => pgpKeysOf([file('secret.asc', privateKey)]), /expected one armored public key, found 0/)
  assert.throws(() => pgpKeysOf([file('two.asc', publicKey + publicKey)]), /found 2/)
  assert.throws(() => pgpKeysOf(['keybase:someone']), /Keys of keybase are not fetched/)
  assert.throws(() => pgpKeysOf([join(folder, 'absent')]), /ENOENT/)
})

test('the flags send keys; the backup is retrieved and deleted', async () => {
  const one = file('one', 'aGVsbG8=')
  const status = { nonce: 'n', started: true, t: 1, n: 1, progress: 0, required: 1, pgp_fingerprints: ['f0'], backup: true }
  await withServer({
    'PUT /v1/sys/rekey/init': status,
    'GET /v1/sys/rekey/backup': { data: { nonce: 'n', keys: { f0: ['00'] }, keys_base64: { f0: ['AA=='] } } },
    'DELETE /v1/sys/rekey/backup': [204],
    'PUT /v1/sys/generate-root/attempt': { nonce: 'n', started: true, progress: 0, required: 1, complete: false, pgp_fingerprint: 'f0' },
  }, async (line, fake) => {
    const begun = await line(['operator', 'rekey', '-init', '-key-shares=1', '-key-threshold=1', `-pgp-keys=${one}`, '-backup'])
    assert.equal(begun.code, 0, begun.err)
    assert.match(begun.out, /PGP Fingerprints\s+\[f0\]/)
    assert.equal(begun.err, '')
    assert.deepEqual((fake.seen[0]!.body as { pgp_keys: string[] }).pgp_keys, ['aGVsbG8='])
    assert.match((await line(['operator', 'rekey', '-backup-retrieve', '-format=json'])).out, /"f0"/)
    assert.match((await line(['operator', 'rekey', '-backup-delete'])).out, /Success/)
    const root = await line(['operator', 'generate-root', '-init', `-pgp-key=${one}`])
    assert.match(root.out, /PGP Fingerprint\s+f0/)
    assert.deepEqual(fake.seen.at(-1)!.body, { pgp_key: 'aGVsbG8=' })
  })
  assert.equal((await runLine(['operator', 'generate-root', '-init', '-otp=x', `-pgp-key=${one}`])).code, 1)
})
