import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { open, seal } from './aead.ts'

// Test cases 13 to 16 of 'The Galois/Counter Mode of Operation (GCM)', McGrew and Viega, appendix B (256-bit keys).
const key = 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'
const plain =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255'
const cipher =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad'
const vectors = [
  { key: '00'.repeat(32), nonce: '00'.repeat(12), plain: '', cipher: '', aad: '', tag: '530f8afbc74536b9a963b4f1c4cb738b' },
  { key: '00'.repeat(32), nonce: '00'.repeat(12), plain: '00'.repeat(16), cipher: 'cea7403d4d606b6e074ec5d3baf39d18', aad: '', tag: 'd0d1c8a799996bf0265b98b5d48ab919' },
  { key, nonce: 'cafebabefacedbaddecaf888', plain, cipher, aad: '', tag: 'b094dac5d93471bdec1a502270e3cc6c' },
  {
    key, nonce: 'cafebabefacedbaddecaf888', plain: plain.slice(0, 120), cipher: cipher.slice(0, 120),
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2', tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
]
const hex = (text: string) => Buffer.from(text, 'hex')

test('opens the published vectors', () => {
  for (const vector of vectors) {
    const sealed = hex(vector.nonce + vector.cipher + vector.tag)
    assert.equal(open(createSecretKey(hex(vector.key)), sealed, hex(vector.aad)).toString('hex'), vector.plain)
  }
})

test('opens what it sealed, behind the room that it left', () => {
  const secret = createSecretKey(randomBytes(32))
  for (const length of [0, 1, 15, 16, 17, 100_000]) {
    const plaintext = randomBytes(length)
    const sealed = seal(secret, plaintext, Buffer.from('place'), 3)
    assert.equal(sealed.length, 3 + 12 + length + 16)
    assert.deepEqual(open(secret, sealed, Buffer.from('place'), 3), plaintext)
  }
})

test('another key, place, byte or length does not open, and the error says nothing of the content', () => {
  const secret = createSecretKey(randomBytes(32))
  const sealed = seal(secret, Buffer.from('content'), Buffer.from('place'))
  const refused = { message: /^the ciphertext (is too short|does not open)/ }
  assert.throws(() => open(createSecretKey(randomBytes(32)), sealed, Buffer.from('place')), refused)
  assert.throws(() => open(secret, sealed, Buffer.from('other')), refused)
  for (let i = 0; i < sealed.length; i++) {
    const altered = Buffer.from(sealed)
    altered[i]! ^= 0x80
    assert.throws(() => open(secret, altered, Buffer.from('place')), refused)
    assert.throws(() => open(secret, sealed.subarray(0, i), Buffer.from('place')), refused)
  }
})
