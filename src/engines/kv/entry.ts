// A secret as dialects with staging labels see it: its exact bytes, versions by their own ids, labels, and what is
// kept beside it. These are further inputs of the usual routes, so that one policy covers every way to a secret.
import { createHash } from 'node:crypto'
import { answer } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, isObject, object, text } from '../../kit/field.ts'
import type { Context, Outcome } from '../../kit/route.ts'
import { soon } from '../../kit/soon.ts'
import type { Reader, Transaction, View } from '../../kit/view.ts'
import { type Secret, type Version, addVersion, currentLabel, idOf, isReadable, labelsOf, madeKey, moveLabels, newSecret, numberOfId, payloadKey, requirePath, secretAt, secretSoon, settingsOf, stamp, writeSecret } from './secret.ts'

const mark = text({ about: 'Answer only for the secret with this mark: six characters that another secret of the same name would not have.' })

export const entryRead = {
  entry: boolean({ about: 'Show exact bytes, ids and labels.', default: false }),
  stage: text({ about: 'Staging label of the version.' }),
  version_id: text({ about: 'Id of the version.' }),
  beside: boolean({ about: 'Show what is kept beside the secret, too.', default: false }),
  mark,
}
export const entryWrite = {
  entry: object({ about: 'A version with its id and labels: payload, media (text, binary), id, stages, mode (create, put), attributes, tags.', secret: true }),
  mark,
}

export interface EntryWrite {
  mode: 'create' | 'put'
  payload?: string
  media?: 'text' | 'binary'
  id?: string
  stages?: string[]
  /** Merged into those present; null removes. */
  attributes?: Record<string, unknown>
  tags?: Record<string, string | null>
  /** Announce the version alone; its value comes with another write of the same id. */
  empty?: boolean
  /** How many staging labels the secret may have; `too-large` beyond. */
  limits?: { labels?: number }
}

export const markedForDeletion = "You can't perform this operation on the secret because it was marked for deletion."
export const noSecret = (): Fault => new Fault('not-found', "Secrets Manager can't find the specified secret.", { reason: ['no secret'] })

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const marks = new WeakMap<object, string>()

/** Six letters and digits that belong to this secret until it is removed; derived, so that every secret has them. */
export function markOf(path: string, secret: Pick<Secret, 'created'>): string {
  const ready = marks.get(secret)
  if (ready) return ready
  const digest = createHash('sha256').update(`${path}\n${secret.created}`).digest()
  const made = Array.from({ length: 6 }, (_, at) => letters[digest.readUInt16BE(at * 2) % 62]).join('')
  marks.set(secret, made)
  return made
}

export const stagesOf = (secret: Secret, number: number): string[] => Object.entries(labelsOf(secret)).filter(([, at]) => at === number).map(([name]) => name)

/** The secret that an entry route is about; `not-found` where there is none or its mark differs. */
export async function entryAt(store: Reader, path: string, wanted: string | undefined): Promise<Secret> {
  return meant(await secretAt(store, requirePath(path)), path, wanted)
}

function meant(secret: Secret | null, path: string, wanted: string | undefined): Secret {
  if (!secret || (wanted !== undefined && markOf(path, secret) !== wanted)) throw noSecret()
  return secret
}

/** What a dialect keeps beside a secret, for decisions that come before a call; null where it keeps nothing. */
export const attributesOf = (store: View, path: string): unknown =>
  soon(secretSoon(store, path), (secret) => (secret?.attributes ? { attributes: secret.attributes, mark: markOf(path, secret), tags: secret.custom } : null))

const day = (now: number): number => Math.trunc(now / 86_400_000)

/** Days already noted, by the version that was read: it stays the same object while nothing changes. */
const noted = new WeakMap<Version, number>()

/** The day of the last read of versions by their numbers; days since 1970. */
type Seen = Record<string, number>
const seenKey = (path: string): string => `seen/${path}`

/** Notes the day of a version's last read, once a day; a read never fails for it. */
function noteRead(context: Context, path: string, secret: Secret, number: number): void {
  const today = day(context.now())
  const version = secret.versions[number]!
  if (noted.get(version) === today) return
  noted.set(version, today)
  void context.store
    .update(async (tx) => {
      const [seen, present] = [await tx.read<Seen>(seenKey(path)), await secretAt(tx, path)]
      if (seen?.[number] === today || present?.created !== secret.created) return
      const kept = Object.entries(seen ?? {}).filter(([one]) => present.versions[one])
      tx.write(seenKey(path), { ...Object.fromEntries(kept), [number]: today } satisfies Seen)
    })
    .catch(() => {})
}

