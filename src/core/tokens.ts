// Tokens: what proves a caller. A token is shown once; what is stored of it is a digest under a salt of the store. The digest
// names its record and is its accessor, so that a token is one record and, where it ends, one key by which that is found.
import { hash, randomBytes, randomFillSync } from 'node:crypto'
import { nextSecond } from '../kit/duration.ts'
import { Fault, invalid } from '../kit/errors.ts'
import type { Grant } from '../kit/route.ts'
import { soon } from '../kit/soon.ts'
import type { Decode, Transaction, View } from '../kit/view.ts'
import { openBatchToken, sealBatchToken } from './batch-token.ts'
import type { Due } from './due.ts'

export interface Token {
  /** Digest of the token, its accessor: its name in the store, for its children, leases and private folder. Empty for a batch token. */
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
  /** Of the login that made it: what its method is asked with before a renewal. */
  grant?: Grant
  /** Set while its leases and children are being revoked: it opens nothing any more. */
  revoking?: boolean
}

export type NewToken = Omit<Token, 'key' | 'accessor' | 'createdAt' | 'expiresAt' | 'renewedAt'>

// In the order of their codes, so that what is written in them can be ordered as text.
const codes = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')

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
  const text = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const byte = randomByte()
    if (byte < 248) text[at++] = codes[byte % 62]!
  }
  const made = text.toString('latin1')
  text.fill(0)
  return made
}

const seconds = (milliseconds: number): number => Math.trunc(milliseconds / 1000)
const digestLength = 22
const timeLength = 7

/** Id of the namespace in which a token lives, by how the token ends: outside the root namespace `.` and the id. */
const homeOf = (token: string): string => /\.([A-Za-z2-9]{6})$/.exec(token)?.[1] ?? 'root'

/** The usual token, whose home is the root namespace. */
const usualToken = /^hvs\.[0-9A-Za-z]{31}$/
const timeAt = 'hvs.'.length
const scratch = Buffer.alloc(digestLength)

/** Milliseconds as letters and digits that sort as the numbers do, until 2081. */
function timeText(milliseconds: number): string {
  for (let at = timeLength - 1, rest = milliseconds; at >= 0; at--, rest = Math.trunc(rest / 62)) scratch[at] = codes[rest % 62]!
  return scratch.toString('latin1', 0, timeLength)
}

/**
 * The key of a token: the time at which it was made, which it carries, so that what was made together lies together in the
 * store, a digest of the whole token and the token's own ending. 62 does not divide 256: the digest has 130 bits.
 */
function keyOf(token: string, salt: string): string {
  const bytes = hash('sha256', salt + token, 'binary')
  for (let index = 0; index < digestLength; index++) scratch[index] = codes[bytes.charCodeAt(index) % 62]!
  const digest = scratch.toString('latin1')
  if (usualToken.test(token)) return token.slice(timeAt, timeAt + timeLength) + digest
  const time = /^hvs\.([0-9A-Za-z]{7})[0-9A-Za-z]{24}\./.exec(token)?.[1] ?? ''
  const home = homeOf(token)
  return home === 'root' ? time + digest : `${time}${digest}.${home}`
}

/** Where the record with this key lies. */
function placeOf(key: string): string {
  const at = key.indexOf('.')
  return `id/${at < 0 ? 'root' : key.slice(at + 1)}/${key}`
}

/** Where the record of a token lies, under the salt of the store. */
interface Whereabouts {
  salt: string
  place: string
  decode: Decode<Token>
}

const mostKnown = 4096

function whereaboutsOf(token: string, salt: string): Whereabouts {
  const key = keyOf(token, salt)
  return { salt, place: placeOf(key), decode: recordOf(key) }
}

/** The part of a grant that is kept. */
const asked = ({ displayName, policies, internal }: Grant): Grant => ({ displayName, policies, ...(internal && { internal }) })

const usual: Partial<Token> = {
  parent: null, type: 'service', namespace: '', namespaceId: 'root', metadata: {}, displayName: '', uses: 0, expiresAt: 0, renewedAt: 0, explicitMaxTtl: 0, maxTtl: 0,
  period: 0, renewable: false, entityId: '', role: '', boundCidrs: [], noDefaultPolicy: false, mountAccessor: '',
}

