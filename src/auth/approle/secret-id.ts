// Secret ids: kept as digests below their role, found by accessor too, and removed when they end.
import { randomUUID } from 'node:crypto'
import { checkCidrs, isWithinBounds, withinCidrs } from '../../kit/cidr.ts'
import { invalid } from '../../kit/errors.ts'
import type { Context } from '../../kit/route.ts'
import { soon } from '../../kit/soon.ts'
import type { View, Writer } from '../../kit/view.ts'
import { digestOf } from './digest.ts'
import type { Role } from './role.ts'

export interface SecretId {
  accessor: string
  /** Milliseconds since 1970; `expiresAt` 0: never. */
  createdAt: number
  updatedAt: number
  expiresAt: number
  /** Seconds. */
  ttl: number
  /** Logins left; 0: without limit. */
  uses: number
  metadata: Record<string, string>
  cidrs: string[]
  tokenCidrs: string[]
}

export interface Wanted {
  metadata: Record<string, string>
  cidrs: string[]
  tokenCidrs: string[]
  ttl?: number | undefined
  uses?: number | undefined
  /** A secret id of the client's choice. */
  id?: string | undefined
}

const secretKey = (role: Role, digest: string): string => `secret/${role.uid}/${digest}`
const accessorKey = (role: Role, accessor: string): string => `accessor/${role.uid}/${accessor}`
const dueKey = (role: Role, digest: string, at: number): string => `due/${String(Math.trunc(at / 1000)).padStart(11, '0')}/${role.uid}/${digest}`

function forget(tx: Writer, role: Role, digest: string, secret: SecretId): void {
  tx.delete(secretKey(role, digest))
  tx.delete(accessorKey(role, secret.accessor))
  if (secret.expiresAt > 0) tx.delete(dueKey(role, digest, secret.expiresAt))
}

/** Refuses what the role's own bounds forbid. */
function check(role: Role, wanted: Wanted): void {
  checkCidrs(wanted.cidrs, 'cidr_list')
  checkCidrs(wanted.tokenCidrs, 'token_bound_cidrs')
  const inside = (cidrs: readonly string[], bounds: readonly string[]): boolean => bounds.length === 0 || cidrs.every((cidr) => withinCidrs(cidr.split('/')[0]!, bounds))
  if (!inside(wanted.cidrs, role.secretIdBoundCidrs)) throw invalid('cidr_list is not a subset of the role\'s secret_id_bound_cidrs')
  if (!inside(wanted.tokenCidrs, role.token.boundCidrs)) throw invalid('token_bound_cidrs is not a subset of the role\'s token_bound_cidrs')
  if ((wanted.ttl ?? 0) < 0) throw invalid('ttl cannot be negative')
  if ((wanted.uses ?? 0) < 0) throw invalid('num_uses cannot be negative')
  if (role.secretIdTtl > 0 && (wanted.ttl === 0 || (wanted.ttl ?? 0) > role.secretIdTtl)) throw invalid("ttl cannot be longer than the role's secret_id_ttl")
  if (role.secretIdUses > 0 && (wanted.uses === 0 || (wanted.uses ?? 0) > role.secretIdUses)) throw invalid("num_uses cannot be higher than the role's secret_id_num_uses")
  if (wanted.id !== undefined && (wanted.id.length < 1 || wanted.id.length > 4096 || wanted.id !== wanted.id.trim())) throw invalid('secret_id: expected 1 to 4096 characters without spaces around them')
}

/** Makes a secret id; it is shown once, in this answer. */
export async function createSecretId({ store, now }: Context, role: Role, wanted: Wanted): Promise<{ id: string; secret: SecretId }> {
  if (!role.bindSecretId) throw invalid('bind_secret_id is not set on the role')
  check(role, wanted)
  const id = wanted.id ?? randomUUID()
  const ttl = wanted.ttl ?? role.secretIdTtl
  const secret: SecretId = {
    accessor: randomUUID(),
    createdAt: now(),
    updatedAt: now(),
    expiresAt: ttl > 0 ? now() + ttl * 1000 : 0,
    ttl,
    uses: wanted.uses ?? role.secretIdUses,
    metadata: wanted.metadata,
    cidrs: wanted.cidrs,
    tokenCidrs: wanted.tokenCidrs,
  }
  const digest = await digestOf(store, id)
  await store.update(async (tx) => {
    if (wanted.id !== undefined && (await tx.get(secretKey(role, digest)))) throw invalid('SecretID is already registered')
    tx.write(secretKey(role, digest), secret)
    tx.write(accessorKey(role, secret.accessor), { digest })
    if (secret.expiresAt > 0) tx.put(dueKey(role, digest, secret.expiresAt), new Uint8Array(0))
  })
  return { id, secret }
}

