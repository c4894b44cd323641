import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Finding } from '../../finding.ts'
import { Scanner } from '../../match/scanner.ts'
import { Text } from '../../match/text.ts'
import { ScanError } from '../../scan-error.ts'
import { awsKey, folder } from '../scan.test-aid.ts'
import { readConfiguration } from './configuration.ts'
import { isIgnored, readIgnored } from './ignore.ts'
import { partOf } from './index.ts'

async function scan(toml: string, text: string, path = 'a.txt', commit?: string): Promise<string[]> {
  const part = partOf((await readConfiguration(toml)).config)
  const scanner = new Scanner({ rules: [], detectors: [], finders: part.finders!, refuse: part.refuse! })
  const found: Finding[] = scanner.scan(new Text(Buffer.from(text)), { path })
  const described = found.map((finding) => (commit ? { ...finding, commit: { id: commit, author: '', email: '', date: '', message: '' } } : finding))
  return (await part.finish!(described)).map((finding) => `${finding.rule} ${finding.line} ${finding.secret}`)
}

const rule = (more: string, id = 'one'): string => `[[rules]]\nid = "${id}"\n${more}\n`

test('rules: keywords, groups, entropy, paths', async () => {
  assert.deepEqual(await scan(rule(`regex = '''tok_[a-z0-9]{8}'''\nkeywords = ["TOK_"]`), 'x\ny tok_abcd1234'), ['one 2 tok_abcd1234'])
  assert.deepEqual(await scan(rule(`regex = '''tok_[a-z0-9]{8}'''\nkeywords = ["other"]`), 'tok_abcd1234'), [])
  assert.deepEqual(await scan(rule(`regex = '''(key|secret)=(\\w+);(\\w+)'''\nsecretGroup = 3`), 'key=aaaaaaaaaaaaa;bbb'), ['one 1 bbb'])
  assert.deepEqual(await scan(rule(`regex = '''(key|secret)=(\\w+)'''`), 'key=aaaaaaaaaaaaa'), ['one 1 aaaaaaaaaaaaa'])
  assert.deepEqual(await scan(rule(`regex = '''k=(\\w+)'''\nentropy = 3`), 'k=aaaaaaaaaa k=a1b2c3d4e5'), ['one 1 a1b2c3d4e5'])
  const onPath = rule(`regex = '''k=\\w+'''\npath = '''\\.env$'''`)
  assert.deepEqual(await scan(onPath, 'k=12345678', 'x/.env'), ['one 1 k=12345678'])
  assert.deepEqual(await scan(onPath, 'k=12345678', 'x/env'), [])
  assert.deepEqual(await scan(rule(`path = '''\\.p12$'''`), 'whatever', 'x.p12'), ['one 1 whatever'])
})

test('allow lists: conditions, targets, targetRules, commits', async () => {
  const regex = `regex = '''k=\\w+'''`
  const text = 'before k=12345678 after'
  assert.deepEqual(await scan(rule(`${regex}\n[[rules.allowlists]]\nregexTarget = "line"\nregexes = ["after$"]`), text), [])
  assert.deepEqual(await scan(rule(`${regex}\n[rules.allowlist]\nstopwords = ["345"]`), text), [])
  const both = (path: string): string => rule(`${regex}\n[[rules.allowlists]]\ncondition = "AND"\npaths = ["${path}"]\nregexes = ["123"]`)
  assert.deepEqual(await scan(both('^a'), text), [])
  assert.equal((await scan(both('^b'), text)).length, 1)
  assert.deepEqual(await scan(`${rule(regex)}[allowlist]\npaths = ["a.txt"]`, text), [])
  const targeted = `[[allowlists]]\ntargetRules = ["one"]\nregexes = ["123"]\n${rule(regex)}${rule(`regex = '''after'''`, 'two')}`
  assert.deepEqual(await scan(targeted, text), ['two 1 after'])
  const commits = `${rule(regex)}[[allowlists]]\ncommits = ["${'a'.repeat(40)}"]`
  assert.deepEqual(await scan(commits, text, 'a.txt', 'a'.repeat(40)), [])
  assert.equal((await scan(commits, text, 'a.txt', 'b'.repeat(40))).length, 1)
})

