// How many leases there are where a quota bounds them: counted in the store from time to time, and kept up to date between.
import { Fault } from '../kit/errors.ts'
import type { Grant } from '../kit/route.ts'
import type { Leases } from './leases.ts'
import type { Mount } from './mounts.ts'
import type { Namespaces } from './namespaces.ts'
import type { LeaseQuota } from './quotas.ts'
import type { Token, Tokens } from './tokens.ts'

/** Milliseconds that a count holds, and how many times longer than it took to make. */
const recountAfter = 5000
const dearer = 20
const page = 1000

interface Counted {
  count: number
  /** Milliseconds since 1970. */
  until: number
}

export class LeaseCounts {
  readonly #namespaces: Namespaces
  readonly #now: () => number
  #counts = new Map<string, Promise<Counted>>()

  constructor(namespaces: Namespaces, now: () => number) {
    this.#namespaces = namespaces
    this.#now = now
  }

  forget(): void {
    this.#counts.clear()
  }

  /** Throws `rate-limited` where the quota's leases are as many as it allows, else counts one more. Exact to a few seconds. */
  admitLease(quota: LeaseQuota, leases: Leases, mount: Mount): Promise<void> {
    return this.#admit(quota, () => this.#countLeases(quota, leases, mount))
  }

  /** The same for tokens of an auth mount; `counts` says which grants the quota is for. */
  admitLogin(quota: LeaseQuota, tokens: Tokens, mount: Mount, counts: (grant: Grant) => boolean): Promise<void> {
    const belongs = (token: Token): boolean => token.mountAccessor === mount.record.accessor && token.grant !== undefined && counts(token.grant)
    return this.#admit(quota, () => countTokens(tokens, mount.namespace.id, belongs, quota.maxLeases))
  }

  async #admit(quota: LeaseQuota, recount: () => Promise<number>): Promise<void> {
    let counted = await this.#counts.get(quota.name)
    if (!counted || this.#now() >= counted.until) {
      const counting = this.#recounted(recount)
      this.#counts.set(quota.name, counting)
      counting.catch(() => this.#counts.delete(quota.name))
      counted = await counting
    }
    if (counted.count >= quota.maxLeases) throw new Fault('rate-limited', `lease count quota "${quota.name}" exceeded`)
    counted.count++
  }

  async #recounted(recount: () => Promise<number>): Promise<Counted> {
    const begun = this.#now()
    const count = await recount()
    const now = this.#now()
    return { count, until: now + Math.max(recountAfter, (now - begun) * dearer) }
  }

  /** Of a namespace and, where it is inherited, of those below; else of the mount, or of a path of it. */
  async #countLeases({ path, inheritable, maxLeases }: LeaseQuota, leases: Leases, mount: Mount): Promise<number> {
    const own = this.#namespaces.at(path)
    if (!own) {
      const below = path.slice(mount.namespace.path.length)
      return countBelow(leases, mount.namespace.id, below.endsWith('*') ? below.slice(0, -1) : below.replace(/\/?$/, '/'), maxLeases)
    }
    let count = 0
    for (const namespace of inheritable ? [own, ...this.#namespaces.below(path)] : [own]) {
      if (count < maxLeases) count += await countBelow(leases, namespace.id, '', maxLeases - count)
    }
    return count
  }
}

async function countBelow(leases: Leases, namespaceId: string, prefix: string, most: number): Promise<number> {
  let count = 0
  for (let after: string | undefined; count < most; ) {
    const ids = await leases.ids(namespaceId, prefix, after === undefined ? { limit: page } : { after, limit: page })
    count += ids.length
    after = ids.at(-1)
    if (ids.length < page) break
  }
  return count
}

async function countTokens(tokens: Tokens, namespaceId: string, belongs: (token: Token) => boolean, most: number): Promise<number> {
  let count = 0
  for (let after: string | undefined; count < most; ) {
    const accessors = await tokens.accessors(namespaceId, after === undefined ? { limit: page } : { after, limit: page })
    for (const accessor of accessors) {
      const token = await tokens.byAccessor(accessor)
      if (token && belongs(token)) count++
    }
    after = accessors.at(-1)
    if (accessors.length < page) break
  }
  return count
}
