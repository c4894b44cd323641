// The barrier: whatever passes it is sealed, whatever lies below it is opaque. It holds the root key and the
// keyring while open, and nothing after `seal`.
import { Fault } from '../kit/errors.ts'
import { soon } from '../kit/soon.ts'
import type { Feed, Item, Page, Storage } from '../kit/storage.ts'
import type { Decode, View } from '../kit/view.ts'
import { Cache, type Held } from './cache.ts'
import { envelopeTerm, openEnvelope, sealEnvelope } from './envelope.ts'
import {
  addTerm, checkRotation, keyringPath, newKeyring, openKeyring, rootKeyPath, sameKey, sealKeyring, type Keyring, type RotationConfig,
} from './keyring.ts'
import { Meter } from './meter.ts'
import { makeView, parsed, type SealedStore } from './view.ts'
import { sealWrites, type Write } from './writes.ts'

const keyringAttempts = 20
/** Sealed values kept in memory, and the bytes of the largest of them: others are read each time. */
const keptValues = 32_000
const largestKept = 1024
const absent: Held<never> = { value: null, version: 0 }

export interface KeyStatus {
  term: number
  /** ISO 8601. */
  installTime: string
  /** Under this term, by every process; an upper bound. */
  encryptions: number
}

interface Keys {
  root: Buffer
  ring: Keyring
  /** Of the stored keyring. */
  version: number
}

function tryOpen(sealed: Uint8Array, root: Buffer): Keyring | undefined {
  try {
    return openKeyring(sealed, root)
  } catch {
    return undefined
  }
}

const broken = (key: string, what: string): Fault => new Fault('internal', undefined, { cause: new Error(`${key}: ${what}`) })

const valueOf = ({ value }: Held<Buffer>): Buffer | null => value

/** null where the keyring lacks the term. */
function openedUnder(ring: Keyring, key: string, { value, version }: Held<Uint8Array>): Held<Buffer> | null {
  try {
    const term = ring.terms.get(envelopeTerm(value!))
    return term === undefined ? null : { value: openEnvelope(term.key, key, value!), version }
  } catch (error) {
    throw broken(key, (error as Error).message)
  }
}

export class Barrier {
  readonly #storage: Storage
  readonly #cache: Cache<unknown>
  /** Sealed values as they were read: nothing of the store is asked to open one again. */
  readonly #kept: Cache<Uint8Array>
  readonly #feed: Feed
  readonly #meter: Meter
  readonly #sealedStore: SealedStore
  readonly #listeners: ((keys: string[] | null) => void)[] = []
  #keys: Keys | null = null
  #fresh = false
  #keyringChanged = false
  #rotating = false

