// The core: what every request needs, put together once. It names no plugin; `server.ts` hands them in.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Barrier } from '../barrier/barrier.ts'
import type { Answer } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import type { Context } from '../kit/route.ts'
import type { Storage } from '../kit/storage.ts'
import type { View } from '../kit/view.ts'
import { AccessKeys } from './access-keys.ts'
import { Activity } from './activity.ts'
import type { AuditBroker } from './audit/broker.ts'
import type { Call, Reply } from './call.ts'
import { Due } from './due.ts'
import { Events, tableKeys } from './events.ts'
import { Gate } from './gate.ts'
import { Identity } from './identity/identity.ts'
import { Leases } from './leases.ts'
import { Lockout } from './lockout.ts'
import { Mfa } from './mfa/mfa.ts'
import { type Mount, type MountRecord, Mounts, type Plugins, type Target } from './mounts.ts'
import { type Namespace, Namespaces } from './namespaces.ts'
import { generatePassword, parsePasswordPolicy } from './policy/index.ts'
import { Policies } from './policies.ts'
import { Quotas } from './quotas.ts'
import { Tokens, randomText } from './tokens.ts'
import { Wrapping } from './wrapping.ts'

/** Of work that nobody ends. */
const never = new AbortController().signal

export interface CoreParts {
  storage: Storage
  barrier: Barrier
  plugins: Plugins
  audit: AuditBroker
  /** Seconds. */
  defaults: { ttl: number; maxTtl: number }
  now?: () => number
}

export class Core {
  readonly storage: Storage
  readonly barrier: Barrier
  readonly audit: AuditBroker
  readonly defaults: { ttl: number; maxTtl: number }
  readonly now: () => number
  readonly due: Due
  readonly namespaces: Namespaces
  readonly mounts: Mounts
  readonly tokens: Tokens
  readonly policies: Policies
  readonly identity: Identity
  readonly lockout: Lockout
  readonly mfa: Mfa
  readonly gate: Gate
  readonly leases: Leases
  readonly wrapping: Wrapping
  readonly cubbyhole: View
  readonly accessKeys: AccessKeys
  readonly quotas: Quotas
  readonly events: Events
  readonly activity: Activity
  /** Everything of the core lies below this view, so that one transaction can span its parts. */
  readonly root: View
  /** What `?help=1` shows of a path; set by who knows how routes are described. */
  help: (target: Target) => Record<string, unknown> = () => ({})
  /** Begins a span for a call and gives what ends it; absent unless traces are configured. */
  trace: ((call: Call) => (target: Target | null, reply: Reply) => void) | null = null
  /** Told what went wrong inside, with the request's id; the client sees only `internal error`. */
  report: (requestId: string, cause: unknown) => void = () => {}
  readonly #stores = new WeakMap<MountRecord, View>()
  #stale = true
  #auditStale = false
  #eventsStale = false
  #refreshing: Promise<void> | null = null

