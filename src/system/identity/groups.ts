// `identity/group/*` and `identity/group-alias/*`.
import type { Core } from '../../core/core.ts'
import { deleteGroup, deleteGroupAlias, putGroup, putGroupAlias } from '../../core/identity/groups.ts'
import { type Alias, type Group, follow, idsBelow, keys, namesBelow } from '../../core/identity/records.ts'
import { listing } from '../../kit/answer.ts'
import { type Fields, type Values, choice, list, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { aliasInfo, aliasMount, aliasView, groupView, infoOf, namespaceIdOf, pageFields, pageOf } from './view.ts'

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

const id = text({ about: 'Id of the group.', required: true })
const aliasId = text({ about: 'Id of the alias.', required: true })
const name = text({ about: 'Name of the group.', required: true })

export function groupRoutes(core: Core): Route[] {
  const { view } = core.identity
  const byId = async (context: Context, wanted: string): Promise<Group | null> => {
    const group = await view.read<Group>(keys.group(wanted))
    return group?.namespaceId === namespaceIdOf(core, context) ? group : null
  }
  const byName = (context: Context, wanted: string): Promise<Group | null> => follow<Group>(view, keys.groupName(namespaceIdOf(core, context), wanted), keys.group)
  const put = async (context: Context, input: Values<typeof fields>) => {
    const change = { name: input.name, type: input.type, policies: input.policies, metadata: input.metadata, memberEntityIds: input.member_entity_ids, memberGroupIds: input.member_group_ids }
    // Members may come from the namespace itself and from those above it.
    const visible = (namespaceId: string): boolean => context.mount.namespace.startsWith(core.namespaces.byId(namespaceId)?.path ?? '\0')
    const group = await putGroup(view, namespaceIdOf(core, context), input.id || undefined, change, visible, core.now())
    return { id: group.id, name: group.name }
  }
  const shown = async (group: Group | null) => group && groupView(core, group)
  return [
    route({ op: 'write', path: 'group', about: 'Makes a group, or changes the one of this id or name.', takes: fields, run: put }),
    route({
      op: 'list',
      path: 'group/id',
      about: 'Lists ids of groups.',
      takes: pageFields,
      async run(context, input) {
        const ids = await idsBelow(view, keys.groupOf(namespaceIdOf(core, context)), pageOf(input))
        const info = await infoOf<Group>(core, ids, keys.group, async (group) => ({ name: group.name, num_member_entities: (await idsBelow(view, keys.member(group.id))).length, num_parent_groups: group.parentGroupIds.length }))
        return listing(ids, info)
      },
    }),
    route({ op: 'read', path: 'group/id/:id', about: 'Reads a group by its id.', takes: { id }, run: async (context, input) => shown(await byId(context, input.id)) }),
    route({ op: 'write', path: 'group/id/:id', about: 'Changes a group.', takes: { ...fields, id }, exists: async (context, input) => (await byId(context, input.id)) !== null, run: (context, input) => put(context, input) }),
    route({ op: 'delete', path: 'group/id/:id', about: 'Removes a group.', takes: { id }, run: (context, input) => deleteGroup(view, namespaceIdOf(core, context), input.id) }),
    route({ op: 'list', path: 'group/name', about: 'Lists names of groups.', takes: pageFields, run: async (context, input) => listing(await namesBelow(view, keys.groupName(namespaceIdOf(core, context), ''), pageOf(input))) }),
    route({ op: 'read', path: 'group/name/:name', about: 'Reads a group by its name.', takes: { name }, run: async (context, input) => shown(await byName(context, input.name)) }),
    route({
      op: 'write',
      path: 'group/name/:name',
      about: 'Makes or changes a group by its name.',
      takes: { ...fields, name },
      exists: async (context, input) => (await byName(context, input.name)) !== null,
      run: (context, input) => put(context, { ...input, id: undefined }),
    }),
    route({
      op: 'delete',
      path: 'group/name/:name',
      about: 'Removes a group.',
      takes: { name },
      async run(context, input) {
        const group = await byName(context, input.name)
        if (group) await deleteGroup(view, group.namespaceId, group.id)
      },
    }),
    ...groupAliasRoutes(core),
  ]
}

function groupAliasRoutes(core: Core): Route[] {
  const { view } = core.identity
  const find = async (context: Context, wanted: string): Promise<Alias | null> => {
    const alias = await view.read<Alias>(keys.groupAlias(wanted))
    return alias?.namespaceId === namespaceIdOf(core, context) ? alias : null
  }
  const put = async (context: Context, input: Values<typeof aliasFields>) => {
    const present = input.id ? await find(context, input.id) : null
    const mount = aliasMount(core, context, input.mount_accessor || present?.mountAccessor)
    const alias = await putGroupAlias(view, namespaceIdOf(core, context), input.id || undefined, { name: input.name, groupId: input.canonical_id, ...mount }, core.now())
    return { id: alias.id, canonical_id: alias.ownerId }
  }
  return [
    route({ op: 'write', path: 'group-alias', about: 'Ties an external group to a name that a login method gives.', takes: aliasFields, run: put }),
    route({
      op: 'list',
      path: 'group-alias/id',
      about: 'Lists ids of group aliases.',
      takes: pageFields,
      async run(context, input) {
        const ids = await idsBelow(view, keys.groupAliasOf(namespaceIdOf(core, context)), pageOf(input))
        return listing(ids, await infoOf<Alias>(core, ids, keys.groupAlias, (alias) => aliasInfo(core, alias)))
      },
    }),
    route({
      op: 'read',
      path: 'group-alias/id/:id',
      about: 'Reads a group alias.',
      takes: { id: aliasId },
      async run(context, input) {
        const alias = await find(context, input.id)
        return alias && aliasView(core, alias)
      },
    }),
    route({ op: 'write', path: 'group-alias/id/:id', about: 'Changes a group alias.', takes: { ...aliasFields, id: aliasId }, exists: async (context, input) => (await find(context, input.id)) !== null, run: (context, input) => put(context, input) }),
    route({ op: 'delete', path: 'group-alias/id/:id', about: 'Removes a group alias.', takes: { id: aliasId }, run: (context, input) => deleteGroupAlias(view, namespaceIdOf(core, context), input.id) }),
  ]
}
