// Namespaces: nested tenants, each with mounts, policies, identities and tokens of its own.
import { randomInt, randomUUID } from 'node:crypto'
import { Fault, invalid } from '../kit/errors.ts'
import type { View } from '../kit/view.ts'

export interface Namespace {
  id: string
  uuid: string
  /** `''` for the root namespace, else with a trailing slash: `team/app/`. */
  path: string
  metadata: Record<string, string>
  /** Requests below a locked namespace are refused; the key that unlocks it, hashed. */
  lock?: string
}

export const rootNamespace: Namespace = { id: 'root', uuid: '00000000-0000-0000-0000-000000000000', path: '', metadata: {} }

const reserved = new Set(['.', '..', 'root', 'sys', 'audit', 'auth', 'cubbyhole', 'identity'])
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

export class Namespaces {
  readonly #view: View
  #byPath = new Map<string, Namespace>([['', rootNamespace]])
  #byId = new Map<string, Namespace>([['root', rootNamespace]])

  constructor(view: View) {
    this.#view = view
  }

  /** Reads every namespace anew; called when one changed anywhere. */
  async load(): Promise<void> {
    const byPath = new Map([['', rootNamespace]])
    for (let after: string | undefined; ; ) {
      const keys = await this.#view.keys('', after === undefined ? { limit: 1000 } : { after, limit: 1000 })
      for (const key of keys) {
        const found = await this.#view.read<Namespace>(key)
        if (found) byPath.set(found.path, found)
      }
      after = keys.at(-1)
      if (keys.length < 1000) break
    }
    this.#byPath = byPath
    this.#byId = new Map([...byPath.values()].map((namespace) => [namespace.id, namespace]))
  }

  at(path: string): Namespace | undefined {
    return this.#byPath.get(path)
  }

  byId(id: string): Namespace | undefined {
    return this.#byId.get(id)
  }

  /** Those strictly below `path`, ordered by path. */
  below(path: string): Namespace[] {
    return [...this.#byPath.values()].filter((one) => one.path !== path && one.path.startsWith(path)).sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Creates `name` (one or more segments, parents must exist) below `parent`; an existing one is returned as it is. */
  async create(parent: string, name: string, metadata: Record<string, string> = {}): Promise<Namespace> {
    const path = `${parent}${name.replace(/\/+$/, '')}/`
    const present = this.#byPath.get(path)
    if (present) return present
    const segments = path.slice(0, -1).split('/')
    const last = segments.at(-1)!
    if (reserved.has(last.normalize('NFKC').toLowerCase().trim())) throw invalid(`"${last}" is a reserved path and cannot be used as a namespace name`)
    if (!/^[\w.@~-]+$/u.test(last)) throw invalid(`"${last}" cannot name a namespace: use letters, digits, ".", "-", "_", "@" and "~"`)
    if (!this.#byPath.has(segments.slice(0, -1).map((part) => part + '/').join(''))) throw invalid(`the parent of namespace "${path}" does not exist`)
    const namespace: Namespace = { id: Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join(''), uuid: randomUUID(), path, metadata }
    await this.#save(namespace)
    return namespace
  }

  /** `lock: null` takes the lock away. */
  async change(path: string, { metadata, lock }: { metadata?: Record<string, string>; lock?: string | null }): Promise<Namespace> {
    const present = this.#byPath.get(path)
    if (!present || path === '') throw new Fault('not-found')
    const { lock: kept, ...open } = present
    const locked = lock === undefined ? kept : lock
    const changed: Namespace = { ...open, ...(metadata && { metadata }), ...(locked && { lock: locked }) }
    await this.#save(changed)
    return changed
  }

  /** Forgets the record alone; who calls has emptied the namespace before. */
  async delete(path: string): Promise<void> {
    const present = this.#byPath.get(path)
    if (!present) return
    await this.#view.delete(present.id)
    this.#byPath.delete(path)
    this.#byId.delete(present.id)
  }

  async #save(namespace: Namespace): Promise<void> {
    await this.#view.write(namespace.id, namespace)
    this.#byPath.set(namespace.path, namespace)
    this.#byId.set(namespace.id, namespace)
  }
}
