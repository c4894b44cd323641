// How entities, aliases and groups look on the wire. https://openbao.org/api-docs/secret/identity
import type { Core } from '../../core/core.ts'
import { groupsOf } from '../../core/identity/entities.ts'
import { type Alias, type Entity, type Group, idsBelow, keys } from '../../core/identity/records.ts'
import { invalid } from '../../kit/errors.ts'
import type { Context } from '../../kit/route.ts'

export const pageOf = (input: { after?: string | undefined; limit: number }): { after?: string; limit?: number } => ({
  ...(input.after !== undefined && { after: input.after }),
  ...(input.limit > 0 && { limit: input.limit }),
})

export const namespaceIdOf = (core: Core, context: Context): string => core.namespaces.at(context.mount.namespace)!.id

/** The auth mount that an alias is for; refuses one of another namespace. */
export function aliasMount(core: Core, context: Context, accessor: string | undefined): { mountAccessor: string; mountType: string } {
  if (!accessor) throw invalid("'id' or 'mount_accessor' and 'name' must be provided")
  const mount = core.mounts.byAccessor(accessor)
  if (!mount || mount.record.class !== 'auth' || mount.namespace.path !== context.mount.namespace) throw invalid(`invalid mount accessor "${accessor}"`)
  return { mountAccessor: accessor, mountType: mount.record.type }
}

const orNull = (record: Record<string, string>): Record<string, string> | null => (Object.keys(record).length > 0 ? record : null)
const iso = (at: number): string => new Date(at).toISOString()
const mountPath = (core: Core, accessor: string): string => core.mounts.byAccessor(accessor)?.record.path ?? ''

export const aliasView = (core: Core, alias: Alias): Record<string, unknown> => ({
  canonical_id: alias.ownerId,
  creation_time: iso(alias.createdAt),
  custom_metadata: orNull(alias.customMetadata),
  id: alias.id,
  last_update_time: iso(alias.updatedAt),
  local: false,
  merged_from_canonical_ids: alias.mergedFrom.length > 0 ? alias.mergedFrom : null,
  metadata: orNull(alias.metadata),
  mount_accessor: alias.mountAccessor,
  mount_path: mountPath(core, alias.mountAccessor),
  mount_type: alias.mountType,
  name: alias.name,
  namespace_id: alias.namespaceId,
})

export const aliasInfo = (core: Core, alias: Alias): Record<string, unknown> => ({
  canonical_id: alias.ownerId,
  custom_metadata: orNull(alias.customMetadata),
  local: false,
  metadata: orNull(alias.metadata),
  mount_accessor: alias.mountAccessor,
  mount_path: mountPath(core, alias.mountAccessor),
  mount_type: alias.mountType,
  name: alias.name,
})

/** An alias as lists of entities show it. */
export const aliasOfEntity = (core: Core, { id, name, mountAccessor, mountType }: Alias): Record<string, unknown> => ({
  id, name, mount_accessor: mountAccessor, mount_type: mountType, mount_path: mountPath(core, mountAccessor),
})

export async function aliasesOf(core: Core, entity: Entity): Promise<Alias[]> {
  const found = await Promise.all(entity.aliasIds.map((id) => core.identity.view.read<Alias>(keys.alias(id))))
  return found.filter((alias) => alias !== null)
}

export async function entityView(core: Core, entity: Entity): Promise<Record<string, unknown>> {
  const all = (await groupsOf(core.identity.view, entity)).map((group) => group.id)
  const direct = entity.groupIds.filter((id) => all.includes(id))
  return {
    aliases: (await aliasesOf(core, entity)).map((alias) => aliasView(core, alias)),
    creation_time: iso(entity.createdAt),
    direct_group_ids: direct,
    disabled: entity.disabled,
    group_ids: all,
    id: entity.id,
    inherited_group_ids: all.filter((id) => !direct.includes(id)),
    last_update_time: iso(entity.updatedAt),
    merged_entity_ids: entity.mergedIds.length > 0 ? entity.mergedIds : null,
    metadata: orNull(entity.metadata),
    name: entity.name,
    namespace_id: entity.namespaceId,
    policies: entity.policies,
  }
}

export async function groupView(core: Core, group: Group): Promise<Record<string, unknown>> {
  const alias = group.aliasId && (await core.identity.view.read<Alias>(keys.groupAlias(group.aliasId)))
  const members = await idsBelow(core.identity.view, keys.member(group.id))
  return {
    alias: alias ? aliasView(core, alias) : {},
    creation_time: iso(group.createdAt),
    id: group.id,
    last_update_time: iso(group.updatedAt),
    member_entity_ids: group.type === 'external' && members.length === 0 ? null : members,
    member_group_ids: group.memberGroupIds.length > 0 ? group.memberGroupIds : null,
    metadata: orNull(group.metadata),
    modify_index: 1,
    name: group.name,
    namespace_id: group.namespaceId,
    parent_group_ids: group.parentGroupIds.length > 0 ? group.parentGroupIds : null,
    policies: group.policies,
    type: group.type,
  }
}
