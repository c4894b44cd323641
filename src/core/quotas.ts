// Quotas: how many requests a client may make in a time, and how many leases a mount may hold. Of those that cover a request the
// most specific one counts: a login role's, a path's, a mount's, that of the nearest namespace, the one for everything.
import { Fault } from '../kit/errors.ts'
import type { AuthMethod, Grant } from '../kit/route.ts'
import type { View } from '../kit/view.ts'
import type { Call } from './call.ts'
import { LeaseCounts } from './lease-counts.ts'
import type { Leases } from './leases.ts'
import type { Mount, Target } from './mounts.ts'
import type { Namespaces } from './namespaces.ts'
import { type Rate, RateLimiter, type Standing } from './rate-limiter.ts'
import type { Tokens } from './tokens.ts'

/** What a quota is for. */
export interface Scoped {
  name: string
  /** Full path: `''` for everything, a namespace or a mount with a trailing slash, or one path below a mount, which may end in `*`. */
  path: string
  /** Logins by this role of the auth mount at `path` alone; `''` for all. */
  role: string
  /** Whether one for a namespace counts those below too. */
  inheritable: boolean
}

/** Whose requests are counted together. */
export const groupings = ['ip', 'none', 'entity_then_ip', 'entity_then_none'] as const
export type Grouping = (typeof groupings)[number]

export interface RateQuota extends Scoped, Rate {
  groupBy: Grouping
  /** Rate of those who have no entity, where entities are counted; 0 elsewhere. */
  secondaryRate: number
}

export interface LeaseQuota extends Scoped {
  maxLeases: number
}

export interface QuotaConfig {
  /** Paths that no rate quota counts. */
  exemptPaths: string[]
  auditLogging: boolean
  responseHeaders: boolean
}

/** Names of the folders that they lie in. */
const kinds = ['rate-limit', 'lease-count'] as const
export type QuotaKind = (typeof kinds)[number]

/** Quotas of a kind. */
const most = 10_000
const mostClients = 100_000
const fewestClients = 1000
const alwaysExempt = ['sys/health', 'sys/seal-status', 'sys/unseal', 'sys/init', 'sys/generate-root/attempt', 'sys/generate-root/update', 'sys/rekey/init', 'sys/rekey/update', 'sys/rekey/verify']

export const isByEntity = (grouping: Grouping): boolean => grouping.startsWith('entity')

/** A quota with what is worked out of it. */
type Ready<Q extends Scoped> = Q & { rank: number; ofNamespace: boolean }
type Limit = Ready<RateQuota> & { limiter: RateLimiter; stored: string }

export class Quotas {
  readonly #view: View
  readonly #now: () => number
  readonly #namespaces: Namespaces
  readonly #counts: LeaseCounts
  #limits: Limit[] = []
  #leaseQuotas: Ready<LeaseQuota>[] = []
  #config: QuotaConfig = { exemptPaths: [], auditLogging: false, responseHeaders: false }

  constructor(view: View, namespaces: Namespaces, now: () => number) {
    this.#view = view
    this.#namespaces = namespaces
    this.#now = now
    this.#counts = new LeaseCounts(namespaces, now)
  }

  /** Reads all quotas anew; called when one changed anywhere. What clients have used counts on, except for a quota that is another now. */
  async load(): Promise<void> {
    const read = async <Q extends Scoped>(kind: QuotaKind): Promise<Q[]> => {
      const found = await Promise.all((await this.#view.keys(`${kind}/`, { limit: most })).map((key) => this.#view.read<Q>(key)))
      return found.filter((one) => typeof one?.path === 'string') as Q[]
    }
    const rates = await read<RateQuota>('rate-limit')
    const clients = Math.max(fewestClients, Math.trunc(mostClients / Math.max(1, rates.length)))
    const present = new Map(this.#limits.map((limit) => [limit.stored, limit.limiter]))
    this.#limits = mostSpecificFirst(rates.map((quota) => {
      const ready = this.#ready({ ...quota, groupBy: quota.groupBy ?? 'ip', secondaryRate: quota.secondaryRate ?? 0 })
      const stored = JSON.stringify(ready)
      return { ...ready, stored, limiter: present.get(stored) ?? new RateLimiter(ready, clients) }
    }))
    this.#leaseQuotas = mostSpecificFirst((await read<LeaseQuota>('lease-count')).map((quota) => this.#ready(quota)))
    this.#counts.forget()
    this.#config = (await this.#view.read<QuotaConfig>('config')) ?? this.#config
  }

