import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { awsKey } from '../../formats/scan.test-aid.ts'
import { genericDetectors } from '../../generic/index.ts'
import { Scanner } from '../../match/scanner.ts'
import { aws } from '../../rules/aws.ts'
import { isLayout, scanLayout } from '../layout.ts'
import type { Limits } from './budget.ts'
import { contentOf } from './content.ts'
import { scanArchiveFile, scanContent } from './index.ts'
import { openJob } from './job.ts'
import { plain } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'scan-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const scanner = new Scanner({ rules: aws, detectors: genericDetectors() })
const secret = Buffer.from(`first\nkey: ${awsKey()}\n`)

async function scan(bytes: Buffer, limits: Partial<Limits> = {}): Promise<{ found: string[]; warned: string[] }> {
  const warned: string[] = []
  const findings = await scanContent(openJob(scanner, (path, reason) => warned.push(`${path}: ${reason}`), limits, scanContent), contentOf(bytes), 'a', 0)
  return { found: findings.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`), warned }
}

/** One zip archive of the files, as small as the format allows. */
function zip(files: Record<string, Buffer>, method: 0 | 8 = 8, claimed?: number): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, bytes] of Object.entries(files)) {
    const data = method === 8 ? deflateRawSync(bytes) : bytes
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt16LE(method, 8)
    header.writeUInt16LE(name.length, 26)
    const row = Buffer.alloc(46)
    row.writeUInt32LE(0x02014b50, 0)
    row.writeUInt16LE(method, 10)
    row.writeUInt32LE(claimed ?? data.length, 20)
    row.writeUInt32LE(bytes.length, 24)
    row.writeUInt16LE(name.length, 28)
    row.writeUInt32LE(at, 42)
    parts.push(header, Buffer.from(name), data)
    directory.push(row, Buffer.from(name))
    at += 30 + name.length + data.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, list, end])
}

/** A tar archive as the system's tar writes it. */
function tar(files: Record<string, Buffer | string>, ...options: string[]): Buffer {
  const at = mkdtempSync(join(folder, 'tar-'))
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true })
    writeFileSync(join(at, name), bytes)
  }
  const { stdout, status } = spawnSync('tar', ['-C', at, '-cf', '-', ...options, ...Object.keys(files)], { maxBuffer: 1 << 28 })
  assert.equal(status, 0)
  return stdout
}

test('archives one in another, each place named', async () => {
  const inner = zip({ 'c.txt': secret })
  assert.deepEqual((await scan(zip({ 'dir/b.zip': inner, 'logo.png': secret }, 0))).found, ['a!/dir/b.zip!/c.txt:2 aws-access-key-id'])
  assert.deepEqual((await scan(gzipSync(secret))).found, ['a:2 aws-access-key-id'])
  assert.deepEqual((await scan(zstdCompressSync(secret))).found, ['a:2 aws-access-key-id'])
  const long = `${'d/'.repeat(80)}x.txt`
  for (const format of ['gnu', 'pax', 'ustar']) {
    const bytes = tar({ [long]: secret, 'y.jar': inner }, `--format=${format}`)
    assert.deepEqual((await scan(gzipSync(bytes))).found, [`a!/${long}:2 aws-access-key-id`, 'a!/y.jar!/c.txt:2 aws-access-key-id'], format)
  }
})

test('xz', async (t) => {
  const packed = spawnSync('xz', ['-c'], { input: tar({ 'a.txt': secret }) })
  if (packed.error) return t.skip('no xz on this machine')
  assert.deepEqual((await scan(packed.stdout)).found, ['a!/a.txt:2 aws-access-key-id'])
})

test('bombs and damage end in a warning', async () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  assert.match((await scan(bomb, { ratio: 100 })).warned[0]!, /too much/)
  const many = await scan(zip({ 'big.txt': Buffer.alloc(8 << 20), 'b.txt': secret }), { ratio: 10 })
  assert.deepEqual([many.found.length, many.warned.length], [1, 1])
  let nested = zip({ 'c.txt': secret })
  for (let depth = 0; depth < 6; depth++) nested = zip({ 'n.zip': nested })
  assert.match((await scan(nested)).warned[0]!, /nested deeper/)
  assert.match((await scan(zip({ a: secret, b: secret, c: secret }), { entries: 2 })).warned[0]!, /more than 2 entries/)
  assert.match((await scan(zip({ a: secret }, 0, 1e9))).warned[0]!, /ends within/)
  assert.match((await scan(tar({ 'a.txt': secret }).subarray(0, 520))).warned[0]!, /ends within/)
  assert.equal(plain('../../etc//./passwd'), 'etc/passwd')
})

test('a saved image: layers, environment, history', async () => {
  const layers = [tar({ 'etc/app.conf': secret }), tar({ 'etc/.wh.app.conf': '' })]
  const config = {
    config: { Env: ['PATH=/bin', `DB_PASSWORD=${'hG7dk'}S93mfLa0QpZ`] },
    history: [{ created_by: '/bin/sh -c #(nop) ADD file:1 in /' }, { created_by: 'ENV A=1', empty_layer: true }, { created_by: `/bin/sh -c rm /etc/app.conf` }],
  }
  const manifest = [{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['0/layer.tar', '1/layer.tar'] }]
  const image = tar({ 'manifest.json': JSON.stringify(manifest), 'config.json': JSON.stringify(config), '0/layer.tar': layers[0]!, '1/layer.tar': gzipSync(layers[1]!) })
  const file = join(folder, 'image.tar')
  writeFileSync(file, image)
  const findings = await scanArchiveFile(scanner, file, 'image.tar', assert.fail)
  assert.deepEqual(findings.map((finding) => finding.file), ['image.tar!/config', 'image.tar!/layer 1!/etc/app.conf'])
  assert.match(findings[1]!.about, /made by: .*ADD file:1/)
})

test('an OCI layout as a folder', async () => {
  const at = join(folder, 'layout')
  const blobs: Record<string, string | Buffer> = { layer: gzipSync(tar({ 'root/.env': secret })), config: '{"history":[]}' }
  blobs.manifest = JSON.stringify({ config: { digest: 'sha256:config' }, layers: [{ digest: 'sha256:layer' }] })
  blobs.index = JSON.stringify({ manifests: [{ digest: 'sha256:manifest' }] })
  mkdirSync(join(at, 'blobs/sha256'), { recursive: true })
  for (const [name, bytes] of Object.entries(blobs)) writeFileSync(join(at, 'blobs/sha256', name), bytes)
  writeFileSync(join(at, 'oci-layout'), '{}')
  writeFileSync(join(at, 'index.json'), JSON.stringify({ manifests: [{ digest: 'sha256:index' }] }))
  assert.ok(isLayout(at))
  assert.deepEqual((await scanLayout(scanner, at, 'layout', assert.fail)).map((finding) => finding.file), ['layout!/layer 1!/root/.env'])
})

test('damaged archives never throw', async () => {
  const samples = [zip({ 'a.txt': secret, 'b.zip': zip({ 'c.txt': secret }) }), tar({ 'a.txt': secret, 'manifest.json': '[{"Layers":["a.txt"]}]' }), gzipSync(secret), zstdCompressSync(secret), Buffer.from('\xfd7zXZ\0garbage', 'latin1')]
  const damage = fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), damage, fc.nat(4000), async (sample, changes, cut) => {
      const bytes = Buffer.from(sample)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      await scan(bytes.subarray(0, Math.max(1, cut % bytes.length)))
      await scan(bytes)
    }),
    { numRuns: 400 },
  )
})
