// Access keys: credentials that sign requests (AWS Signature Version 4) instead of being sent. A key stands for an
// entity or for policies of one namespace, permanently or, with a session token, for a time.
import { createHash, randomBytes } from 'node:crypto'
import { Fault } from '../kit/errors.ts'
import type { Page } from '../kit/storage.ts'
import { soon } from '../kit/soon.ts'
import type { Transaction, View } from '../kit/view.ts'
import type { Due } from './due.ts'
import type { Namespace, Namespaces } from './namespaces.ts'
import { type Token, randomText } from './tokens.ts'

/** Who a key stands for, in the words of IAM. `id` is the unique id (AIDA…, AROA…). */
export type Principal =
  | { kind: 'root' }
  | { kind: 'user'; name: string; id: string }
  | { kind: 'role'; name: string; id: string; session: string }
  | { kind: 'federated'; name: string }

/** What the store keeps of a key; the secret lies apart, so that it is read only where a signing key is derived. */
export interface AccessKey {
  id: string
  namespace: string
  namespaceId: string
  status: 'Active' | 'Inactive'
  /** Seconds since 1970; 0: no end. */
  createdAt: number
  expiresAt: number
  /** SHA-256 of the session token, hexadecimal; temporary keys only. */
  sessionDigest?: string
  policies: string[]
  entityId: string
  principal: Principal
  /** Session tags, source identity and the like: shown in audit. */
  metadata: Record<string, string>
  /** Names of those tags that sessions begun with this key have too. */
  transitive?: string[]
  noDefaultPolicy: boolean
  /** May do everything in its namespace: a development server's test keys, and, narrowed by a session policy, the keys of rotation functions. */
  administrator?: boolean
  /** A policy in the language of IAM that narrows the key in its own dialect. */
  sessionPolicy?: string
}

export interface NewAccessKey extends Pick<AccessKey, 'policies' | 'entityId' | 'principal'> {
  namespace: Namespace
  /** Seconds; 0: permanent. */
  ttl: number
  metadata?: Record<string, string>
  transitive?: string[]
  noDefaultPolicy?: boolean
  administrator?: boolean | undefined
  sessionPolicy?: string
}

/** Shown once, when the key is made. */
export interface MadeAccessKey {
  key: AccessKey
  secret: string
  sessionToken: string | null
}

/** Where each service keeps its data. */
export interface ServiceMounts {
  secrets: string
  parameters: string
  keys: string
}

/** How a namespace appears as an account; a region that is listed has mounts of its own, every other shares those of the account. */
export interface AccountSettings extends ServiceMounts {
  account: string
  regions: Readonly<Record<string, Partial<ServiceMounts>>>
}

/** What to change of an account's settings; of its regions those that are named, null: shared again. */
export interface AccountChange extends Partial<Omit<AccountSettings, 'regions'>> {
  regions?: Record<string, Partial<ServiceMounts> | null>
}

/** The settings as a request in `region` has them: the same object for regions that share. */
export const settingsIn = (settings: AccountSettings, region: string): AccountSettings =>
  Object.hasOwn(settings.regions, region) ? { ...settings, ...settings.regions[region] } : settings

