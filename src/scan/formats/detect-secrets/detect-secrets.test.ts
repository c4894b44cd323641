import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { ScanError } from '../../scan-error.ts'
import { awsKey, folder, type Folder } from '../scan.test-aid.ts'
import { audit } from './audit.ts'
import { emptyBaseline, hashOf, parseBaseline, writeBaseline } from './baseline.ts'

const run = (at: Folder, tool: 'detect-secrets' | 'detect-secrets-hook', args: string[], input?: string) => at.scan(['compat', tool, ...args], input)
const read = (at: Folder, file: string) => JSON.parse(readFileSync(join(at.path, file), 'utf8')) as { results: Record<string, Record<string, unknown>[]>; filters_used: object[] }

test('the workflow of detect-secrets: scan, audit, report, hook, update', (t) => {
  const at = folder(t, { 'old.py': `key = "${awsKey()}"\n`, 'kept.txt': 'nothing\n' })
  at.git('init', '-q')
  at.git('add', '.')
  const scan = run(at, 'detect-secrets', ['scan'])
  assert.equal(scan.status, 0)
  at.write('.secrets.baseline', scan.out)
  const [entry] = read(at, '.secrets.baseline').results['old.py']!
  assert.deepEqual(entry, { type: 'AWS Access Key', filename: 'old.py', hashed_secret: hashOf(awsKey()), is_verified: false, line_number: 1 })
  assert.ok(!scan.out.includes(awsKey()))

  assert.equal(run(at, 'detect-secrets', ['audit', '.secrets.baseline'], 'n\n').status, 0)
  assert.equal(read(at, '.secrets.baseline').results['old.py']![0]!.is_secret, true)
  const report = run(at, 'detect-secrets', ['audit', '--report', '--baseline', '.secrets.baseline'])
  assert.deepEqual(JSON.parse(report.out).results[0].category, 'VERIFIED_TRUE')
  assert.ok(!report.out.includes(awsKey()))

  assert.equal(run(at, 'detect-secrets-hook', ['--baseline', '.secrets.baseline', 'old.py']).status, 0)
  at.write('old.py', `\n\nkey = "${awsKey()}"\n`)
  assert.equal(run(at, 'detect-secrets-hook', ['--baseline', '.secrets.baseline', 'old.py']).status, 3)
  assert.equal(read(at, '.secrets.baseline').results['old.py']![0]!.line_number, 3)
  at.write('new.py', `key = "${awsKey('ZYX7WVU2TSR3QPN4')}"\n`)
  assert.equal(run(at, 'detect-secrets-hook', ['--baseline', '.secrets.baseline', 'new.py']).status, 1)

  at.git('add', '.')
  assert.equal(run(at, 'detect-secrets', ['scan', '--update', '.secrets.baseline', '--exclude-files', 'new']).status, 0)
  const updated = read(at, '.secrets.baseline')
  assert.deepEqual(Object.keys(updated.results), ['old.py'])
  assert.equal(updated.results['old.py']![0]!.is_secret, true)
  assert.equal(at.scan(['--baseline', '.secrets.baseline']).status, 0)
  assert.equal(at.scan(['--update', '.secrets.baseline']).status, 0)
})

test('what the plugins of a baseline do not look for is left out', (t) => {
  const at = folder(t, { 'a.py': `key = "${awsKey()}"\n` })
  assert.deepEqual(JSON.parse(run(at, 'detect-secrets', ['scan', '--disable-plugin', 'AWSKeyDetector']).out).results, {})
  assert.match(run(at, 'detect-secrets', ['scan', '--string', awsKey()]).out, /AWSKeyDetector +: True/)
})

test('an audit goes back, skips and quits', async () => {
  const baseline = emptyBaseline()
  for (const file of ['a', 'b', 'c']) baseline.results.set(file, [{ type: 'Private Key', filename: file, hashed_secret: hashOf(file), is_verified: false }])
  const answers = ['y', 'b', 'n', '?', 's', 'q']
  const count = await audit(baseline, () => [], { say: () => {}, ask: async () => answers.shift() ?? null })
  assert.equal(count, 1)
  assert.deepEqual([...baseline.results.values()].map(([entry]) => entry!.is_secret), [true, undefined, undefined])
})

test('a baseline is read back as it was written; anything else is a ScanError', () => {
  const entry = fc.record({ type: fc.string(), filename: fc.string(), hashed_secret: fc.string().map(hashOf), is_verified: fc.boolean(), line_number: fc.nat() }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.array(entry, { minLength: 1, maxLength: 1 })), (files) => {
      const baseline = { ...emptyBaseline(), results: new Map(Object.entries(files)) }
      assert.deepEqual(new Map(parseBaseline(writeBaseline(baseline)).results), baseline.results)
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.record({ results: fc.object(), plugins_used: fc.anything() }).map((value) => JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? 1 : one)))), (text) => {
      try {
        parseBaseline(text)
      } catch (error) {
        assert.ok(error instanceof ScanError)
      }
    }),
  )
})
