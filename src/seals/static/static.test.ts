import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { makeStaticSeal } from './index.ts'
import { createKeyFile } from './key-source.ts'

const folder = await mkdtemp(join(tmpdir(), 'static-seal-'))
after(() => rm(folder, { recursive: true }))
const key = randomBytes(32)
const open = (current_key: string, environment = {}, more = {}) => makeStaticSeal(environment).open({ current_key, ...more })
const secret = Buffer.from('the root key')

test('one key from every source and in every form', async () => {
  await writeFile(join(folder, 'raw'), key, { mode: 0o600 })
  await writeFile(join(folder, 'hex'), key.toString('hex') + '\n', { mode: 0o600 })
  const seals = [
    await open(pathToFileURL(join(folder, 'raw')).href),
    await open(pathToFileURL(join(folder, 'hex')).href),
    await open('env://KEY', { KEY: key.toString('base64') }),
    await open('credential://hex', { CREDENTIALS_DIRECTORY: folder }),
    await open(key.toString('base64url')),
  ]
  const wrapped = await seals[0]!.wrap(secret)
  assert.ok(!Buffer.from(wrapped).includes(secret))
  for (const seal of seals) assert.deepEqual(Buffer.from(await seal.unwrap(wrapped)), secret)
})

test('a key file that others can read is refused', { skip: process.platform === 'win32' }, async () => {
  const path = join(folder, 'made')
  await createKeyFile(path)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await assert.rejects(createKeyFile(path), { code: 'EEXIST' })
  await open(pathToFileURL(path).href)
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(path, mode)
    await assert.rejects(open(pathToFileURL(path).href), /can be read by others/)
  }
})

test('bad sources and keys are refused, and no error shows the key', async () => {
  const short = 'ab'.repeat(31)
  const cases: [string, Record<string, string>, RegExp][] = [
    ['env://NONE', {}, /not set/],
    ['env://KEY', { KEY: short }, /32 bytes/],
    ['credential://key', {}, /CREDENTIALS_DIRECTORY/],
    ['credential://../raw', { CREDENTIALS_DIRECTORY: folder }, /not the name/],
    ['file:///nonexistent/key', {}, /ENOENT/],
    [short, {}, /32 bytes/],
    ['', {}, /current_key is missing/],
  ]
  for (const [source, environment, message] of cases) {
    await assert.rejects(open(source, environment), (error: Error) => message.test(error.message) && !error.message.includes(short))
  }
  await assert.rejects(open(key.toString('hex'), {}, { curent_key: 'x' }), /unknown option curent_key/)
})

test('after a change of keys the previous one still opens, and what it wrapped is stale', async () => {
  const wrapped = await (await open(key.toString('hex'), {}, { current_key_id: 'one' })).wrap(secret)
  const fresh = randomBytes(32).toString('hex')
  const both = await open(fresh, {}, { current_key_id: 'two', previous_key: key.toString('hex'), previous_key_id: 'one' })
  assert.deepEqual(Buffer.from(await both.unwrap(wrapped)), secret)
  assert.equal(both.stale!(wrapped), true)
  assert.equal(both.stale!(await both.wrap(secret)), false)
  await assert.rejects((await open(fresh, {}, { current_key_id: 'two' })).unwrap(wrapped), { code: 'denied' })
  await assert.rejects((await open(fresh, {}, { current_key_id: 'one' })).unwrap(wrapped), { code: 'denied' })
})

test('an altered or cut wrapping does not open', async () => {
  const seal = await open(key.toString('hex'))
  const wrapped = Buffer.from(await seal.wrap(secret))
  for (let i = 0; i < wrapped.length; i++) {
    const altered = Buffer.from(wrapped)
    altered[i]! ^= 1
    await assert.rejects(seal.unwrap(altered), { code: 'denied' })
    await assert.rejects(seal.unwrap(wrapped.subarray(0, i)), { code: 'denied' })
  }
})
