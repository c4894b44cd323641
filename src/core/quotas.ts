// Quotas: how many requests a client may make in a time, and how many leases a mount may hold.
import { Fault } from '../kit/errors.ts'
import type { View } from '../kit/view.ts'
import type { Call } from './call.ts'
import type { Leases } from './leases.ts'
import type { Mount } from './mounts.ts'
import type { Namespaces } from './namespaces.ts'

export interface RateQuota {
  name: string
  /** Full path that it is for: `''` for everything, a namespace, a mount, or a path below one (may end in `*`). */
  path: string
  /** Requests per `interval` seconds and client address. */
  rate: number
  interval: number
  /** Seconds that a client is shut out after exceeding it; 0 for none. */
  blockInterval: number
  inheritable: boolean
}

export interface LeaseQuota {
  name: string
  path: string
  maxLeases: number
  inheritable: boolean
}

export interface QuotaConfig {
  /** Paths that no rate quota counts. */
  exemptPaths: string[]
  auditLogging: boolean
  responseHeaders: boolean
}

const mostClients = 100_000
const recountAfter = 5000
const alwaysExempt = ['sys/health', 'sys/seal-status', 'sys/unseal', 'sys/init', 'sys/generate-root/attempt', 'sys/generate-root/update', 'sys/rekey/init', 'sys/rekey/update', 'sys/rekey/verify']

interface Bucket {
  left: number
  filledAt: number
  blockedUntil: number
}

export class Quotas {
  readonly #view: View
  readonly #now: () => number
  readonly #namespaces: Namespaces
  #rates: RateQuota[] = []
  #leaseQuotas: LeaseQuota[] = []
  #config: QuotaConfig = { exemptPaths: [], auditLogging: false, responseHeaders: false }
  #buckets = new Map<string, Bucket>()
  #counts = new Map<string, { count: number; at: number }>()

  constructor(view: View, namespaces: Namespaces, now: () => number) {
    this.#view = view
    this.#namespaces = namespaces
    this.#now = now
  }

  /** Reads all quotas anew; called when one changed anywhere. */
  async load(): Promise<void> {
    const read = async <Q>(kind: string): Promise<Q[]> => {
      const found = await Promise.all((await this.#view.keys(`${kind}/`, { limit: 10_000 })).map((key) => this.#view.read<Q>(key)))
      return found.filter((one) => one !== null) as Q[]
    }
    this.#rates = longestFirst(await read<RateQuota>('rate-limit'))
    this.#leaseQuotas = longestFirst(await read<LeaseQuota>('lease-count'))
    this.#config = (await this.#view.read<QuotaConfig>('config')) ?? this.#config
  }

  get view(): View {
    return this.#view
  }

  get config(): QuotaConfig {
    return this.#config
  }

  /** Takes one request off its client's allowance; throws `rate-limited` where none is left. Costs nothing without quotas. */
  admit(call: Call): void {
    if (this.#rates.length === 0) return
    const path = call.namespace + call.path
    if (alwaysExempt.includes(call.path) || this.#config.exemptPaths.some((one) => covers(one, path))) return
    const quota = this.#rates.find((one) => this.#applies(one, call.namespace, path))
    if (quota) this.#take(quota, call.remote.address)
  }

  #applies(quota: { path: string; inheritable: boolean }, namespace: string, path: string): boolean {
    if (!covers(quota.path, path)) return false
    // One for a namespace holds below it only where it says so; that of the root holds everywhere.
    const own = this.#namespaces.at(quota.path)
    return quota.path === '' || !own || quota.inheritable || own.path === namespace
  }

  #take(quota: RateQuota, client: string): void {
    const key = `${quota.name} ${client}`
    const now = this.#now()
    let bucket = this.#buckets.get(key)
    if (!bucket) {
      if (this.#buckets.size >= mostClients) this.#buckets.clear()
      this.#buckets.set(key, (bucket = { left: quota.rate, filledAt: now, blockedUntil: 0 }))
    }
    const refill = ((now - bucket.filledAt) / (quota.interval * 1000)) * quota.rate
    bucket.left = Math.min(Math.max(1, quota.rate), bucket.left + refill)
    bucket.filledAt = now
    if (bucket.blockedUntil <= now && bucket.left >= 1) {
      bucket.left--
      return
    }
    if (quota.blockInterval > 0 && bucket.blockedUntil <= now) bucket.blockedUntil = now + quota.blockInterval * 1000
    throw new Fault('rate-limited', `request path "${quota.path || '/'}": rate limit quota exceeded`)
  }

  /** Throws where a lease more would exceed a quota. Counts are exact to a few seconds. */
  async admitLease(leases: Leases, mount: Mount): Promise<void> {
    const quota = this.#leaseQuotas.find((one) => this.#applies(one, mount.namespace.path, mount.fullPath))
    if (!quota) return
    const prefix = quota.path.startsWith(mount.fullPath) ? quota.path.slice(mount.namespace.path.length).replace(/\*$/, '') : quota.path === '' || this.#namespaces.at(quota.path) ? '' : mount.record.path
    const now = this.#now()
    let counted = this.#counts.get(quota.name)
    if (!counted || now - counted.at > recountAfter) this.#counts.set(quota.name, (counted = { count: await countLeases(leases, mount.namespace.id, prefix, quota.maxLeases), at: now }))
    if (counted.count >= quota.maxLeases) throw new Fault('rate-limited', `lease count quota "${quota.name}" exceeded`)
    counted.count++
  }
}

async function countLeases(leases: Leases, namespaceId: string, prefix: string, most: number): Promise<number> {
  let count = 0
  for (let after: string | undefined; count < most; ) {
    const ids = await leases.ids(namespaceId, prefix, after === undefined ? { limit: 1000 } : { after, limit: 1000 })
    count += ids.length
    after = ids.at(-1)
    if (ids.length < 1000) break
  }
  return count
}

const longestFirst = <Q extends { path: string }>(quotas: Q[]): Q[] => quotas.sort((a, b) => b.path.length - a.path.length)

const covers = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === '' || path === pattern || path.startsWith(pattern.endsWith('/') ? pattern : `${pattern}/`)