  /** `cacheEntries`: parsed objects kept in memory, 50,000 unless told. */
  constructor(storage: Storage, options: { cacheEntries?: number } = {}) {
    this.#storage = storage
    this.#cache = new Cache(options.cacheEntries ?? 50_000)
    this.#kept = new Cache(options.cacheEntries ?? keptValues)
    this.#sealedStore = {
      open: (key) => this.#open(key),
      value: (key) => this.#value(key),
      parsed: (key, decode) => this.#parsed(key, decode),
      record: (key, anew, decode) => this.#record(key, anew, decode),
      list: (prefix, page) => this.#list(prefix, page),
      commit: (writes, expect) => this.#commit(writes, expect),
    }
    this.#meter = new Meter(this.view(''), () => this.#rotateInBackground())
    this.#feed = storage.watch((keys, first) => this.#changed(keys, first))
  }

  get sealed(): boolean {
    return this.#keys === null
  }

  /** Whether a keyring is stored. */
  async initialized(): Promise<boolean> {
    return (await this.#storage.get(keyringPath)) !== null
  }

  /** Stores a fresh keyring under `rootKey`, and `beside` with it; a Fault `invalid` where there is one. The barrier stays sealed. */
  async initialize(rootKey: Buffer, beside: [key: string, value: Uint8Array][] = []): Promise<void> {
    const sealed = sealKeyring(newKeyring(new Date()), rootKey)
    try {
      await this.#storage.commit({ expect: new Map([[keyringPath, 0]]), put: [[keyringPath, sealed], ...beside] })
    } catch (error) {
      if (error instanceof Fault && error.code === 'conflict') throw new Fault('invalid', 'Vault is already initialized')
      throw error
    }
  }

  /** Opens the barrier and keeps a copy of `rootKey`; a Fault `denied` for a wrong key, `not-initialized` without a keyring. */
  async unseal(rootKey: Buffer): Promise<void> {
    const stored = await this.#storage.get(keyringPath)
    if (stored === null) throw new Fault('not-initialized')
    const ring = tryOpen(stored.value, rootKey)
    if (ring === undefined) throw new Fault('denied', 'the root key does not open the keyring')
    this.seal()
    this.#keys = { root: Buffer.from(rootKey), ring, version: stored.version }
    this.#keyringChanged = false
    // Without the stored count the next booking corrects it; that is no reason to stay sealed.
    await this.#meter.start(ring.active).catch(() => {})
    this.#rotateInBackground()
  }

  /** Forgets the keys and everything that they opened. */
  seal(): void {
    this.#keys?.root.fill(0)
    this.#keys = null
    this.#fresh = false
    this.#cache.clear()
    this.#kept.clear()
    this.#meter.stop()
  }

  /** Seals, and stops following the storage. */
  close(): void {
    this.seal()
    this.#feed.close()
  }

  /** Asks the storage whether caches may be used from here on; call it once per request, before the first look-up. `arriving`: while the request is handed in. */
  fresh(arriving = false): boolean | Promise<boolean> {
    const answer = arriving && this.#feed.freshOnArrival ? this.#feed.freshOnArrival() : this.#feed.fresh()
    if (typeof answer === 'boolean') return (this.#fresh = answer)
    return answer.then((fresh) => (this.#fresh = fresh))
  }

  /** Whether `rootKey` is the present one, in constant time. */
  verify(rootKey: Buffer): boolean {
    return sameKey(this.#unlocked().root, rootKey)
  }

  /** A copy of the root key, for the keeper of the seal; the caller overwrites it after use. */
  rootKey(): Buffer {
    return Buffer.from(this.#unlocked().root)
  }

  /** Adds a key term and makes it the active one; gives its number. What was sealed before stays readable. */
  async rotate(): Promise<number> {
    await this.#replaceKeyring((ring) => addTerm(ring, new Date()))
    return this.#unlocked().ring.active
  }

  /** Rotates where the configuration says that it is time; gives whether it did. */
  async rotateIfDue(): Promise<boolean> {
    const { term, installTime, encryptions } = this.keyStatus()
    const { enabled, maxOperations, interval } = this.rotationConfig()
    const old = interval > 0 && Date.now() - Date.parse(installTime) >= interval * 1000
    if (!enabled || (!old && encryptions < maxOperations)) return false
    // Only the term that was judged: another process may have rotated meanwhile.
    await this.#replaceKeyring((ring) => (ring.active === term ? addTerm(ring, new Date()) : ring))
    return true
  }

  keyStatus(): KeyStatus {
    const { ring } = this.#unlocked()
    return { term: ring.active, installTime: ring.terms.get(ring.active)!.installTime, encryptions: this.#meter.count }
  }

  rotationConfig(): RotationConfig {
    return { ...this.#unlocked().ring.rotation }
  }

  /** Throws `invalid` for what `checkRotation` refuses. */
  async setRotationConfig(rotation: RotationConfig): Promise<void> {
    checkRotation(rotation)
    await this.#replaceKeyring((ring) => ({ ...ring, rotation: { ...rotation } }))
  }

  /** Seals the keyring under another root key; `beside` is committed with it, below the barrier. */
  async rekey(newRootKey: Buffer, beside: [key: string, value: Uint8Array][] = []): Promise<void> {
    await this.#replaceKeyring((ring) => ring, newRootKey, beside)
  }

  /** Plain values below `prefix`. */
  view(prefix: string): View {
    return makeView(this.#sealedStore, prefix)
  }

  /** Tells which full keys any process changed; `null`: some changes were missed. A change of one's own may be told twice. */
  onChange(listener: (keys: string[] | null) => void): void {
    this.#listeners.push(listener)
  }

  #unlocked(): Keys {
    if (this.#keys === null) throw new Fault('sealed')
    return this.#keys
  }

  #value(key: string): Buffer | null | Promise<Buffer | null> {
    const found = (this.#fresh ? this.#kept.get(key) : undefined) ?? this.#fetch(key)
    return soon(found, (item) => soon(this.#unseal(key, item), valueOf))
  }

  async #fetch(key: string): Promise<Held<Uint8Array>> {
    const awaited = this.#kept.expect(key)
    try {
      const item = (await this.#storage.get(key)) ?? absent
      if (item.value === null || item.value.length <= largestKept) this.#kept.settle(key, awaited, item)
      return item
    } finally {
      this.#kept.abandon(key, awaited)
    }
  }

  #open(key: string): Promise<Held<Buffer>> {
    return this.#storage.get(key).then((item) => this.#unseal(key, item))
  }

  /** At once, unless another process has changed the keyring. */
  #unseal(key: string, item: Held<Uint8Array> | null): Held<Buffer> | Promise<Held<Buffer>> {
    const { ring } = this.#unlocked()
    if (item === null || item.value === null) return absent
    if (item.value.length === 0) return { value: null, version: item.version }
    return openedUnder(ring, key, item) ?? this.#reload().then(() => {
      const opened = openedUnder(this.#unlocked().ring, key, item)
      if (opened === null) throw broken(key, 'sealed under a key term that the keyring lacks')
      return opened
    })
  }

  #held(key: string): Held<unknown> | undefined {
    return this.#fresh && this.#keys !== null ? this.#cache.get(key) : undefined
  }

  #parsed(key: string, decode?: Decode<unknown>): unknown {
    const held = this.#held(key)
    return held === undefined ? this.#load(key, decode).then(({ value }) => value) : held.value
  }

  #record(key: string, anew: boolean, decode?: Decode<unknown>): Held<unknown> | Promise<Held<unknown>> {
    // What is kept of a distant store may be some time behind: good enough for a read, not for a judgement.
    return (anew || this.#storage.distant ? undefined : this.#held(key)) ?? this.#load(key, decode)
  }

  async #load(key: string, decode?: Decode<unknown>): Promise<Held<unknown>> {
    this.#unlocked()
    const awaited = this.#cache.expect(key)
    try {
      const { value, version } = await this.#open(key)
      const held: Held<unknown> = { value: value === null ? null : parsed(value, decode), version }
      this.#cache.settle(key, awaited, held)
      return held
    } catch (error) {
      this.#cache.abandon(key, awaited)
      throw error
    }
  }

  async #list(prefix: string, page: Page): Promise<string[]> {
    this.#unlocked()
    return this.#storage.list(prefix, page)
  }

  #commit(writes: ReadonlyMap<string, Write>, expect: ReadonlyMap<string, number>): Promise<void> {
    return this.#keyringChanged ? this.#reload().then(() => this.#sealAndCommit(writes, expect)) : this.#sealAndCommit(writes, expect)
  }

  #sealAndCommit(writes: ReadonlyMap<string, Write>, expect: ReadonlyMap<string, number>): Promise<void> {
    const { ring } = this.#unlocked()
    const { put, gone, changed, kept, seals } = sealWrites(writes, ring.terms.get(ring.active)!.key, ring.active, this.#cache)
    this.#meter.add(seals)
    return this.#storage.commit({ expect, put, delete: gone }).then(
      (first) => {
        for (const { path, at, value, awaited } of kept) {
          if (first > 0 && this.#keys !== null) this.#cache.settle(path, awaited, { value, version: first + at })
          else this.#cache.abandon(path, awaited)
        }
        if (changed.length > 0) this.#changed(changed, first || undefined)
        if (gone.length > 0) this.#changed(gone)
      },
      (error: unknown) => {
        for (const { path, awaited } of kept) this.#cache.abandon(path, awaited)
        // A commit whose answer was lost may stand.
        this.#changed([...changed, ...gone])
        throw error
      },
    )
  }

  #changed(keys: string[] | null, first?: number): void {
    for (const cache of [this.#cache, this.#kept]) {
      if (keys === null) cache.clear()
      else cache.drop(keys, first)
    }
    if (this.#keys !== null && (keys === null || keys.includes(keyringPath))) {
      this.#keyringChanged = true
      void this.#reload().catch(() => {})
    }
    for (const listener of this.#listeners) listener(keys)
  }

  /** Takes over the keyring that another process stored. */
  async #reload(): Promise<void> {
    const stored = await this.#storage.get(keyringPath)
    if (stored === null) throw new Fault('sealed')
    await this.#adopt(stored)
  }

  /** Opens a stored keyring and keeps it, unless a newer one is known; seals itself where no key that it knows opens it. */
  async #adopt(stored: Item, newRoot?: Buffer): Promise<Keyring> {
    const keys = this.#unlocked()
    for (const candidate of [async () => keys.root, async () => newRoot, () => this.#followRekey(keys)]) {
      const root = await candidate()
      const ring = root === undefined ? undefined : tryOpen(stored.value, root)
      if (ring === undefined) continue
      if (this.#keys !== keys) throw new Fault('sealed')
      if (stored.version > keys.version) this.#install(keys, { root: root!, ring, version: stored.version })
      return ring
    }
    if (this.#keys === keys && stored.version >= keys.version) this.seal()
    throw new Fault('sealed')
  }

  async #followRekey(keys: Keys): Promise<Buffer | undefined> {
    const stored = await this.#storage.get(rootKeyPath)
    const term = stored === null ? undefined : keys.ring.terms.get(envelopeTerm(stored.value))
    if (stored === null || term === undefined) return undefined
    return openEnvelope(term.key, rootKeyPath, stored.value)
  }

  #install(keys: Keys, { root, ring, version }: Keys): void {
    if (!sameKey(root, keys.root)) {
      keys.root.fill(0)
      keys.root = Buffer.from(root)
    }
    const moved = ring.active !== keys.ring.active
    keys.ring = ring
    keys.version = version
    this.#keyringChanged = false
    if (moved) void this.#meter.start(ring.active).catch(() => {})
  }

  async #replaceKeyring(change: (ring: Keyring) => Keyring, newRoot?: Buffer, beside: [string, Uint8Array][] = []): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#storage.get(keyringPath)
      if (stored === null) throw new Fault('not-initialized')
      const ring = change(await this.#adopt(stored))
      const put: [string, Uint8Array][] = [[keyringPath, sealKeyring(ring, newRoot ?? this.#unlocked().root)], ...beside]
      if (newRoot !== undefined) {
        const { key } = ring.terms.get(ring.active)!
        put.push([rootKeyPath, sealEnvelope(key, ring.active, rootKeyPath, newRoot)])
      }
      try {
        await this.#storage.commit({ expect: new Map([[keyringPath, stored.version]]), put })
        const committed = await this.#storage.get(keyringPath)
        if (committed !== null) await this.#adopt(committed, newRoot)
        return
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'conflict' || attempt === keyringAttempts) throw error
      }
    }
  }

  #rotateInBackground(): void {
    if (this.#rotating) return
    this.#rotating = true
    const done = (): void => void (this.#rotating = false)
    void this.rotateIfDue().then(done, done)
  }
}