const live = (secret: SecretId, now: number): boolean => secret.expiresAt === 0 || secret.expiresAt > now

interface Found {
  digest: string
  secret: SecretId
}

/** The secret id of a role, unless it has ended; at once where it is in memory. */
export const findSecretId = ({ store, now }: Context, role: Role, id: string): Found | null | Promise<Found | null> =>
  soon(digestOf(store, id), (digest) => soon(store.soon<SecretId>(secretKey(role, digest)), (secret) => (secret && live(secret, now()) ? { digest, secret } : null)))

export async function findByAccessor({ store, now }: Context, role: Role, accessor: string): Promise<Found | null> {
  const found = await store.read<{ digest: string }>(accessorKey(role, accessor))
  const secret = found && (await store.read<SecretId>(secretKey(role, found.digest)))
  return found && secret && live(secret, now()) ? { digest: found.digest, secret } : null
}

/** Takes one login off a secret id; null when it is unknown, has ended, or was used up by somebody else meanwhile. */
export const useSecretId = (context: Context, role: Role, id: string): SecretId | null | Promise<SecretId | null> =>
  soon(findSecretId(context, role, id), (found) => {
    if (found && !isWithinBounds(context.caller.remote, found.secret.cidrs)) throw invalid('source address unauthorized through CIDR restrictions on the secret ID')
    return !found || found.secret.uses === 0 ? (found?.secret ?? null) : takeUse(context, role, found.digest)
  })

function takeUse(context: Context, role: Role, digest: string): Promise<SecretId | null> {
  return context.store.update(async (tx) => {
    const present = await tx.read<SecretId>(secretKey(role, digest))
    if (!present) return null
    if (present.uses === 1) forget(tx, role, digest, present)
    else tx.write(secretKey(role, digest), { ...present, uses: present.uses - 1, updatedAt: context.now() })
    return present
  })
}

export const destroySecretId = (store: View, role: Role, { digest, secret }: Found): Promise<void> => store.update((tx) => forget(tx, role, digest, secret))

/** Accessors of a role's secret ids, by pages. */
export const accessorsOf = (store: View, role: Role, page: { after?: string; limit: number }): Promise<string[]> => store.children(`accessor/${role.uid}/`, page)

/** Removes all secret ids of a role that is gone. */
export async function forgetSecretIds(store: View, role: Role): Promise<void> {
  for (const prefix of [`secret/${role.uid}/`, `accessor/${role.uid}/`]) {
    for (let keys = await store.keys(prefix, { limit: 500 }); keys.length > 0; keys = await store.keys(prefix, { limit: 500 })) {
      const batch = keys
      await store.update((tx) => batch.forEach((key) => tx.delete(key)))
    }
  }
}

/** Removes secret ids that have ended; reads only those. */
export async function tidySecretIds({ store, now, signal }: Context): Promise<void> {
  const end = `due/${String(Math.trunc(now() / 1000)).padStart(11, '0')}`
  while (!signal.aborted) {
    const keys = (await store.keys('due/', { limit: 200 })).filter((key) => key < end)
    if (keys.length === 0) return
    await store.update(async (tx) => {
      for (const key of keys) {
        const [, , uid, digest] = key.split('/')
        const secret = await tx.read<SecretId>(`secret/${uid}/${digest}`)
        tx.delete(key)
        if (!secret) continue
        tx.delete(`secret/${uid}/${digest}`)
        tx.delete(`accessor/${uid}/${secret.accessor}`)
      }
    })
  }
}
