// Tokens: what proves a caller. Only their digests are stored; the token itself is shown once.
import { hash, randomFillSync } from 'node:crypto'
import { nextSecond } from '../kit/duration.ts'
import { Fault, invalid } from '../kit/errors.ts'
import type { Grant } from '../kit/route.ts'
import type { Transaction, View } from '../kit/view.ts'
import { openBatchToken, sealBatchToken } from './batch-token.ts'
import type { Due } from './due.ts'

export interface Token {
  /** Digest of the token: its name in the store, for its children, leases and private folder. */
  key: string
  accessor: string
  parent: string | null
  type: 'service' | 'batch'
  namespace: string
  namespaceId: string
  policies: string[]
  /** Path of the request that made it. */
  path: string
  metadata: Record<string, string>
  displayName: string
  /** Uses left; 0 means no limit, -1: used up and about to go. */
  uses: number
  /** Seconds since 1970. */
  createdAt: number
  /** Seconds since 1970; 0 never expires. */
  expiresAt: number
  renewedAt: number
  /** Seconds it was made for. */
  ttl: number
  explicitMaxTtl: number
  /** The most that renewals may reach from its creation, seconds; 0: the mount's. */
  maxTtl: number
  period: number
  renewable: boolean
  entityId: string
  role: string
  boundCidrs: string[]
  noDefaultPolicy: boolean
  /** Auth mount that made it, for renewal; empty for `auth/token`. */
  mountAccessor: string
  grant?: Grant
  /** Set while its leases and children are being revoked: it opens nothing any more. */
  revoking?: boolean
}

export type NewToken = Omit<Token, 'key' | 'accessor' | 'createdAt' | 'expiresAt' | 'renewedAt'>

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

// Drawn in bulk: a call into the system costs as much as hundreds of bytes.
const pool = Buffer.alloc(4096)
let left = 0

function randomByte(): number {
  if (left === 0) left = randomFillSync(pool).length
  const byte = pool[--left]!
  pool[left] = 0
  return byte
}

/** Random text of the 62 letters and digits; every character equally likely. */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    const byte = randomByte()
    if (byte < 248) text += alphabet[byte % 62]
  }
  return text
}

export const keyOfToken = (token: string): string => hash('sha256', token, 'hex')
const seconds = (milliseconds: number): number => Math.trunc(milliseconds / 1000)

export class Tokens {
  /** How many this process made. */
  created = 0
  readonly #view: View
  readonly #root: View
  readonly #due: Due
  readonly #now: () => number

  /** `root`: the view in which `due` lies too, so that a token and its expiry are written together. */
  constructor(root: View, due: Due, now: () => number) {
    this.#root = root
    this.#view = root.at('token/')
    this.#due = due
    this.#now = now
  }

