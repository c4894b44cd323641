// A bounded cache of parsed values by key, in two generations: what is used survives, what is not is dropped in bulk.
// A value that was loaded while its key changed is never kept.

export class Cache {
  readonly #capacity: number
  #young = new Map<string, unknown>()
  #old = new Map<string, unknown>()
  #loading = new Map<string, object>()

  /** At most `entries` values; 0 keeps none. */
  constructor(entries: number) {
    this.#capacity = Math.ceil(entries / 2)
  }

  /** `undefined` where nothing is kept; `null` stands for a key known to be absent. */
  get(key: string): unknown {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const aged = this.#old.get(key)
    if (aged !== undefined) this.#keep(key, aged)
    return aged
  }

  /** Announces that a value is about to be loaded; hand the token to `settle`. */
  load(key: string): object {
    const token = {}
    this.#loading.set(key, token)
    return token
  }

  /** Keeps what was loaded, unless the key was dropped since `load`. */
  settle(key: string, token: object, value: unknown): void {
    if (this.#loading.get(key) !== token) return
    this.#loading.delete(key)
    if (this.#capacity > 0) this.#keep(key, value)
  }

  /** Ends a load that failed. */
  abandon(key: string, token: object): void {
    if (this.#loading.get(key) === token) this.#loading.delete(key)
  }

  drop(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#young.delete(key)
      this.#old.delete(key)
      this.#loading.delete(key)
    }
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#loading = new Map()
  }

  #keep(key: string, value: unknown): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
