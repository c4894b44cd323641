// The versioned secret: its record, its versions and how both lie in the store.
// `meta/<path>` holds the record, `data/<time>/<path>//<number>` a version's payload: what is written together lies together,
// whatever its path.
import { hash } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import { isObject } from '../../kit/field.ts'
import { soon } from '../../kit/soon.ts'
import type { Context } from '../../kit/route.ts'
import type { Reader, Transaction, View, Writer } from '../../kit/view.ts'
import { Unparsed, parseExactly } from '../../kit/json.ts'
import { fromStored, toStored } from './stored.ts'

export interface Version {
  /** Milliseconds since 1970. */
  created: number
  /** When it was or will be deleted; 0: never. */
  deleted: number
  destroyed: boolean
  /** The token that a client gave for it; others have an identifier that is derived (`idOf`). */
  id?: string
  /** How the payload's bytes are meant; absent: a JSON object. */
  media?: 'text' | 'binary'
  /** Announced by a rotation, its value not written yet. */
  empty?: true
}

export interface Secret {
  /** Milliseconds since 1970. */
  created: number
  updated: number
  current: number
  oldest: number
  /** 0 follows the mount's settings. */
  maxVersions: number
  casRequired: boolean
  /** Seconds. */
  deleteVersionAfter: number
  custom: Record<string, string>
  versions: Record<string, Version>
  /** Staging labels by name, each the number of a version. */
  labels?: Record<string, number>
  /** What other dialects keep with a secret (description, rotation, replication). */
  attributes?: Record<string, unknown>
  /** Set while the whole secret waits for its end; milliseconds since 1970. */
  deletion?: { asked: number; due: number }
}

/** The label of the version that reads without a number give, and that of the one before it. */
export const currentLabel = 'AWSCURRENT'
export const previousLabel = 'AWSPREVIOUS'
/** The label of a version that a rotation has made and not yet put in force. */
export const pendingLabel = 'AWSPENDING'

export interface Settings {
  maxVersions: number
  casRequired: boolean
  deleteVersionAfter: number
}

export const defaultMaxVersions = 10
export const noSettings: Settings = { maxVersions: 0, casRequired: false, deleteVersionAfter: 0 }

export const settingsOf = async (store: Reader): Promise<Settings> => (await store.read<Settings>('config')) ?? noSettings

/** The same, at once where they are in memory. */
export const settingsSoon = (store: View): Settings | Promise<Settings> => soon(store.soon<Settings>('config'), (settings) => settings ?? noSettings)
const metaKey = (path: string): string => `meta/${path}`

/** The record is shared between requests: never change it. */
export async function secretAt(store: Reader | Transaction, path: string): Promise<Secret | null> {
  return 'shared' in store ? store.shared(metaKey(path), fromStored) : store.read(metaKey(path), fromStored)
}

/** The same within a transaction, at once where the record is in memory. */
export const secretIn = (tx: Transaction, path: string): Secret | null | Promise<Secret | null> => tx.shared(metaKey(path), fromStored)

/** The same, at once where the record is in memory. */
export const secretSoon = (store: View, path: string): Secret | null | Promise<Secret | null> => store.soon(metaKey(path), fromStored)

export const writeSecret = (tx: Writer, path: string, secret: Secret): void => tx.write(metaKey(path), toStored(secret))

/** Where the payload of a version of the secret lies. */
export const payloadKey = (path: string, secret: Pick<Secret, 'versions'>, number: number): string => `data/${secret.versions[number]!.created.toString(36)}/${path}//${number}`

