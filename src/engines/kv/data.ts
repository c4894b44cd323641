// Reading and writing versions: `data/`, `subkeys/`.
import { answer } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { type Fields, integer, isObject, object, text } from '../../kit/field.ts'
import { type Context, type Outcome, type Route, route } from '../../kit/route.ts'
import { soon } from '../../kit/soon.ts'
import type { Transaction } from '../../kit/view.ts'
import { entryRead, entryWrite, readEntry, writeEntry } from './entry.ts'
import { mergePatch } from './merge-patch.ts'
import {
  type Secret, type Settings, addVersion, checkCas, isReadable, liveOf, newSecret, payloadKey, payloadOf, payloadSoon, requirePath, secretAt, secretIn, secretSoon, settingsOf, settingsSoon, stamp, versionView, writeSecret,
} from './secret.ts'

const path = text({ about: 'Location of the secret.', default: '' })
const version = integer({ about: 'Number of the version; 0 for the newest.', default: 0 })
const written = {
  path,
  options: object({ about: 'Options of the write: `cas`, the version that must be current (0: none yet).', default: {} }),
  data: object({ about: 'The secret: any JSON object.', secret: true }),
} satisfies Fields

function casOf(options: Record<string, unknown>): number | undefined {
  if (options.cas === undefined || options.cas === null) return undefined
  const cas = Number(options.cas)
  if (!Number.isInteger(cas)) throw invalid('error parsing check-and-set parameter')
  return cas
}

interface Loaded {
  secret: Secret
  number: number
  /** null: the version was deleted. */
  bytes: Uint8Array | null
}

/** The record, the number asked for and its payload; null where there is no such version. */
function load(context: Context, at: string, wanted: number): Loaded | null | Promise<Loaded | null> {
  return soon(secretSoon(context.store, requirePath(at)), (secret) => {
    if (!secret) return null
    const number = wanted > 0 ? wanted : liveOf(secret)
    const version = secret.versions[number]
    if (!version) return null
    if (!isReadable(secret, version, context.now())) return { secret, number, bytes: null }
    return soon(context.store.getSoon(payloadKey(at, secret, number)), (bytes) => bytes && { secret, number, bytes })
  })
}

function shownWhole(found: Loaded | null): Outcome {
  if (!found) return null
  const { secret, number, bytes } = found
  const version = secret.versions[number]!
  const metadata = versionView(secret, number)
  // The record is another object as soon as anything about the secret has changed.
  return bytes === null ? answer({ data: { data: null, metadata }, status: 404 }) : answer({ data: { data: payloadSoon(bytes, version), metadata }, basis: version })
}

function write(context: Context, at: string, cas: number | undefined, data: Record<string, unknown>): Promise<Outcome> | Outcome {
  requirePath(at)
  const now = context.now()
  const change = (settings: Settings) => (tx: Transaction) =>
    soon(secretIn(tx, at), (secret) => {
      checkCas(secret, settings, cas)
      const changed = addVersion(tx, at, secret ?? newSecret(now), settings, Buffer.from(JSON.stringify(data)), now)
      return versionView(changed, changed.current, stamp(now))
    })
  return soon(settingsSoon(context.store), (settings) => context.store.update(change(settings)))
}

/** Merges into the newest version; null where there is none. */
async function patch(context: Context, at: string, cas: number | undefined, data: Record<string, unknown>): Promise<Outcome> {
  requirePath(at)
  const now = context.now()
  const settings = await settingsOf(context.store)
  return context.store.update(async (tx) => {
    const secret = await secretAt(tx, at)
    const live = secret ? liveOf(secret) : 0
    const found = secret?.versions[live]
    const bytes = found && isReadable(secret!, found, now) ? await tx.get(payloadKey(at, secret!, live)) : null
    if (!bytes) return secret && found ? answer({ data: { data: null, metadata: versionView(secret, live) }, status: 404 }) : null
    checkCas(secret, settings, cas)
    const merged = mergePatch(payloadOf(bytes, found!), data)
    const changed = addVersion(tx, at, secret!, settings, Buffer.from(JSON.stringify(merged)), now)
    return versionView(changed, changed.current)
  })
}

export const dataRoutes: Route[] = [
  route({
    op: 'read',
    path: 'data/:path*',
    about: 'Reads a version of a secret.',
    pure: true,
    takes: { path, version, ...entryRead },
    run: (context, input) => (input.entry ? readEntry(context, input) : soon(load(context, input.path, input.version), shownWhole)),
  }),
  route({
    op: 'write',
    path: 'data/:path*',
    about: 'Writes a new version of a secret.',
    takes: { ...written, ...entryWrite },
    exists: async (context, input) => (await secretAt(context.store, input.path)) !== null,
    run(context, input) {
      if (input.entry) return writeEntry(context, input, input.entry)
      if (input.data === undefined) throw invalid('no data provided')
      return write(context, input.path, casOf(input.options), input.data)
    },
  }),
  route({
    op: 'patch',
    path: 'data/:path*',
    about: 'Merges into the newest version (RFC 7396) and writes the result as a new one.',
    takes: written,
    async run(context, input) {
      if (input.data === undefined) throw invalid('no data provided')
      const outcome = await patch(context, input.path, casOf(input.options), input.data)
      if (outcome === null) throw new Fault('not-found', [])
      return outcome
    },
  }),
  route({
    op: 'delete',
    path: 'data/:path*',
    about: 'Deletes the newest version; it can be brought back.',
    takes: { path },
    async run(context, input) {
      const now = context.now()
      await context.store.update(async (tx) => {
        const secret = await secretAt(tx, requirePath(input.path))
        const live = secret ? liveOf(secret) : 0
        const newest = secret?.versions[live]
        if (!secret || !newest || !isReadable(secret, newest, now)) return
        writeSecret(tx, input.path, { ...secret, updated: now, versions: { ...secret.versions, [live]: { ...newest, deleted: now } } })
      })
    },
  }),
  route({
    op: 'read',
    path: 'subkeys/:path*',
    about: 'Shows the keys inside a secret without its values.',
    pure: true,
    takes: { path, version, depth: integer({ about: 'How deep objects are opened; 0 for no limit.', default: 0 }) },
    async run(context, input) {
      const found = await load(context, input.path, input.version)
      if (!found) return null
      const { secret, number, bytes } = found
      const data = { metadata: versionView(secret, number), subkeys: bytes && keysOf(payloadOf(bytes, secret.versions[number]!), input.depth) }
      return bytes ? data : answer({ data, status: 404 })
    },
  }),
]

const keysOf = (value: Record<string, unknown>, depth: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isObject(inner) && Object.keys(inner).length > 0 && depth !== 1 ? keysOf(inner, depth - 1) : null]))
