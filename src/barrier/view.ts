// Views: plain values under a prefix, over a store that seals them. Folders are collapsed by seeking over them,
// transactions are optimistic.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../kit/errors.ts'
import type { Page } from '../kit/storage.ts'
import type { Transaction, View } from '../kit/view.ts'

export interface Opened {
  /** null: a key without a value. */
  value: Buffer | null
  version: number
}

/** What a view needs of the barrier; all keys are full keys. */
export interface SealedStore {
  open(key: string): Promise<Opened | null>
  /** The value alone, possibly of a sealed one that was kept. */
  value(key: string): Promise<Buffer | null>
  /** The parsed JSON, possibly from the cache. */
  parsed(key: string): Promise<unknown>
  list(prefix: string, page: Page): Promise<string[]>
  /** Seals and commits; `null` deletes, `noValue` leaves the key alone. */
  commit(writes: Map<string, Uint8Array | null>, expect?: Map<string, number>): Promise<void>
}

/** What `mark` writes, unsealed: a reader takes a key without a value for absent, whoever wrote it. */
export const noValue = new Uint8Array(0)

const attempts = 20
const defaultLimit = 1000
const lastCharacter = '\u{10ffff}'

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** A view of all keys below `prefix`, which is part of every key. */
export function makeView(store: SealedStore, prefix: string): View {
  const commitOne = (key: string, value: Uint8Array | null): Promise<void> => store.commit(new Map([[prefix + key, value]]))
  return {
    get: (key) => store.value(prefix + key),
    read: <T>(key: string) => store.parsed(prefix + key) as Promise<T | null>,
    keys: async (below, page = {}) => {
      const after = page.after === undefined ? {} : { after: prefix + page.after }
      const keys = await store.list(prefix + below, { limit: page.limit ?? defaultLimit, ...after })
      return keys.map((key) => key.slice(prefix.length))
    },
    children: (below, page = {}) => listChildren(store, prefix + below, page),
    put: commitOne,
    write: (key, value) => commitOne(key, encode(value)),
    delete: (key) => commitOne(key, null),
    update: (change) => runUpdate(store, prefix, change),
    at: (below) => makeView(store, prefix + below),
  }
}

/** Costs as many reads as there are folders: the keys of a folder after the first page are never read. */
async function listChildren(store: SealedStore, folder: string, page: Page): Promise<string[]> {
  const limit = page.limit ?? defaultLimit
  const children: string[] = []
  let last = page.after
  let after = page.after === undefined ? undefined : seekPast(folder + page.after)
  let size = 32
  while (children.length < limit) {
    const keys = await store.list(folder, { limit: size, ...(after === undefined ? {} : { after }) })
    for (const key of keys) {
      const slash = key.indexOf('/', folder.length)
      const child = slash < 0 ? key.slice(folder.length) : key.slice(folder.length, slash + 1)
      if (child === last || child === '') continue
      children.push(child)
      last = child
      if (children.length === limit) return children
    }
    if (keys.length < size) break
    const final = keys.at(-1)!
    const past = last === undefined ? final : seekPast(folder + last)
    // A key that sorts behind the seek position (it holds the last character of Unicode) is walked over instead.
    after = Buffer.compare(Buffer.from(past), Buffer.from(final)) > 0 ? past : final
    size = last?.endsWith('/') ? 32 : defaultLimit
  }
  return children
}

const seekPast = (child: string): string => (child.endsWith('/') ? child + lastCharacter : child)

async function runUpdate<T>(store: SealedStore, prefix: string, change: (tx: Transaction) => Promise<T> | T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const expect = new Map<string, number>()
    const writes = new Map<string, Uint8Array | null>()
    const result = await change(makeTransaction(store, prefix, expect, writes))
    if (writes.size === 0) return result
    try {
      await store.commit(writes, expect)
      return result
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'conflict' || attempt === attempts) throw error
    }
    await sleep(Math.random() * Math.min(attempt, 10))
  }
}

function makeTransaction(store: SealedStore, prefix: string, expect: Map<string, number>, writes: Map<string, Uint8Array | null>): Transaction {
  const get = async (key: string): Promise<Uint8Array | null> => {
    const full = prefix + key
    const written = writes.get(full)
    if (written !== undefined) return written === noValue ? null : written
    const item = await store.open(full)
    const version = item?.version ?? 0
    const before = expect.get(full)
    // Two reads of one key that differ can never be committed: the first version stands and lets the commit fail.
    if (before === undefined) expect.set(full, version)
    return item?.value ?? null
  }
  return {
    get,
    read: async <T>(key: string) => {
      const value = await get(key)
      return value === null ? null : (JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()) as T)
    },
    put: (key, value) => void writes.set(prefix + key, value),
    write: (key, value) => void writes.set(prefix + key, encode(value)),
    mark: (key) => void writes.set(prefix + key, noValue),
    delete: (key) => void writes.set(prefix + key, null),
  }
}
