// The mount table, and the one place where a path finds its mount.
import { randomBytes, randomUUID } from 'node:crypto'
import { Fault, invalid } from '../kit/errors.ts'
import type { AuthMethod, Engine, MountInfo, Operation } from '../kit/route.ts'
import type { View } from '../kit/view.ts'
import type { Namespace, Namespaces } from './namespaces.ts'
import { type Match, treeOf } from './route-tree.ts'

export interface MountConfig {
  /** Seconds; 0 follows the system. */
  defaultLeaseTtl: number
  maxLeaseTtl: number
  forceNoCache: boolean
  auditNonHmacRequestKeys: string[]
  auditNonHmacResponseKeys: string[]
  listingVisibility: string
  passthroughRequestHeaders: string[]
  allowedResponseHeaders: string[]
  tokenType: string
  userLockout?: Record<string, unknown>
}

/** What the store keeps of a mount. */
export interface MountRecord {
  uuid: string
  accessor: string
  namespaceId: string
  class: 'secret' | 'auth'
  /** Below its namespace, with a trailing slash; auth mounts begin with `auth/`. */
  path: string
  type: string
  description: string
  options: Record<string, string>
  config: MountConfig
  local: boolean
  sealWrap: boolean
  externalEntropyAccess: boolean
  /** Made before anyone asked: whoever enables the same type at this path takes it over. */
  implied?: true
}

export interface Mount {
  record: MountRecord
  namespace: Namespace
  /** Namespace path and mount path together: the key of the table. */
  fullPath: string
  engine: Engine | AuthMethod
  info: MountInfo
  /** Made by the server in every namespace; cannot be moved or disabled. */
  builtin: boolean
}

export interface Target {
  mount: Mount | null
  namespace: Namespace
  match: Match | null
  /** Full path, namespace included: what policies are asked about. */
  fullPath: string
  /** Below the mount. */
  path: string
}

export const emptyConfig = (): MountConfig => ({
  defaultLeaseTtl: 0,
  maxLeaseTtl: 0,
  forceNoCache: false,
  auditNonHmacRequestKeys: [],
  auditNonHmacResponseKeys: [],
  listingVisibility: '',
  passthroughRequestHeaders: [],
  allowedResponseHeaders: [],
  tokenType: 'default-service',
})

/** Engines and auth methods that a mount may name, by type. */
export interface Plugins {
  secret: ReadonlyMap<string, Engine>
  auth: ReadonlyMap<string, AuthMethod>
}

/** A mount that every namespace has without being asked. */
export interface Builtin {
  path: string
  class: 'secret' | 'auth'
  engine: Engine | AuthMethod
}

export class Mounts {
  readonly #view: View
  readonly #namespaces: Namespaces
  readonly #defaults: { ttl: number; maxTtl: number }
  readonly plugins: Plugins
  #builtins: readonly Builtin[] = []
  #table = new Map<string, Mount>()
  /** The most segments that a path in the table has. */
  #depth = 0
  #byAccessor = new Map<string, Mount>()
  #byUuid = new Map<string, Mount>()

  constructor(view: View, namespaces: Namespaces, plugins: Plugins, defaults: { ttl: number; maxTtl: number }) {
    this.#view = view
    this.#namespaces = namespaces
    this.plugins = plugins
    this.#defaults = defaults
  }

  /** Says what every namespace has; from here on the root namespace's own mounts answer, sealed or not. */
  install(builtins: readonly Builtin[]): void {
    this.#builtins = builtins
    this.#placeBuiltins(this.#namespaces.at('')!, new Set())
  }