  /** Quotas for a mount or a namespace, and for what lies below it, go where it goes; with it where `to` is null. Full paths with a trailing slash. */
  async move(from: string, to: string | null): Promise<void> {
    await this.#view.update(async (tx) => {
      for (const kind of kinds) {
        for (const key of await this.#view.keys(`${kind}/`, { limit: most })) {
          const quota = await tx.read<Scoped>(key)
          if (!quota?.path.startsWith(from)) continue
          if (to === null) tx.delete(key)
          else tx.write(key, { ...quota, path: to + quota.path.slice(from.length) })
        }
      }
    })
    await this.load()
  }

  #ready<Q extends Scoped>(quota: Q): Ready<Q> {
    // Quotas were once stored without a role, and what they covered without its slash.
    const path = quota.role === undefined && /[^/*]$/.test(quota.path) ? `${quota.path}/` : quota.path
    const role = quota.role ?? ''
    const ofNamespace = path === '' || this.#namespaces.at(path) !== undefined
    const rank = role !== '' ? 4 : path.endsWith('*') ? 2 : !path.endsWith('/') && path !== '' ? 3 : ofNamespace ? 0 : 1
    return { ...quota, path, role, ofNamespace, rank }
  }

  get view(): View {
    return this.#view
  }

  get config(): QuotaConfig {
    return this.#config
  }

  /** How this request is to be counted; null where it is not. */
  admission(call: Call): Admission | null {
    if (this.#limits.length === 0) return null
    const path = call.namespace + call.path
    if (alwaysExempt.includes(call.path) || this.#config.exemptPaths.some((one) => isExempt(one, path))) return null
    const namespace = this.#namespaceOf(path)
    const limits = this.#limits.filter((limit) => covers(limit, namespace, path) && (limit.role === '' || call.operation === 'write'))
    return limits.length === 0 ? null : new Admission(call, limits, this.#config, this.#now())
  }

  /** The namespace in which a full path lies, however the request named it. */
  #namespaceOf(path: string): string {
    let found = ''
    for (let at = path.indexOf('/') + 1; at > 0 && this.#namespaces.at(path.slice(0, at)); at = path.indexOf('/', at) + 1) found = path.slice(0, at)
    return found
  }

  /** Throws where a lease more would exceed a quota. `path`: of the request that makes it, below its namespace. */
  async admitLease(leases: Leases, mount: Mount, path: string): Promise<void> {
    const namespace = mount.namespace.path
    const quota = this.#leaseQuotas.find((one) => one.role === '' && covers(one, namespace, namespace + path))
    if (quota) await this.#counts.admitLease(quota, leases, mount)
  }

  /** Throws where a token more would exceed the quota of an auth mount or of its role; at once where there is none. Others count secrets alone. */
  admitLogin(tokens: Tokens, mount: Mount, grant: Grant): Promise<void> | undefined {
    const roleOf = (one: Grant): string => (mount.engine as AuthMethod).roles?.ofGrant(one) ?? ''
    const quota = this.#leaseQuotas.find((one) => one.path === mount.fullPath && (one.role === '' || isRole(one.role, roleOf(grant))))
    return quota && this.#counts.admitLogin(quota, tokens, mount, (one) => quota.role === '' || isRole(quota.role, roleOf(one)))
  }
}

/** The counting of one request. What needs to know the mount or the caller waits until they are known. */
export class Admission {
  readonly #call: Call
  readonly #limits: readonly Limit[]
  readonly #config: QuotaConfig
  readonly #now: number
  #standing: Standing | null = null
  /** Whether `late` has to decide. */
  readonly pending: boolean

  constructor(call: Call, limits: readonly Limit[], config: QuotaConfig, now: number) {
    this.#call = call
    this.#limits = limits
    this.#config = config
    this.#now = now
    this.pending = limits[0]!.role !== '' || isByEntity(limits[0]!.groupBy)
  }

  /** Whether a quota refused the request, and audit is to be told. */
  get audited(): boolean {
    return this.#config.auditLogging && this.#standing?.admitted === false
  }

  /** Counts what needs nothing but the request; throws `rate-limited` where nothing is left. */
  early(): void {
    if (!this.pending) this.#take(this.#limits[0], '')
  }

  /** Counts the rest. `entityId`: of the caller, empty for none; `store`: of the mount. */
  async late(target: Target, entityId: string, store: () => View): Promise<void> {
    const role = this.#limits[0]!.role === '' ? '' : await this.#roleOf(target, store)
    this.#take(this.#limits.find((limit) => limit.role === '' || isRole(limit.role, role)), entityId)
  }

  async #roleOf({ mount, match }: Target, store: () => View): Promise<string> {
    const roles = mount ? (mount.engine as AuthMethod).roles : undefined
    if (!roles || match?.route.access !== 'open') return ''
    return (await roles.ofLogin(store(), this.#call.body)) ?? ''
  }

  #take(limit: Limit | undefined, entityId: string): void {
    if (!limit) return
    const byEntity = isByEntity(limit.groupBy)
    const together = limit.groupBy.endsWith('none')
    const client = byEntity && entityId !== '' ? `entity ${entityId}` : together ? '' : this.#call.remote.address
    this.#standing = limit.limiter.take(client, this.#now, byEntity && entityId === '' ? limit.secondaryRate : limit.rate)
    if (!this.#standing.admitted) throw new Fault('rate-limited', `request path "${this.#call.path}": rate limit quota exceeded`)
  }

  /** Headers of the answer; null where none are wanted. */
  headers(): Record<string, string> | null {
    if (!this.#config.responseHeaders || !this.#standing) return null
    const { admitted, limit, remaining, reset, retryAfter } = this.#standing
    return { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(reset), ...(!admitted && { 'retry-after': String(retryAfter) }) }
  }
}

const mostSpecificFirst = <Q extends Ready<Scoped>>(quotas: Q[]): Q[] => quotas.sort((a, b) => b.rank - a.rank || b.path.length - a.path.length)

/** `namespace`: where the full path lies. */
function covers({ path, ofNamespace, inheritable }: Ready<Scoped>, namespace: string, full: string): boolean {
  if (ofNamespace) return inheritable ? namespace.startsWith(path) : namespace === path
  if (path.endsWith('*')) return full.startsWith(path.slice(0, -1))
  return path.endsWith('/') ? full.startsWith(path) || full === path.slice(0, -1) : full === path || full === `${path}/`
}

const isExempt = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === '' || path === pattern || path.startsWith(pattern.endsWith('/') ? pattern : `${pattern}/`)

const isRole = (wanted: string, role: string): boolean => role !== '' && wanted.toLowerCase() === role.toLowerCase()
