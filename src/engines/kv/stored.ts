// How the record of a secret lies in the store. Every write of a secret writes its record anew: the shorter it is, the less
// is written, so times are counted from the secret's own beginning and what is as usual is left out.
import type { Secret, Version } from './secret.ts'

/** Number, time of its making, when it was or will be deleted (null: never) and what else there is to say. */
type StoredVersion = [number: number, made: number, deleted?: number | null, more?: Pick<Version, 'id' | 'media' | 'empty'> & { destroyed?: true }]

export interface Stored extends Partial<Pick<Secret, 'maxVersions' | 'casRequired' | 'deleteVersionAfter' | 'custom' | 'labels' | 'attributes' | 'deletion'>> {
  /** Milliseconds since 1970; all other times are milliseconds since this one. */
  made: number
  updated: number
  current: number
  oldest?: number
  versions: StoredVersion[]
}

function storedVersion(number: number, version: Version, made: number): StoredVersion {
  const { created, deleted, destroyed, id, media, empty } = version
  const special = destroyed || id !== undefined || media !== undefined || empty
  const more = special ? { ...(destroyed && { destroyed }), ...(id !== undefined && { id }), ...(media && { media }), ...(empty && { empty }) } : null
  const until = deleted === 0 ? null : deleted - made
  if (more) return [number, created - made, until, more]
  return until === null ? [number, created - made] : [number, created - made, until]
}

export function toStored({ created, updated, current, oldest, versions, maxVersions, casRequired, deleteVersionAfter, custom, labels, attributes, deletion }: Secret): Stored {
  const stored: Stored = { made: created, updated: updated - created, current, versions: [] }
  for (const number in versions) stored.versions.push(storedVersion(Number(number), versions[number]!, created))
  if (oldest > 0) stored.oldest = oldest
  if (maxVersions !== 0) stored.maxVersions = maxVersions
  if (casRequired) stored.casRequired = true
  if (deleteVersionAfter !== 0) stored.deleteVersionAfter = deleteVersionAfter
  if (Object.keys(custom).length > 0) stored.custom = custom
  if (labels) stored.labels = labels
  if (attributes) stored.attributes = attributes
  if (deletion) stored.deletion = deletion
  return stored
}

export function fromStored(stored: Stored): Secret {
  const { made, updated, versions, ...rest } = stored
  const secret: Secret = { oldest: 0, maxVersions: 0, casRequired: false, deleteVersionAfter: 0, custom: {}, ...rest, created: made, updated: made + updated, versions: {} }
  for (const [number, age, until = null, more] of versions) secret.versions[number] = { created: made + age, deleted: until === null ? 0 : made + until, destroyed: false, ...more }
  return secret
}