  /** Mints a token and stores it; returns the token (shown once) and its record. `wanted.id` sets the token itself. */
  async create(wanted: NewToken, id?: string): Promise<{ token: string; record: Token }> {
    this.created++
    const createdAt = seconds(this.#now())
    const times = { createdAt, renewedAt: 0, expiresAt: wanted.ttl > 0 ? nextSecond(this.#now()) + wanted.ttl : 0 }
    if (wanted.type === 'batch') {
      const record: Token = { ...wanted, ...times, key: '', accessor: '' }
      return { token: await sealBatchToken(this.#view, record), record }
    }
    const token = id ?? `hvs.${randomText(24)}`
    const record: Token = { ...wanted, ...times, key: keyOfToken(token), accessor: randomText(24) }
    await this.#root.update(async (tx) => {
      // A random token cannot be there: nothing is read for it, neither here nor when the write is checked.
      if (id !== undefined && (await tx.get(`token/id/${record.key}`)) !== null) throw invalid('cannot create a token with a duplicate ID')
      this.#write(tx, record)
      tx.put(`token/accessor/${record.accessor}`, Buffer.from(record.key))
      tx.put(`token/of/${record.namespaceId}/${record.accessor}`, new Uint8Array(0))
      if (record.parent !== null) tx.put(`token/child/${record.parent}/${record.key}`, new Uint8Array(0))
    })
    return { token, record }
  }

  #write(tx: Transaction, record: Token): void {
    tx.write(`token/id/${record.key}`, record)
    if (record.expiresAt > 0) this.#due.add(tx, { second: record.expiresAt, kind: 'token', id: record.key })
  }

  /** The live token behind what a client sent, or null: unknown, expired, used up, revoked look alike. */
  lookup(token: string): Promise<Token | null> {
    return token.startsWith('hvb.') ? this.#batch(token) : this.byKey(keyOfToken(token))
  }

  async #batch(token: string): Promise<Token | null> {
    const record = await openBatchToken(this.#view, token)
    if (!record || !this.#live(record)) return null
    // A batch token ends with the token that made it.
    return record.parent === null || (await this.byKey(record.parent)) ? record : null
  }

  /** The record of a token that the gate has let pass, also where that took its last use. */
  admitted(key: string): Promise<Token | null> {
    return this.#view.read<Token>(`id/${key}`)
  }

  async byKey(key: string): Promise<Token | null> {
    const record = await this.#view.read<Token>(`id/${key}`)
    return record && this.#live(record) ? record : null
  }

  #live(record: Token): boolean {
    return record.revoking !== true && record.uses >= 0 && (record.expiresAt === 0 || record.expiresAt * 1000 > this.#now())
  }

  async byAccessor(accessor: string): Promise<Token | null> {
    const key = await this.#view.get(`accessor/${accessor}`)
    return key && this.byKey(Buffer.from(key).toString())
  }

  /** Accessors of one namespace, by pages. */
  accessors(namespaceId: string, page?: { after?: string; limit?: number }): Promise<string[]> {
    return this.#view.children(`of/${namespaceId}/`, page)
  }

  /** Takes one use off a limited token; throws `denied` when none was left. */
  async use(record: Token): Promise<Token> {
    if (record.uses === 0) return record
    return this.#view.update(async (tx) => {
      const present = await tx.read<Token>(`id/${record.key}`)
      if (!present || !this.#live(present)) throw new Fault('denied')
      // The last use leaves a mark instead of zero, which would mean: without limit.
      const left: Token = { ...present, uses: present.uses === 1 ? -1 : present.uses - 1 }
      tx.write(`id/${record.key}`, left)
      return left
    })
  }

  /** Moves the end of a token; who calls has checked the limits. */
  async extend(record: Token, ttl: number): Promise<Token> {
    return this.#root.update(async (tx) => {
      const present = await tx.read<Token>(`token/id/${record.key}`)
      if (!present || !this.#live(present)) throw new Fault('denied')
      if (present.expiresAt > 0) this.#due.remove(tx, { second: present.expiresAt, kind: 'token', id: present.key })
      const now = this.#now()
      const extended = { ...present, renewedAt: seconds(now), expiresAt: ttl > 0 ? nextSecond(now) + ttl : 0 }
      this.#write(tx, extended)
      return extended
    })
  }

  /** Keys of the tokens that this one made. */
  children(key: string): Promise<string[]> {
    return this.#view.children(`child/${key}/`, { limit: 1000 })
  }

  /** From here on the token opens nothing; `forget` ends it when its leases and children are gone. */
  async close(key: string): Promise<Token | null> {
    return this.#root.update(async (tx) => {
      const record = await tx.read<Token>(`token/id/${key}`)
      if (!record || record.revoking) return record
      tx.write(`token/id/${key}`, { ...record, revoking: true })
      // If the process dies half-way, the worker takes it up again.
      this.#due.add(tx, { second: seconds(this.#now()) + 30, kind: 'token', id: key })
      return record
    })
  }

  async forget(key: string): Promise<void> {
    await this.#root.update(async (tx) => {
      const record = await tx.read<Token>(`token/id/${key}`)
      if (!record) return
      tx.delete(`token/id/${key}`)
      tx.delete(`token/accessor/${record.accessor}`)
      tx.delete(`token/of/${record.namespaceId}/${record.accessor}`)
      if (record.parent !== null) tx.delete(`token/child/${record.parent}/${key}`)
      if (record.expiresAt > 0) this.#due.remove(tx, { second: record.expiresAt, kind: 'token', id: key })
    })
  }

  /** Lets children live on when their parent goes. */
  async orphan(key: string): Promise<void> {
    await this.#root.update(async (tx) => {
      const record = await tx.read<Token>(`token/id/${key}`)
      if (!record || record.parent === null) return
      tx.delete(`token/child/${record.parent}/${key}`)
      tx.write(`token/id/${key}`, { ...record, parent: null })
    })
  }
}