/** Vault's timestamps have nanoseconds; the clock gives milliseconds. */
export const stamp = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -1)}000000Z`

/** The same; empty for 0. */
export const stampOrEmpty = (milliseconds: number): string => (milliseconds === 0 ? '' : stamp(milliseconds))

const stamps = new WeakMap<Version, string>()

/** When a version was made. */
function madeAt(version: Version): string {
  const ready = stamps.get(version)
  if (ready !== undefined) return ready
  const made = stamp(version.created)
  stamps.set(version, made)
  return made
}

export const isDeleted = (version: Version, now: number): boolean => version.deleted !== 0 && version.deleted <= now

/** Staging labels by name; while nobody has moved one, the newest version is current. */
export function labelsOf(secret: Secret): Record<string, number> {
  if (secret.labels) return secret.labels
  if (secret.current === 0) return {}
  const previous = secret.versions[secret.current - 1] ? { [previousLabel]: secret.current - 1 } : {}
  return { [currentLabel]: secret.current, ...previous }
}

const ids = new WeakMap<Version, string>()

/** Identifier of a version beside its number, in the form of a UUID: the client's own where it gave one. */
export function idOf(path: string, secret: Secret, number: number): string {
  const version = secret.versions[number]
  const ready = version && (version.id ?? ids.get(version))
  if (ready !== undefined) return ready
  const digest = hash('sha256', `${path}\n${secret.created}\n${number}`, 'hex')
  const id = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  if (version) ids.set(version, id)
  return id
}

/** The number of the version with that identifier; 0: there is none. */
export const numberOfId = (path: string, secret: Secret, id: string): number => Number(Object.keys(secret.versions).find((number) => idOf(path, secret, Number(number)) === id) ?? 0)

/** The version that readers without a number get: a newer one may still be pending. 0: none. */
export const liveOf = (secret: Secret): number => secret.labels?.[currentLabel] ?? secret.current

/** Labels after `names` were moved to a version; who loses `AWSCURRENT` becomes `AWSPREVIOUS` and is no longer pending. */
export function moveLabels(labels: Record<string, number>, names: readonly string[], number: number): Record<string, number> {
  const moved = { ...labels }
  const before = labels[currentLabel]
  for (const name of names) moved[name] = number
  if (!names.includes(currentLabel) || before === undefined || before === number) return moved
  moved[previousLabel] = before
  if (moved[pendingLabel] === before) delete moved[pendingLabel]
  return moved
}

/** Whether a version can be read: not deleted, not destroyed, its secret not about to end. */
export const isReadable = (secret: Secret, version: Version, now: number): boolean => !secret.deletion && !version.destroyed && !version.empty && !isDeleted(version, now)

/** What Vault shows of one version; `made`: its time, which is otherwise kept for the next who asks. */
export const versionView = (secret: Secret, number: number, made = madeAt(secret.versions[number]!)): Record<string, unknown> => {
  const version = secret.versions[number]!
  return {
    created_time: made,
    custom_metadata: Object.keys(secret.custom).length > 0 ? secret.custom : null,
    deletion_time: stampOrEmpty(version.deleted || (secret.deletion?.asked ?? 0)),
    destroyed: version.destroyed,
    version: number,
  }
}

/** The same for an answer: what was stored as JSON is passed on as it is. */
export const payloadSoon = (bytes: Uint8Array, version: Version): Record<string, unknown> | Unparsed =>
  version.media ? payloadOf(bytes, version) : new Unparsed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())

export const payloadOf = (bytes: Uint8Array, version: Version): Record<string, unknown> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (version.media === 'binary') return { value: buffer.toString('base64') }
  if (version.media === 'text') return objectIn(buffer.toString()) ?? { value: buffer.toString() }
  return parseExactly(buffer.toString()) as Record<string, unknown>
}

/** The object that a text is the JSON of, or null. */
function objectIn(text: string): Record<string, unknown> | null {
  if (!/^\s*\{/.test(text)) return null
  try {
    const value = parseExactly(text, true)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Refuses a write whose check-and-set does not fit. `cas` undefined: none was given. */
export function checkCas(secret: Secret | null, settings: Settings, cas: number | undefined): void {
  if (cas === undefined) {
    if (settings.casRequired || secret?.casRequired) throw invalid('check-and-set parameter required for this call')
    return
  }
  if (cas !== (secret ? liveOf(secret) : 0)) throw invalid('check-and-set parameter did not match the current version')
}

export const newSecret = (at: number): Secret => ({
  created: at, updated: at, current: 0, oldest: 0, maxVersions: 0, casRequired: false, deleteVersionAfter: 0, custom: {}, versions: {},
})

export interface NewVersion extends Pick<Version, 'id' | 'media'> {
  /** Labels that move to it; default `AWSCURRENT`. */
  stages?: readonly string[]
  empty?: true
}

/** Adds a version to a secret within a transaction and drops those beyond the limit that no label holds; returns the changed record. */
export function addVersion(tx: Transaction, path: string, secret: Secret, settings: Settings, bytes: Uint8Array, now: number, wanted: NewVersion = {}): Secret {
  const number = secret.current + 1
  const lives = secret.deleteVersionAfter || settings.deleteVersionAfter
  const { stages, id, media, empty } = wanted
  const derived = secret.labels === undefined && (stages === undefined || (stages.length === 1 && stages[0] === currentLabel))
  const labels = derived ? undefined : moveLabels(labelsOf(secret), stages ?? [currentLabel], number)
  const version: Version = { created: now, deleted: lives > 0 ? now + lives * 1000 : 0, destroyed: false }
  if (id !== undefined) version.id = id
  if (media) version.media = media
  if (empty) version.empty = empty
  const versions: Record<string, Version> = Object.assign({}, secret.versions)
  versions[number] = version
  prune(tx, path, versions, secret.maxVersions || settings.maxVersions || defaultMaxVersions, labels ?? { [currentLabel]: number })
  const oldest = firstOf(versions)
  const changed: Secret = { ...secret, updated: now, current: number, oldest: oldest === 1 && number > 1 ? 0 : oldest, versions }
  if (labels) changed.labels = labels
  if (changed.deletion) delete changed.deletion
  if (!empty) tx.put(payloadKey(path, changed, number), bytes)
  if (secret.current === 0) tx.mark(madeKey(secret, path))
  // What dialects keep beside a secret may be anything: that is read back as its JSON says it. Where a secret was about to end,
  // its older versions are no longer what was derived of them.
  if (secret.attributes || secret.deletion) writeSecret(tx, path, changed)
  else tx.share(metaKey(path), toStored(changed), changed)
  if (secret.deletion) tx.delete(endKey(secret.deletion.due, path))
  return changed
}

function firstOf(versions: Record<string, Version>): number {
  for (const number in versions) return Number(number)
  return 0
}

/** Removes the oldest versions beyond `limit`, except where a label holds one. */
function prune(tx: Transaction, path: string, versions: Record<string, Version>, limit: number, labels: Record<string, number>): void {
  const numbers = Object.keys(versions)
  let count = numbers.length
  if (count <= limit) return
  const held = new Set(Object.values(labels))
  for (const number of numbers.map(Number)) {
    if (count <= limit) return
    if (held.has(number)) continue
    tx.delete(payloadKey(path, { versions }, number))
    delete versions[number]
    count--
  }
}

/** Key by which secrets are listed in the order in which they were made. */
export const madeKey = (secret: Secret, path: string): string => `made/${stamp(secret.created)}/${path}`

/** Time-ordered key of a secret that waits for its end. */
export const endKey = (due: number, path: string): string => `end/${String(Math.trunc(due / 1000)).padStart(11, '0')}/${path}`

/** Removes a secret with everything that belongs to it. */
export function removeSecret(tx: Transaction, path: string, secret: Secret | null): void {
  for (const number of Object.keys(secret?.versions ?? {})) tx.delete(payloadKey(path, secret!, Number(number)))
  if (secret?.deletion) tx.delete(endKey(secret.deletion.due, path))
  if (secret) tx.delete(madeKey(secret, path))
  tx.delete(metaKey(path))
  tx.delete(`seen/${path}`)
}

/** Numbers of versions from a request: a list, one number, or text with commas. */
export function versionNumbers(raw: string[]): number[] {
  const numbers = raw.map(Number)
  if (numbers.length === 0) throw invalid('No version number provided')
  if (numbers.some((number) => !Number.isInteger(number) || number < 1)) throw invalid('versions: expected whole numbers above zero')
  return numbers
}

/** Changes the record of a secret that is there; null where it is not. */
export function changeSecret(context: Context, path: string, change: (secret: Secret, tx: Transaction) => Secret): Promise<Secret | null> {
  return context.store.update(async (tx) => {
    const secret = await secretAt(tx, path)
    if (!secret) return null
    const changed = change(structuredClone(secret), tx)
    writeSecret(tx, path, changed)
    return changed
  })
}

export function requirePath(path: string): string {
  if (path === '') throw new Fault('not-found', 'Non-listing operations on the root of a K/V v2 mount are not supported.')
  return path
}
