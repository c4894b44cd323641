import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Fault } from '../../kit/errors.ts'
import { testStorage } from '../contract.ts'
import { openSqlite } from './index.ts'
import { createWriterThread } from './thread.ts'

testStorage('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-sqlite-'))
  return { open: async () => openSqlite(join(folder, 'data', 'store.db')), end: () => rm(folder, { recursive: true }) }
})

const put = (key: string, value: Uint8Array = Buffer.from('v')): { put: [string, Uint8Array][] } => ({ put: [[key, value]] })
const unavailable = (error: unknown): boolean => error instanceof Fault && error.code === 'unavailable'

/** Runs `use` with the path of a store that does not exist yet. */
async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-sqlite-'))
  try {
    await use(join(folder, 'data', 'store.db'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Starts this file's companion, a process of its own over the store at `path`. */
function startCompanion(path: string, ...words: string[]): ChildProcess {
  const file = fileURLToPath(new URL('./companion.test-aid.ts', import.meta.url))
  return spawn(process.execPath, [file, path, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
}

describe('sqlite', () => {
  test('the files are for their owner alone', () => withPath(async (path) => {
    const storage = openSqlite(path)
    await storage.commit(put('a'))
    const lock = await storage.lock('job')
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
    for (const name of readdirSync(dirname(path), { recursive: true, withFileTypes: true })) {
      const mode = statSync(join(name.parentPath, name.name)).mode & 0o777
      assert.equal(mode, name.isDirectory() ? 0o700 : 0o600, name.name)
    }
    await lock.release()
    await storage.close()
  }))

  test('who is further behind than the kept changes drops everything', () => withPath(async (path) => {
    const [one, two] = [openSqlite(path), openSqlite(path)]
    const told: (string[] | null)[] = []
    const feed = one.watch((keys) => told.push(keys))
    const many = Array.from({ length: 51_500 }, (_, i): [string, Uint8Array] => [`k/${i}`, Buffer.from('v')])
    for (let i = 0; i < 2; i++) await two.commit({ put: many })
    assert.equal(await feed.fresh(), true)
    assert.deepEqual(told, [null])
    await two.commit(put('a'))
    assert.equal(await feed.fresh(), true)
    assert.deepEqual(told, [null, ['a']])
    await Promise.all([one.close(), two.close()])
  }))

  test('processes open a new store at once, write beside each other, and each sees all', () => withPath(async (path) => {
    const children = ['a', 'b', 'c'].map((name) => startCompanion(path, 'write', name, '200'))
    const exits = await Promise.all(children.map((child) => once(child, 'exit')))
    assert.deepEqual(exits, children.map(() => [0, null]))
    const storage = openSqlite(path)
    for (const name of ['a', 'b', 'c']) assert.equal((await storage.list(`${name}/`)).length, 200)
    assert.equal(Buffer.from((await storage.get('count'))!.value).toString(), '600')
    await storage.close()
  }))

  test('a lock is free once the process that held it was killed', () => withPath(async (path) => {
    const storage = openSqlite(path)
    const child = startCompanion(path, 'lock', 'job')
    await once(child.stdout!, 'data')
    const waiting = storage.lock('job')
    const stop = new AbortController()
    const impatient = storage.lock('job', stop.signal)
    stop.abort(new Error('stop'))
    await assert.rejects(impatient, /stop/)
    child.kill('SIGKILL')
    await (await waiting).release()
    await storage.close()
  }))

  test('a writer that cannot open the file fails its callers and is started again', () => withPath(async (path) => {
    const storage = openSqlite(path)
    await storage.commit(put('a'))
    await storage.close()
    const broken = createWriterThread(join(dirname(path), 'missing', 'store.db'))
    await assert.rejects(broken.commit(put('a')), unavailable)
    await assert.rejects(broken.commit(put('a')), unavailable)
    await broken.close()
    const again = openSqlite(path)
    assert.ok(await again.get('a'))
    await again.close()
  }))

  const limits = spawnSync('prlimit', ['--version']).status === 0 && process.platform === 'linux'
  test('a full disk fails writes, not reads; when there is room again everything works', { skip: !limits }, () => withPath(async (path) => {
    const child = startCompanion(path, 'fill')
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const limit = (bytes: string): unknown => execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`])
    const ask = async (): Promise<string> => {
      child.stdin!.write('\n')
      return (await lines.next()).value ?? ''
    }
    assert.equal(await ask(), 'written')
    limit('200000')
    assert.equal(await ask(), 'unavailable')
    limit('unlimited')
    assert.equal(await ask(), 'written')
    child.stdin!.end()
    await once(child, 'exit')
  }))
})
