import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Finding } from '../finding.ts'
import { genericDetectors } from '../generic/index.ts'
import { Scanner } from '../match/scanner.ts'
import type { Rule } from '../rule.ts'
import { genericRules } from '../generic/rules.ts'
import { BlobCache } from './cache.ts'
import { scanFile } from './chunks.ts'
import { walk } from './directory.ts'
import { Ignored } from './gitignore.ts'
import { scanHistory } from './history.ts'
import { scanStaged } from './staged.ts'
import { scanPatch } from './stream.ts'

const scanner = new Scanner({ rules: [], detectors: genericDetectors() })
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  folders.push(made)
  return made
}
const secrets = ['vkzqwjxhb4', 'qxjvzkwpf7', 'zvxkqjwhg2', 'jqzxwvkyb9', 'wxqzkvjhd5']
const line = (secret: string): string => `password = "${secret}"\n`
const shown = (findings: Finding[]): string[] => findings.map((finding) => `${finding.file}:${finding.line} ${finding.secret}`)

function git(cwd: string, ...args: string[]): string {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' }
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: environment, encoding: 'utf8' })
  assert.equal(status, 0, `git ${args[0]}: ${stderr}`)
  return stdout.trim()
}
function commit(repository: string, message: string): string {
  git(repository, 'add', '-A', '--', ':!cache')
  git(repository, 'commit', '-qm', message)
  return git(repository, 'rev-parse', 'HEAD')
}

test('a walk leaves out links, binary names and the folders of version control, and goes on past what it cannot read', () => {
  const root = folder()
  for (const name of ['a.txt', 'b.png', 'sub/c.txt', '.git/config']) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), 'x')
  }
  symlinkSync(root, join(root, 'sub', 'loop'))
  const warnings: string[] = []
  assert.deepEqual([...walk([root, join(root, 'absent')], { warn: (path) => warnings.push(path) })], [join(root, 'a.txt'), join(root, 'sub/c.txt')])
  assert.deepEqual(warnings, [join(root, 'absent')])
})

test('.gitignore: nested files, anchors, folders, stars and exceptions', () => {
  const root = folder()
  git(root, 'init', '-q')
  mkdirSync(join(root, 'deep/build'), { recursive: true })
  writeFileSync(join(root, '.gitignore'), '*.log\n/top.txt\nbuild/\n**/tmp/**\n!keep.log\n# note\n')
  writeFileSync(join(root, 'deep/.gitignore'), '!special.log\nonly-here\n')
  const ignored = new Ignored()
  const table: [string, boolean, boolean][] = [
    ['a.log', false, true], ['keep.log', false, false], ['deep/a.log', false, true], ['deep/special.log', false, false], ['top.txt', false, true],
    ['deep/top.txt', false, false], ['deep/build', true, true], ['build', false, false], ['x/tmp/y', false, true], ['deep/only-here', false, true], ['only-here', false, false],
  ]
  for (const [path, isFolder, expected] of table) assert.equal(ignored.has(join(root, path), isFolder), expected, path)
})

test('a file larger than a piece is read in pieces, and a secret on the border is found once', () => {
  const root = folder()
  for (const border of [0, -5, 10]) {
    const bytes = Buffer.alloc(3 << 20, 'lorem ipsum\n')
    bytes.write(`\n${line(secrets[0]!)}`, (1 << 20) + border)
    bytes.write(`\n${line(secrets[1]!)}`, (2 << 20) + border)
    const file = join(root, 'large.txt')
    writeFileSync(file, bytes)
    const expected = [secrets[0], secrets[1]].map((secret) => `large.txt:${bytes.toString().split(secret!)[0]!.split('\n').length} ${secret}`)
    assert.deepEqual(shown(scanFile(scanner, file, 'large.txt').findings), expected)
  }
})

