// Leases: what an engine gave for a time. Nothing is read at start-up; what is due lies under time-ordered keys.
import type { LeaseTerms } from '../kit/answer.ts'
import { nextSecond } from '../kit/duration.ts'
import { Fault, invalid } from '../kit/errors.ts'
import type { Context, Engine, LeaseHandler } from '../kit/route.ts'
import type { Page } from '../kit/storage.ts'
import type { View } from '../kit/view.ts'
import type { Due } from './due.ts'
import type { Mount } from './mounts.ts'
import { randomText } from './tokens.ts'

export interface Lease {
  /** Path of the request that made it (below its namespace) and a random part. */
  id: string
  namespaceId: string
  mountUuid: string
  kind: string
  data: Record<string, unknown>
  /** Digest of the token that asked; empty when it was a batch token. */
  tokenKey: string
  /** Seconds since 1970; 0: never renewed. */
  issuedAt: number
  renewedAt: number
  expiresAt: number
  /** Seconds. */
  ttl: number
  maxTtl: number
  renewable: boolean
  /** Revocation that failed so often that only people can end it; says why. */
  irrevocable?: string
  attempts?: number
}

export interface LeaseParts {
  root: View
  due: Due
  now(): number
  mountByUuid(uuid: string): Mount | undefined
  /** The context in which an engine's lease handler runs: the server itself, no caller. */
  contextOf(mount: Mount): Context
}

const maxAttempts = 6
const storeKey = (namespaceId: string, id: string): string => `lease/id/${namespaceId}/${id}`

export class Leases {
  readonly #parts: LeaseParts
  readonly #view: View
  /** Asked before a lease is made by a request to `path`; throws where a quota is used up. */
  admit: (mount: Mount, path: string) => Promise<void> = async () => {}

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.#view = parts.root.at('lease/')
    parts.due.handle('lease', (id) => this.#expire(id))
  }

  #seconds(): number {
    return nextSecond(this.#parts.now())
  }

