// What a storage backend promises. Below the barrier lie opaque bytes under keys, ordered by the
// bytes of their UTF-8 form; a backend knows nothing of what they mean.

/** A stored value with the version of its last write; versions only grow within one store. */
export interface Item {
  value: Uint8Array
  version: number
}

/**
 * Writes that happen together or not at all. `expect` maps keys that were read to the version they
 * had then (0: the key was absent); where one differs now, `commit` throws a Fault `conflict`.
 */
export interface Batch {
  expect?: ReadonlyMap<string, number>
  put?: [key: string, value: Uint8Array][]
  delete?: string[]
}

export interface Page {
  after?: string
  limit?: number
}

export interface Feed {
  /**
   * Whether caches may be used for the request that asks: every change that was durable before the call has been
   * delivered to the listener. False: read through. Asked once per request, before its first look-up.
   * A store that spans machines may answer for a state up to one second old; `strict` makes it ask the store itself.
   */
  fresh(strict?: boolean): boolean | Promise<boolean>
  /**
   * The same for a request that the event loop is just handing in, where the store can tell it of all that arrived
   * together with one look.
   */
  freshOnArrival?(): boolean
  close(): void
}

export interface Lock {
  /** Aborted when the lock is lost before it was released. */
  lost: AbortSignal
  release(): Promise<void>
}

export interface Storage {
  /** A read asks another process: what was read is worth keeping, sealed as it is. */
  readonly distant?: boolean
  get(key: string): Promise<Item | null>
  /** Full keys that begin with `prefix`, in order, strictly after `after`, at most `limit` (default 1000). */
  list(prefix: string, page?: Page): Promise<string[]>
  /**
   * All or nothing, durable before it resolves and visible to every later read on the machine. Gives the version of the first
   * key put, the others' follow one by one; 0 where nothing was put or the store does not tell.
   */
  commit(batch: Batch): Promise<number>
  /**
   * Tells which keys any process changed; `null` means: some changes were missed, drop every cache. `first`: where the store
   * tells, the version that the change gave to the first key, the others' follow one by one: who holds as much is not behind.
   */
  watch(changed: (keys: string[] | null, first?: number) => void): Feed
  /** Waits until the named lock is held by this process; rejects when `signal` aborts first. */
  lock(name: string, signal?: AbortSignal): Promise<Lock>
  /** A consistent copy of the store as a stream that `restore` of the same type reads. */
  backup(): AsyncIterable<Uint8Array>
  /** Fills an empty store from `backup`'s stream; a Fault `precondition` where it is not empty. */
  restore(source: AsyncIterable<Uint8Array>): Promise<void>
  close(): Promise<void>
}

/** One line of registration for a backend: how configuration names it and how it opens. */
export interface StorageType {
  type: string
  about: string
  open(options: Record<string, string>): Promise<Storage>
}
