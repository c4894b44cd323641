// What identity keeps, and under which keys. Things lie by their id; small index keys find them by name, by alias and by
// namespace, so that a look-up costs the same for ten entities and for a hundred thousand.
import { invalid } from '../../kit/errors.ts'
import type { Page } from '../../kit/storage.ts'
import type { Reader, View } from '../../kit/view.ts'

export interface Entity {
  id: string
  name: string
  namespaceId: string
  policies: string[]
  metadata: Record<string, string>
  disabled: boolean
  aliasIds: string[]
  /** Groups that it is a member of itself; groups of groups are found from there. */
  groupIds: string[]
  /** Entities that were merged into this one. */
  mergedIds: string[]
  /** Milliseconds since 1970. */
  createdAt: number
  updatedAt: number
}

/** The name by which one auth mount knows an entity, or (for an external group) a group. */
export interface Alias {
  id: string
  name: string
  /** The entity or the group. */
  ownerId: string
  mountAccessor: string
  mountType: string
  namespaceId: string
  metadata: Record<string, string>
  customMetadata: Record<string, string>
  mergedFrom: string[]
  createdAt: number
  updatedAt: number
}

export interface Group {
  id: string
  name: string
  namespaceId: string
  type: 'internal' | 'external'
  policies: string[]
  metadata: Record<string, string>
  memberGroupIds: string[]
  parentGroupIds: string[]
  /** External groups alone. */
  aliasId: string | null
  createdAt: number
  updatedAt: number
}

const plain = (name: string): string => encodeURIComponent(name.normalize('NFC').toLowerCase())

export const keys = {
  entity: (id: string): string => `entity/${id}`,
  entityOf: (namespaceId: string, id = ''): string => `ns/${namespaceId}/entity/${id}`,
  entityName: (namespaceId: string, name: string): string => `ns/${namespaceId}/entity-name/${plain(name)}`,
  merged: (id: string): string => `merged/${id}`,
  alias: (id: string): string => `alias/${id}`,
  aliasOf: (namespaceId: string, id = ''): string => `ns/${namespaceId}/alias/${id}`,
  aliasName: (mountAccessor: string, name: string): string => `alias-name/${mountAccessor}/${plain(name)}`,
  group: (id: string): string => `group/${id}`,
  groupOf: (namespaceId: string, id = ''): string => `ns/${namespaceId}/group/${id}`,
  groupName: (namespaceId: string, name: string): string => `ns/${namespaceId}/group-name/${plain(name)}`,
  groupAlias: (id: string): string => `group-alias/${id}`,
  groupAliasOf: (namespaceId: string, id = ''): string => `ns/${namespaceId}/group-alias/${id}`,
  groupAliasName: (mountAccessor: string, name: string): string => `group-alias-name/${mountAccessor}/${plain(name)}`,
  member: (groupId: string, entityId = ''): string => `member/${groupId}/${entityId}`,
} as const

/** What an index key holds; `name` as it was written, where the key is made of a name that lists show. */
export interface Pointer {
  id: string
  name?: string
}

/** The thing that an index key points to, or null. */
export async function follow<T>(reader: Reader, index: string, keyOf: (id: string) => string): Promise<T | null> {
  const found = await reader.read<Pointer>(index)
  return found && reader.read<T>(keyOf(found.id))
}

/** Last parts of the keys below a folder, by pages. */
export const idsBelow = (view: View, folder: string, page: Page = {}): Promise<string[]> => view.children(folder, { limit: 1_000_000, ...page })

/** Names from a folder of name indexes, ordered without regard to case. */
export async function namesBelow(view: View, folder: string, page: Page = {}): Promise<string[]> {
  const found = await idsBelow(view, folder, page.after === undefined ? page : { ...page, after: plain(page.after) })
  return Promise.all(found.map(async (key) => (await view.read<Pointer>(folder + key))?.name ?? decodeURIComponent(key)))
}

export function checkName(name: string, what: string): void {
  if (name.trim() === '' || name.length > 512 || /\p{Cc}/u.test(name)) throw invalid(`${what}: expected 1 to 512 characters without control characters`)
}

export function checkPolicies(names: readonly string[]): string[] {
  const clean = [...new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))].sort()
  if (clean.includes('root')) throw invalid('policies cannot contain root')
  return clean
}

export function checkMetadata(metadata: Record<string, string>): void {
  const entries = Object.entries(metadata)
  if (entries.length > 64) throw invalid('metadata: at most 64 entries')
  if (entries.some(([key, value]) => key.length > 128 || value.length > 512)) throw invalid('metadata: a key has at most 128 characters, a value at most 512')
}