/** The day on which each version was last read, in seconds since 1970. */
export async function seenOf(store: Reader, path: string, secret: Secret): Promise<Seen> {
  const stored = (await store.read<Seen>(seenKey(path))) ?? {}
  const seen: Seen = {}
  for (const number in secret.versions) {
    const last = noted.get(secret.versions[number]!) ?? stored[number]
    if (last !== undefined) seen[number] = last * 86_400
  }
  return seen
}

function numberOf(path: string, secret: Secret, stage: string | undefined, id: string | undefined, number: number | undefined): number {
  if (number !== undefined && number > 0) return number
  const byId = id === undefined ? undefined : numberOfId(path, secret, id)
  if (byId === 0) throw new Fault('not-found', `Secrets Manager can't find the specified secret value for VersionId: ${id}`)
  if (byId !== undefined && stage === undefined) return byId
  const label = stage ?? currentLabel
  const byLabel = labelsOf(secret)[label]
  if (byId !== undefined && byLabel !== byId) throw new Fault('precondition', 'You provided a VersionStage that is not associated to the provided VersionId.')
  if (byLabel === undefined) throw notStaged(label)
  return byLabel
}

const notStaged = (label: string): Fault => new Fault('not-found', `Secrets Manager can't find the specified secret value for staging label: ${label}`)

export async function readEntry(context: Context, input: { path: string; stage?: string | undefined; version_id?: string | undefined; version?: number; beside?: boolean; mark?: string | undefined }): Promise<Outcome> {
  const found = secretSoon(context.store, requirePath(input.path))
  const secret = meant(found instanceof Promise ? await found : found, input.path, input.mark)
  if (secret.deletion) throw new Fault('precondition', markedForDeletion)
  const number = numberOf(input.path, secret, input.stage, input.version_id, input.version)
  const version = secret.versions[number]
  const bytes = version && isReadable(secret, version, context.now()) ? await context.store.get(payloadKey(input.path, secret, number)) : null
  if (!version || !bytes) throw input.version_id === undefined ? notStaged(input.stage ?? currentLabel) : new Fault('not-found', `Secrets Manager can't find the specified secret value for VersionId: ${input.version_id}`)
  noteRead(context, input.path, secret, number)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const about = aboutVersion(input.path, secret, number)
  const data = {
    number,
    version: about.text,
    ...(version.media === 'binary' && { binary: true }),
    ...(version.media === undefined && { map: true }),
    ...(input.beside && { attributes: secret.attributes ?? {} }),
    payload: buffer.toString(version.media === 'binary' ? 'base64' : 'utf8'),
  }
  return answer({ data, basis: input.beside ? about.beside : about })
}

interface AboutVersion {
  number: number
  /** Mark, id, labels and time as one JSON text: audit hashes each value of an answer by itself. */
  text: string
  /** Stands for the answer that holds attributes too, as the object itself does for the one without. */
  beside: object
}

/** Of a secret the version that was asked for last. */
const aboutVersions = new WeakMap<Secret, AboutVersion>()

/** What is the same in all answers about a version, until anything about its secret changes. */
function aboutVersion(path: string, secret: Secret, number: number): AboutVersion {
  const ready = aboutVersions.get(secret)
  if (ready?.number === number) return ready
  const text = JSON.stringify({ mark: markOf(path, secret), id: idOf(path, secret, number), created: stamp(secret.versions[number]!.created), stages: stagesOf(secret, number) })
  const made: AboutVersion = { number, text, beside: {} }
  aboutVersions.set(secret, made)
  return made
}

function parseEntry(raw: Record<string, unknown>): EntryWrite {
  const entry = raw as unknown as EntryWrite
  if (entry.mode !== 'create' && entry.mode !== 'put') throw invalid('entry.mode: expected create or put')
  if (entry.payload !== undefined && typeof entry.payload !== 'string') throw invalid('entry.payload: expected a string')
  if (entry.stages !== undefined && !(Array.isArray(entry.stages) && entry.stages.every((stage) => typeof stage === 'string'))) throw invalid('entry.stages: expected a list of strings')
  return entry
}

