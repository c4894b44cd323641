import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { awsKey, folder } from '../formats/scan.test-aid.ts'
import { readRuns } from './strings.ts'
import { viewOf } from './view.ts'

const json = (out: string): string[] => (JSON.parse(out) as { file: string; line: number; rule: string; secret: string }[]).map((one) => `${one.file}:${one.line} ${one.rule} ${one.secret}`)

test('archives when asked, or when named', (t) => {
  const at = folder(t, { 'sub/log.gz': gzipSync(`\n${awsKey()}\n`) })
  assert.equal(at.scan([]).status, 0)
  assert.deepEqual(json(at.scan(['--archives', '3', '-f', 'json', '--no-redact']).out), [`sub/log.gz:2 aws-access-key-id ${awsKey()}`])
  assert.equal(at.scan(['sub/log.gz']).status, 1)
})

test('manifests of Kubernetes: data undone, however short', (t) => {
  const encoded = Buffer.from('Tr0ub4dor&3').toString('base64')
  const manifest = `apiVersion: v1\nkind: ConfigMap\ndata:\n  password: ${encoded}\n---\nkind: Secret\ndata:\n  username: YWRtaW4xMjM=\n  password: ${encoded}\nstringData:\n  other: 'Tr0ub4dor&4'\ntype: Opaque\n`
  const at = folder(t, { 'secret.yaml': manifest })
  const found = json(at.scan(['-f', 'json', '--no-redact', '--no-config']).out)
  assert.ok(found.includes('secret.yaml:9 kubernetes-secret Tr0ub4dor&3'), found.join('\n'))
  assert.ok(found.some((one) => one.startsWith('secret.yaml:11 ') && one.endsWith(' Tr0ub4dor&4')))
  assert.ok(!found.some((one) => /:8 /.test(one)))
})

test('notebooks, coloured logs, dumps', (t) => {
  const source = JSON.stringify({ cells: [{ cell_type: 'code', source: ['db_password = "hG7dkS93mfLa0QpZ"\n'], outputs: [{ text: [`key ${awsKey()}\n`] }] }] }, null, 1)
  const dump = Buffer.concat([Buffer.from([0, 1, 2, 255]), Buffer.from(awsKey()), Buffer.alloc(9), Buffer.from(`token ${awsKey('ZYX7WVU2TSR3QPN4')}`, 'utf16le'), Buffer.alloc(5)])
  const at = folder(t, { 'a.ipynb': source, 'ci.log': `\x1b[32mkey\x1b[0m=\x1b[1mAK${'IA'}QYZ2XW\x1b[31m7VBN3KLM4P\x1b[0m\n`, 'core.1': dump })
  assert.deepEqual(json(at.scan(['-f', 'json', '--no-redact', 'a.ipynb']).out).map((one) => one.split(' ').at(-1)), ['hG7dkS93mfLa0QpZ', awsKey()])
  assert.deepEqual(json(at.scan(['-f', 'json', '--no-redact', 'ci.log']).out), [`ci.log:1 aws-access-key-id ${awsKey()}`])
  const dumped = JSON.parse(at.scan(['--binary', '-f', 'json', '--no-redact', 'core.1']).out) as { column: number; secret: string }[]
  assert.deepEqual(dumped.map((one) => [one.column, one.secret]), [[5, awsKey()], [34, awsKey('ZYX7WVU2TSR3QPN4')]])
})

test('views keep the lines; runs are found whatever surrounds them', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\n', '\\"', '\n', '\x1b[3', '1m', 'x', '\x1b]', '\x07') }), (text) => {
      assert.equal(viewOf('a.ipynb', Buffer.from(text)).toString().split('\n').length, text.replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, '').split('\n').length)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ max: 8 }), fc.uint8Array({ max: 8 }), (before, after) => {
      const bytes = Buffer.concat([before, Buffer.from('printable'), after])
      const { text, offset } = readRuns(bytes, 1)
      assert.equal(text.toString(), 'printable\n')
      assert.equal(offset(1), before.length)
    }),
  )
})
