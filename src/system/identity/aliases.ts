// `identity/entity-alias/*`, and the same under its older names `alias` and `persona`.
import type { Core } from '../../core/core.ts'
import { deleteAlias, putAlias } from '../../core/identity/entities.ts'
import { type Alias, keys } from '../../core/identity/records.ts'
import { type Fields, map, text } from '../../kit/field.ts'
import type { Route } from '../../kit/route.ts'
import { findOwn, recordRoutes } from './record-routes.ts'
import { aliasInfo, aliasMount, aliasView, namespaceIdOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the alias.' }),
  name: text({ about: 'Name by which the mount knows the entity.' }),
  canonical_id: text({ about: 'Id of the entity.' }),
  entity_id: text({ about: 'Former name of canonical_id.' }),
  mount_accessor: text({ about: 'Accessor of the auth mount.' }),
  metadata: map({ about: 'For templates; overwritten by logins.' }),
  custom_metadata: map({ about: 'For templates; kept by logins.' }),
} satisfies Fields

export function aliasRoutes(core: Core): Route[] {
  const { view } = core.identity
  return ['entity-alias', 'alias', 'persona'].flatMap((path) =>
    recordRoutes<Alias, typeof fields>(core, {
      path,
      noun: 'alias',
      plural: 'aliases',
      fields,
      about: 'Makes an alias, or changes the one of this id, or of this mount and name.',
      key: keys.alias,
      ids: keys.aliasOf,
      view: (alias) => aliasView(core, alias),
      info: (alias) => aliasInfo(core, alias),
      async put(context, input) {
        const present = input.id ? await findOwn<Alias>(core, context, keys.alias(input.id)) : null
        const mount = aliasMount(core, context, input.mount_accessor || present?.mountAccessor)
        const change = { name: input.name, entityId: input.canonical_id || input.entity_id, metadata: input.metadata, customMetadata: input.custom_metadata, ...mount }
        const alias = await putAlias(view, namespaceIdOf(core, context), input.id || undefined, change, core.now())
        return { id: alias.id, canonical_id: alias.ownerId }
      },
      remove: (namespaceId, id) => deleteAlias(view, namespaceId, id),
    }),
  )
}