/** Merges attributes and tags into a record; null removes one. */
export function mergeBeside(secret: Secret, attributes: unknown, tags: unknown): Secret {
  const merge = (present: Record<string, unknown>, change: unknown): Record<string, unknown> =>
    isObject(change) ? Object.fromEntries(Object.entries({ ...present, ...change }).filter(([, value]) => value !== null && value !== undefined)) : present
  return { ...secret, attributes: merge(secret.attributes ?? {}, attributes), custom: merge(secret.custom, tags) as Record<string, string> }
}

const shown = (path: string, secret: Secret, number: number): Record<string, unknown> => ({
  mark: markOf(path, secret),
  ...(number > 0 && { number, id: idOf(path, secret, number), stages: stagesOf(secret, number), version_created: stamp(secret.versions[number]!.created) }),
})

/** Versions that AWS keeps of a secret, where the secret was made in its dialect. */
const keptVersions = 100

export function writeEntry(context: Context, input: { path: string; mark?: string | undefined }, raw: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entry = parseEntry(raw)
  const path = requirePath(input.path)
  const now = context.now()
  const bytes = entry.payload === undefined ? (entry.empty ? Buffer.alloc(0) : null) : Buffer.from(entry.payload, entry.media === 'binary' ? 'base64' : 'utf8')
  return context.store.update(async (tx) => {
    const found = entry.mode === 'create' ? await secretAt(tx, path) : await entryAt(tx, path, input.mark)
    const number = found && entry.id !== undefined ? numberOfId(path, found, entry.id) : 0
    const same = number > 0 && bytes !== null && (await sameBytes(tx, path, found!, number, bytes, entry.media))
    if (found?.deletion) throw new Fault('precondition', entry.mode === 'create' ? "You can't create this secret because a secret with this name is already scheduled for deletion." : markedForDeletion)
    if (same && (entry.mode === 'create' || !entry.attributes)) return shown(path, found!, number)
    if (number > 0 && !same && !(found!.versions[number]!.empty && bytes)) throw new Fault('exists', 'the id is that of another version', { reason: ['version', markOf(path, found!)] })
    if (found && entry.mode === 'create') throw new Fault('exists')
    const secret = mergeBeside(found ?? { ...newSecret(now), maxVersions: keptVersions }, entry.attributes, entry.tags)
    if (bytes === null || same) {
      if (!found) tx.mark(madeKey(secret, path))
      writeSecret(tx, path, { ...secret, updated: now })
      return shown(path, secret, number)
    }
    if (number > 0) return fill(tx, path, secret, number, bytes, entry, now)
    const first = Object.keys(labelsOf(secret)).length === 0
    const stages = first ? [...new Set([...(entry.stages ?? []), currentLabel])] : (entry.stages ?? [currentLabel])
    checkLabels(new Set([...Object.keys(labelsOf(secret)), ...stages]).size, entry.limits)
    const changed = addVersion(tx, path, secret, await settingsOf(tx), bytes, now, { stages, ...(entry.id !== undefined && { id: entry.id }), ...(entry.media && { media: entry.media }), ...(entry.empty && { empty: true as const }) })
    return shown(path, changed, changed.current)
  })
}

/** Gives an announced version its value. */
function fill(tx: Transaction, path: string, secret: Secret, number: number, bytes: Buffer, { media, stages }: EntryWrite, now: number): Record<string, unknown> {
  const { empty: _, ...version } = secret.versions[number]!
  const filled: Secret = { ...secret, updated: now, versions: { ...secret.versions, [number]: { ...version, ...(media && { media }) } }, labels: moveLabels(labelsOf(secret), stages ?? [currentLabel], number) }
  tx.put(payloadKey(path, filled, number), bytes)
  writeSecret(tx, path, filled)
  return shown(path, filled, number)
}

export function checkLabels(count: number, limits: { labels?: number } | undefined): void {
  if (limits?.labels !== undefined && count > limits.labels) throw new Fault('too-large', `You can't have more than ${limits.labels} staging labels on the versions of a secret.`)
}

async function sameBytes(store: Reader, path: string, secret: Secret, number: number, bytes: Buffer, media: string | undefined): Promise<boolean> {
  const present = await store.get(payloadKey(path, secret, number))
  return present !== null && secret.versions[number]!.media === media && bytes.equals(present)
}
