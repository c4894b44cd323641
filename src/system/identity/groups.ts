// `identity/group/*` and `identity/group-alias/*`.
import type { Core } from '../../core/core.ts'
import { deleteGroup, deleteGroupAlias, putGroup, putGroupAlias } from '../../core/identity/groups.ts'
import { type Alias, type Group, idsBelow, keys } from '../../core/identity/records.ts'
import { type Fields, choice, list, map, text } from '../../kit/field.ts'
import type { Route } from '../../kit/route.ts'
import { findOwn, recordRoutes } from './record-routes.ts'
import { aliasInfo, aliasMount, aliasView, groupView, namespaceIdOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the group.' }),
  name: text({ about: 'Name of the group.' }),
  type: choice(['internal', 'external'])({ about: 'internal: members are named here; external: a login method vouches for them.' }),
  policies: list({ about: 'Policies of its members.' }),
  metadata: map({ about: 'For people and templates.' }),
  member_entity_ids: list({ about: 'Entities that are members.' }),
  member_group_ids: list({ about: 'Groups whose members are members.' }),
} satisfies Fields

const aliasFields = {
  id: text({ about: 'Id of the alias.' }),
  name: text({ about: 'Name by which the mount knows the group.' }),
  canonical_id: text({ about: 'Id of the group.' }),
  mount_accessor: text({ about: 'Accessor of the auth mount.' }),
} satisfies Fields

export const groupRoutes = (core: Core): Route[] => [...plainRoutes(core), ...aliasRoutes(core)]

function plainRoutes(core: Core): Route[] {
  const { view } = core.identity
  return recordRoutes<Group, typeof fields>(core, {
    path: 'group',
    noun: 'group',
    plural: 'groups',
    fields,
    about: 'Makes a group, or changes the one of this id or name.',
    key: keys.group,
    ids: keys.groupOf,
    name: keys.groupName,
    view: (group) => groupView(core, group),
    info: async (group) => ({ name: group.name, num_member_entities: (await idsBelow(view, keys.member(group.id))).length, num_parent_groups: group.parentGroupIds.length }),
    async put(context, input) {
      const change = { name: input.name, type: input.type, policies: input.policies, metadata: input.metadata, memberEntityIds: input.member_entity_ids, memberGroupIds: input.member_group_ids }
      // Members may come from the namespace itself and from those above it.
      const visible = (namespaceId: string): boolean => context.mount.namespace.startsWith(core.namespaces.byId(namespaceId)?.path ?? '\0')
      const group = await putGroup(view, namespaceIdOf(core, context), input.id || undefined, change, visible, core.now())
      return { id: group.id, name: group.name }
    },
    remove: (namespaceId, id) => deleteGroup(view, namespaceId, id),
  })
}

function aliasRoutes(core: Core): Route[] {
  const { view } = core.identity
  return recordRoutes<Alias, typeof aliasFields>(core, {
    path: 'group-alias',
    noun: 'group alias',
    plural: 'group aliases',
    fields: aliasFields,
    about: 'Ties an external group to a name that a login method gives.',
    key: keys.groupAlias,
    ids: keys.groupAliasOf,
    view: (alias) => aliasView(core, alias),
    info: (alias) => aliasInfo(core, alias),
    async put(context, input) {
      const present = input.id ? await findOwn<Alias>(core, context, keys.groupAlias(input.id)) : null
      const mount = aliasMount(core, context, input.mount_accessor || present?.mountAccessor)
      const alias = await putGroupAlias(view, namespaceIdOf(core, context), input.id || undefined, { name: input.name, groupId: input.canonical_id, ...mount }, core.now())
      return { id: alias.id, canonical_id: alias.ownerId }
    },
    remove: (namespaceId, id) => deleteGroupAlias(view, namespaceId, id),
  })
}
