// `identity/entity-alias/*`, and the same under its older names `alias` and `persona`.
import type { Core } from '../../core/core.ts'
import { deleteAlias, putAlias } from '../../core/identity/entities.ts'
import { type Alias, idsBelow, keys } from '../../core/identity/records.ts'
import { listing } from '../../kit/answer.ts'
import { type Fields, type Values, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { aliasInfo, aliasMount, aliasView, infoOf, namespaceIdOf, pageFields, pageOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the alias.' }),
  name: text({ about: 'Name by which the mount knows the entity.' }),
  canonical_id: text({ about: 'Id of the entity.' }),
  entity_id: text({ about: 'Former name of canonical_id.' }),
  mount_accessor: text({ about: 'Accessor of the auth mount.' }),
  metadata: map({ about: 'For templates; overwritten by logins.' }),
  custom_metadata: map({ about: 'For templates; kept by logins.' }),
} satisfies Fields

const id = text({ about: 'Id of the alias.', required: true })

export function aliasRoutes(core: Core): Route[] {
  const { view } = core.identity
  const find = async (context: Context, wanted: string): Promise<Alias | null> => {
    const alias = await view.read<Alias>(keys.alias(wanted))
    return alias?.namespaceId === namespaceIdOf(core, context) ? alias : null
  }
  const put = async (context: Context, input: Values<typeof fields>) => {
    const present = input.id ? await find(context, input.id) : null
    const mount = aliasMount(core, context, input.mount_accessor || present?.mountAccessor)
    const change = { name: input.name, entityId: input.canonical_id || input.entity_id, metadata: input.metadata, customMetadata: input.custom_metadata, ...mount }
    const alias = await putAlias(view, namespaceIdOf(core, context), input.id || undefined, change, core.now())
    return { id: alias.id, canonical_id: alias.ownerId }
  }
  return ['entity-alias', 'alias', 'persona'].flatMap((base) => [
    route({ op: 'write', path: base, about: 'Makes an alias, or changes the one of this id, or of this mount and name.', takes: fields, run: put }),
    route({
      op: 'list',
      path: `${base}/id`,
      about: 'Lists ids of aliases.',
      takes: pageFields,
      async run(context, input) {
        const ids = await idsBelow(view, keys.aliasOf(namespaceIdOf(core, context)), pageOf(input))
        return listing(ids, await infoOf<Alias>(core, ids, keys.alias, (alias) => aliasInfo(core, alias)))
      },
    }),
    route({
      op: 'read',
      path: `${base}/id/:id`,
      about: 'Reads an alias.',
      takes: { id },
      async run(context, input) {
        const alias = await find(context, input.id)
        return alias && aliasView(core, alias)
      },
    }),
    route({ op: 'write', path: `${base}/id/:id`, about: 'Changes an alias.', takes: { ...fields, id }, exists: async (context, input) => (await find(context, input.id)) !== null, run: (context, input) => put(context, input) }),
    route({ op: 'delete', path: `${base}/id/:id`, about: 'Removes an alias.', takes: { id }, run: (context, input) => deleteAlias(view, namespaceIdOf(core, context), input.id) }),
  ])
}
