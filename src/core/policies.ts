// The policy store of each namespace, and the compiled access rules of a set of policies.
import { Fault, invalid } from '../kit/errors.ts'
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
  #parsed = new Map<string, { record: PolicyRecord; policy: Policy }>()
  #acls = new Map<string, Acl>()
  /** Those that templates made one entity's own. */
  #personal = new Map<string, Acl>()

  constructor(view: View) {
    this.#view = view
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
    if (stored) return stored
    const text = builtin.get(key)
    return text === undefined ? null : { name: key, text, version: 0, modified: '' }
  }

  /** Names in order, `default` and, in the root namespace, `root` included. */
  async list(namespaceId: string, page: Page = {}): Promise<string[]> {
    const stored = await this.#view.children(`${namespaceId}/`, { limit: 100_000 })
    const all = [...new Set([...stored, 'default', ...(namespaceId === 'root' ? ['root'] : [])])].sort()
    const from = page.after === undefined ? 0 : all.findIndex((name) => name > page.after!)
    return from < 0 ? [] : all.slice(from, page.limit ? from + page.limit : undefined)
  }

  /** Stores a policy after parsing it; `cas` (when given) must be the version present, -1 for absent. */
  async put(namespaceId: string, name: string, text: string, cas?: number): Promise<void> {
    const key = name.toLowerCase()
    if (immutable.has(key)) throw invalid(`cannot update "${key}" policy`)
    parsePolicy(key, text)
    await this.#view.update(async (tx) => {
      const present = await tx.read<PolicyRecord>(`${namespaceId}/${key}`)
      if (cas !== undefined && cas !== (present?.version ?? -1)) throw invalid('check-and-set parameter did not match the current version')
      tx.write(`${namespaceId}/${key}`, { name: key, text, version: (present?.version ?? 0) + 1, modified: new Date().toISOString(), ...(cas !== undefined && { checked: true }) })
    })
    this.forget()
  }

  async delete(namespaceId: string, name: string): Promise<void> {
    const key = name.toLowerCase()
    if (immutable.has(key) || key === 'default') throw invalid(`cannot delete "${key}" policy`)
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
    if (ready && ready.record.text === record.text) return ready.policy
    try {
      const policy = parsePolicy(record.name, record.text)
      if (this.#parsed.size >= cacheLimit) this.#parsed.clear()
      this.#parsed.set(key, { record, policy })
      return policy
    } catch (cause) {
      throw new Fault('internal', 'a stored policy cannot be read', { cause })
    }
  }
}