test('UTF-16 is read, other binary files are not', () => {
  const root = folder()
  const file = join(root, 'a.txt')
  writeFileSync(file, Buffer.from('\ufeff' + line(secrets[0]!), 'utf16le'))
  assert.deepEqual(shown(scanFile(scanner, file, 'a.txt').findings), [`a.txt:1 ${secrets[0]}`])
  writeFileSync(file, Buffer.from('\ufeff' + line(secrets[0]!), 'utf16le').swap16())
  assert.equal(scanFile(scanner, file, 'a.txt').findings.length, 1)
  writeFileSync(file, `\0\x01\x02${line(secrets[0]!)}`)
  assert.equal(scanFile(scanner, file, 'a.txt').findings.length, 0)
})

test('history: each secret at the commit that first brought it, through branches, merges, renames and removals', async () => {
  const root = folder()
  git(root, 'init', '-qb', 'main')
  writeFileSync(join(root, 'a.txt'), 'first\n')
  commit(root, 'start')
  git(root, 'checkout', '-qb', 'side')
  writeFileSync(join(root, 'b.txt'), `one\n${line(secrets[0]!)}`)
  const side = commit(root, 'on the side')
  git(root, 'checkout', '-q', 'main')
  writeFileSync(join(root, 'a.txt'), `first\n${'filler\n'.repeat(3000)}${line(secrets[1]!)}`)
  const main = commit(root, 'on main')
  git(root, 'merge', '-q', '--no-ff', '--no-commit', 'side')
  writeFileSync(join(root, 'a.txt'), `first\n${'filler\n'.repeat(3000)}${line(secrets[1]!)}${'more\n'.repeat(3000)}${line(secrets[2]!)}`)
  const merge = commit(root, 'merged with a change of its own')
  git(root, 'mv', 'b.txt', 'moved.txt')
  commit(root, 'moved')
  git(root, 'rm', '-q', 'moved.txt', 'a.txt')
  commit(root, 'gone')
  const findings = await scanHistory(scanner, { repository: root, warn: assert.fail })
  const found = findings.map(({ file, line: at, secret, commit: from }) => [file, at, secret, from!.id, from!.author, from!.message])
  assert.deepEqual(found.toSorted((a, b) => (a[2]! < b[2]! ? -1 : 1)), [
    ['a.txt', 3002, secrets[1], main, 'Ada', 'on main'],
    ['b.txt', 2, secrets[0], side, 'Ada', 'on the side'],
    ['a.txt', 6003, secrets[2], merge, 'Ada', 'merged with a change of its own'],
  ])

  const bare = folder()
  git(bare, 'clone', '-q', '--bare', root, 'x.git')
  assert.equal((await scanHistory(scanner, { repository: join(bare, 'x.git'), warn: assert.fail })).length, 3)
  git(bare, 'clone', '-q', '--depth', '3', `file://${root}`, 'shallow')
  assert.ok((await scanHistory(scanner, { repository: join(bare, 'shallow'), warn: assert.fail })).length >= 1)
  const since = await scanHistory(scanner, { repository: root, revisions: [`${main}..HEAD`], warn: assert.fail })
  assert.deepEqual(new Set(since.map((finding) => finding.secret)), new Set([secrets[0], secrets[2]]))
})

test('history: known blobs are not read again', async () => {
  const root = folder()
  git(root, 'init', '-q')
  writeFileSync(join(root, 'a.txt'), line(secrets[0]!))
  commit(root, 'a')
  const file = join(root, 'cache')
  const scan = async (rules: Rule[]) => {
    const cache = new BlobCache(file, rules)
    const findings = await scanHistory(scanner, { repository: root, known: cache.known, scanned: (blob, count) => cache.add(blob, count), warn: assert.fail })
    cache.finish()
    return shown(findings)
  }
  assert.deepEqual(await scan(genericRules), [`a.txt:1 ${secrets[0]}`])
  assert.deepEqual(await scan(genericRules), [])
  writeFileSync(join(root, 'b.txt'), line(secrets[1]!))
  commit(root, 'b')
  assert.deepEqual(await scan(genericRules), [`b.txt:1 ${secrets[1]}`])
  assert.equal((await scan(genericRules.slice(1))).length, 2, 'with other rules everything is scanned again')
})

