import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formsOf, Roll } from '../../crypto/known-forms.ts'
import { awsKey, folder } from '../formats/scan.test-aid.ts'
import { ScanError } from '../scan-error.ts'
import { KnownIndex } from './fingerprints.ts'
import { readKnown, writeKnown } from './index.ts'

const key = Buffer.alloc(32, 7)
const roll = new Roll(key)
const indexOf = (...values: Uint8Array[]): KnownIndex => new KnownIndex(key, values.map((value, n) => ({ path: `p${n}`, version: 1, live: true, forms: formsOf(key, roll, value) })))

test('a value is found wherever it stands, also encoded with its neighbours', () => {
  const value = fc.uint8Array({ minLength: 9, maxLength: 40 })
  const around = fc.uint8Array({ maxLength: 12 })
  fc.assert(
    fc.property(value, around, around, fc.constantFrom('latin1', 'base64', 'base64url', 'hex'), (secret, before, after, encoding) => {
      const whole = Buffer.concat([before, secret, after])
      const text = encoding === 'latin1' ? whole : Buffer.from(`x = "${whole.toString(encoding)}"`)
      const found = [...indexOf(secret).find(text)]
      assert.ok(found.length > 0)
      assert.equal(found[0]!.secret.path, 'p0')
    }),
    { numRuns: 1000 },
  )
})

test('another value or another key is not found', () => {
  const secret = Buffer.from('correct horse')
  assert.deepEqual([...indexOf(secret).find(Buffer.from('correct h0rse, correct hors'))], [])
  const other = new KnownIndex(Buffer.alloc(32, 8), [{ path: 'p', version: 1, live: true, forms: formsOf(key, roll, secret) }])
  assert.deepEqual([...other.find(secret)], [])
  assert.deepEqual(formsOf(key, roll, Buffer.from('short')).filter((form) => form.name === 'plain'), [])
})

test('secrets that begin alike or are equal are told apart by path', () => {
  const secrets = ['shared-start-one', 'shared-start-two', 'shared-start-one'].map((text) => Buffer.from(text))
  assert.deepEqual([...indexOf(...secrets).find(Buffer.from('x shared-start-one y'))].map((one) => [one.secret.path, one.start, one.end]), [['p0', 2, 18], ['p2', 2, 18]])
})

test('the program names path, version, owner and state; the file holds no value', (t) => {
  const weak = 'correct horse battery'
  const file = writeKnown(key, [
    { path: 'secret/app/db', version: 3, owner: 'team-a', live: true, value: Buffer.from(weak) },
    { path: 'secret/app/aws', version: 1, live: false, value: Buffer.from(awsKey()) },
  ])
  assert.ok(!file.includes(weak))
  const at = folder(t, { 'known.json': file, key, 'a.txt': `x\nnote ${weak}!\n${Buffer.from(`user:${weak}`).toString('base64')}\n${awsKey()}\n` })
  const { out, status } = at.scan(['--known', 'known.json', '--known-key', 'key', '-f', 'json', 'a.txt'])
  assert.equal(status, 1)
  const findings = JSON.parse(out) as { rule: string; line: number; description: string; facts?: { store: string } }[]
  assert.deepEqual(findings.map((one) => [one.rule, one.line]), [['known-secret', 2], ['known-secret', 3], ['aws-access-key-id', 4]])
  assert.match(findings[0]!.description, /secret\/app\/db, version 3, of team-a, live/)
  assert.match(findings[2]!.facts!.store, /secret\/app\/aws, version 1, no longer live/)
  assert.equal(at.scan(['--known', 'key', '--known-key', 'key', 'a.txt']).status, 2)
  assert.match(at.scan(['--known', 'known.json', '--known-key', 'known.json', 'a.txt']).err, /another key/)
  for (const [one, file, other] of [['--known', 'known.json', '--known-key FILE'], ['--known-key', 'key', '--known FILE']] as const) {
    const { err, status: failed } = at.scan([one, file, 'a.txt'])
    assert.equal(failed, 2)
    assert.ok(err.includes(other), err)
  }
})

test('without a file the store is asked, where there is one', (t) => {
  const at = folder(t, { 'known.json': '{}', 'src/a.txt': 'x\n' })
  for (const words of [['--known'], ['--known', 'src'], ['--known', '-q', 'src']]) {
    const { err, status } = at.scan(words)
    assert.equal(status, 2)
    assert.match(err, /127\.0\.0\.1:8200/, words.join(' '))
  }
  assert.match(at.scan(['explain', 'abcdef', '--known']).err, /name a file/)
})

test('a broken file is a ScanError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((one) => `{"kind":"strongroom-known-secrets","secrets":[${one}]}`), fc.json().map((one) => `{"kind":"strongroom-known-secrets","secrets":[{"forms":[${one}]}]}`)), (text) => {
      try {
        readKnown(text, key)
      } catch (error) {
        assert.ok(error instanceof ScanError)
      }
    }),
  )
})