  /** Stores a lease for what an engine just made; on failure what was made is taken back. `ceiling`: seconds since 1970 at which the token ends, 0 for never. */
  async create(mount: Mount, path: string, terms: LeaseTerms, tokenKey: string, ceiling: number): Promise<Lease> {
    const now = this.#seconds()
    const maxTtl = Math.min(terms.maxTtl || mount.info.maxTtl, mount.info.maxTtl)
    const wanted = Math.min(terms.ttl || mount.info.defaultTtl, maxTtl)
    const ttl = ceiling > 0 ? Math.max(0, Math.min(wanted, ceiling - now)) : wanted
    const lease: Lease = {
      id: `${path}/${randomText(24)}`,
      namespaceId: mount.namespace.id,
      mountUuid: mount.record.uuid,
      kind: terms.kind,
      data: terms.data,
      tokenKey,
      issuedAt: Math.trunc(this.#parts.now() / 1000),
      renewedAt: 0,
      expiresAt: now + ttl,
      ttl,
      maxTtl,
      renewable: terms.renewable ?? true,
    }
    try {
      await this.admit(mount, path)
      await this.#parts.root.update((tx) => {
        tx.write(storeKey(lease.namespaceId, lease.id), lease)
        if (tokenKey !== '') tx.mark(`lease/of/${tokenKey}/${lease.namespaceId}/${lease.id}`)
        this.#parts.due.add(tx, this.#dueOf(lease))
      })
    } catch (cause) {
      await this.#handler(lease)?.handler.revoke(this.#parts.contextOf(mount), lease.data)
      throw cause
    }
    return lease
  }

  #dueOf(lease: Lease) {
    return { second: lease.expiresAt, kind: 'lease', id: `${lease.namespaceId}/${lease.id}` }
  }

  #handler(lease: Lease): { mount: Mount; handler: LeaseHandler } | null {
    const mount = this.#parts.mountByUuid(lease.mountUuid)
    const handler = mount && (mount.engine as Engine).leases?.[lease.kind]
    return mount && handler ? { mount, handler } : null
  }

  get(namespaceId: string, id: string): Promise<Lease | null> {
    return this.#view.read<Lease>(`id/${namespaceId}/${id}`)
  }

  /** Extends a lease by `increment` seconds (0: as it was made), never beyond its maximum. */
  async renew(namespaceId: string, id: string, increment: number): Promise<Lease> {
    const lease = await this.get(namespaceId, id)
    const now = this.#seconds()
    if (!lease || lease.expiresAt * 1000 <= this.#parts.now()) throw invalid('lease not found')
    const found = this.#handler(lease)
    if (!lease.renewable || !found) throw invalid('lease is not renewable')
    const end = lease.issuedAt + lease.maxTtl
    const expiresAt = Math.min(now + (increment > 0 ? increment : lease.ttl), end)
    if (expiresAt <= now) throw invalid('past the max TTL, cannot renew')
    await found.handler.renew?.(this.#parts.contextOf(found.mount), lease.data, expiresAt - now)
    return this.#parts.root.update(async (tx) => {
      const present = await tx.read<Lease>(storeKey(namespaceId, id))
      if (!present) throw invalid('lease not found')
      this.#parts.due.remove(tx, this.#dueOf(present))
      const renewed = { ...present, expiresAt, renewedAt: Math.trunc(this.#parts.now() / 1000) }
      tx.write(storeKey(namespaceId, id), renewed)
      this.#parts.due.add(tx, this.#dueOf(renewed))
      return renewed
    })
  }

  /** Ends a lease at its far end, then here. `force`: here even if the far end fails. */
  async revoke(namespaceId: string, id: string, force = false): Promise<void> {
    const lease = await this.get(namespaceId, id)
    if (!lease) return
    const found = this.#handler(lease)
    try {
      if (found) await found.handler.revoke(this.#parts.contextOf(found.mount), lease.data)
    } catch (cause) {
      if (!force) throw new Fault('upstream', `failed to revoke lease ${id}: the far end refused or did not answer`, { cause, status: 400 })
    }
    await this.#forget(lease)
  }

  async #forget(lease: Lease): Promise<void> {
    await this.#parts.root.update((tx) => {
      tx.delete(storeKey(lease.namespaceId, lease.id))
      if (lease.tokenKey !== '') tx.delete(`lease/of/${lease.tokenKey}/${lease.namespaceId}/${lease.id}`)
      this.#parts.due.remove(tx, this.#dueOf(lease))
    })
  }

  /** Runs when a lease is due. Failures are tried again later, then the lease is irrevocable: kept, and shown to people. */
  async #expire(id: string): Promise<void> {
    const [namespaceId, ...rest] = id.split('/')
    const lease = await this.get(namespaceId!, rest.join('/'))
    if (!lease || lease.irrevocable !== undefined || lease.expiresAt * 1000 > this.#parts.now()) return
    try {
      await this.revoke(lease.namespaceId, lease.id)
    } catch (cause) {
      const attempts = (lease.attempts ?? 0) + 1
      const given = attempts >= maxAttempts ? { ...lease, attempts, irrevocable: 'revocation failed repeatedly' } : { ...lease, attempts }
      await this.#view.write(`id/${namespaceId}/${lease.id}`, given)
      if (given.irrevocable === undefined) throw cause
    }
  }

  /** Makes a lease due now and lets the worker end it; for `sync=false` revocations. */
  async revokeSoon(namespaceId: string, id: string): Promise<void> {
    await this.#parts.root.update(async (tx) => {
      const lease = await tx.read<Lease>(storeKey(namespaceId, id))
      if (!lease) return
      this.#parts.due.remove(tx, this.#dueOf(lease))
      const due = { ...lease, expiresAt: Math.trunc(this.#parts.now() / 1000) }
      tx.write(storeKey(namespaceId, id), due)
      this.#parts.due.add(tx, this.#dueOf(due))
    })
  }

  /** Children of a prefix, as `sys/leases/lookup` lists them. */
  list(namespaceId: string, prefix: string, page?: Page): Promise<string[]> {
    return this.#view.children(`id/${namespaceId}/${prefix}`, page)
  }

  /** Ids below a prefix, by pages. */
  ids(namespaceId: string, prefix: string, page?: Page): Promise<string[]> {
    const base = `id/${namespaceId}/`
    const below = page?.after === undefined ? page : { ...page, after: base + page.after }
    return this.#view.keys(base + prefix, below).then((keys) => keys.map((key) => key.slice(base.length)))
  }

  async revokePrefix(namespaceId: string, prefix: string, force: boolean): Promise<void> {
    for (let after: string | undefined; ; ) {
      const ids = await this.ids(namespaceId, prefix, after === undefined ? { limit: 256 } : { after, limit: 256 })
      for (const id of ids) await this.revoke(namespaceId, id, force)
      after = ids.at(-1)
      if (ids.length < 256) return
    }
  }

  /** Ends what a token left behind; a lease that fails now is left to the worker. */
  async revokeOf(tokenKey: string): Promise<void> {
    const base = `of/${tokenKey}/`
    for (;;) {
      const keys = await this.#view.keys(base, { limit: 256 })
      for (const key of keys) {
        const [namespaceId, ...id] = key.slice(base.length).split('/')
        try {
          await this.revoke(namespaceId!, id.join('/'))
        } catch {
          await this.revokeSoon(namespaceId!, id.join('/'))
          await this.#view.delete(key)
        }
        await this.#view.delete(key)
      }
      if (keys.length < 256) return
    }
  }
}
