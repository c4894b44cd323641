// `identity/lookup/*`: finding an entity or a group by what is known of it; nothing (204) where there is none.
import type { Core } from '../../core/core.ts'
import { findEntity } from '../../core/identity/entities.ts'
import { type Alias, type Entity, type Group, follow, keys } from '../../core/identity/records.ts'
import { invalid } from '../../kit/errors.ts'
import { type Fields, type Values, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { entityView, groupView, namespaceIdOf } from './view.ts'

const fields = {
  id: text({ about: 'Its id.' }),
  name: text({ about: 'Its name.' }),
  alias_id: text({ about: 'Id of its alias.' }),
  alias_name: text({ about: 'Name of its alias, with alias_mount_accessor.' }),
  alias_mount_accessor: text({ about: 'Accessor of the mount that alias_name belongs to.' }),
} satisfies Fields

type Input = Values<typeof fields>
type KeyOf = (id: string) => string

/** Refuses none and several ways at once. */
function checkOne(input: Input): void {
  const ways = [input.id, input.name, input.alias_id, input.alias_name].filter(Boolean).length
  if (ways === 0) throw invalid('query parameter not supplied: use id, name, alias_id, or alias_name with alias_mount_accessor')
  if (ways > 1) throw invalid('query parameter conflict; please supply distinct set of query parameters')
  if (input.alias_name && !input.alias_mount_accessor) throw invalid("both 'alias_name' and 'alias_mount_accessor' needs to be set")
}

export function lookupRoutes(core: Core): Route[] {
  const { view } = core.identity
  async function find<T extends { namespaceId: string }>(context: Context, input: Input, byId: (id: string) => Promise<T | null>, name: (namespaceId: string, name: string) => string, aliasName: (accessor: string, name: string) => string, aliasKey: KeyOf): Promise<T | null> {
    checkOne(input)
    const namespaceId = namespaceIdOf(core, context)
    const owned = async (alias: Alias | null): Promise<T | null> => alias && byId(alias.ownerId)
    const found = input.id
      ? await byId(input.id)
      : input.name
        ? await follow<{ id: string }>(view, name(namespaceId, input.name), name === keys.entityName ? keys.entity : keys.group).then((one) => one && byId(one.id))
        : input.alias_id
          ? await owned(await view.read<Alias>(aliasKey(input.alias_id)))
          : await owned(await follow<Alias>(view, aliasName(input.alias_mount_accessor!, input.alias_name!), aliasKey))
    return found?.namespaceId === namespaceId ? found : null
  }
  return [
    route({
      op: 'write',
      path: 'lookup/entity',
      about: 'Finds an entity.',
      takes: fields,
      async run(context, input) {
        const entity = await find<Entity>(context, input, (id) => findEntity(view, id), keys.entityName, keys.aliasName, keys.alias)
        return entity && entityView(core, entity)
      },
    }),
    route({
      op: 'write',
      path: 'lookup/group',
      about: 'Finds a group.',
      takes: fields,
      async run(context, input) {
        const group = await find<Group>(context, input, (id) => view.read<Group>(keys.group(id)), keys.groupName, keys.groupAliasName, keys.groupAlias)
        return group && groupView(core, group)
      },
    }),
  ]
}
