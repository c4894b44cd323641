// `identity/entity-alias/*`, the same under its older names `alias` and `persona`, and `identity/group-alias/*`:
// the names by which login methods know entities and groups.
import type { Core } from '../../core/core.ts'
import { deleteAlias, putAlias } from '../../core/identity/entities.ts'
import { deleteGroupAlias, putGroupAlias } from '../../core/identity/groups.ts'
import { type Alias, keys } from '../../core/identity/records.ts'
import { type Fields, type Values, map, text } from '../../kit/field.ts'
import type { Route } from '../../kit/route.ts'
import { type Kind, findOwn, recordRoutes } from './record-routes.ts'
import { aliasInfo, aliasMount, aliasView, namespaceIdOf } from './view.ts'

/** What every alias has; `noun`: what it is a name of. */
const fieldsFor = (noun: string) =>
  ({
    id: text({ about: 'Id of the alias.' }),
    name: text({ about: `Name by which the mount knows the ${noun}.` }),
    canonical_id: text({ about: `Id of the ${noun}.` }),
    mount_accessor: text({ about: 'Accessor of the auth mount.' }),
  }) satisfies Fields

const entityFields = {
  ...fieldsFor('entity'),
  entity_id: text({ about: 'Former name of canonical_id.' }),
  metadata: map({ about: 'For templates; overwritten by logins.' }),
  custom_metadata: map({ about: 'For templates; kept by logins.' }),
} satisfies Fields
const groupFields = fieldsFor('group')

interface AliasKind<F extends Fields> extends Pick<Kind<Alias, F>, 'path' | 'noun' | 'plural' | 'fields' | 'about' | 'key' | 'ids' | 'remove'> {
  save(namespaceId: string, mount: ReturnType<typeof aliasMount>, input: Values<F>): Promise<Alias>
}

const aliasesOf = <F extends typeof groupFields>(core: Core, { save, ...kind }: AliasKind<F>): Route[] =>
  recordRoutes<Alias, F>(core, {
    ...kind,
    view: (alias) => aliasView(core, alias),
    info: (alias) => aliasInfo(core, alias),
    async put(context, input) {
      const { id, mount_accessor: accessor } = input as Values<typeof groupFields>
      const present = id ? await findOwn<Alias>(core, context, kind.key(id)) : null
      const alias = await save(namespaceIdOf(core, context), aliasMount(core, context, accessor || present?.mountAccessor), input)
      return { id: alias.id, canonical_id: alias.ownerId }
    },
  })

export function aliasRoutes(core: Core): Route[] {
  const { view } = core.identity
  const ofEntities = ['entity-alias', 'alias', 'persona'].flatMap((path) =>
    aliasesOf<typeof entityFields>(core, {
      path,
      noun: 'alias',
      plural: 'aliases',
      fields: entityFields,
      about: 'Makes an alias, or changes the one of this id, or of this mount and name.',
      key: keys.alias,
      ids: keys.aliasOf,
      save(namespaceId, mount, { id, name, canonical_id, entity_id, metadata, custom_metadata }) {
        return putAlias(view, namespaceId, id || undefined, { name, entityId: canonical_id || entity_id, metadata, customMetadata: custom_metadata, ...mount }, core.now())
      },
      remove: (namespaceId, id) => deleteAlias(view, namespaceId, id),
    }),
  )
  const ofGroups = aliasesOf<typeof groupFields>(core, {
    path: 'group-alias',
    noun: 'group alias',
    plural: 'group aliases',
    fields: groupFields,
    about: 'Ties an external group to a name that a login method gives.',
    key: keys.groupAlias,
    ids: keys.groupAliasOf,
    save: (namespaceId, mount, { id, name, canonical_id }) => putGroupAlias(view, namespaceId, id || undefined, { name, groupId: canonical_id, ...mount }, core.now()),
    remove: (namespaceId, id) => deleteGroupAlias(view, namespaceId, id),
  })
  return [...ofEntities, ...ofGroups]
}