test('a rule that requires another stands only near it', async () => {
  const toml = rule(`regex = '''id=\\w+'''\n[[rules.required]]\nid = "two"\nwithinLines = 2`) + rule(`regex = '''secret=\\w+'''\nskipReport = true`, 'two')
  assert.deepEqual(await scan(toml, 'id=12345678\n\nsecret=12345678'), ['one 1 id=12345678'])
  assert.deepEqual(await scan(toml, 'id=12345678\n\n\nsecret=12345678'), [])
  await assert.rejects(scan(rule(`regex = 'a'\n[[rules.required]]\nid = "none"`), 'a'), ScanError)
})

test('a hostile configuration is refused or harmless', async () => {
  for (const toml of ['[[rules]]', 'rules = 3', '[', rule(`regex = '('`), rule(`regex = 'a'\nentropy = "x"`), rule(`regex = '(?!a)'`), '[extend]\nurl = "https://example.com"', `${rule("regex='a'")}${rule("regex='b'")}`]) {
    await assert.rejects(readConfiguration(toml), ScanError, toml)
  }
  assert.deepEqual(await scan(rule(`regex = '''(a+)+$b'''`), 'a'.repeat(20_000)), [])
})

test('anything but a ScanError stays inside', async () => {
  const value = fc.oneof(fc.constantFrom('"a"', '3', 'true', '[]', '["(a"]', '{}', '[[1]]', "'''a*'''", '-1', '1.5', 'inf'))
  const key = fc.constantFrom('id', 'regex', 'path', 'keywords', 'entropy', 'secretGroup', 'allowlist', 'allowlists', 'required', 'description')
  const line = fc.oneof(fc.constantFrom('[[rules]]', '[allowlist]', '[[allowlists]]', '[extend]', '[[rules.allowlists]]', '[[rules.required]]'), fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`))
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.string({ maxLength: 30 }), async (lines, text) => {
      try {
        await scan(lines.join('\n'), text)
      } catch (error) {
        assert.ok(error instanceof ScanError, `${lines.join('\n')}: ${(error as Error).stack}`)
      }
    }),
    { numRuns: 1000 },
  )
})

test('.gitleaksignore', () => {
  const finding = { rule: 'aws-access-key-id', file: 'a:b.txt', line: 3, fingerprint: 'f'.repeat(32) } as Finding
  const commit = { id: 'c'.repeat(40), author: '', email: '', date: '', message: '' }
  assert.ok(isIgnored(readIgnored('# known\na:b.txt:aws-access-token:3 # why\n'), finding))
  assert.ok(isIgnored(readIgnored(`${'c'.repeat(40)}:a:b.txt:generic-api-key:3`), { ...finding, commit }))
  assert.ok(!isIgnored(readIgnored(`${'d'.repeat(40)}:a:b.txt:aws-access-token:3`), { ...finding, commit }))
  assert.ok(!isIgnored(readIgnored('a:b.txt:slack-bot-token:3\na:b.txt:aws-access-token:4'), finding))
  assert.ok(isIgnored(readIgnored('f'.repeat(32)), finding))
})

test('the program in place of gitleaks', (t) => {
  const at = folder(t, { 'ok.txt': 'fine\n', '.gitleaks.toml': rule(`regex = '''AKIA[A-Z0-9]{16}'''`, 'aws'), 'base.toml': '[extend]\npath = ".gitleaks.toml"\ndisabledRules = ["aws"]\n' })
  at.git('init', '-q')
  at.git('add', '.')
  at.git('commit', '-qm', 'a')
  const gitleaks = (...args: string[]) => at.scan(['compat', 'gitleaks', ...args])
  assert.equal(gitleaks('detect', '--source', '.', '-v').status, 0)
  at.write('bad.txt', `x\n${awsKey()}\n`)
  at.git('add', '.')
  assert.equal(gitleaks('protect', '--staged').status, 1)
  at.git('commit', '-qm', 'b')
  const { status, err } = gitleaks('detect', '--report-path', 'r.json', '--exit-code', '7')
  assert.equal(status, 7)
  assert.match(err, /leaks found: 1/)
  assert.equal(gitleaks('detect', '--baseline-path', 'r.json').status, 0)
  assert.equal(gitleaks('detect', '--config', 'base.toml').status, 0)
  assert.equal(gitleaks('dir', 'bad.txt', '--redact').status, 1)
  assert.equal(gitleaks('detect', '--nonsense').status, 126)
  at.write('.gitleaksignore', 'bad.txt:aws:2\n')
  assert.equal(gitleaks('detect').status, 0)
})
