// The policy store of each namespace, and the compiled access rules of a set of policies.
import { Fault, invalid, notFound } from '../kit/errors.ts'
import type { Page } from '../kit/storage.ts'
import type { View } from '../kit/view.ts'
import { Acl, type Policy, type PolicyIdentity, defaultPolicy, isTemplated, parsePolicy, templatePolicy, wrappingPolicy } from './policy/index.ts'

export interface PolicyRecord {
  name: string
  text: string
  /** Raised at each write, for optimistic changes by clients. */
  version: number
  modified: string
  /** It was last written with check-and-set. */
  checked?: true
  /** Each change must name the version that it follows. */
  casRequired?: true
  /** Milliseconds since 1970; from then on it is as if it were not there. */
  expires?: number
}

/** What a write says of a policy. */
export interface PolicyChange {
  text?: string | undefined
  /** The version that must be present; -1 for absent. */
  cas?: number | undefined
  casRequired?: boolean | undefined
  /** Milliseconds since 1970; null: never. */
  expires?: number | null | undefined
}

/** Which policies of which namespace; names are lower-case. */
export interface PolicySet {
  namespace: string
  namespaceId: string
  names: readonly string[]
}

/** Policies that exist without being stored; `root` has no text. */
const builtin: ReadonlyMap<string, string> = new Map([['default', defaultPolicy], ['response-wrapping', wrappingPolicy]])
const nobody: PolicyIdentity = { entity: null, groups: [] }
export const immutable = new Set(['root', 'response-wrapping'])
const cacheLimit = 10_000

export class Policies {
  readonly #view: View
  readonly #now: () => number
  #parsed = new Map<string, { record: PolicyRecord; policy: Policy }>()
  #acls = new Map<string, Acl>()
  /** Those that templates made one entity's own. */
  #personal = new Map<string, Acl>()

  constructor(view: View, now: () => number) {
    this.#view = view
    this.#now = now
  }

  /** Drops what was compiled; called when a policy changed anywhere. */
  forget(): void {
    this.#acls.clear()
    this.#personal.clear()
  }

  /** Drops what identities filled in; called when an entity or a group changed anywhere. */
  forgetIdentities(): void {
    this.#personal.clear()
  }

