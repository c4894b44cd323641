// Named keys that sign identity tokens: made, rotated when their time has come, published until what they signed has ended.
import { randomUUID } from 'node:crypto'
import type { JWK } from 'jose'
import { invalid } from '../../../kit/errors.ts'
import { listChildren } from '../../../kit/page.ts'
import type { Context } from '../../../kit/route.ts'
import type { Reader, View } from '../../../kit/view.ts'

export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
export type Algorithm = (typeof algorithms)[number]

interface Pair {
  kid: string
  secret: JWK
  published: JWK
}

export interface KeySettings {
  algorithm: Algorithm
  /** Seconds. */
  rotationPeriod: number
  verificationTtl: number
  /** Client ids of the roles that may use it; `*` for all. */
  allowedClientIds: string[]
}

export interface NamedKey extends KeySettings {
  name: string
  /** Seconds since 1970. */
  rotatedAt: number
  current: Pair
  /** Keys that sign no more; `until` in seconds since 1970. */
  retired: { published: JWK; until: number }[]
}

export type KeyChange = { [K in keyof KeySettings]?: KeySettings[K] | undefined }

const place = (name: string): string => `oidc/key/${name}`
const seconds = (context: Context): number => Math.trunc(context.now() / 1000)

async function makePair(algorithm: Algorithm): Promise<Pair> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = randomUUID()
  return { kid, secret: await exportJWK(privateKey), published: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } }
}

/** The key of who names none: it is there without being made, with the usual settings. */
export const defaultKey = 'default'
const usual = (name: string): KeySettings => ({ algorithm: 'RS256', rotationPeriod: 86_400, verificationTtl: 86_400, allowedClientIds: name === defaultKey ? ['*'] : [] })

export const allows = ({ allowedClientIds }: KeySettings, clientId: string): boolean => allowedClientIds.includes('*') || allowedClientIds.includes(clientId)

export async function findSettings(store: Reader, name: string): Promise<KeySettings | null> {
  return (await store.read<NamedKey>(place(name))) ?? (name === defaultKey ? usual(name) : null)
}

export const findKey = (store: View, name: string): Promise<NamedKey | null> => store.read<NamedKey>(place(name))

const storedNames = (store: View): Promise<string[]> => listChildren(store, 'oidc/key/')

export const keyNames = async (store: View): Promise<string[]> => [...new Set([...(await storedNames(store)), defaultKey])].sort()

export async function putKey(context: Context, name: string, change: KeyChange): Promise<void> {
  const { store } = context
  const wanted = change.algorithm ?? (await findKey(store, name))?.algorithm ?? 'RS256'
  const made = (await findKey(store, name))?.algorithm === wanted ? null : await makePair(wanted)
  await store.update(async (tx) => {
    const present = await tx.read<NamedKey>(place(name))
    const base = present ?? { ...usual(name), name, algorithm: wanted, rotatedAt: seconds(context), current: made!, retired: [] }
    const key: NamedKey = {
      ...(made && present ? rotated(base, made, base.verificationTtl, seconds(context)) : base),
      algorithm: wanted,
      rotationPeriod: change.rotationPeriod ?? base.rotationPeriod,
      verificationTtl: change.verificationTtl ?? base.verificationTtl,
      allowedClientIds: change.allowedClientIds ?? base.allowedClientIds,
    }
    if (key.rotationPeriod < 60) throw invalid('rotation_period must be at least one minute')
    if (key.verificationTtl < 0) throw invalid('verification_ttl cannot be negative')
    if (key.verificationTtl > 10 * key.rotationPeriod) throw invalid('verification_ttl cannot be longer than 10x rotation_period')
    tx.write(place(name), key)
  })
}

const rotated = (key: NamedKey, pair: Pair, verificationTtl: number, now: number): NamedKey => ({
  ...key,
  current: pair,
  rotatedAt: now,
  retired: [...key.retired.filter((one) => one.until > now), { published: key.current.published, until: now + verificationTtl }],
})

/** Makes a new key of the same name; tokens of the old one can be verified for `verificationTtl` more seconds. */
export async function rotateKey(context: Context, name: string, verificationTtl?: number): Promise<void> {
  const { store } = context
  const present = await findKey(store, name)
  if (!present) throw invalid(`no named key found at "${name}"`)
  const pair = await makePair(present.algorithm)
  await store.update(async (tx) => {
    const key = await tx.read<NamedKey>(place(name))
    if (key) tx.write(place(name), rotated({ ...key, verificationTtl: verificationTtl ?? key.verificationTtl }, pair, verificationTtl ?? key.verificationTtl, seconds(context)))
  })
}

/** The key as it is to be used now: rotated first where its period has passed. `default` is made when it is first needed. */
export async function currentKey(context: Context, name: string): Promise<NamedKey | null> {
  if (name === defaultKey && !(await findKey(context.store, name))) await putKey(context, name, {})
  const key = await findKey(context.store, name)
  if (!key || seconds(context) < key.rotatedAt + key.rotationPeriod) return key
  const pair = await makePair(key.algorithm)
  return context.store.update(async (tx) => {
    const present = await tx.read<NamedKey>(place(name))
    if (!present || present.rotatedAt !== key.rotatedAt) return present
    const next = rotated(present, pair, present.verificationTtl, seconds(context))
    tx.write(place(name), next)
    return next
  })
}

export async function signToken(key: NamedKey, claims: Record<string, unknown>): Promise<string> {
  const { SignJWT, importJWK } = await import('jose')
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.current.kid, typ: 'JWT' }).sign(await importJWK(key.current.secret, key.algorithm))
}

export const deleteKey = (store: View, name: string): Promise<void> => store.delete(place(name))

/** Public keys of the namespace by which its tokens are verified. */
export async function publishedKeys(context: Context): Promise<JWK[]> {
  const published: JWK[] = []
  for (const name of await storedNames(context.store)) {
    const key = await currentKey(context, name)
    if (key) published.push(key.current.published, ...key.retired.filter((one) => one.until > seconds(context)).map((one) => one.published))
  }
  return published
}
