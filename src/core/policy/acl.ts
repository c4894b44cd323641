// Decides whether a set of policies allows a request: Vault's rules, from an index that costs the same for
// one rule and for ten thousand. https://openbao.org/docs/concepts/policies
import { checkPage, checkParameters, checkWrapping, type Constraints, type Failure } from './parameters.ts'
import { comparePriority, covers, criteria, PatternIndex, shapeOf } from './pattern.ts'
import { mergeRule, newEntry, type Entry } from './merge.ts'
import type { Capability, Policy } from './policy.ts'

export type AclOperation = 'create' | 'read' | 'update' | 'patch' | 'delete' | 'list' | 'scan'

export interface AclRequest {
  operation: AclOperation
  /** The full path, namespace included, canonical and without a leading slash. */
  path: string
  data?: Record<string, unknown>
  /** Seconds; 0 or absent: the response is not to be wrapped. */
  wrapTtl?: number
}

export interface Decision {
  allowed: boolean
  /** Whether root-protected paths are open too. */
  sudo: boolean
  root: boolean
  /** Names of the policies that grant the operation; empty unless allowed. */
  granting: readonly string[]
  /** 0: none. A list without a positive `limit`, or with `max`, is to be cut to this. */
  paginationLimit: number
  /** What the deciding rule grants; `['deny']` where it denies; empty where no rule matches. */
  capabilities: readonly Capability[]
}

export interface Match {
  pattern: string
  policies: readonly string[]
  capabilities: readonly Capability[]
  decides: boolean
}

export interface Explanation {
  decision: Decision
  /** The answer in one sentence. */
  reason: string
  /** Every pattern that covers the path: the one that decides first, then by priority. */
  matches: Match[]
  /** Why the deciding pattern beats the next; null where there is nothing to beat. */
  because: string | null
  /** Which check refused the request; null where it is allowed. */
  failed: Failure | null
  /** The capability that is missing, if that is what is wrong. */
  missing: Capability[]
}

const nothing: Decision = Object.freeze({ allowed: false, sudo: false, root: false, granting: [], paginationLimit: 0, capabilities: [] })
const everything: Decision = Object.freeze({ allowed: true, sudo: true, root: true, granting: ['root'], paginationLimit: 0, capabilities: [] })
const noData: Record<string, unknown> = Object.freeze({})

export class Acl {
  /** Allows everything: the policy `root`, which has no rules of its own. */
  static readonly root = new Acl([], { root: true })

  readonly #policies: readonly { policy: Policy; namespace: string }[]
  readonly #root: boolean
  readonly #now: () => number
  #entries = new Map<string, Entry>()
  #index = new PatternIndex<Entry>([])
  /** When the first rule expires and the index has to be built again, in milliseconds. */
  #until = Infinity

  /** Rules apply below their policy's namespace (`''` or `ns1/`). A policy's name grants nothing: see `Acl.root`. */
  constructor(policies: readonly { policy: Policy; namespace: string }[], options: { root?: boolean; now?: () => number } = {}) {
    this.#policies = policies
    this.#root = options.root ?? false
    this.#now = options.now ?? Date.now
    this.#build()
  }