/** Names in the store of what most records have: shorter ones share a page. */
const shortNames: Partial<Record<keyof Token, string>> = {
  policies: 'p', path: 'w', metadata: 'm', displayName: 'd', createdAt: 'c', expiresAt: 'e', ttl: 't', maxTtl: 'x', renewable: 'r', entityId: 'i', mountAccessor: 'a', grant: 'g',
}
const longNames = Object.fromEntries(Object.entries(shortNames).map(([long, short]) => [short, long]))

/** What is stored of a record: neither its name nor what is as usual. */
function lean(record: Token): object {
  const stored: Record<string, unknown> = {}
  for (const name in record) {
    const value = record[name as keyof Token]
    const expected = usual[name as keyof Token]
    const same = typeof value === 'object' && value !== null && expected ? Object.keys(value).length === 0 : value === expected
    if (name !== 'key' && name !== 'accessor' && !same) stored[shortNames[name as keyof Token] ?? name] = value
  }
  return stored
}

/** Makes the record of this key of what is stored. */
const recordOf = (key: string) => (stored: object): Token => {
  const named = Object.fromEntries(Object.entries(stored).map(([name, value]) => [longNames[name] ?? name, value]))
  return { key, accessor: key, ...usual, ...named } as Token
}

export class Tokens {
  /** How many this process made. */
  created = 0
  /**
   * Of those that have passed lately, by token, which spares them the digest. A table compares hashes of the whole text under
   * a seed of the process: how long it takes says nothing of a token that is nearly right.
   */
  #known = new Map<string, Whereabouts>()
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

  #salt(): string | Promise<string> {
    return soon(this.#view.soon<string>('salt'), (present) => present ?? this.#makeSalt())
  }

