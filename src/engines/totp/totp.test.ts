import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { engineContract } from '../contract.ts'
import { mount } from '../harness.ts'
import { totp } from './index.ts'

engineContract(totp)

const code = (wanted: string, message?: RegExp) => (error: unknown): boolean => {
  assert.equal((error as { code: string }).code, wanted)
  if (message) assert.match((error as Error).message, message)
  return true
}

/** RFC 4648 base32 of ASCII text. */
function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)]).join('')
}

const at = (seconds: number) => {
  const t = mount(totp)
  t.advance(seconds - Date.now() / 1000)
  return t
}

test('RFC 6238, appendix B: codes of eight digits at their times', async () => {
  const keys = { SHA1: '1234567890'.repeat(2), SHA256: '1234567890'.repeat(3) + '12', SHA512: '1234567890'.repeat(6) + '1234' }
  const expected: [number, string, string, string][] = [
    [59, '94287082', '46119246', '90693936'], [1111111109, '07081804', '68084774', '25091201'], [1234567890, '89005924', '91819424', '93441116'],
    [20000000000, '65353130', '77737706', '47863826'],
  ]
  for (const [seconds, ...codes] of expected) {
    for (const [index, [algorithm, secret]] of Object.entries(keys).entries()) {
      const t = at(seconds + 0.2)
      await t.write('keys/k', { key: base32(secret), digits: 8, algorithm })
      assert.equal((await t.read('code/k')).data.code, codes[index])
    }
  }
})

test('a code is taken once, within one period of skew, and not by another key', async () => {
  const t = at(1_700_000_010)
  await t.write('keys/k', { generate: true, issuer: 'Acme', account_name: 'bob' })
  await t.write('keys/other', { generate: true, issuer: 'Acme', account_name: 'eve' })
  const first = (await t.read('code/k')).data.code
  assert.equal((await t.write('code/other', { code: first })).data.valid, false)
  t.advance(30)
  assert.equal((await t.write('code/k', { code: first })).data.valid, true)
  await assert.rejects(t.write('code/k', { code: first }), code('invalid', /already used/))
  const second = (await t.read('code/k')).data.code
  const answers = await Promise.allSettled(Array.from({ length: 4 }, () => t.write('code/k', { code: second })))
  assert.equal(answers.filter((one) => one.status === 'fulfilled').length, 1)
  t.advance(90)
  assert.equal((await t.write('code/k', { code: second })).data.valid, false)
  for (const odd of ['', 'abcdef', '1', '0000000000']) {
    const valid = await t.write('code/k', { code: odd }).then((reply) => reply.data.valid, (error: { code: string }) => error.code)
    assert.ok(valid === false || valid === 'invalid', odd)
  }
})

test('a key that is made is shown once, as URL and barcode', async () => {
  const t = mount(totp)
  const { url, barcode } = (await t.write('keys/k', { generate: true, issuer: 'Acme Inc', account_name: 'bob@x', qr_size: 300 })).data
  const parsed = new URL(url)
  assert.equal(parsed.protocol + parsed.host, 'otpauth:totp')
  assert.equal(decodeURIComponent(parsed.pathname), '/Acme Inc:bob@x')
  assert.match(parsed.searchParams.get('secret')!, /^[A-Z2-7]{32}$/)
  const png = Buffer.from(barcode, 'base64')
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [300, 300])
  const length = png.readUInt32BE(33)
  assert.equal(inflateSync(png.subarray(41, 41 + length)).length, 300 * (Math.ceil(300 / 8) + 1))
  await t.write('keys/copy', { url })
  assert.equal((await t.read('code/copy')).data.code, (await t.read('code/k')).data.code)
  const shown = (await t.read('keys/copy')).data
  assert.deepEqual(shown, { issuer: 'Acme Inc', account_name: 'bob@x', period: 30, algorithm: 'SHA1', digits: 6 })
  assert.equal((await t.write('keys/quiet', { generate: true, exported: false, issuer: 'a', account_name: 'b' })).status, 204)
  assert.deepEqual((await t.write('keys/plain', { generate: true, issuer: 'a', account_name: 'b', qr_size: 0 })).data.barcode, undefined)
  assert.deepEqual(await t.list('keys'), ['copy', 'k', 'plain', 'quiet'])
  await t.delete('keys/k')
  assert.equal((await t.read('keys/k')).status, 404)
  await assert.rejects(t.read('code/k'), code('invalid', /unknown key/))
})

test('keys that cannot be are refused', async () => {
  const t = mount(totp)
  for (const bad of [
    {}, { key: 'not base32!' }, { key: 'ABCD', digits: 7 }, { key: 'ABCD', algorithm: 'MD5' }, { key: 'ABCD', period: 0 }, { key: 'ABCD', skew: 2 },
    { generate: true, issuer: 'a' }, { generate: true, account_name: 'a' }, { generate: true, issuer: 'a', account_name: 'b', key: 'ABCD' },
    { url: 'http://totp/x?secret=ABCD' }, { url: 'nonsense' }, { url: 'otpauth://totp/x?secret=ABCD&digits=x' }, { generate: true, issuer: 'a', account_name: 'b', qr_size: -1 },
  ]) await assert.rejects(t.write('keys/k', bad), code('invalid'), JSON.stringify(bad))
})