export const rootAccount = '123456789012'
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An identifier as IAM makes them: a prefix that tells the kind, and 16 characters for keys (AKIA, ASIA) or 17 for whom they stand for (AIDA, AROA). */
export const uniqueId = (prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA'): string => prefix + Array.from(randomBytes(prefix[1] === 'K' || prefix[1] === 'S' ? 16 : 17), (byte) => base32[byte % 32]).join('')

export const sessionDigest = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The number by which a namespace without settings is known: its own name where that is one, else derived from its identity. */
function usualAccount(namespace: Namespace): string {
  if (namespace.path === '') return rootAccount
  const own = /(?:^|\/)(\d{12})\/$/.exec(namespace.path)?.[1]
  return own ?? String(createHash('sha256').update(namespace.uuid).digest().readUIntBE(0, 6) % 1e12).padStart(12, '0')
}

export class AccessKeys {
  readonly #root: View
  readonly #view: View
  readonly #due: Due
  readonly #now: () => number
  readonly #namespaces: Namespaces
  readonly #used = new WeakMap<AccessKey, number>()
  readonly #tokens = new WeakMap<AccessKey, Token>()
  readonly #settings = new WeakMap<Namespace, { kept: Partial<AccountSettings> | null; settings: AccountSettings }>()
  /** Keys that exist without being stored; set by a development server alone. */
  virtual: ((id: string) => Promise<{ key: AccessKey; secret: string } | null>) | null = null

  constructor(root: View, due: Due, namespaces: Namespaces, now: () => number) {
    this.#root = root
    this.#view = root.at('access-key/')
    this.#due = due
    this.#namespaces = namespaces
    this.#now = now
  }

  async create(wanted: NewAccessKey): Promise<MadeAccessKey> {
    const createdAt = Math.trunc(this.#now() / 1000)
    const sessionToken = wanted.ttl > 0 ? `FQoGZXIvYXdzE${randomText(343)}` : null
    const key: AccessKey = {
      id: uniqueId(sessionToken ? 'ASIA' : 'AKIA'),
      namespace: wanted.namespace.path,
      namespaceId: wanted.namespace.id,
      status: 'Active',
      createdAt,
      expiresAt: wanted.ttl > 0 ? createdAt + wanted.ttl : 0,
      ...(sessionToken && { sessionDigest: sessionDigest(sessionToken) }),
      policies: wanted.policies,
      entityId: wanted.entityId,
      principal: wanted.principal,
      metadata: wanted.metadata ?? {},
      ...(wanted.transitive && wanted.transitive.length > 0 && { transitive: wanted.transitive }),
      noDefaultPolicy: wanted.noDefaultPolicy ?? false,
      ...(wanted.administrator && { administrator: true }),
      ...(wanted.sessionPolicy && { sessionPolicy: wanted.sessionPolicy }),
    }
    const secret = randomText(40)
    await this.#root.update((tx) => {
      tx.write(`access-key/id/${key.id}`, key)
      tx.put(`access-key/secret/${key.id}`, Buffer.from(secret))
      if (key.expiresAt > 0) this.#due.add(tx, { second: key.expiresAt, kind: 'access-key', id: key.id })
      else tx.put(`access-key/of/${key.namespaceId}/${key.id}`, new Uint8Array(0))
    })
    return { key, secret, sessionToken }
  }

  /** The key of that id, whatever its state; null where there is none. The object stays the same while nothing changes. */
  find(id: string): AccessKey | null | Promise<AccessKey | null> {
    const stored = (): AccessKey | null | Promise<AccessKey | null> => (/^\w{16,128}$/.test(id) ? this.#view.soon<AccessKey>(`id/${id}`) : null)
    return this.virtual ? this.virtual(id).then((virtual) => virtual?.key ?? stored()) : stored()
  }

  async secretOf(key: AccessKey): Promise<string> {
    const virtual = await this.virtual?.(key.id)
    if (virtual?.key === key) return virtual.secret
    const secret = await this.#view.get(`secret/${key.id}`)
    if (!secret) throw new Fault('unauthenticated')
    return Buffer.from(secret).toString()
  }

  /** The rights of a key in the shape that the gate knows; one object a key, so that what was derived from it is kept. */
  tokenOf(key: AccessKey, account: string, arn: string): Token {
    const ready = this.#tokens.get(key)
    if (ready && ready.metadata.aws_account === account) return ready
    const token: Token = {
      key: `access-key-${key.id}`, accessor: key.id, parent: null, type: 'service',
      namespace: key.namespace, namespaceId: key.administrator ? 'root' : key.namespaceId,
      policies: key.policies, path: 'auth/aws/key', displayName: arn, uses: 0,
      metadata: { ...key.metadata, aws_account: account, aws_arn: arn, aws_access_key_id: key.id },
      createdAt: key.createdAt, expiresAt: key.expiresAt, renewedAt: 0, ttl: key.expiresAt && key.expiresAt - key.createdAt, explicitMaxTtl: 0, maxTtl: 0, period: 0,
      renewable: false, entityId: key.entityId, role: '', boundCidrs: [], noDefaultPolicy: key.noDefaultPolicy, mountAccessor: '',
    }
    this.#tokens.set(key, token)
    return token
  }

  /** Ids of the permanent keys of a namespace, in order. */
  list(namespaceId: string, page?: Page): Promise<string[]> {
    return this.#view.children(`of/${namespaceId}/`, page)
  }

  async change(id: string, change: (key: AccessKey) => AccessKey): Promise<AccessKey | null> {
    return this.#view.update(async (tx) => {
      const key = await tx.read<AccessKey>(`id/${id}`)
      if (!key) return null
      const changed = change(key)
      tx.write(`id/${id}`, changed)
      return changed
    })
  }

  async delete(id: string): Promise<void> {
    await this.#root.update(async (tx) => {
      const key = await tx.read<AccessKey>(`access-key/id/${id}`)
      if (key) this.#remove(tx, key)
    })
  }

  #remove(tx: Transaction, key: AccessKey): void {
    tx.delete(`access-key/id/${key.id}`)
    tx.delete(`access-key/secret/${key.id}`)
    tx.delete(`access-key/used/${key.id}`)
    if (key.expiresAt > 0) this.#due.remove(tx, { second: key.expiresAt, kind: 'access-key', id: key.id })
    else tx.delete(`access-key/of/${key.namespaceId}/${key.id}`)
  }

  /** Notes when a key was used last, once an hour; nothing waits for it. */
  noteUse(key: AccessKey, service: string, region: string): void {
    const hour = Math.trunc(this.#now() / 3_600_000) * 3600
    if (this.#used.get(key) === hour) return
    this.#used.set(key, hour)
    void this.#view
      .read<{ at: number }>(`used/${key.id}`)
      .then((seen) => (seen?.at === hour ? undefined : this.#view.write(`used/${key.id}`, { at: hour, service, region })))
      .catch(() => {})
  }

  lastUse(id: string): Promise<{ at: number; service: string; region: string } | null> {
    return this.#view.read(`used/${id}`)
  }

  /** The object stays the same while nothing changes. */
  settings(namespace: Namespace): AccountSettings | Promise<AccountSettings> {
    return soon(this.#view.soon<Partial<AccountSettings>>(`settings/${namespace.id}`), (kept) => this.#settingsWith(namespace, kept))
  }

  #settingsWith(namespace: Namespace, kept: Partial<AccountSettings> | null): AccountSettings {
    const ready = this.#settings.get(namespace)
    if (ready?.kept === kept) return ready.settings
    const settings: AccountSettings = { account: usualAccount(namespace), secrets: 'secret/', parameters: 'parameter/', keys: 'transit/', regions: {}, ...kept }
    this.#settings.set(namespace, { kept, settings })
    return settings
  }

  async configure(namespace: Namespace, change: AccountChange): Promise<void> {
    await this.#view.update(async (tx) => {
      const before = await tx.read<Partial<AccountSettings>>(`settings/${namespace.id}`)
      if (change.account !== undefined) {
        const holder = await tx.get(`account/${change.account}`)
        if (holder && Buffer.from(holder).toString() !== namespace.id) throw new Fault('exists', 'another namespace has this account number')
        if (before?.account !== undefined) tx.delete(`account/${before.account}`)
        tx.put(`account/${change.account}`, Buffer.from(namespace.id))
      }
      const regions = Object.entries({ ...before?.regions, ...change.regions }).filter(([, mounts]) => mounts !== null)
      tx.write(`settings/${namespace.id}`, { ...before, ...change, regions: Object.fromEntries(regions) })
    })
  }

  /** The namespace that is known by this account number. */
  async namespaceOf(account: string): Promise<Namespace | undefined> {
    const id = await this.#view.get(`account/${account}`)
    if (id) return this.#namespaces.byId(Buffer.from(id).toString())
    const virtual = /^\d{12}$/.test(account) ? await this.virtual?.(account) : null
    if (virtual) return this.#namespaces.byId(virtual.key.namespaceId)
    if (account === rootAccount) return this.#namespaces.at('')
    return this.#namespaces.at(`${account}/`) ?? this.#namespaces.below('').find((one) => usualAccount(one) === account)
  }
}

/** The name of a principal as AWS writes it, and its unique id. */
export function arnOf(principal: Principal, account: string, keyId: string): { arn: string; userId: string } {
  switch (principal.kind) {
    case 'root':
      return { arn: `arn:aws:iam::${account}:root`, userId: account }
    case 'user':
      return { arn: `arn:aws:iam::${account}:user/${principal.name}`, userId: principal.id || keyId }
    case 'role':
      return { arn: `arn:aws:sts::${account}:assumed-role/${principal.name}/${principal.session}`, userId: `${principal.id}:${principal.session}` }
    case 'federated':
      return { arn: `arn:aws:sts::${account}:federated-user/${principal.name}`, userId: `${account}:${principal.name}` }
  }
}
