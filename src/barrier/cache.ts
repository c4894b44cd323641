// A bounded cache of values by key, in two generations: what is used survives, what is not is dropped in bulk.
// A value that is behind a change of its key is never kept, whether it was loaded or written meanwhile.

/** A value with the version of its last write. */
export interface Held<T> {
  /** null: a key that is absent or has no value. */
  value: T | null
  /** 0: the key is absent. */
  version: number
}

/** A value on its way: the newest change of its key that was told since. */
interface Awaited {
  told: number
}

export class Cache<T> {
  readonly #capacity: number
  #young = new Map<string, Held<T>>()
  #old = new Map<string, Held<T>>()
  #awaited = new Map<string, Awaited>()

  /** At most `entries` values; 0 keeps none. */
  constructor(entries: number) {
    this.#capacity = Math.ceil(entries / 2)
  }

  /** `undefined` where nothing is kept. */
  get(key: string): Held<T> | undefined {
    const held = this.#young.get(key)
    if (held !== undefined) return held
    const aged = this.#old.get(key)
    if (aged !== undefined) this.#keep(key, aged)
    return aged
  }

  /** Announces that a value is about to be loaded or written; hand the token to `settle` or `abandon`. */
  expect(key: string): Awaited {
    const awaited = { told: 0 }
    this.#awaited.set(key, awaited)
    return awaited
  }

  /** Keeps what was loaded or written, unless the key has changed since. */
  settle(key: string, awaited: Awaited, held: Held<T>): void {
    if (this.#awaited.get(key) !== awaited) return
    this.#awaited.delete(key)
    if (this.#capacity > 0 && awaited.told <= held.version) this.#keep(key, held)
  }

  /** Ends what failed. */
  abandon(key: string, awaited: Awaited): void {
    if (this.#awaited.get(key) === awaited) this.#awaited.delete(key)
  }

  /** Drops what is behind a change of these keys: the first has the version `first` now, the others' follow one by one; unknown: all. */
  drop(keys: readonly string[], first = Infinity): void {
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!
      const version = first + index
      const held = this.#young.get(key) ?? this.#old.get(key)
      if (held !== undefined && held.version < version) {
        this.#young.delete(key)
        this.#old.delete(key)
      }
      const awaited = this.#awaited.get(key)
      if (awaited !== undefined && awaited.told < version) awaited.told = version
    }
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#awaited = new Map()
  }

  #keep(key: string, held: Held<T>): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, held)
  }
}
