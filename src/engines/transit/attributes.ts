// The whole record of a key but its material, as dialects see it, and what they keep with it.
import { isDeepStrictEqual } from 'node:util'
import { invalid } from '../../kit/errors.ts'
import { boolean, object, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import { type Key, type KeyVersion, changeKey, findKey, isEmpty, isForgotten, refuseEnding } from './key.ts'
import { isAsymmetric, keyType } from './key-type.ts'
import { publicOf } from './material.ts'

const mostBytes = 262_144

/** What dialects keep with a key, the names that stand for it, and what it is for. */
export async function attributesFor(store: View, name: string): Promise<{ attributes: Record<string, unknown>; aliases: string[]; type: string; size: number; purpose: string } | null> {
  const key = await findKey(store, name)
  return key && { attributes: key.attributes ?? {}, aliases: key.aliases ?? [], type: key.type, size: key.size, purpose: key.purpose ?? '' }
}

const versionView = (number: number, version: KeyVersion): Record<string, unknown> => ({
  number, created: msOf(version.created), cause: version.cause ?? '', forgotten: isForgotten(version), ...(version.expires !== undefined && { expires: version.expires }),
})

const msOf = (stamp: string | undefined): number => (stamp === undefined ? 0 : Date.parse(stamp))

/** When the key rotates next by itself, milliseconds since 1970. */
export const nextRotation = (key: Key): number => (key.autoRotateFrom ?? msOf(key.versions[key.latest]?.created)) + key.autoRotate * 1000

/** What a dialect is told of a key. Times are milliseconds since 1970. */
export function entryOf(key: Key): Record<string, unknown> {
  const first = key.versions[Object.keys(key.versions)[0] ?? '']
  const latest = key.versions[key.latest]
  return {
    name: key.name,
    type: key.type,
    size: key.size,
    purpose: key.purpose ?? '',
    created: msOf(key.created ?? first?.created),
    state: key.deletion ? 'ending' : isEmpty(key) ? 'empty' : key.softDeleted ? 'disabled' : 'enabled',
    external: key.external ?? false,
    imported: key.imported,
    attributes: key.attributes ?? {},
    aliases: key.aliases ?? [],
    auto_rotate_period: key.autoRotate,
    ...(key.autoRotate > 0 && { next_rotation: nextRotation(key) }),
    versions: Object.entries(key.versions).map(([number, version]) => versionView(Number(number), version)),
    ...(key.pending && { pending: versionView(key.latest + 1, key.pending) }),
    ...(key.deletion && { deletion: key.deletion }),
    ...(latest?.expires !== undefined && { expires: latest.expires }),
    ...(isAsymmetric(keyType(key.type)) && latest?.public !== undefined && { public_key: publicOf(latest).export({ type: 'spki', format: 'der' }).toString('base64') }),
  }
}

/** A merge patch of RFC 7386: null removes. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else Object.defineProperty(merged, name, { value: merge(merged[name], value), enumerable: true, writable: true, configurable: true })
  }
  return merged
}

const change = route({
  op: 'patch',
  path: 'keys/:name',
  about: 'Change what dialects keep with a key, by a merge patch.',
  takes: {
    name: text({ about: 'Name of the key.', required: true }),
    attributes: object({ about: 'What changes; null removes.', required: true }),
    while_ending: boolean({ about: 'Also where the key is about to be deleted.', default: false }),
  },
  async run(context, input) {
    const key = await changeKey(context.store, input.name, (key) => {
      if (!input.while_ending) refuseEnding(key)
      const attributes = merge(key.attributes ?? {}, input.attributes) as Record<string, unknown>
      if (JSON.stringify(attributes).length > mostBytes) throw invalid(`attributes: more than ${mostBytes} bytes`)
      if (!isDeepStrictEqual(attributes, key.attributes)) key.attributes = attributes
    })
    return entryOf(key)
  },
})

export const attributeRoutes: Route[] = [change]