  #makeSalt(): Promise<string> {
    return this.#view.update(async (tx) => {
      const meanwhile = await tx.read<string>('salt')
      if (meanwhile !== null) return meanwhile
      const made = randomBytes(32).toString('base64')
      tx.write('salt', made)
      return made
    })
  }

  /** Mints a token and stores it; returns the token (shown once) and its record. `wanted.id` sets the token itself. */
  async create(wanted: NewToken, id?: string): Promise<{ token: string; record: Token }> {
    this.created++
    const now = this.#now()
    const record: Token = { ...wanted, key: '', accessor: '', createdAt: seconds(now), renewedAt: 0, expiresAt: wanted.ttl > 0 ? nextSecond(now) + wanted.ttl : 0 }
    if (wanted.type === 'batch') return { token: await sealBatchToken(this.#view, record), record }
    const token = (id ?? `hvs.${timeText(Math.trunc(now))}${randomText(24)}`) + (wanted.namespaceId === 'root' ? '' : `.${wanted.namespaceId}`)
    if (homeOf(token) !== wanted.namespaceId) throw invalid('a token of the root namespace cannot end in a dot and six letters or digits')
    const salt = this.#salt()
    const key = (record.key = record.accessor = keyOf(token, salt instanceof Promise ? await salt : salt))
    if (wanted.grant) record.grant = asked(wanted.grant)
    const write = (tx: Transaction): void => {
      this.#write(tx, record)
      if (record.parent !== null) tx.mark(`token/child/${record.parent}/${key}`)
    }
    const writeNamed = async (tx: Transaction): Promise<void> => {
      if ((await tx.get(`token/${placeOf(key)}`)) !== null) throw invalid('cannot create a token with a duplicate ID')
      write(tx)
    }
    // A random token cannot be there: nothing is read for it, neither here nor when the write is checked.
    await this.#root.update(id === undefined ? write : writeNamed)
    return { token, record }
  }

  #write(tx: Transaction, record: Token): void {
    tx.write(`token/${placeOf(record.key)}`, lean(record))
    if (record.expiresAt > 0) this.#due.add(tx, { second: record.expiresAt, kind: 'token', id: record.key })
  }

  /** The live token behind what a client sent, or null: unknown, expired, used up, revoked look alike. */
  lookup(token: string): Token | null | Promise<Token | null> {
    if (token.startsWith('hvb.')) return this.#batch(token)
    const salt = this.#view.soon<string>('salt')
    if (typeof salt !== 'string') return soon(this.#salt(), (made) => this.byKey(keyOf(token, made)))
    const known = this.#known.get(token)
    const whereabouts = known?.salt === salt ? known : whereaboutsOf(token, salt)
    return soon(this.#view.soon(whereabouts.place, whereabouts.decode), (record) => {
      if (!record || !this.#live(record)) return null
      if (whereabouts !== known) this.#remember(token, whereabouts)
      return record
    })
  }

  #remember(token: string, whereabouts: Whereabouts): void {
    if (this.#known.size >= mostKnown) this.#known = new Map()
    this.#known.set(token, whereabouts)
  }

  /** Forgets what callers have shown. */
  sealed(): void {
    this.#known = new Map()
  }

  async #batch(token: string): Promise<Token | null> {
    const record = await openBatchToken(this.#view, token)
    if (!record || !this.#live(record)) return null
    // A batch token ends with the token that made it.
    return record.parent === null || (await this.byKey(record.parent)) ? record : null
  }

  /** The record with this key, whether it still opens anything or not: the gate let it pass, or it is about to be removed. */
  async stored(key: string): Promise<Token | null> {
    return this.#view.read(placeOf(key), recordOf(key))
  }

  #storedIn(tx: Transaction, key: string): Promise<Token | null> {
    return tx.read(`token/${placeOf(key)}`, recordOf(key))
  }

  /** The live token with this key or accessor. */
  async byKey(key: string): Promise<Token | null> {
    const record = await this.stored(key)
    return record && this.#live(record) ? record : null
  }

  #live(record: Token): boolean {
    return record.revoking !== true && record.uses >= 0 && (record.expiresAt === 0 || record.expiresAt * 1000 > this.#now())
  }

  byAccessor(accessor: string): Promise<Token | null> {
    return this.byKey(accessor)
  }

  /** Accessors of one namespace, by pages. */
  accessors(namespaceId: string, page?: { after?: string; limit?: number }): Promise<string[]> {
    return this.#view.children(`id/${namespaceId}/`, page)
  }

  /** Takes one use off a limited token; throws `denied` when none was left. */
  async use(record: Token): Promise<Token> {
    if (record.uses === 0) return record
    return this.#root.update(async (tx) => {
      const present = await this.#storedIn(tx, record.key)
      if (!present || !this.#live(present)) throw new Fault('denied')
      // The last use leaves a mark instead of zero, which would mean: without limit.
      const left: Token = { ...present, uses: present.uses === 1 ? -1 : present.uses - 1 }
      tx.write(`token/${placeOf(record.key)}`, lean(left))
      return left
    })
  }

  /** Moves the end of a token; who calls has checked the limits. */
  async extend(record: Token, ttl: number): Promise<Token> {
    return this.#root.update(async (tx) => {
      const present = await this.#storedIn(tx, record.key)
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
      const record = await this.#storedIn(tx, key)
      if (!record || record.revoking) return record
      tx.write(`token/${placeOf(key)}`, lean({ ...record, revoking: true }))
      // If the process dies half-way, the worker takes it up again.
      this.#due.add(tx, { second: seconds(this.#now()) + 30, kind: 'token', id: key })
      return record
    })
  }

  async forget(key: string): Promise<void> {
    await this.#root.update(async (tx) => {
      const record = await this.#storedIn(tx, key)
      if (!record) return
      tx.delete(`token/${placeOf(key)}`)
      if (record.parent !== null) tx.delete(`token/child/${record.parent}/${key}`)
      if (record.expiresAt > 0) this.#due.remove(tx, { second: record.expiresAt, kind: 'token', id: key })
    })
  }

  /** Lets children live on when their parent goes. */
  async orphan(key: string): Promise<void> {
    await this.#root.update(async (tx) => {
      const record = await this.#storedIn(tx, key)
      if (!record || record.parent === null) return
      tx.delete(`token/child/${record.parent}/${key}`)
      tx.write(`token/${placeOf(key)}`, lean({ ...record, parent: null }))
    })
  }
}
