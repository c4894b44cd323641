import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decrypt, generateKey, readKey, readMessage, readPrivateKey, type PrivateKey } from 'openpgp'
import { autoSeal, invalid, serve, serveUnsealed, token, type Body } from './seal.test-aid.ts'

interface Person {
  base64: string
  fingerprint: string
  /** The plain text of a message. */
  open(message: Buffer): Promise<string>
}

async function makePerson(name: string, type: 'rsa' | 'curve25519'): Promise<Person> {
  const made = await generateKey({ type, rsaBits: 2048, userIDs: [{ name }], format: 'binary' })
  const own: PrivateKey = await readPrivateKey({ binaryKey: made.privateKey })
  return {
    base64: Buffer.from(made.publicKey).toString('base64'),
    fingerprint: own.getFingerprint(),
    open: async (message) => String((await decrypt({ message: await readMessage({ binaryMessage: message }), decryptionKeys: own })).data),
  }
}

let people: Person[]
before(async () => {
  people = await Promise.all([makePerson('one', 'rsa'), makePerson('two', 'curve25519'), makePerson('three', 'curve25519')])
})
const keysOf = (some: Person[]): string[] => some.map((person) => person.base64)
const opened = (some: Person[], messages: string[]): Promise<string[]> => Promise.all(messages.map((message, at) => some[at]!.open(Buffer.from(message, 'base64'))))

test('init encrypts each share and the root token to their people', async () => {
  const { ask } = serve()
  const made = (await ask('write', 'init', { secret_shares: 3, secret_threshold: 2, pgp_keys: keysOf(people), root_token_pgp_key: people[1]!.base64 }))!
  assert.deepEqual(made.keys.map((key: string) => Buffer.from(key, 'hex').toString('base64')), made.keys_base64)
  assert.equal(await people[1]!.open(Buffer.from(made.root_token, 'base64')), token)
  const shares = await opened(people, made.keys_base64)
  for (const share of shares) assert.match(share, /^[0-9a-f]{66}$/)
  for (const key of shares.slice(1)) await ask('write', 'unseal', { key })
  assert.equal((await ask('read', 'seal-status'))!.sealed, false)
})

test('keys that cannot be used are refused before anything is made', async () => {
  const { ask } = serve()
  const [{ base64 }] = people as [Person]
  const secret = await generateKey({ type: 'curve25519', userIDs: [{ name: 'x' }], format: 'binary' })
  const division = { secret_shares: 1, secret_threshold: 1 }
  const refused: [Body, RegExp][] = [
    [{ ...division, pgp_keys: ['!'] }, /error decoding given PGP key/],
    [{ ...division, pgp_keys: ['aGVsbG8='] }, /error parsing given PGP key/],
    [{ ...division, pgp_keys: [base64, base64] }, /count mismatch/],
    [{ ...division, pgp_keys: [Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from(people[1]!.base64, 'base64')]).toString('base64')] }, /expected one key, got 2/],
    [{ ...division, pgp_keys: [Buffer.from(secret.privateKey).toString('base64')] }, /private/],
    [{ ...division, root_token_pgp_key: 'A'.repeat(600_000) }, /too long/],
    [{ ...division, recovery_pgp_keys: [base64] }, /recovery_shares,recovery_threshold,recovery_pgp_keys not applicable to seal type shamir/],
  ]
  for (const [body, message] of refused) await assert.rejects(ask('write', 'init', body), invalid(message))
  assert.deepEqual(await ask('read', 'init'), { initialized: false })
})

test('recovery shares of an automatic seal are encrypted too', async () => {
  const { ask } = serve({ seal: autoSeal })
  await assert.rejects(ask('write', 'init', { recovery_pgp_keys: keysOf(people) }), invalid(/shares must be at least one/))
  await assert.rejects(ask('write', 'init', { pgp_keys: keysOf(people) }), invalid(/secret_shares,secret_threshold,pgp_keys not applicable/))
  const made = (await ask('write', 'init', { recovery_shares: 2, recovery_threshold: 2, recovery_pgp_keys: keysOf(people.slice(0, 2)) }))!
  const shares = await opened(people, made.recovery_keys_base64)
  await ask('write', 'seal')
  for (const key of shares) await ask('write', 'unseal', { key })
  assert.equal((await ask('read', 'seal-status'))!.sealed, false)
  await assert.rejects(ask('write', 'rekey/init', { secret_shares: 1, secret_threshold: 1, pgp_keys: keysOf(people.slice(0, 1)) }), invalid(/automatic seal/))
})

