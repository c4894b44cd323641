import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { genericDetectors } from '../../generic/index.ts'
import { Scanner } from '../../match/scanner.ts'
import { Text } from '../../match/text.ts'
import { loadRules } from '../../rules.ts'
import { scanHistory } from '../history.ts'
import { listBlobs } from './listing.ts'

const scanner = new Scanner({ rules: await loadRules(), detectors: genericDetectors() })
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

let seed = 5
function below(limit: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return Math.floor((seed / 0x80000000) * limit)
}
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
const random = (alphabet: string, length: number): string => Array.from({ length }, () => pick([...alphabet])).join('')
const word = 'bcdfghjkmnpqrstvwxz23456789'
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function git(cwd: string, args: string[], input = ''): Buffer {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' }
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: environment, input, maxBuffer: 1 << 28 })
  assert.equal(status, 0, `git ${args[0]}: ${stderr}`)
  return stdout
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  folders.push(made)
  return made
}

const plainLine = (): string => pick(['', '}', '  return total', '// nothing to see here', 'const total = count + 1', 'if (total > 3) {', 'name: value', '  - item of a list'])

/** Lines that hold a secret, of the kinds that need the least and the most of what stands round them. */
function secretLines(): string[] {
  const kind = below(4)
  if (kind === 0) return [`password = "${random(word, 14)}"`]
  if (kind === 1) return [`aws_access_key_id = ${'AK' + 'IA'}${random('ABCDEFGHJKLMNPQRSTUVWXYZ234567', 16)}`, plainLine(), `aws_secret_access_key = ${random(base64, 40)}`]
  if (kind === 2) return ['kind: ' + 'Secret', 'data:', `  password: ${Buffer.from(random(word, 15)).toString('base64')}`]
  return [['-----BEGIN RSA ' + 'PRIVATE KEY-----', ...Array.from({ length: 12 + below(30) }, () => random(base64, 64)), '-----END RSA ' + 'PRIVATE KEY-----'].join('\n')]
}

/** A text after some edits; a key is one block, of which a line may be replaced. */
function edited(blocks: string[]): string[] {
  const next = [...blocks]
  for (let edits = 1 + below(3); edits > 0; edits--) {
    const at = below(next.length + 1)
    const kind = below(8)
    const lines = (next[at] ?? '').split('\n')
    if (kind === 0) next.splice(at, 0, ...secretLines())
    else if (kind === 1) next.splice(at, below(30))
    else if (lines.length > 1) next[at] = lines.with(2 + below(lines.length - 4), random(base64, 64)).join('\n')
    else if (kind === 2) next[at] = plainLine()
    else next.splice(at, 0, ...Array.from({ length: 1 + below(20) }, plainLine))
  }
  return next
}

/** What `git fast-import` reads: branches that part and meet again, files that are changed, moved and removed, a link, a submodule. */
function randomHistory(commits: number): string {
  let stream = ''
  const heads = [0, 0, 0]
  const trees: Map<string, string[]>[] = [new Map()]
  for (let number = 1; number <= commits; number++) {
    const branch = below(3)
    const parent = heads[branch]! || heads[0]!
    const other = number % 9 === 0 ? heads[(branch + 1) % 3]! : 0
    const tree = new Map(trees[parent])
    stream += `commit refs/heads/b${branch}\nmark :${number}\ncommitter a <a@example.com> ${1_700_000_000 + number} +0000\ndata 1\nx\n`
    if (parent > 0) stream += `from :${parent}\n`
    if (other > 0 && other !== parent) stream += `merge :${other}\n`
    for (let files = 1 + below(3); files > 0; files--) {
      const name = pick(['a.ts', 'b.env', 'deep/c.yaml', 'd', 'e.json', 'moved.ts'])
      if (tree.has(name) && below(12) === 0) {
        stream += `D ${name}\n`
        if (below(2) === 0) stream += change(tree, `moved-${name.replace('/', '-')}`, tree.get(name)!)
        tree.delete(name)
      } else stream += change(tree, name, edited(tree.get(name) ?? Array.from({ length: below(300) }, plainLine)))
    }
    if (number === 3) stream += 'M 160000 0123456789012345678901234567890123456789 sub\nM 120000 inline link\ndata 4\na.ts\n'
    heads[branch] = number
    trees[number] = tree
  }
  return stream
}

function change(tree: Map<string, string[]>, name: string, lines: string[]): string {
  tree.set(name, lines)
  const text = lines.join('\n')
  return `M 100644 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`
}

