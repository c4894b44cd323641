import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsKey, folder } from './formats/scan.test-aid.ts'

test('explains a finding without showing the secret', (t) => {
  const at = folder(t, { 'a.txt': `x\nkey ${awsKey()}\n`, 'b.txt': `db_password = "hG7dkS93mfLa0QpZ"\n` })
  const findings = JSON.parse(at.scan(['-f', 'json']).out) as { fingerprint: string; file: string }[]
  const [key, password] = ['a.txt', 'b.txt'].map((file) => findings.find((finding) => finding.file === file)!.fingerprint)
  const known = at.scan(['explain', key!])
  assert.equal(known.status, 0)
  for (const said of [/a\.txt:2:5/, /pattern: /, /Rotate it first/, /strongroom:allow/, new RegExp(key!)]) assert.match(known.out, said)
  assert.ok(!known.out.includes(awsKey()))
  const judged = at.scan(['explain', password!.slice(0, 8), 'b.txt'])
  assert.match(judged.out, /judged by its name and value/)
  assert.ok(!judged.out.includes('hG7dkS93mfLa0QpZ'))
  assert.equal(at.scan(['explain', 'ffffffff']).status, 1)
  assert.equal(at.scan(['explain', 'nonsense']).status, 2)
})