test('a rekey tells the fingerprints, keeps a backup when asked, and verifies what was decrypted', async () => {
  const { ask, keys } = await serveUnsealed()
  const two = people.slice(0, 2)
  const pgp_fingerprints = two.map((person) => person.fingerprint)
  assert.match(pgp_fingerprints.join(), /^[0-9a-f]{40},[0-9a-f]{40}$/)
  const started = (await ask('write', 'rekey/init', { secret_shares: 2, secret_threshold: 2, pgp_keys: keysOf(two), backup: true, require_verification: true }))!
  assert.deepEqual([started.pgp_fingerprints, started.backup], [pgp_fingerprints, true])
  const { nonce } = started
  await ask('write', 'rekey/update', { key: keys[0], nonce })
  const done = (await ask('write', 'rekey/update', { key: keys[1], nonce }))!
  assert.deepEqual([done.pgp_fingerprints, done.backup], [pgp_fingerprints, true])
  assert.deepEqual(await ask('read', 'rekey/backup'), {
    nonce,
    keys: Object.fromEntries(pgp_fingerprints.map((print, at) => [print, [done.keys[at]]])),
    keys_base64: Object.fromEntries(pgp_fingerprints.map((print, at) => [print, [done.keys_base64[at]]])),
  })
  for (const key of await opened(two, done.keys_base64)) await ask('write', 'rekey/verify', { key, nonce: done.verification_nonce })
  await ask('write', 'seal')
  for (const key of await opened(two, done.keys_base64)) await ask('write', 'unseal', { key })
  assert.equal((await ask('read', 'seal-status'))!.sealed, false)
  await assert.rejects(ask('read', 'rekey/recovery-key-backup'), invalid(/no backed-up keys/))
  await ask('delete', 'rekey/backup')
  await assert.rejects(ask('read', 'rotate/root/backup'), invalid(/no backed-up keys/))
})

test('one person may hold several shares, and all of them are backed up', async () => {
  const { ask, keys } = await serveUnsealed()
  const { nonce } = (await ask('write', 'rekey/init', { secret_shares: 2, secret_threshold: 2, pgp_keys: keysOf([people[0]!, people[0]!]), backup: true }))!
  for (const key of keys.slice(0, 2)) await ask('write', 'rekey/update', { key, nonce })
  assert.equal((await ask('read', 'rekey/backup'))!.keys[people[0]!.fingerprint].length, 2)
})

test('a generated root token is encrypted in place of a one-time password', async () => {
  const { ask, keys } = await serveUnsealed()
  const [person] = people as [Person]
  await assert.rejects(ask('write', 'generate-root/attempt', { pgp_key: person.base64, otp: 'O'.repeat(28) }), invalid(/exclude/))
  const started = (await ask('write', 'generate-root/attempt', { pgp_key: person.base64 }))!
  assert.deepEqual([started.otp, started.pgp_fingerprint], ['', person.fingerprint])
  for (const key of keys.slice(0, 2)) {
    const reply = (await ask('write', 'generate-root/update', { key, nonce: started.nonce }))!
    assert.equal(reply.pgp_fingerprint, person.fingerprint)
    if (reply.complete) assert.equal(await person.open(Buffer.from(reply.encoded_token, 'base64')), token)
  }
  assert.deepEqual((await ask('read', 'generate-root/attempt'))!.pgp_fingerprint, '')
})

const gnupg = spawnSync('gpg', ['--version']).status === 0

test('GnuPG decrypts what was encrypted to its key', { skip: gnupg ? false : 'GnuPG is not installed' }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-gpg-'))
  const gpg = (args: string[], input?: Buffer): Buffer => {
    const ran = spawnSync('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], { input: input ?? '' })
    assert.equal(ran.status, 0, String(ran.stderr))
    return ran.stdout
  }
  after(() => {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'])
    rmSync(home, { recursive: true, force: true })
  })
  gpg(['--quick-generate-key', 'holder@example.org', 'rsa2048', 'default', 'never'])
  gpg(['--quick-add-key', fingerprintIn(gpg(['--list-keys', '--with-colons'])), 'rsa2048', 'encrypt'])
  const key = gpg(['--export', 'holder@example.org'])
  assert.equal((await readKey({ binaryKey: key })).getFingerprint().toUpperCase(), fingerprintIn(gpg(['--list-keys', '--with-colons'])))
  const { ask } = serve()
  const made = (await ask('write', 'init', { secret_shares: 1, secret_threshold: 1, pgp_keys: [key.toString('base64')] }))!
  const file = join(home, 'share')
  writeFileSync(file, Buffer.from(made.keys_base64[0], 'base64'))
  await ask('write', 'unseal', { key: String(gpg(['--decrypt', file])) })
  assert.equal((await ask('read', 'seal-status'))!.sealed, false)
})

const fingerprintIn = (listing: Buffer): string => /^fpr:+([0-9A-F]{40}):/m.exec(String(listing))![1]!
