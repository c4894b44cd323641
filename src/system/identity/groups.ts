// `identity/group/*`: entities and groups that share policies.
import type { Core } from '../../core/core.ts'
import { deleteGroup, putGroup } from '../../core/identity/groups.ts'
import { type Group, follow, idsBelow, keys } from '../../core/identity/records.ts'
import { type Fields, choice, list, map, text } from '../../kit/field.ts'
import type { Route } from '../../kit/route.ts'
import { recordRoutes } from './record-routes.ts'
import { groupView, namespaceIdOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the group.' }),
  name: text({ about: 'Name of the group.' }),
  type: choice(['internal', 'external'])({ about: 'internal: members are named here; external: a login method vouches for them.' }),
  policies: list({ about: 'Policies of its members.' }),
  metadata: map({ about: 'For people and templates.' }),
  member_entity_ids: list({ about: 'Entities that are members.' }),
  member_group_ids: list({ about: 'Groups whose members are members.' }),
} satisfies Fields

export function groupRoutes(core: Core): Route[] {
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
      const namespaceId = namespaceIdOf(core, context)
      const known = input.id || (input.name && (await follow<Group>(view, keys.groupName(namespaceId, input.name), keys.group)))
      const group = await putGroup(view, namespaceId, input.id || undefined, change, visible, core.now())
      return known ? undefined : { id: group.id, name: group.name }
    },
    remove: (namespaceId, id) => deleteGroup(view, namespaceId, id),
  })
}
