// Changes of secrets, announced: what happened to which path, never a value. Where somebody waits for them, an event is
// part of the very commit that made the change; where nobody does, nothing is written.
import { randomBytes } from 'node:crypto'
import type { Announcement } from '../kit/route.ts'
import type { Decode, Transaction, View } from '../kit/view.ts'
import type { Mount } from './mounts.ts'
import type { Namespaces } from './namespaces.ts'
import { matchesAnyGlob } from '../kit/glob.ts'

/** What is told of a change. `id` begins with the time, so that events are in order. */
export interface SecretEvent {
  id: string
  /** RFC 3339. */
  time: string
  /** `secret.created`, `secret.updated`, `secret.rotated`, `secret.deleted`, `secret.restored`, `secret.label-moved`. */
  type: string
  namespace: string
  /** As policies name it: mount and path of the value. */
  path: string
  /** Of the secret, below its mount. */
  name: string
  mount: string
  mount_type: string
  version?: number
  version_id?: string
  /** Staging labels that moved. */
  labels?: string[]
}

export interface Subscription {
  name: string
  namespace: string
  namespaceId: string
  kind: 'webhook' | 'sns' | 'eventbridge'
  url: string
  /** Types with `*` for any text; none: all. */
  types: string[]
  /** Paths that events must begin with; none: all. */
  prefixes: string[]
  /** Signs what is sent. */
  secret: string
  allowed: string[]
  ca: string
  /** Seconds since 1970. */
  createdAt: number
}

/** How a delivery stands; the value under its due key. */
export interface Pending {
  attempts: number
}

/** How long events are kept for deliveries that are tried again and for streams that come back; seconds. */
export const keptFor = 21_600
const listenerLife = 90_000

const pad = (number: number, digits: number): string => String(Math.trunc(number)).padStart(digits, '0')
export const dueKey = (second: number, subscription: string, event: string): string => `due/${pad(second, 11)}/${subscription}/${event}`
export const logKey = (event: string): string => `log/${event}`
export const subscriptionId = ({ namespaceId, name }: Pick<Subscription, 'namespaceId' | 'name'>): string => `${namespaceId}.${name}`

export const wants = ({ types, prefixes }: Pick<Subscription, 'types' | 'prefixes'>, event: SecretEvent): boolean =>
  (types.length === 0 || matchesAnyGlob(types, event.type)) && (prefixes.length === 0 || prefixes.some((prefix) => event.path.startsWith(prefix)))

const place = 'core/event/'
/** Keys of the store whose change means that subscriptions are to be read anew, and those that hold events. */
export const tableKeys = [`${place}subscription/`, `${place}listener/`]
const eventKeys = `${place}log/`

export interface EventsParts {
  /** The whole store, so that an event is committed with its change. */
  store: View
  /** Their own part of it: `core/event/`. */
  view: View
  namespaces: Namespaces
  now: () => number
}

export class Events {
  readonly view: View
  readonly #store: View
  readonly #namespaces: Namespaces
  readonly #now: () => number
  readonly #own = randomBytes(8).toString('hex')
  #subscriptions: Subscription[] = []
  #listenedUntil = 0
  #announcedUntil = 0
  readonly #streams = new Set<(ids: string[] | null) => void>()

  constructor({ store, view, namespaces, now }: EventsParts) {
    this.#store = store
    this.view = view
    this.#namespaces = namespaces
    this.#now = now
  }

