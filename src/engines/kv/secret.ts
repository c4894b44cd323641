// The versioned secret: its record, its versions and how both lie in the store.
// `meta/<path>` holds the record, `data/<path>//<number>` a version's payload; no path has an empty segment.
import { Fault, invalid } from '../../kit/errors.ts'
import type { Context } from '../../kit/route.ts'
import type { Reader, Transaction } from '../../kit/view.ts'

export interface Version {
  /** ISO 8601 with nanoseconds. */
  created: string
  /** When it was or will be deleted; empty: never. */
  deleted: string
  destroyed: boolean
  /** Stable identifier beside the number; a client's own token where it gave one. */
  id?: string
  /** How the payload's bytes are meant; absent: a JSON object. */
  media?: 'text' | 'binary'
}

export interface Secret {
  created: string
  updated: string
  current: number
  oldest: number
  /** 0 and '' follow the mount's settings. */
  maxVersions: number
  casRequired: boolean
  /** Seconds. */
  deleteVersionAfter: number
  custom: Record<string, string>
  versions: Record<string, Version>
  /** Staging labels by name, each the number of a version. */
  labels?: Record<string, number>
  /** What other dialects keep with a secret (description, tags, rotation, a pending deletion). */
  attributes?: Record<string, unknown>
}

export interface Settings {
  maxVersions: number
  casRequired: boolean
  deleteVersionAfter: number
}

export const defaultMaxVersions = 10
export const noSettings: Settings = { maxVersions: 0, casRequired: false, deleteVersionAfter: 0 }

export const settingsOf = async (store: Reader): Promise<Settings> => (await store.read<Settings>('config')) ?? noSettings
export const secretAt = (store: Reader, path: string): Promise<Secret | null> => store.read<Secret>(`meta/${path}`)
export const payloadKey = (path: string, number: number): string => `data/${path}//${number}`

/** Vault's timestamps have nanoseconds; the clock gives milliseconds. */
export const stamp = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -1)}000000Z`

export const isDeleted = (version: Version, now: number): boolean => version.deleted !== '' && Date.parse(version.deleted) <= now

/** What Vault shows of one version. */
export const versionView = (secret: Secret, number: number): Record<string, unknown> => {
  const version = secret.versions[number]!
  return {
    created_time: version.created,
    custom_metadata: Object.keys(secret.custom).length > 0 ? secret.custom : null,
    deletion_time: version.deleted,
    destroyed: version.destroyed,
    version: number,
  }
}

export const payloadOf = (bytes: Uint8Array, version: Version): Record<string, unknown> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (version.media === 'binary') return { value: buffer.toString('base64') }
  if (version.media === 'text') return { value: buffer.toString() }
  return JSON.parse(buffer.toString()) as Record<string, unknown>
}

/** Refuses a write whose check-and-set does not fit. `cas` undefined: none was given. */
export function checkCas(secret: Secret | null, settings: Settings, cas: number | undefined): void {
  if (cas === undefined) {
    if (settings.casRequired || secret?.casRequired) throw invalid('check-and-set parameter required for this call')
    return
  }
  if (cas !== (secret?.current ?? 0)) throw invalid('check-and-set parameter did not match the current version')
}

export const newSecret = (at: string): Secret => ({
  created: at, updated: at, current: 0, oldest: 0, maxVersions: 0, casRequired: false, deleteVersionAfter: 0, custom: {}, versions: {},
})

/** Adds a version to a secret within a transaction and drops those beyond the limit; returns the changed record. */
export function addVersion(tx: Transaction, path: string, secret: Secret, settings: Settings, bytes: Uint8Array, now: number, extra: Partial<Version> = {}): Secret {
  const at = stamp(now)
  const number = secret.current + 1
  const lives = secret.deleteVersionAfter || settings.deleteVersionAfter
  const versions: Record<string, Version> = { ...secret.versions, [number]: { created: at, deleted: lives > 0 ? stamp(now + lives * 1000) : '', destroyed: false, ...extra } }
  const limit = secret.maxVersions || settings.maxVersions || defaultMaxVersions
  const kept = new Set(Object.values(secret.labels ?? {}))
  let oldest = secret.oldest || 1
  while (number - oldest + 1 > limit && !kept.has(oldest)) {
    if (versions[oldest]) tx.delete(payloadKey(path, oldest))
    delete versions[oldest++]
  }
  const changed: Secret = { ...secret, updated: at, current: number, oldest: Object.keys(versions).length === 1 && oldest === number ? number : oldest === 1 ? 0 : oldest, versions }
  tx.put(payloadKey(path, number), bytes)
  tx.write(`meta/${path}`, changed)
  return changed
}

/** Numbers of versions from a request: a list, one number, or text with commas. */
export function versionNumbers(raw: string[]): number[] {
  const numbers = raw.map(Number)
  if (numbers.length === 0) throw invalid('no version number provided')
  if (numbers.some((number) => !Number.isInteger(number) || number < 1)) throw invalid('versions: expected whole numbers above zero')
  return numbers
}

/** Changes the record of a secret that is there; null where it is not. */
export function changeSecret(context: Context, path: string, change: (secret: Secret, tx: Transaction) => Secret): Promise<Secret | null> {
  return context.store.update(async (tx) => {
    const secret = await secretAt(tx, path)
    if (!secret) return null
    const changed = change(structuredClone(secret), tx)
    tx.write(`meta/${path}`, changed)
    return changed
  })
}

export function requirePath(path: string): string {
  if (path === '') throw new Fault('unsupported')
  return path
}