  allows(request: AclRequest): Decision {
    if (this.#root) return everything
    const entry = this.#find(requestPath(request), isListing(request.operation), request.operation === 'list')
    if (!entry) return nothing
    const allowed = check(entry, request) === null
    const granting = allowed ? entry.granting[request.operation] ?? [] : []
    const { sudo, paginationLimit, capabilities } = entry
    return { allowed, sudo, root: false, granting, paginationLimit, capabilities }
  }

  /** What `sys/capabilities` answers: sorted, `['root']` for root, `['deny']` where nothing is granted. */
  capabilities(path: string): (Capability | 'root')[] {
    if (this.#root) return ['root']
    const entry = this.#find(withoutSlash(path), true, true)
    return entry && entry.capabilities.length > 0 ? entry.capabilities.toSorted() : ['deny']
  }

  /** Whether anything but a denial lies at or below `prefix` (a mount's path with its trailing slash). */
  reaches(prefix: string): boolean {
    if (this.#root) return true
    const parts = prefix.split('/').slice(0, -1)
    return [...this.#live()].some(({ pattern, denies, capabilities }) => !denies && capabilities.length > 0 && overlaps(pattern, prefix, parts))
  }

  /** Every pattern with what it grants, policies merged. */
  patterns(): { pattern: string; capabilities: readonly Capability[] }[] {
    return [...this.#live()].map(({ pattern, capabilities }) => ({ pattern, capabilities }))
  }

  /** The same answer as `allows`, with every rule that had a say. */
  explain(request: AclRequest): Explanation {
    const decision = this.allows(request)
    if (this.#root) return { decision, reason: 'the root policy allows everything', matches: [], because: null, failed: null, missing: [] }
    const path = requestPath(request)
    const listing = isListing(request.operation)
    const winner = this.#find(path, listing, request.operation === 'list')
    const paths = listing && path.endsWith('/') ? [path, path.slice(0, -1)] : [path]
    const others = [...this.#live()]
      .filter((entry) => entry !== winner && paths.some((one) => covers(shapeOf(entry.pattern), one)))
      .sort((a, b) => byPriority(a.pattern, b.pattern))
    const failed = winner ? check(winner, request) : ({ check: 'capability', about: 'no rule covers this path' } as const)
    return {
      decision,
      reason: failed ? `${winner ? `${winner.pattern}: ` : ''}${failed.about}` : `${winner!.pattern} grants ${request.operation} (${decision.granting.join(', ')})`,
      matches: [...(winner ? [winner] : []), ...others].map((entry) => matchOf(entry, entry === winner)),
      because: winner && others[0] ? advantage(winner, others[0].pattern) : null,
      failed,
      missing: failed?.check === 'capability' && !winner?.denies ? [request.operation] : [],
    }
  }

  #build(): void {
    const now = this.#now()
    this.#entries = new Map()
    this.#until = Infinity
    for (const { policy, namespace } of this.#policies) {
      for (const rule of policy.rules) {
        if (rule.expires !== undefined && rule.expires <= now) continue
        if (rule.expires !== undefined) this.#until = Math.min(this.#until, rule.expires)
        const pattern = namespace + rule.path
        const entry = this.#entries.get(pattern)
        if (entry) mergeRule(entry, policy.name, rule)
        else this.#entries.set(pattern, newEntry(pattern, policy.name, rule))
      }
    }
    this.#index = new PatternIndex(this.#entries)
  }

  #live(): MapIterator<Entry> {
    if (this.#until !== Infinity && this.#now() >= this.#until) this.#build()
    return this.#entries.values()
  }

  /**
   * The entry that decides. A listing of `foo/` is also a listing of `foo`: an exact rule for either decides; among
   * patterns `foo` comes first as in Vault, except that a denial of either form stands.
   */
  #find(path: string, listing: boolean, bareFirst: boolean): Entry | undefined {
    if (this.#until !== Infinity) this.#live()
    const exact = this.#index.exact(path)
    if (exact || !listing || !path.endsWith('/')) return exact ?? this.#index.wild(path)
    const bare = path.slice(0, -1)
    const exactBare = this.#index.exact(bare)
    if (exactBare) return exactBare
    const [full, short] = [this.#index.wild(path), this.#index.wild(bare)]
    if (full?.denies || short?.denies) return short?.denies ? short : full
    return bareFirst ? short ?? full : full
  }
}

const isListing = (operation: AclOperation): boolean => operation === 'list' || operation === 'scan'

const withoutSlash = (path: string): string => (path.startsWith('/') ? path.replace(/^\/+/, '') : path)

/** A listing is always of a folder. */
function requestPath({ operation, path }: AclRequest): string {
  const clean = withoutSlash(path)
  return isListing(operation) && clean !== '' && !clean.endsWith('/') ? `${clean}/` : clean
}

function check(entry: Entry, { operation, data = noData, wrapTtl = 0 }: AclRequest): Failure | null {
  if (entry.denies) return { check: 'capability', about: 'the rule denies' }
  if (!entry.granting[operation]) return { check: 'capability', about: `the rule does not grant ${operation}` }
  if (!entry.constrained) return null
  const constraints: Constraints = entry
  const failure = checkWrapping(constraints, wrapTtl)
  if (failure || operation === 'delete') return failure
  return isListing(operation) ? checkPage(constraints, data) : checkParameters(constraints, data)
}

/** Whether a pattern can cover a path that begins with `prefix`, which has the given segments. */
function overlaps(pattern: string, prefix: string, parts: string[]): boolean {
  const { kind, text, prefix: open } = shapeOf(pattern)
  if (kind !== 'segments') return text.startsWith(prefix) || (open && prefix.startsWith(text))
  const own = text.split('/')
  if (own.length <= parts.length && !open) return false
  return parts.every((part, at) => at >= own.length || own[at] === '+' || own[at] === part || (open && at === own.length - 1 && part.startsWith(own[at]!)))
}

const byPriority = (a: string, b: string): number => Number(shapeOf(b).kind === 'exact') - Number(shapeOf(a).kind === 'exact') || comparePriority(shapeOf(b), shapeOf(a))

const matchOf = ({ pattern, policies, capabilities }: Entry, decides: boolean): Match => ({ pattern, policies, capabilities, decides })

function advantage(winner: Entry, other: string): string {
  const [a, b] = [shapeOf(winner.pattern), shapeOf(other)]
  if (a.kind === 'exact') return 'an exact path beats every pattern'
  const criterion = criteria.find(({ compare }) => compare(a, b) !== 0)
  if (criterion && criterion.compare(a, b) > 0) return `it beats ${other}: ${criterion.about}`
  return winner.denies ? `it denies the folder or its name, which ${other} cannot undo` : `a listing asks for the folder's name without its slash first`
}