  /** Reads anew who waits for events; part of bringing the tables up to date. */
  async load(): Promise<void> {
    const found: Subscription[] = []
    for (const key of await this.view.keys('subscription/', { limit: 10_000 })) {
      const one = await this.view.read<Subscription>(key)
      if (one && this.#namespaces.byId(one.namespaceId)) found.push(one)
    }
    this.#subscriptions = found
    this.#listenedUntil = 0
    for (const key of await this.view.keys('listener/', { limit: 1000 })) this.#listenedUntil = Math.max(this.#listenedUntil, (await this.view.read<number>(key)) ?? 0)
  }

  get subscriptions(): readonly Subscription[] {
    return this.#subscriptions
  }

  /** Told which keys changed, here or elsewhere; wakes the streams. */
  changed(keys: readonly string[] | null): void {
    if (this.#streams.size === 0) return
    const ids = keys?.filter((key) => key.startsWith(eventKeys)).map((key) => key.slice(eventKeys.length)) ?? null
    if (ids === null || ids.length > 0) for (const wake of this.#streams) wake(ids)
  }

  /** The view of a mount whose engine announces changes: writes that mean something to somebody carry their events. */
  over(mount: Mount, plain: View, prefix: string): View {
    const announces = mount.engine.announces!
    const namespace = mount.namespace.path
    const watched = (): boolean => this.#listenedUntil > this.#now() || this.#subscriptions.some((one) => one.namespace === namespace)
    const update: View['update'] = (change) => (watched() ? this.#spanning(mount, prefix, announces, change) : plain.update(change))
    return {
      ...plain,
      update,
      write: (key, value) => (watched() ? update((tx) => tx.read(key).then(() => tx.write(key, value))) : plain.write(key, value)),
      delete: (key) => (watched() ? update((tx) => tx.read(key).then(() => tx.delete(key))) : plain.delete(key)),
    }
  }

  #spanning<T>(mount: Mount, prefix: string, announces: NonNullable<Mount['engine']['announces']>, change: (tx: Transaction) => Promise<T> | T): Promise<T> {
    return this.#store.update(async (tx) => {
      const before = new Map<string, unknown>()
      const after = new Map<string, unknown>()
      const read = async <V>(key: string, decode?: Decode<V>): Promise<V | null> => {
        const value = await tx.read<never>(prefix + key)
        if (!after.has(key) && !before.has(key)) before.set(key, value)
        return decode === undefined || value === null ? value : decode(value)
      }
      const below: Transaction = {
        get: (key) => tx.get(prefix + key),
        read,
        // What was there before is compared as it is stored.
        shared: read,
        put: (key, value) => tx.put(prefix + key, value),
        mark: (key) => tx.mark(prefix + key),
        write(key, value) {
          after.set(key, value)
          tx.write(prefix + key, value)
        },
        share(key, value, decoded) {
          after.set(key, value)
          tx.share(prefix + key, value, decoded)
        },
        delete(key) {
          after.set(key, null)
          tx.delete(prefix + key)
        },
      }
      const result = await change(below)
      for (const [key, value] of after) for (const one of announces(key, before.get(key) ?? null, value)) this.#note(tx, mount, one)
      return result
    })
  }

  #note(tx: Transaction, mount: Mount, { kind, path, name, version, versionId, labels }: Announcement): void {
    const now = this.#now()
    const event: SecretEvent = {
      id: `${pad(now, 15)}-${randomBytes(8).toString('hex')}`,
      time: new Date(now).toISOString(),
      type: `secret.${kind}`,
      namespace: mount.namespace.path,
      path: mount.record.path + path,
      name,
      mount: mount.record.path,
      mount_type: mount.record.type,
      ...(version !== undefined && { version }),
      ...(versionId !== undefined && { version_id: versionId }),
      ...(labels && { labels }),
    }
    const takers = this.#subscriptions.filter((one) => one.namespace === event.namespace && wants(one, event))
    if (takers.length === 0 && this.#listenedUntil <= now) return
    tx.write(place + logKey(event.id), event)
    for (const taker of takers) tx.write(place + dueKey(now / 1000, subscriptionId(taker), event.id), { attempts: 0 } satisfies Pending)
  }

  /** Says to every process that somebody here listens, for a while; asked again and again as long as that is so. */
  async listen(): Promise<void> {
    const now = this.#now()
    if (this.#announcedUntil - now > listenerLife / 2) return
    this.#announcedUntil = now + listenerLife
    this.#listenedUntil = Math.max(this.#listenedUntil, this.#announcedUntil)
    await this.view.write(`listener/${this.#own}`, this.#announcedUntil)
  }

  /** Calls `wake` with ids of new events, or null where some were missed, until the returned function is called. */
  watch(wake: (ids: string[] | null) => void): () => void {
    this.#streams.add(wake)
    return () => {
      this.#streams.delete(wake)
      if (this.#streams.size > 0) return
      this.#announcedUntil = 0
      void this.view.delete(`listener/${this.#own}`).catch(() => {})
    }
  }

  read(id: string): Promise<SecretEvent | null> {
    return this.view.read<SecretEvent>(logKey(id))
  }

  /** Events after an id, oldest first. */
  async since(id: string, limit = 1000): Promise<string[]> {
    return (await this.view.keys('log/', { after: logKey(id), limit })).map((key) => key.slice('log/'.length))
  }

  /** Forgets events whose time is over, and listeners that did not say so themselves. */
  async prune(): Promise<void> {
    const end = logKey(pad(this.#now() - keptFor * 1000, 15))
    const old = (await this.view.keys('log/', { limit: 500 })).filter((key) => key < end)
    const gone: string[] = []
    for (const key of await this.view.keys('listener/', { limit: 100 })) if (((await this.view.read<number>(key)) ?? 0) < this.#now() - listenerLife) gone.push(key)
    if (old.length + gone.length > 0) await this.view.update((tx) => [...old, ...gone].forEach((key) => tx.delete(key)))
  }
}
