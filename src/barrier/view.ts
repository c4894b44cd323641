// Views: plain values under a prefix, over a store that seals them. Folders are collapsed by seeking over them,
// transactions are optimistic.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../kit/errors.ts'
import type { Page } from '../kit/storage.ts'
import type { Decode, Transaction, View } from '../kit/view.ts'
import type { Held } from './cache.ts'

/** What a key is to hold: `bytes`, null to delete it; `value`: what reads would make of them, to be kept. */
export interface Write {
  bytes: Uint8Array | null
  value?: object
}

/** What a view needs of the barrier; all keys are full keys. */
export interface SealedStore {
  open(key: string): Promise<Held<Buffer>>
  /** The value alone, possibly of a sealed one that was kept: then at once. */
  value(key: string): Buffer | null | Promise<Buffer | null>
  /** The JSON, parsed and decoded; at once where the cache has it. */
  parsed(key: string, decode?: Decode<unknown>): unknown
  /** The same with its version; `anew`: not from the cache. */
  record(key: string, anew: boolean, decode?: Decode<unknown>): Promise<Held<unknown>>
  list(prefix: string, page: Page): Promise<string[]>
  /** Seals and commits; `noValue` leaves the key alone. */
  commit(writes: Map<string, Write>, expect?: Map<string, number>): Promise<void>
}

/** What `mark` writes, unsealed: a reader takes a key without a value for absent, whoever wrote it. */
export const noValue = new Uint8Array(0)

const attempts = 20
const defaultLimit = 1000
const lastCharacter = '\u{10ffff}'

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** What JSON in bytes says, decoded where that is asked. */
export function parsed(bytes: Uint8Array, decode?: Decode<unknown>): unknown {
  const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  return decode === undefined ? value : decode(value as never)
}

/** A view of all keys below `prefix`, which is part of every key. */
export function makeView(store: SealedStore, prefix: string): View {
  const commitOne = (key: string, bytes: Uint8Array | null): Promise<void> => store.commit(new Map([[prefix + key, { bytes }]]))
  return {
    get: async (key) => store.value(prefix + key),
    getSoon: (key) => store.value(prefix + key),
    soon: <T>(key: string, decode?: Decode<T>) => store.parsed(prefix + key, decode) as T | null | Promise<T | null>,
    read: async <T>(key: string, decode?: Decode<T>) => store.parsed(prefix + key, decode) as T | null,
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
    const writes = new Map<string, Write>()
    const result = await change(makeTransaction(store, prefix, expect, writes, attempt > 1))
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

/** `anew`: an attempt failed, what is kept may be behind. */
function makeTransaction(store: SealedStore, prefix: string, expect: Map<string, number>, writes: Map<string, Write>, anew: boolean): Transaction {
  const seen = <T>(key: string, { value, version }: Held<T>): T | null => {
    // Two reads of one key that differ can never be committed: the first version stands and lets the commit fail.
    if (!expect.has(key)) expect.set(key, version)
    return value
  }
  const get = async (key: string): Promise<Uint8Array | null> => {
    const written = writes.get(prefix + key)
    if (written !== undefined) return written.bytes === noValue ? null : written.bytes
    return seen(prefix + key, await store.open(prefix + key))
  }
  const read = async <T>(key: string, decode?: Decode<T>): Promise<T | null> => {
    const value = await get(key)
    return value === null ? null : (parsed(value, decode) as T)
  }
  return {
    get,
    read,
    shared: async <T>(key: string, decode?: Decode<T>) => (writes.has(prefix + key) ? read(key, decode) : (seen(prefix + key, await store.record(prefix + key, anew, decode)) as T | null)),
    put: (key, bytes) => void writes.set(prefix + key, { bytes }),
    write: (key, value) => void writes.set(prefix + key, { bytes: encode(value) }),
    share: (key, value, decoded = value) => void writes.set(prefix + key, { bytes: encode(value), value: decoded }),
    mark: (key) => void writes.set(prefix + key, { bytes: noValue }),
    delete: (key) => void writes.set(prefix + key, { bytes: null }),
  }
}