  constructor(parts: CoreParts) {
    this.storage = parts.storage
    this.barrier = parts.barrier
    this.audit = parts.audit
    this.defaults = parts.defaults
    this.now = parts.now ?? Date.now
    this.root = parts.barrier.view('core/')
    this.due = new Due(this.root, 'due/')
    this.namespaces = new Namespaces(this.root.at('namespace/'))
    this.mounts = new Mounts(this.root.at('mount/'), this.namespaces, parts.plugins, parts.defaults)
    this.tokens = new Tokens(this.root, this.due, this.now)
    this.policies = new Policies(this.root.at('policy/'), this.now)
    this.identity = new Identity(this.root.at('identity/'), this.namespaces, this.mounts)
    this.lockout = new Lockout(this.root.at('lockout/'), this.now)
    this.mfa = new Mfa({ root: this.root, due: this.due, identity: this.identity, namespaces: this.namespaces, now: this.now })
    this.activity = new Activity(this.root.at('activity/'), this.now)
    this.gate = new Gate({ tokens: this.tokens, policies: this.policies, namespaces: this.namespaces, resolveIdentity: (id) => this.identity.resolve(id), note: (token) => this.activity.note(token) })
    this.activity.onForget = () => this.gate.forget()
    this.leases = new Leases({ root: this.root, due: this.due, now: this.now, mountByUuid: (uuid) => this.mounts.byUuid(uuid), contextOf: (mount) => this.contextOf(mount) })
    this.cubbyhole = this.root.at('cubbyhole/')
    this.wrapping = new Wrapping(this.tokens, this.cubbyhole, (token) => this.revoke(token.key))
    this.quotas = new Quotas(this.root.at('quota/'), this.namespaces, this.now)
    this.events = new Events({ store: parts.barrier.view(''), view: this.root.at('event/'), namespaces: this.namespaces, now: this.now })
    this.leases.admit = (mount, path) => this.quotas.admitLease(this.leases, mount, path)
    this.accessKeys = new AccessKeys(this.root, this.due, this.namespaces, this.now)
    this.due.handle('access-key', (id) => this.endAccessKey(id))
    this.due.handle('token', (key) => this.#expire(key))
    this.barrier.onChange((keys) => this.#changed(keys))
  }

  #changed(keys: readonly string[] | null): void {
    this.events.changed(keys)
    let rights = keys === null
    for (const key of keys ?? []) {
      if (!key.startsWith('core/')) continue
      if (key.startsWith('mount/', 5) || key.startsWith('namespace/', 5) || key.startsWith('quota/', 5)) this.#stale = true
      else if (key.startsWith('audit/', 5)) this.#stale = this.#auditStale = true
      else if (key.startsWith('event/', 5)) this.#eventsStale ||= tableKeys.some((table) => key.startsWith(table))
      else if (key.startsWith('policy/', 5)) rights = true
      else if (key.startsWith('identity/', 5)) {
        this.identity.forget()
        this.policies.forgetIdentities()
        this.gate.forget()
      }
    }
    if (keys === null) this.#stale = true
    if (rights) {
      this.identity.forget()
      this.policies.forget()
      this.gate.forget()
    }
  }

  /** Brings the tables up to date with what any process changed; asked once per request, before its first look-up. Gives nothing to wait for where nothing changed. `arriving`: while the request is handed in. */
  refresh(arriving = false): Promise<void> | undefined {
    const fresh = this.barrier.fresh(arriving)
    return typeof fresh === 'boolean' ? this.#refreshed(fresh) : fresh.then((answer) => this.#refreshed(answer))
  }

  #refreshed(fresh: boolean): Promise<void> | undefined {
    if (!fresh) this.#changed(null)
    if (!(this.#stale || this.#eventsStale) || this.barrier.sealed) return undefined
    return (this.#refreshing ??= this.#load().finally(() => (this.#refreshing = null)))
  }

  async #load(): Promise<void> {
    this.#eventsStale = false
    if (!this.#stale) return this.#loadEvents()
    this.#stale = false
    try {
      await this.namespaces.load()
      await this.mounts.load()
      await this.quotas.load()
      await this.#loadEvents()
      if (this.#auditStale) await this.audit.refresh()
      this.#auditStale = false
      this.gate.forget()
    } catch (cause) {
      this.#stale = true
      throw cause
    }
  }

  async #loadEvents(): Promise<void> {
    try {
      await this.events.load()
    } catch (cause) {
      this.#eventsStale = true
      throw cause
    }
  }

  /** Forgets what was derived from the unsealed store. */
  sealed(): void {
    this.activity.forget()
    this.tokens.sealed()
    this.#changed(null)
  }

  /** Where an engine of this mount keeps its data. */
  storeOf(mount: Mount): View {
    let store = this.#stores.get(mount.record)
    if (store) return store
    const prefix = `logical/${mount.record.uuid}/`
    const plain = this.barrier.view(prefix)
    store = mount.engine.announces ? this.events.over(mount, plain, prefix) : plain
    this.#stores.set(mount.record, store)
    return store
  }

  /** Password policies of a namespace, by name. */
  passwords(namespace: Namespace): View {
    return this.root.at(`password/${namespace.id}/`)
  }

  /** A password by a named policy; `invalid` where there is none. */
  async password(namespace: Namespace, policy: string): Promise<string> {
    const found = await this.passwords(namespace).read<{ policy: string }>(policy)
    if (!found) throw invalid(`no password policy found by the name "${policy}"`)
    return generatePassword(parsePasswordPolicy(found.policy), randomBytes)
  }

  /** The context of work that the server does by itself for a mount. */
  contextOf(mount: Mount): Context {
    return {
      store: this.storeOf(mount),
      mount: mount.info,
      caller: { displayName: '', policies: [], entityId: '', namespace: mount.namespace.path, tokenKey: null, accessor: '', metadata: {}, remote: '' },
      presented: null,
      body: {},
      operation: 'write',
      ask: async (): Promise<Answer> => {
        throw new Error('work without a caller cannot ask')
      },
      now: this.now,
      random: randomBytes,
      password: (policy) => this.password(mount.namespace, policy),
      signal: never,
    }
  }

  /** Ends a token, its children, its leases and its private folder. */
  async revoke(key: string, options: { orphanChildren?: boolean } = {}): Promise<void> {
    const record = await this.tokens.close(key)
    if (!record) return
    for (let children = await this.tokens.children(key); children.length > 0; children = await this.tokens.children(key)) {
      for (const child of children) await (options.orphanChildren ? this.tokens.orphan(child) : this.revoke(child))
      if (children.length < 1000) break
    }
    await this.leases.revokeOf(key)
    for (let kept = await this.cubbyhole.keys(`${key}/`); kept.length > 0; kept = await this.cubbyhole.keys(`${key}/`)) {
      const batch = kept
      await this.cubbyhole.update((tx) => batch.forEach((name) => tx.delete(name)))
    }
    await this.tokens.forget(key)
  }

  /** Ends every token that logins of this auth mount made. */
  async revokeLoginsOf(mount: Mount): Promise<void> {
    for (let after: string | undefined; ; ) {
      const accessors = await this.tokens.accessors(mount.namespace.id, after === undefined ? { limit: 500 } : { after, limit: 500 })
      for (const accessor of accessors) {
        const record = await this.tokens.byAccessor(accessor)
        if (record?.mountAccessor === mount.record.accessor) await this.revoke(record.key)
      }
      after = accessors.at(-1)
      if (accessors.length < 500) return
    }
  }

  /** A token that may do everything and never ends; returns the token itself. As long as Vault's: clients bring one-time passwords of that length. */
  async mintRootToken(id = `hvs.${randomText(24)}`): Promise<string> {
    const root = this.namespaces.at('')!
    const wanted = { parent: null, type: 'service' as const, namespace: '', namespaceId: root.id, policies: ['root'], path: 'auth/token/root', metadata: {}, displayName: 'root', uses: 0, ttl: 0, explicitMaxTtl: 0, maxTtl: 0, period: 0, renewable: false, entityId: '', role: '', boundCidrs: [], noDefaultPolicy: true, mountAccessor: '' }
    return (await this.tokens.create(wanted, id)).token
  }

  /** A name for this store, made once; shown by health and seal status. */
  async clusterId(): Promise<string> {
    return this.root.update(async (tx) => {
      const present = await tx.read<string>('cluster-id')
      if (present !== null) return present
      const made = randomUUID()
      tx.write('cluster-id', made)
      return made
    })
  }

  /** Ends an access key and what it leased. */
  async endAccessKey(id: string): Promise<void> {
    await this.accessKeys.delete(id)
    await this.leases.revokeOf(`access-key-${id}`)
  }

  async #expire(key: string): Promise<void> {
    const record = await this.tokens.stored(key)
    if (!record) return
    if (record.revoking !== true && record.expiresAt * 1000 > this.now()) return
    await this.revoke(key)
  }
}
