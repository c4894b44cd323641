// `identity/entity/*`: whom login methods know, under one id.
import type { Core } from '../../core/core.ts'
import { type EntityChange, deleteEntity, findEntity, mergeEntities, putEntity } from '../../core/identity/entities.ts'
import { type Entity, follow, idsBelow, keys, namesBelow } from '../../core/identity/records.ts'
import { listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { type Fields, boolean, list, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { aliasesOf, entityView, infoOf, namespaceIdOf, pageFields, pageOf } from './view.ts'

const fields = {
  id: text({ about: 'Id of the entity.' }),
  name: text({ about: 'Name of the entity.' }),
  policies: list({ about: 'Policies beside those of its tokens.' }),
  metadata: map({ about: 'For people and templates.' }),
  disabled: boolean({ about: 'Whether its tokens open nothing.' }),
} satisfies Fields

const id = text({ about: 'Id of the entity.', required: true })
const name = text({ about: 'Name of the entity.', required: true })

export function entityRoutes(core: Core): Route[] {
  const { view } = core.identity
  const ofNamespace = (context: Context, entity: Entity | null): Entity | null => (entity?.namespaceId === namespaceIdOf(core, context) ? entity : null)
  const byName = async (context: Context, wanted: string): Promise<Entity | null> => follow<Entity>(view, keys.entityName(namespaceIdOf(core, context), wanted), keys.entity)
  const byId = async (context: Context, wanted: string): Promise<Entity | null> => ofNamespace(context, await findEntity(view, wanted))
  const put = async (context: Context, wanted: string | undefined, change: EntityChange) => {
    const { entity, made } = await putEntity(view, namespaceIdOf(core, context), wanted || undefined, change, core.now())
    if (!made) return undefined
    return { id: entity.id, name: entity.name, aliases: null }
  }
  return [
    route({ op: 'write', path: 'entity', about: 'Makes an entity, or changes the one of this id or name.', takes: fields, run: (context, input) => put(context, input.id, input) }),
    route({
      op: 'list',
      path: 'entity/id',
      about: 'Lists ids of entities.',
      takes: pageFields,
      async run(context, input) {
        const ids = await idsBelow(view, keys.entityOf(namespaceIdOf(core, context)), pageOf(input))
        const info = await infoOf<Entity>(core, ids, keys.entity, async (entity) => ({
          name: entity.name,
          aliases: (await aliasesOf(core, entity)).map(({ id, name, mountAccessor, mountType }) => ({ id, name, mount_accessor: mountAccessor, mount_type: mountType, mount_path: core.mounts.byAccessor(mountAccessor)?.record.path ?? '' })),
        }))
        return listing(ids, info)
      },
    }),
    route({
      op: 'read',
      path: 'entity/id/:id',
      about: 'Reads an entity by its id.',
      takes: { id },
      async run(context, input) {
        const entity = await byId(context, input.id)
        return entity && entityView(core, entity)
      },
    }),
    route({
      op: 'write',
      path: 'entity/id/:id',
      about: 'Changes an entity.',
      takes: { ...fields, id },
      exists: async (context, input) => (await byId(context, input.id)) !== null,
      run: (context, input) => put(context, input.id, input),
    }),
    route({ op: 'delete', path: 'entity/id/:id', about: 'Removes an entity with its aliases.', takes: { id }, run: (context, input) => deleteEntity(view, namespaceIdOf(core, context), input.id) }),
    route({ op: 'list', path: 'entity/name', about: 'Lists names of entities.', takes: pageFields, run: async (context, input) => listing(await namesBelow(view, keys.entityName(namespaceIdOf(core, context), ''), pageOf(input))) }),
    route({
      op: 'read',
      path: 'entity/name/:name',
      about: 'Reads an entity by its name.',
      takes: { name },
      async run(context, input) {
        const entity = await byName(context, input.name)
        return entity && entityView(core, entity)
      },
    }),
    route({
      op: 'write',
      path: 'entity/name/:name',
      about: 'Makes or changes an entity by its name.',
      takes: { ...fields, name },
      exists: async (context, input) => (await byName(context, input.name)) !== null,
      run: (context, input) => put(context, undefined, input),
    }),
    route({
      op: 'delete',
      path: 'entity/name/:name',
      about: 'Removes an entity with its aliases.',
      takes: { name },
      async run(context, input) {
        const entity = await byName(context, input.name)
        if (entity) await deleteEntity(view, entity.namespaceId, entity.id)
      },
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
