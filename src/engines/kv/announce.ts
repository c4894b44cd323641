// What a changed record means to those who wait for changes of secrets.
import type { Announcement } from '../../kit/route.ts'
import { type Secret, isDeleted, labelsOf, liveOf } from './secret.ts'
import { type Stored, fromStored } from './stored.ts'

type Told = Pick<Announcement, 'kind' | 'labels'>

const isGone = (secret: Secret, now: number): boolean => {
  const live = secret.versions[liveOf(secret)]
  return secret.deletion !== undefined || (live !== undefined && (live.destroyed || isDeleted(live, now)))
}

const besides = 'label '

/** Staging labels, and those that a dialect keeps beside the secret: `label NAME` with the version's id. */
function allLabels(secret: Secret): Record<string, unknown> {
  const own = Object.entries(secret.attributes ?? {}).filter(([name]) => name.startsWith(besides)).map(([name, id]) => [name.slice(besides.length), id] as const)
  return own.length > 0 ? { ...labelsOf(secret), ...Object.fromEntries(own) } : labelsOf(secret)
}

function told(before: Secret | null, after: Secret, now: number): Told | null {
  if (!before || before.current === 0) return after.current > 0 ? { kind: 'created' } : null
  const [was, is] = [isGone(before, now), isGone(after, now)]
  if (is) return was ? null : { kind: 'deleted' }
  if (liveOf(before) !== liveOf(after)) return { kind: liveOf(after) > before.current ? 'updated' : 'rotated' }
  if (was) return { kind: 'restored' }
  const [from, to] = [allLabels(before), allLabels(after)]
  const labels = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((label) => from[label] !== to[label])
  return labels.length > 0 ? { kind: 'label-moved', labels } : null
}

/** Tells of keys as both versions of the engine write them. */
export function announces(key: string, before: unknown, after: unknown): Announcement[] {
  if (key.startsWith('kv1/')) {
    const name = key.slice('kv1/'.length)
    const kind = after === null ? 'deleted' : before === null ? 'created' : 'updated'
    return after === null && before === null ? [] : [{ kind, path: name, name }]
  }
  if (!key.startsWith('meta/')) return []
  const name = key.slice('meta/'.length)
  const path = `data/${name}`
  if (after === null) return before === null ? [] : [{ kind: 'deleted', path, name }]
  const secret = fromStored(after as Stored)
  const what = told(before === null ? null : fromStored(before as Stored), secret, Date.now())
  if (!what) return []
  const version = liveOf(secret)
  const versionId = secret.versions[version]?.id
  return [{ ...what, path, name, version, ...(versionId !== undefined && { versionId }) }]
}
