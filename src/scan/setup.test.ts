import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { awsKey, folder } from './formats/scan.test-aid.ts'
import { readBaseline } from './baseline.ts'
import { readOwn } from './own-configuration.ts'
import { ScanError } from './scan-error.ts'

test('our baseline holds when a secret moves, and with a key of one’s own tells nothing', (t) => {
  const at = folder(t, { 'a.py': `key = "${awsKey()}"\n`, key: 'k'.repeat(32) })
  assert.equal(at.scan(['--write-baseline', 'known.json', 'a.py']).status, 1)
  at.write('sub/b.py', `\n\nother = ["${awsKey()}"]\n`)
  assert.equal(at.scan(['--baseline', 'known.json', '.']).status, 0)
  at.write('c.py', `key = "${awsKey('ZYX7WVU2TSR3QPN4')}"\n`)
  assert.equal(at.scan(['--baseline', 'known.json', '.']).status, 1)
  at.scan(['--write-baseline', 'keyed.json', '--fingerprint-key', 'key', '.'])
  assert.notEqual(readFileSync(join(at.path, 'keyed.json'), 'utf8'), readFileSync(join(at.path, 'known.json'), 'utf8'))
  assert.equal(at.scan(['--baseline', 'keyed.json', '--fingerprint-key', 'key', '.']).status, 0)
  assert.equal(at.scan(['--baseline', 'keyed.json', '.']).status, 1)
  assert.equal(at.scan(['--baseline', 'a.py', '.']).status, 2)
})

test('what documentation prints for everybody is no secret', (t) => {
  const address = (password: string): string => `mongodb://reader:${password}@db.internal:27017\n`
  const at = folder(t, { 'a.txt': address('D1fficult' + 'P%40ssw0rd'), 'b.txt': address('D1fficult' + 'P%40ssw0rf') })
  assert.equal(at.scan(['a.txt']).status, 0)
  assert.equal(at.scan(['b.txt']).status, 1)
})

test('what a report that failed should have shown is found again', (t) => {
  const at = folder(t, { 'a.py': `key = "${awsKey()}"\n` })
  at.git('init', '-q')
  at.git('add', 'a.py')
  at.git('commit', '-qm', 'a')
  assert.equal(at.scan(['git', '--cache', 'cache', '--output', 'no/such/folder']).status, 2)
  assert.equal(at.scan(['git', '--cache', 'cache']).status, 1)
  assert.equal(at.scan(['git', '--cache', 'cache']).status, 0)
})

test('prefixes of one’s own in one line', (t) => {
  const token = `crawbl_${'a1B2'.repeat(5)}`
  const at = folder(t, { 'a.txt': `x = f(${token})\n`, '.strongroom-scan.yaml': 'prefixes: [acme_live_, crawbl_]\n' })
  const [finding] = JSON.parse(at.scan(['--format', 'json', '--no-redact', 'a.txt']).out)
  assert.deepEqual([finding.rule, finding.secret], ['custom-prefix', token])
  assert.equal(at.scan(['--no-config', 'a.txt', '--rules', 'custom-prefix']).status, 0)
  at.write('.strongroom-scan.yaml', `prefixes: [crawbl_]\nallow: { paths: ['*.txt'] }\n`)
  assert.equal(at.scan(['a.txt']).status, 0)
  at.write('.strongroom-scan.yaml', 'prefixes: [x]\n')
  assert.equal(at.scan(['a.txt']).status, 2)
})

test('a configuration that merely lies there and does not hold is told and left out; one that is named must hold', (t) => {
  const at = folder(t, { 'a.py': `key = "${awsKey()}"\n`, '.gitleaks.toml': '[[rules]]\nid = "x"\nregex = "(?=a)"\n' })
  const scan = at.scan(['a.py'])
  assert.equal(scan.status, 1)
  assert.match(scan.err, /\.gitleaks\.toml: rule x: look-around/)
  assert.equal(at.scan(['--config', '.gitleaks.toml', 'a.py']).status, 2)
})

test('configurations and baselines that make no sense are a ScanError', async () => {
  const safe = async (read: () => Promise<unknown>): Promise<void> => {
    try {
      await read()
    } catch (error) {
      assert.ok(error instanceof ScanError, String(error))
    }
  }
  const yaml = fc.oneof(fc.string(), fc.constantFrom('prefixes: 3', 'prefixes: [a]', '- 1', 'allow: []', 'allow: {paths: {}}', '&a [*a]', 'disable: [[]]', 'other: 1', '{', 'prefixes: ["(((("]'))
  await fc.assert(fc.asyncProperty(yaml, (text) => safe(() => readOwn(text))))
  await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.json()), (text) => safe(() => readBaseline(text))))
})