/** What a scan of every blob as a whole finds, each secret once per path. */
async function scanWhole(repository: string, revisions?: string[]): Promise<string[]> {
  const list = listBlobs({ repository, ...(revisions ? { revisions } : {}) })
  const contents = git(repository, ['cat-file', '--batch'], Array.from({ length: list.size }, (_, number) => `${list.id(number)}\n`).join(''))
  const content = new Map<string, Buffer>()
  for (let at = 0; at < contents.length; ) {
    const end = contents.indexOf(10, at)
    const [id, , size] = contents.toString('latin1', at, end).split(' ')
    content.set(id!, contents.subarray(end + 1, end + 1 + Number(size)))
    at = end + Number(size) + 2
  }
  const first = new Map<string, { number: number; shown: string }>()
  for (const [path, numbers] of list.paths) {
    for (const number of numbers) {
      for (const { fingerprint, line, endLine, rule, secret } of scanner.scan(new Text(content.get(list.id(number))!), { path })) {
        const key = `${fingerprint} ${path}`
        if (!first.has(key)) first.set(key, { number, shown: `${list.commit(number)} ${path}:${line}-${endLine} ${rule} ${secret.slice(0, 60)} ${fingerprint}` })
      }
    }
  }
  return [...first.values()].filter(({ number }) => list.commit(number) !== '').sort((a, b) => a.number - b.number).map(({ shown }) => shown)
}

async function scanNew(repository: string, revisions?: string[]): Promise<string[]> {
  const findings = await scanHistory(scanner, { repository, ...(revisions ? { revisions } : {}), warn: assert.fail })
  return findings.map(({ commit, file, line, endLine, rule, secret, fingerprint }) => `${commit!.id} ${file}:${line}-${endLine} ${rule} ${secret.slice(0, 60)} ${fingerprint}`)
}

test('a history gives what a scan of each of its blobs as a whole gives, whatever form the repository has', async () => {
  for (let round = 0; round < 3; round++) {
    const root = folder()
    git(root, ['init', '-q', '--bare'])
    git(root, ['fast-import', '--quiet'], randomHistory(90))
    const whole = await scanWhole(root)
    assert.ok(whole.length > 20 && whole.some((one) => one.includes('private-key-rsa')), 'there is something to find')
    assert.deepEqual(await scanNew(root), whole, 'as imported')
    git(root, ['repack', '-qadf'])
    assert.deepEqual(await scanNew(root), whole, 'packed')
    const range = ['b0', 'b1', 'b2', '^b0~9']
    assert.deepEqual((await scanNew(root, range)).toSorted(), (await scanWhole(root, range)).toSorted(), 'a range')
    const shallow = folder()
    git(shallow, ['clone', '-q', '--no-checkout', '--depth', '5', '--no-single-branch', `file://${root}`, 'x'])
    assert.deepEqual(await scanNew(join(shallow, 'x')), await scanWhole(join(shallow, 'x')), 'shallow')
    const packs = readdirSync(join(root, 'objects/pack')).filter((name) => name.endsWith('.pack'))
    const loose = folder()
    git(loose, ['init', '-q', '--bare'])
    for (const pack of packs) spawnSync('sh', ['-c', 'git unpack-objects -q < "$0"', join(root, 'objects/pack', pack)], { cwd: loose })
    writeFileSync(join(loose, 'packed-refs'), git(root, ['show-ref']))
    assert.deepEqual(await scanNew(loose), whole, 'single objects')
  }
})

test('what the packs do not give is asked of git: large blobs in pieces, binary ones not at all', async () => {
  const root = folder()
  git(root, ['init', '-q'])
  const line = `password = "${random(word, 14)}"\n`
  const filler = 'lorem ipsum dolor\n'
  writeFileSync(join(root, 'nine.txt'), filler.repeat((9 << 20) / filler.length) + line)
  writeFileSync(join(root, 'forty.txt'), filler.repeat((40 << 20) / filler.length) + line + filler)
  writeFileSync(join(root, 'forty'), Buffer.concat([Buffer.alloc(20 << 20), Buffer.from(line)]))
  git(root, ['add', '-A'])
  git(root, ['commit', '-qm', 'large'])
  const findings = await scanHistory(scanner, { repository: root, warn: assert.fail })
  assert.deepEqual(findings.map(({ file, line: at }) => `${file}:${at}`).toSorted(), [`forty.txt:${Math.floor((40 << 20) / filler.length) + 1}`, `nine.txt:${Math.floor((9 << 20) / filler.length) + 1}`])
})

test('archives in the history are opened where that is asked for, each version, and a broken one is told', async () => {
  const root = folder()
  git(root, ['init', '-q'])
  const secrets = [random(word, 14), random(word, 14)]
  for (const secret of secrets) {
    writeFileSync(join(root, 'notes.txt.gz'), gzipSync(`first\npassword = "${secret}"\n`))
    git(root, ['add', '-A'])
    git(root, ['commit', '-qm', 'archive'])
  }
  writeFileSync(join(root, 'broken.gz'), gzipSync('lorem ipsum '.repeat(100)).subarray(0, 30))
  git(root, ['add', '-A'])
  git(root, ['commit', '-qm', 'broken'])
  assert.deepEqual(await scanHistory(scanner, { repository: root, warn: assert.fail }), [])
  const warned: string[] = []
  const findings = await scanHistory(scanner, { repository: root, archives: 0, warn: (path) => warned.push(path) })
  assert.deepEqual(findings.map(({ file, line, secret, commit }) => [file, line, secret, commit!.message]), secrets.map((secret) => ['notes.txt.gz', 2, secret, 'archive']))
  assert.deepEqual(warned, ['broken.gz'])
})