  async get(namespaceId: string, name: string): Promise<PolicyRecord | null> {
    const key = name.toLowerCase()
    if (key === 'root') return { name: 'root', text: '', version: 0, modified: '' }
    const stored = await this.#view.read<PolicyRecord>(`${namespaceId}/${key}`)
    if (stored && (stored.expires ?? Infinity) > this.#now()) return stored
    const text = builtin.get(key)
    return text === undefined ? null : { name: key, text, version: 0, modified: '' }
  }

  /** Names in order, `default` and, in the root namespace, `root` included; of those below `prefix`, what follows it. */
  async list(namespaceId: string, page: Page = {}, prefix = ''): Promise<string[]> {
    const stored: string[] = []
    for (let after: string | undefined; ; ) {
      const keys = await this.#view.keys(`${namespaceId}/${prefix}`, { limit: 1000, ...(after !== undefined && { after }) })
      stored.push(...keys.map((key) => key.slice(namespaceId.length + 1)))
      after = keys.at(-1)
      if (keys.length < 1000) break
    }
    const own = ['default', ...(namespaceId === 'root' ? ['root'] : [])].filter((name) => name.startsWith(prefix))
    const all = [...new Set([...stored, ...own])].map((name) => name.slice(prefix.length)).sort()
    const from = page.after === undefined ? 0 : all.findIndex((name) => name > page.after!)
    return from < 0 ? [] : all.slice(from, page.limit ? from + page.limit : undefined)
  }

  /** Stores a policy after parsing it; what the change does not say is as usual. */
  put(namespaceId: string, name: string, change: PolicyChange & { text: string }): Promise<void> {
    return this.#write(namespaceId, name, change, () => ({}))
  }

  /** Changes a policy that is there; what the change does not say stays. */
  patch(namespaceId: string, name: string, change: PolicyChange): Promise<void> {
    return this.#write(namespaceId, name, change, (present) => {
      if (!present) throw notFound('no policy of this name')
      return present
    })
  }

  async #write(namespaceId: string, name: string, { text, cas, casRequired, expires }: PolicyChange, base: (present: PolicyRecord | null) => Partial<PolicyRecord>): Promise<void> {
    const key = name.toLowerCase()
    if (immutable.has(key)) throw invalid(`cannot update "${key}" policy`)
    if (text !== undefined) parsePolicy(key, text)
    if (typeof expires === 'number' && expires <= this.#now()) throw invalid('the policy would have expired already')
    await this.#view.update(async (tx) => {
      const stored = await tx.read<PolicyRecord>(`${namespaceId}/${key}`)
      const present = stored && (stored.expires ?? Infinity) > this.#now() ? stored : null
      if (cas !== undefined && cas !== (present?.version ?? -1)) throw invalid('check-and-set parameter did not match the current version')
      if (cas === undefined && present?.casRequired) throw invalid('check-and-set parameter required for this call')
      const former = base(present)
      const required = casRequired ?? former.casRequired
      const until = expires === undefined ? former.expires : (expires ?? undefined)
      const record: PolicyRecord = {
        name: key, text: text ?? former.text!, version: (present?.version ?? 0) + 1, modified: new Date().toISOString(),
        ...((cas !== undefined || former.checked) && { checked: true }), ...(required && { casRequired: true }), ...(until !== undefined && { expires: until }),
      }
      tx.write(`${namespaceId}/${key}`, record)
    })
    this.forget()
  }

  async delete(namespaceId: string, name: string): Promise<void> {
    const key = name.toLowerCase()
    if (immutable.has(key) || key === 'default') throw invalid(key === 'default' ? 'cannot delete default policy' : `cannot delete "${key}" policy`)
    await this.#view.delete(`${namespaceId}/${key}`)
    this.forget()
  }

  /** The rules of these policies together; templates are filled in from `identity`. Names that do not exist grant nothing. */
  async acl(sets: readonly PolicySet[], identity: PolicyIdentity | null): Promise<Acl> {
    if (sets.some((set) => set.namespaceId === 'root' && set.names.includes('root'))) return Acl.root
    // As JSON: names may hold any separator, and two sets must never share a key.
    const key = JSON.stringify(sets.map((set) => [set.namespaceId, [...set.names].sort()]))
    const personalKey = `${key}|${identity?.entity?.id ?? ''}`
    const ready = this.#acls.get(key) ?? this.#personal.get(personalKey)
    if (ready) return ready
    const compiled: { policy: Policy; namespace: string }[] = []
    let templated = false
    for (const set of sets) {
      for (const name of set.names) {
        const record = await this.get(set.namespaceId, name)
        if (!record) continue
        const policy = this.#parse(set.namespaceId, record)
        const own = isTemplated(policy)
        templated ||= own
        compiled.push({ policy: own ? templatePolicy(policy, identity ?? nobody) : policy, namespace: set.namespace })
      }
    }
    const acl = new Acl(compiled)
    const cache = templated ? this.#personal : this.#acls
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(templated ? personalKey : key, acl)
    return acl
  }

  #parse(namespaceId: string, record: PolicyRecord): Policy {
    const key = `${namespaceId}/${record.name}`
    const ready = this.#parsed.get(key)
    if (ready && ready.record.text === record.text && ready.record.expires === record.expires) return ready.policy
    try {
      const policy = expiring(parsePolicy(record.name, record.text), record.expires)
      if (this.#parsed.size >= cacheLimit) this.#parsed.clear()
      this.#parsed.set(key, { record, policy })
      return policy
    } catch (cause) {
      throw new Fault('internal', 'a stored policy cannot be read', { cause })
    }
  }
}

/** A policy that ends takes its rules with it. */
const expiring = (policy: Policy, expires: number | undefined): Policy =>
  expires === undefined ? policy : { ...policy, rules: policy.rules.map((rule) => ({ ...rule, expires: Math.min(rule.expires ?? Infinity, expires) })) }
