// Settings and history of secrets: `config`, `metadata/`, `detailed-metadata/`.
import { listing } from '../../kit/answer.ts'
import { formatDuration } from '../../kit/duration.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { type Fields, boolean, duration, integer, isObject, object, text } from '../../kit/field.ts'
import { type Context, type Outcome, type Route, route } from '../../kit/route.ts'
import { entryRead } from './entry.ts'
import { changeEntry, describeEntry, endEntry, entryChange, entryEnd, entryList, listEntries } from './entry-change.ts'
import { type Secret, type Settings, changeSecret, liveOf, madeKey, newSecret, noSettings, removeSecret, requirePath, secretAt, settingsOf, stamp, stampOrEmpty, writeSecret } from './secret.ts'

const path = text({ about: 'Location of the secret.', default: '' })
const settings = {
  max_versions: integer({ about: 'Versions kept; 0 follows the mount, there 10.' }),
  cas_required: boolean({ about: 'Whether every write must carry check-and-set.' }),
  delete_version_after: duration({ about: 'How long a version lives; 0 for ever.' }),
} satisfies Fields
const page = { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) }

const metadataView = (secret: Secret): Record<string, unknown> => ({
  cas_required: secret.casRequired,
  created_time: stamp(secret.created),
  current_version: liveOf(secret),
  custom_metadata: Object.keys(secret.custom).length > 0 ? secret.custom : null,
  delete_version_after: formatDuration(secret.deleteVersionAfter),
  max_versions: secret.maxVersions,
  oldest_version: secret.oldest,
  updated_time: stamp(secret.updated),
  versions: Object.fromEntries(
    Object.entries(secret.versions).map(([number, version]) => [number, { created_time: stamp(version.created), deletion_time: stampOrEmpty(version.deleted), destroyed: version.destroyed }]),
  ),
})

/** Vault's bounds: 64 keys, 128 bytes a key, 512 bytes a value, printable. */
function customMetadata(raw: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(raw)
  if (entries.length > 64) throw invalid(`custom_metadata validation failed: payload must contain at most 64 keys, provided ${entries.length}`)
  for (const [key, value] of entries) {
    if (typeof value !== 'string') throw invalid(`custom_metadata validation failed: the value of "${key.slice(0, 128)}" must be a string`)
    if (key === '' || Buffer.byteLength(key) > 128) throw invalid('custom_metadata validation failed: keys have 1 to 128 bytes')
    if (value === '' || Buffer.byteLength(value) > 512) throw invalid(`custom_metadata validation failed: the value of "${key}" must have 1 to 512 bytes`)
    if (/\p{Cc}/u.test(key + value)) throw invalid(`custom_metadata validation failed: "${key.replace(/\p{Cc}/gu, '?')}" contains unprintable characters`)
  }
  return raw as Record<string, string>
}

interface Change {
  max_versions?: number | undefined
  cas_required?: boolean | undefined
  delete_version_after?: number | undefined
}

const changed = <S extends Settings>(present: S, input: Change): S => ({
  ...present,
  maxVersions: input.max_versions ?? present.maxVersions,
  casRequired: input.cas_required ?? present.casRequired,
  deleteVersionAfter: Math.max(0, input.delete_version_after ?? present.deleteVersionAfter),
})

/** Every name below a folder, folders not shown; the store is walked in pages. */
async function scan(context: Context, below: string, after: string | undefined, limit: number): Promise<string[]> {
  const base = `meta/${below}`
  const keys = await context.store.keys(base, after === undefined ? { limit } : { after: base + after, limit })
  return keys.map((key) => key.slice(base.length))
}

const folder = (at: string): string => (at === '' ? '' : `${at}/`)
const mostListed = 100_000

async function names(context: Context, op: 'list' | 'scan', input: { path: string; after?: string | undefined; limit?: number | undefined }): Promise<string[]> {
  const limit = input.limit && input.limit > 0 ? input.limit : mostListed
  if (op === 'scan') return scan(context, folder(input.path), input.after, limit)
  return context.store.children(`meta/${folder(input.path)}`, input.after === undefined ? { limit } : { after: input.after, limit })
}