  /** Reads the table anew; called when a mount or a namespace changed anywhere. */
  async load(): Promise<void> {
    const records: MountRecord[] = []
    for (let after: string | undefined; ; ) {
      const keys = await this.#view.keys('', after === undefined ? { limit: 1000 } : { after, limit: 1000 })
      for (const key of keys) {
        const record = await this.#view.read<MountRecord>(key)
        if (record) records.push(record)
      }
      after = keys.at(-1)
      if (keys.length < 1000) break
    }
    this.#table.clear()
    this.#byAccessor.clear()
    this.#byUuid.clear()
    const stored = new Set(records.map((record) => record.uuid))
    for (const namespace of [this.#namespaces.at('')!, ...this.#namespaces.below('')]) this.#placeBuiltins(namespace, stored)
    for (const record of records) this.#place(record)
  }

  #placeBuiltins(namespace: Namespace, stored: ReadonlySet<string>): void {
    for (const { path, class: kind, engine } of this.#builtins) {
      // A tuned builtin has a record of its own under the same identifier.
      if (!stored.has(builtinUuid(namespace, path))) this.#place(builtinRecord(namespace, path, kind, engine.type))
    }
  }

  #place(record: MountRecord): void {
    const namespace = this.#namespaces.byId(record.namespaceId)
    if (!namespace) return
    const builtin = this.#builtins.find((one) => record.uuid === builtinUuid(namespace, one.path))
    const engine = builtin?.engine ?? (record.class === 'auth' ? this.plugins.auth : this.plugins.secret).get(record.type)
    if (!engine) return
    const maxTtl = record.config.maxLeaseTtl || this.#defaults.maxTtl
    const info: MountInfo = {
      path: record.path,
      type: record.type,
      accessor: record.accessor,
      uuid: record.uuid,
      namespace: namespace.path,
      options: record.options,
      defaultTtl: Math.min(record.config.defaultLeaseTtl || this.#defaults.ttl, maxTtl),
      maxTtl,
    }
    const mount: Mount = { record, namespace, fullPath: namespace.path + record.path, engine, info, builtin: builtin !== undefined }
    this.#table.set(mount.fullPath, mount)
    this.#depth = Math.max(this.#depth, mount.fullPath.split('/').length - 1)
    this.#byAccessor.set(record.accessor, mount)
    this.#byUuid.set(record.uuid, mount)
  }

  /** Finds namespace, mount and route of a request; never throws: an unknown path is answered after the gate. */
  resolve(operation: Operation | 'help', namespacePath: string, path: string): Target {
    const fullPath = namespacePath + path
    const mount = this.#longest(fullPath)
    if (!mount || !mount.fullPath.startsWith(namespacePath)) {
      return { mount: null, namespace: this.#namespaces.at(namespacePath) ?? this.#namespaces.at('')!, match: null, fullPath, path }
    }
    const below = fullPath.slice(mount.fullPath.length)
    const trimmed = below.endsWith('/') ? below.slice(0, -1) : below
    const match = operation === 'help' ? null : treeOf(routesOf(mount)).find(operation, trimmed)
    return { mount, namespace: mount.namespace, match, fullPath, path: below }
  }

  #longest(fullPath: string): Mount | null {
    let from = -1
    for (let segments = 0; segments < this.#depth; segments++) {
      from = fullPath.indexOf('/', from + 1)
      if (from < 0) break
    }
    for (let at = from < 0 ? fullPath.length : from; at >= 0; at = fullPath.lastIndexOf('/', at - 1)) {
      const mount = this.#table.get(fullPath.slice(0, at) + '/')
      if (mount) return mount
      if (at === 0) break
    }
    return null
  }

  at(fullPath: string): Mount | undefined {
    return this.#table.get(fullPath)
  }

  byAccessor(accessor: string): Mount | undefined {
    return this.#byAccessor.get(accessor)
  }

  byUuid(uuid: string): Mount | undefined {
    return this.#byUuid.get(uuid)
  }

  /** Mounts of exactly one namespace, ordered by path. */
  of(namespace: string, kind?: 'secret' | 'auth'): Mount[] {
    return [...this.#table.values()]
      .filter((mount) => mount.namespace.path === namespace && (!kind || mount.record.class === kind))
      .sort((a, b) => (a.record.path < b.record.path ? -1 : 1))
  }

  /** Whether a mount of `namespace` lies at this path below it, around it or within it. */
  covers(namespace: string, path: string): boolean {
    return this.of(namespace).some((mount) => mount.record.path.startsWith(path) || path.startsWith(mount.record.path))
  }

  all(): Mount[] {
    return [...this.#table.values()]
  }

  /** Makes a mount. `path` is below the namespace with a trailing slash, auth mounts with their `auth/`. */
  async create(namespace: Namespace, wanted: Pick<MountRecord, 'class' | 'path' | 'type'> & Partial<MountRecord>): Promise<Mount> {
    const engine = (wanted.class === 'auth' ? this.plugins.auth : this.plugins.secret).get(wanted.type)
    if (!engine) throw invalid(`plugin not found in the catalog: ${wanted.type}`)
    const present = this.at(namespace.path + wanted.path)
    if (present?.record.implied && present.record.type === wanted.type) return this.change(present, { ...wanted, implied: undefined })
    this.#refuseTaken(namespace, wanted.path, wanted.class)
    engine.check?.(wanted.options ?? {})
    const record: MountRecord = {
      uuid: randomUUID(),
      accessor: `${wanted.class === 'auth' ? 'auth_' : ''}${wanted.type}_${randomBytes(4).toString('hex')}`,
      namespaceId: namespace.id,
      description: '',
      options: {},
      local: false,
      sealWrap: false,
      externalEntropyAccess: false,
      config: emptyConfig(),
      ...wanted,
    }
    await this.#view.write(record.uuid, record)
    this.#place(record)
    return this.#byUuid.get(record.uuid)!
  }

  #refuseTaken(namespace: Namespace, path: string, kind: 'secret' | 'auth'): void {
    const shown = kind === 'auth' ? path.slice('auth/'.length) : path
    if (kind === 'secret' && /^(auth|sys|identity|cubbyhole|audit)\//.test(path)) throw invalid(`cannot mount "${path}": path is already in use at ${path.split('/')[0]}/`)
    if (/[+*\s]/.test(path) || path.split('/').some((part) => part === '.' || part === '..')) throw invalid(`invalid mount path "${shown}"`)
    for (const mount of this.of(namespace.path)) {
      if (mount.record.path.startsWith(path) || path.startsWith(mount.record.path)) throw invalid(`path is already in use at ${mount.record.class === 'auth' ? mount.record.path.slice('auth/'.length) : mount.record.path}`)
    }
    const full = namespace.path + path
    // Below a namespace's path lie that namespace's own mounts.
    for (let end = full.indexOf('/', namespace.path.length) + 1; end > 0; end = full.indexOf('/', end) + 1) {
      if (this.#namespaces.at(full.slice(0, end))) throw invalid(`path is already in use by a namespace at ${full.slice(namespace.path.length, end)}`)
    }
  }

  async change(mount: Mount, change: { [K in keyof MountRecord]?: MountRecord[K] | undefined }): Promise<Mount> {
    if (change.path !== undefined && change.path !== mount.record.path) {
      if (mount.builtin) throw invalid(`cannot remount "${mount.record.path}"`)
      this.#refuseTaken(mount.namespace, change.path, mount.record.class)
    }
    mount.engine.check?.(change.options ?? mount.record.options)
    const record = { ...mount.record, ...change } as MountRecord
    await this.#view.write(record.uuid, record)
    this.#table.delete(mount.fullPath)
    this.#place(record)
    return this.#byUuid.get(record.uuid)!
  }

  /** Forgets the mount's record; its data and leases are removed by who calls. */
  async delete(mount: Mount): Promise<void> {
    if (mount.builtin) throw new Fault('invalid', mount.record.type === 'token' ? 'token credential backend cannot be disabled' : `cannot unmount "${mount.record.path}"`)
    await this.#view.delete(mount.record.uuid)
    this.#table.delete(mount.fullPath)
    this.#byAccessor.delete(mount.record.accessor)
    this.#byUuid.delete(mount.record.uuid)
  }
}

export const routesOf = (mount: Mount): readonly import('../kit/route.ts').Route[] => mount.engine.variant?.(mount.record.options) ?? mount.engine.routes

const builtinUuid = (namespace: Namespace, path: string): string => `${namespace.uuid}:${path}`

const builtinRecord = (namespace: Namespace, path: string, kind: 'secret' | 'auth', type: string): MountRecord => ({
  uuid: builtinUuid(namespace, path),
  accessor: `${kind === 'auth' ? 'auth_' : ''}${type}_${namespace.uuid.slice(0, 8)}`,
  namespaceId: namespace.id,
  class: kind,
  path,
  type,
  description: { system: 'system endpoints used for control, policy and debugging', identity: 'identity store', cubbyhole: 'per-token private secret storage', token: 'token based credentials' }[type] ?? '',
  options: {},
  local: type === 'cubbyhole',
  sealWrap: false,
  externalEntropyAccess: false,
  config: emptyConfig(),
})
