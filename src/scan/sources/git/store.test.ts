import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deflateSync, constants } from 'node:zlib'
import { inflate } from './inflate.ts'
import { Recent } from './recent.ts'
import { ObjectStore, openStore } from './store.ts'

const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

let seed = 7
function below(limit: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return Math.floor((seed / 0x80000000) * limit)
}

function git(cwd: string, ...args: string[]): string {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' }
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: environment, encoding: 'utf8' })
  assert.equal(status, 0, `git ${args[0]}: ${stderr}`)
  return stdout.trim()
}

/** A repository with versions of a text, of a long one, and of bytes that do not compress; the content of each blob by its id. */
function repository(...options: string[]): { root: string; blobs: Map<string, Buffer> } {
  const root = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  folders.push(root)
  git(root, 'init', '-q', ...options)
  const blobs = new Map<string, Buffer>()
  const lines = Array.from({ length: 400 }, (_, at) => `line ${at} of a text that is long enough for a delta`)
  const noise = Buffer.from(Array.from({ length: 30_000 }, () => below(256)))
  for (let version = 0; version < 12; version++) {
    lines[below(400)] = `changed in version ${version}`
    noise[below(noise.length)]! ^= 1
    const contents = { 'a.txt': lines.join('\n'), 'long.txt': lines.join('\n').repeat(12), noise, empty: '', [`small${version}`]: `${version}` }
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(root, name), content)
    git(root, 'add', '-A')
    git(root, 'commit', '-qm', `${version}`)
    for (const [name, content] of Object.entries(contents)) blobs.set(git(root, 'rev-parse', `HEAD:${name}`), Buffer.from(content))
  }
  return { root, blobs }
}

async function readAll(root: string, blobs: Map<string, Buffer>, objects?: string): Promise<void> {
  const width = [...blobs.keys()][0]!.length / 2
  const store = objects === undefined ? await openStore(root, width) : new ObjectStore(objects, width, 0)
  for (const [id, content] of [...blobs, ...[...blobs].reverse()]) assert.deepEqual(store.read(Buffer.from(id, 'hex')), content, id)
  assert.equal(store.read(Buffer.alloc(width, 1)), null, 'what is not there')
  assert.equal(store.read(Buffer.from(git(root, 'rev-parse', 'HEAD'), 'hex')), null, 'a commit is no blob')
  store.close()
}

test('blobs are read from single objects, from packs with both kinds of deltas, and from a repository that others borrow from', async () => {
  const { root, blobs } = repository()
  await readAll(root, blobs)
  git(root, 'repack', '-qadf', '--depth=50', '--window=50')
  git(root, 'prune-packed')
  assert.match(git(root, 'verify-pack', '-sv', `.git/objects/pack/${readdirSync(join(root, '.git/objects/pack')).find((name) => name.endsWith('.idx'))}`), /chain length/)
  await readAll(root, blobs)
  await readAll(root, blobs, join(root, '.git/objects'))
  git(root, '-c', 'repack.useDeltaBaseOffset=false', 'repack', '-qadf')
  await readAll(root, blobs)
  writeFileSync(join(root, 'late'), 'in a pack of its own')
  git(root, 'add', 'late')
  git(root, 'commit', '-qm', 'late')
  git(root, 'repack', '-qd')
  blobs.set(git(root, 'rev-parse', 'HEAD:late'), Buffer.from('in a pack of its own'))
  await readAll(root, blobs)
  const borrower = `${root}-borrower`
  folders.push(borrower)
  git(root, 'clone', '-q', '--shared', '--bare', root, borrower)
  await readAll(borrower, blobs)
})

test('blobs of a repository with SHA-256 are read', async () => {
  const { root, blobs } = repository('--object-format=sha256')
  await readAll(root, blobs)
  git(root, 'repack', '-qadf')
  git(root, 'prune-packed')
  await readAll(root, blobs)
})

test('of a broken pack nothing but blobs or null is read', async () => {
  const { root, blobs } = repository()
  git(root, 'repack', '-qadf')
  git(root, 'prune-packed')
  const folder = join(root, '.git/objects/pack')
  for (const ending of ['.pack', '.idx']) {
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith(ending))!)
    const whole = readFileSync(file)
    rmSync(file)
    for (let round = 0; round < 60; round++) {
      const broken = Buffer.from(round % 4 === 0 ? whole.subarray(0, below(whole.length)) : whole)
      for (let times = 0; times < 20 && broken.length > 0; times++) broken[below(broken.length)] = below(256)
      writeFileSync(file, broken)
      const store = await openStore(root, 20)
      for (const id of blobs.keys()) store.read(Buffer.from(id, 'hex'))
      store.close()
    }
    writeFileSync(file, whole)
  }
  await readAll(root, blobs)
})

test('objects are undone one after the other, whatever failed before; what is broken, longer or shorter is refused', () => {
  const kinds = [() => below(256), () => 97 + below(3), (at: number) => at % 17, () => 'the quick brown fox {}();\n'.charCodeAt(below(26))]
  for (let round = 0; round < 600; round++) {
    const bytes = Buffer.from(Array.from({ length: below(4000) }, (_, at) => kinds[round % 4]!(at)))
    const packed = deflateSync(bytes, { level: round % 10, strategy: round % 5 === 0 ? constants.Z_FIXED : constants.Z_DEFAULT_STRATEGY })
    const target = Buffer.alloc(bytes.length)
    inflate(Buffer.concat([packed, Buffer.from('what follows')]), target)
    assert.ok(target.equals(bytes))
    for (const wrong of [Buffer.alloc(bytes.length + 1), Buffer.alloc(Math.max(0, bytes.length - 1))]) {
      if (wrong.length !== bytes.length) assert.throws(() => inflate(packed, wrong))
    }
    const spoilt = Buffer.from(packed.subarray(0, 2 + below(packed.length - 1)))
    spoilt[below(spoilt.length)]! ^= 1 << below(8)
    assert.throws(() => inflate(spoilt, target))
  }
})

test('the ring gives back what was placed, or nothing', () => {
  const recent = new Recent(4096)
  const placed = new Map<number, { bytes: Buffer; byte: number }>()
  let kept = 0
  for (let round = 0; round < 20_000; round++) {
    const key = below(64)
    const next = below(recent.largest + 1)
    const got = recent.get(key, next)
    if (got !== null) {
      kept++
      const { bytes, byte } = placed.get(key)!
      assert.equal(got.length, bytes.length)
      assert.ok(got.every((value) => value === byte))
      const made = recent.place(100 + key, next).fill(255)
      assert.ok(got.every((value) => value === byte), 'what is placed next is not written over what was asked for with it')
      placed.set(100 + key, { bytes: made, byte: 255 })
    } else {
      const bytes = recent.place(key, below(recent.largest + 1)).fill(round % 251)
      placed.set(key, { bytes, byte: round % 251 })
    }
  }
  assert.ok(kept > 1000)
})
