// A bounded cache of values by key, in two generations: what is used survives, what is not is dropped in bulk.
// A value that is behind a change of its key is never kept, whether it was loaded or written meanwhile.

/** A value with the version of its last write. */
export interface Held<T> {
  /** null: a key that is absent or has no value. */
  value: T | null
  /** 0: the key is absent. */
  version: number
}

/**
 * What is known of a key. Who is about to bring its value is noted here too: a table of its own for what comes and goes with
 * each request would be outgrown again and again, and each that was pointed to those that follow.
 */
interface Place<T> {
  held: Held<T> | null
  /** Who announced a value last; 0: nobody. */
  awaited: number
  /** The newest change that was told since. */
  told: number
}

export class Cache<T> {
  readonly #capacity: number
  #young = new Map<string, Place<T>>()
  #old = new Map<string, Place<T>>()
  #announced = 0

  /** At most `entries` values; 0 keeps none. */
  constructor(entries: number) {
    this.#capacity = Math.ceil(entries / 2)
  }

  /** `undefined` where nothing is kept. */
  get(key: string): Held<T> | undefined {
    return this.#find(key)?.held ?? undefined
  }

  /** Announces that a value is about to be loaded or written; hand the token to `settle` or `abandon`. */
  expect(key: string): number {
    const awaited = ++this.#announced
    const place = this.#find(key)
    if (place === undefined) this.#add(key, { held: null, awaited, told: 0 })
    else {
      place.awaited = awaited
      place.told = 0
    }
    return awaited
  }

  /** Keeps what was loaded or written, unless the key has changed since. */
  settle(key: string, awaited: number, held: Held<T>): void {
    const place = this.#find(key)
    if (place?.awaited !== awaited) return
    if (place.told > held.version) return this.abandon(key, awaited)
    place.held = held
    place.awaited = 0
  }

  /** Ends what failed. */
  abandon(key: string, awaited: number): void {
    const place = this.#find(key)
    if (place?.awaited !== awaited) return
    place.awaited = 0
    if (place.held === null) this.#remove(key)
  }

  /** Drops what is behind a change of these keys: the first has the version `first` now, the others' follow one by one; unknown: all. */
  drop(keys: readonly string[], first = Infinity): void {
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!
      const version = first + index
      const place = this.#young.get(key) ?? this.#old.get(key)
      if (place === undefined) continue
      if (place.told < version) place.told = version
      if (place.held !== null && place.held.version < version) place.held = null
      if (place.held === null && place.awaited === 0) this.#remove(key)
    }
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }

  #find(key: string): Place<T> | undefined {
    const place = this.#young.get(key)
    if (place !== undefined) return place
    const aged = this.#old.get(key)
    if (aged !== undefined) this.#add(key, aged)
    return aged
  }

  #add(key: string, place: Place<T>): void {
    if (this.#capacity === 0) return
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, place)
  }

  #remove(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
