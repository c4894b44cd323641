// `identity/entity/*`: whom login methods know, under one id.
import type { Core } from '../../core/core.ts'
import { deleteEntity, findEntity, mergeEntities, putEntity } from '../../core/identity/entities.ts'
import { type Entity, keys } from '../../core/identity/records.ts'
import { invalid } from '../../kit/errors.ts'
import { type Fields, boolean, list, map, text } from '../../kit/field.ts'
import { type Route, route } from '../../kit/route.ts'
import { recordRoutes } from './record-routes.ts'
import { aliasOfEntity, aliasesOf, entityView, namespaceIdOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the entity.' }),
  name: text({ about: 'Name of the entity.' }),
  policies: list({ about: 'Policies beside those of its tokens.' }),
  metadata: map({ about: 'For people and templates.' }),
  disabled: boolean({ about: 'Whether its tokens open nothing.' }),
} satisfies Fields

export function entityRoutes(core: Core): Route[] {
  const { view } = core.identity
  return [
    ...recordRoutes<Entity, typeof fields>(core, {
      path: 'entity',
      noun: 'entity',
      plural: 'entities',
      fields,
      about: 'Makes an entity, or changes the one of this id or name.',
      key: keys.entity,
      follow: (id) => findEntity(view, id),
      ids: keys.entityOf,
      name: keys.entityName,
      view: (entity) => entityView(core, entity),
      async info(entity) {
        const aliases = (await aliasesOf(core, entity)).map((alias) => aliasOfEntity(core, alias))
        return { name: entity.name, ...(aliases.length > 0 && { aliases }) }
      },
      async put(context, input) {
        const { entity, made } = await putEntity(view, namespaceIdOf(core, context), input.id || undefined, input, core.now())
        return made ? { id: entity.id, name: entity.name, aliases: null } : undefined
      },
      remove: (namespaceId, id) => deleteEntity(view, namespaceId, id),
    }),
    route({
      op: 'write',
      path: 'entity/batch-delete',
      about: 'Removes several entities.',
      takes: { entity_ids: list({ about: 'Ids of the entities.', required: true }) },
      async run(context, input) {
        if (input.entity_ids.length === 0) throw invalid('missing entity ids to delete')
        for (const one of input.entity_ids) await deleteEntity(view, namespaceIdOf(core, context), one)
      },
    }),
    route({
      op: 'write',
      path: 'entity/merge',
      about: 'Moves aliases, groups and policies of several entities to one.',
      takes: {
        from_entity_ids: list({ about: 'Entities that end.', required: true }),
        to_entity_id: text({ about: 'The entity that stays.', required: true }),
        force: boolean({ about: 'Accepted for compatibility.', default: false }),
        conflicting_alias_ids_to_keep: list({ about: 'Which of two aliases of one mount stays.', default: [] }),
      },
      run: (context, input) => mergeEntities(view, namespaceIdOf(core, context), { toId: input.to_entity_id, fromIds: input.from_entity_ids, keepAliasIds: input.conflicting_alias_ids_to_keep }, core.now()),
    }),
  ]
}