const lists = (['list', 'scan'] as const).flatMap((op): Route[] => [
  route({
    op,
    path: 'metadata/:path*',
    about: op === 'list' ? 'Lists names in a folder.' : 'Lists every name below a folder.',
    takes: { path, ...page, ...(op === 'scan' ? entryList : {}) },
    async run(context, input): Promise<Outcome> {
      if ('entry' in input && input.entry) return listEntries(context, input)
      const keys = await names(context, op, input)
      return listing(keys)
    },
  }),
  route({
    op,
    path: 'detailed-metadata/:path*',
    about: op === 'list' ? 'Lists names in a folder with their metadata.' : 'Lists every name below a folder with its metadata.',
    takes: { path, ...page },
    async run(context, input): Promise<Outcome> {
      const keys = await names(context, op, input)
      const info: Record<string, unknown> = {}
      for (const key of keys) {
        const secret = key.endsWith('/') ? null : await secretAt(context.store, folder(input.path) + key)
        if (secret) info[key] = metadataView(secret)
        else if (key.endsWith('/')) info[key] = {}
      }
      return listing(keys, info)
    },
  }),
])

export const metadataRoutes: Route[] = [
  route({
    op: 'read',
    path: 'config',
    about: 'Reads the settings of the mount.',
    takes: {},
    async run(context) {
      const present = await settingsOf(context.store)
      return { cas_required: present.casRequired, delete_version_after: formatDuration(present.deleteVersionAfter), max_versions: present.maxVersions }
    },
  }),
  route({
    op: 'write',
    path: 'config',
    about: 'Changes the settings of the mount.',
    takes: settings,
    run: (context, input) => context.store.update(async (tx) => tx.write('config', changed((await tx.read<Settings>('config')) ?? noSettings, input))),
  }),
  route({
    op: 'read',
    path: 'metadata/:path*',
    about: 'Reads settings and history of a secret.',
    pure: true,
    takes: { path, ...entryRead },
    async run(context, input) {
      if (input.entry) return describeEntry(context, input)
      const secret = await secretAt(context.store, requirePath(input.path))
      return secret && metadataView(secret)
    },
  }),
  route({
    op: 'write',
    path: 'metadata/:path*',
    about: 'Sets settings and custom metadata of a secret, which need not exist yet.',
    takes: { path, ...settings, custom_metadata: object({ about: 'Up to 64 strings by name.' }) },
    exists: async (context, input) => (await secretAt(context.store, input.path)) !== null,
    async run(context, input) {
      const custom = input.custom_metadata && customMetadata(input.custom_metadata)
      const now = context.now()
      await context.store.update(async (tx) => {
        const secret = (await secretAt(tx, requirePath(input.path))) ?? newSecret(now)
        if (secret.current === 0) tx.mark(madeKey(secret, input.path))
        writeSecret(tx, input.path, { ...changed(secret, input), custom: custom ?? secret.custom, updated: now })
      })
    },
  }),
  route({
    op: 'patch',
    path: 'metadata/:path*',
    about: 'Changes some settings of a secret; null in custom_metadata removes a key.',
    takes: { path, ...settings, custom_metadata: object({ about: 'Strings to set, nulls to remove.' }), ...entryChange },
    async run(context, input): Promise<Outcome> {
      if (input.entry) return changeEntry(context, input, input.entry)
      const found = await changeSecret(context, requirePath(input.path), (secret) => {
        const custom: Record<string, unknown> = { ...secret.custom }
        for (const [key, value] of Object.entries(isObject(input.custom_metadata) ? input.custom_metadata : {})) {
          if (value === null) delete custom[key]
          else custom[key] = value
        }
        return { ...changed(secret, input), custom: customMetadata(custom), updated: context.now() }
      })
      if (!found) throw new Fault('not-found', [])
    },
  }),
  route({
    op: 'delete',
    path: 'metadata/:path*',
    about: 'Removes a secret with all its versions and settings.',
    takes: { path, ...entryEnd },
    async run(context, input): Promise<Outcome> {
      requirePath(input.path)
      if (input.recovery !== undefined) return endEntry(context, input, input.recovery)
      await context.store.update(async (tx) => removeSecret(tx, input.path, await secretAt(tx, input.path)))
    },
  }),
  ...lists,
]
