import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('a secret comes with its barcode, as large as the method says', async () => {
  const entity_id = (await trial.must('POST', 'identity/entity', { name: 'ann' })).data.id
  const made = async (settings: object) => {
    const { method_id } = (await trial.must('POST', 'identity/mfa/method/totp', { issuer: 'test', ...settings })).data
    return (await trial.must('POST', 'identity/mfa/method/totp/admin-generate', { method_id, entity_id })).data as { url: string; barcode: string }
  }
  const { url, barcode } = await made({ qr_size: 256 })
  assert.match(url, /^otpauth:\/\/totp\/test:/)
  const png = Buffer.from(barcode, 'base64')
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [256, 256])
  assert.equal((await made({ qr_size: 0 })).barcode, '')
  assert.equal((await trial.ask('POST', 'identity/mfa/method/totp', { issuer: 'test', qr_size: 100_000 })).status, 400)
})
