// Views: plain values under a prefix, over a store that seals them. Folders are collapsed by seeking over them,
// transactions are optimistic.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../kit/errors.ts'
import { soon } from '../kit/soon.ts'
import type { Page } from '../kit/storage.ts'
import type { Decode, Transaction, View } from '../kit/view.ts'
import type { Held } from './cache.ts'
import { noValue, type Write } from './writes.ts'

/** What a view needs of the barrier; all keys are full keys. */
export interface SealedStore {
  open(key: string): Promise<Held<Buffer>>
  /** The value alone, possibly of a sealed one that was kept: then at once. */
  value(key: string): Buffer | null | Promise<Buffer | null>
  /** The JSON, parsed and decoded; at once where the cache has it. */
  parsed(key: string, decode?: Decode<unknown>): unknown
  /** The same with its version; `anew`: not from the cache. */
  record(key: string, anew: boolean, decode?: Decode<unknown>): Held<unknown> | Promise<Held<unknown>>
  list(prefix: string, page: Page): Promise<string[]>
  /** Seals and commits; `noValue` leaves the key alone. */
  commit(writes: ReadonlyMap<string, Write>, expect: ReadonlyMap<string, number>): Promise<void>
}

const attempts = 20
const defaultLimit = 1000
const lastCharacter = '\u{10ffff}'

/** Of a write that depends on nothing. */
const unread: ReadonlyMap<string, number> = new Map()

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** What JSON in bytes says, decoded where that is asked. */
export function parsed(bytes: Uint8Array, decode?: Decode<unknown>): unknown {
  const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  return decode === undefined ? value : decode(value as never)
}

/** A view of all keys below `prefix`, which is part of every key. */
export function makeView(store: SealedStore, prefix: string): View {
  const commitOne = async (key: string, bytes: Uint8Array | null): Promise<void> => store.commit(new Map([[prefix + key, { bytes }]]), unread)
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
    const draft = new Draft(store, prefix, attempt > 1)
    const changed = change(draft)
    const result = changed instanceof Promise ? await changed : changed
    if (draft.empty) return result
    try {
      await draft.commit()
      return result
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'conflict' || attempt === attempts) throw error
    }
    await sleep(Math.random() * Math.min(attempt, 10))
  }
}

/** What one attempt has read and is to write, by full keys. */
class Draft implements Transaction {
  readonly #expect = new Map<string, number>()
  #writes = new Map<string, Write>()
  readonly #store: SealedStore
  readonly #prefix: string
  readonly #anew: boolean

  /** `anew`: an attempt failed, what is kept may be behind. */
  constructor(store: SealedStore, prefix: string, anew: boolean) {
    this.#store = store
    this.#prefix = prefix
    this.#anew = anew
  }

  async get(key: string): Promise<Uint8Array | null> {
    const full = this.#prefix + key
    const written = this.#writes.get(full)
    if (written !== undefined) return written.bytes === noValue ? null : written.bytes
    return this.#seen(full, await this.#store.open(full))
  }

  async read<T>(key: string, decode?: Decode<T>): Promise<T | null> {
    const value = await this.get(key)
    return value === null ? null : (parsed(value, decode) as T)
  }

  shared<T>(key: string, decode?: Decode<T>): T | null | Promise<T | null> {
    const full = this.#prefix + key
    if (this.#writes.has(full)) return this.read(key, decode)
    return soon(this.#store.record(full, this.#anew, decode), (held) => this.#seen(full, held) as T | null)
  }

  put(key: string, bytes: Uint8Array): void {
    this.#writes.set(this.#prefix + key, { bytes })
  }

  write(key: string, value: unknown): void {
    this.put(key, encode(value))
  }

  share(key: string, value: object, decoded = value): void {
    this.#writes.set(this.#prefix + key, { bytes: encode(value), value: decoded })
  }

  mark(key: string): void {
    this.put(key, noValue)
  }

  delete(key: string): void {
    this.#writes.set(this.#prefix + key, { bytes: null })
  }

  get empty(): boolean {
    return this.#writes.size === 0
  }

  /** Commits once, and lets go of what was written in the clear: it has no use while the commit is under way. */
  commit(): Promise<void> {
    const writes = this.#writes
    this.#writes = new Map()
    return this.#store.commit(writes, this.#expect)
  }

  #seen<T>(full: string, { value, version }: Held<T>): T | null {
    // Two reads of one key that differ can never be committed: the first version stands and lets the commit fail.
    if (!this.#expect.has(full)) this.#expect.set(full, version)
    return value
  }
}