test('history: a scan that ends before its report loses no finding', async () => {
  const root = folder()
  git(root, 'init', '-q')
  writeFileSync(join(root, 'a.txt'), 'nothing here\n')
  writeFileSync(join(root, 'b.txt'), line(secrets[0]!))
  const base = commit(root, 'a')
  writeFileSync(join(root, 'b.txt'), `${line(secrets[0]!)}more\n${'filler\n'.repeat(3000)}${line(secrets[1]!)}`)
  commit(root, 'b')
  const file = join(root, 'cache')
  const open = () => new BlobCache(file, genericRules)
  const scan = (cache: BlobCache, revisions?: string[]) =>
    scanHistory(scanner, { repository: root, ...(revisions ? { revisions } : {}), known: cache.known, scanned: (blob, count) => cache.add(blob, count), warn: assert.fail })
  const interrupted = open()
  assert.equal((await scan(interrupted)).length, 2)
  interrupted.write()
  assert.deepEqual([...open().known], [git(root, 'rev-parse', `${base}:a.txt`)], 'what is clean is not read again')
  const limited = open()
  assert.deepEqual((await scan(limited, [`${base}..HEAD`])).map((finding) => finding.secret), [secrets[1]])
  limited.finish()
  assert.deepEqual((await scan(open())).map((finding) => finding.secret), [secrets[0]], 'what stood before a range is not reported with it')
  assert.equal(new BlobCache(file, genericRules, ['known secrets']).known.size, 0, 'when more is looked for, everything is read again')
})

test('history: what is no repository is an error, a lost object a warning', async () => {
  await assert.rejects(scanHistory(scanner, { repository: folder(), warn: assert.fail }), /not a git repository/)
  const root = folder()
  git(root, 'init', '-q')
  writeFileSync(join(root, 'a.txt'), line(secrets[0]!))
  writeFileSync(join(root, 'b.txt'), line(secrets[1]!))
  commit(root, 'a')
  const blob = git(root, 'rev-parse', 'HEAD:a.txt')
  const object = join(root, '.git/objects', blob.slice(0, 2), blob.slice(2))
  chmodSync(object, 0o600)
  rmSync(object)
  const warnings: string[] = []
  const findings = await scanHistory(scanner, { repository: root, warn: (path) => warnings.push(path) })
  assert.deepEqual(shown(findings), [`b.txt:1 ${secrets[1]}`])
  assert.deepEqual(warnings, ['a.txt'])
})

test('staged: only lines that the commit adds', async () => {
  const root = folder()
  git(root, 'init', '-q')
  writeFileSync(join(root, 'a.txt'), `${line(secrets[0]!)}x\n`)
  commit(root, 'a')
  writeFileSync(join(root, 'a.txt'), `${line(secrets[0]!)}x\n${line(secrets[1]!)}`)
  writeFileSync(join(root, 'näme "q".txt'), line(secrets[2]!))
  git(root, 'add', '-A')
  writeFileSync(join(root, 'a.txt'), line(secrets[3]!))
  assert.deepEqual(shown(await scanStaged(scanner, root)).toSorted(), [`a.txt:3 ${secrets[1]}`, `näme "q".txt:1 ${secrets[2]}`])
})

test('a patch: new lines of the new file, with the commit that it names', () => {
  const patch = [
    'commit 0123456789012345678901234567890123456789', 'Author: Ada <ada@example.com>', 'Date:   2026-01-02', '', '    message', '',
    'diff --git a/x.env b/x.env', '--- a/x.env', '+++ b/x.env', '@@ -10,3 +10,4 @@', ` ${line(secrets[0]!).trim()}`, `-${line(secrets[1]!).trim()}`,
    `+${line(secrets[2]!).trim()}`, '+--- not a header', ' end', 'diff --git a/y b/y', '--- /dev/null', '+++ b/y', '@@ -0,0 +1 @@', `+${line(secrets[3]!).trim()}`,
  ].join('\n')
  for (const size of [1, 7, 100_000]) {
    const chunks = patch.match(new RegExp(`[^]{1,${size}}`, 'g'))!.map((part) => Buffer.from(part))
    const findings = scanPatch(scanner, chunks)
    assert.deepEqual(shown(findings), [`x.env:11 ${secrets[2]}`, `y:1 ${secrets[3]}`])
    assert.equal(findings[0]!.commit!.email, 'ada@example.com')
  }
})
