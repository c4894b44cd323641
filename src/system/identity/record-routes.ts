// What entities, groups and their aliases have in common: routes by id, and by name for those that have one.
import type { Core } from '../../core/core.ts'
import { follow, idsBelow, namesBelow } from '../../core/identity/records.ts'
import { listing } from '../../kit/answer.ts'
import { type Fields, type Values, text } from '../../kit/field.ts'
import { pageFields } from '../../kit/page.ts'
import { type Context, type Outcome, type Route, route } from '../../kit/route.ts'
import { namespaceIdOf, pageOf } from './view.ts'

export interface Kind<T, F extends Fields> {
  /** `entity`, of which come `entity/id/:id` and `entity/name/:name`. */
  path: string
  noun: string
  plural: string
  fields: F
  /** What writing to `path` does. */
  about: string
  /** Key of a record by its id. */
  key(id: string): string
  /** Where an id may lead to a record of another id; otherwise the one under its key is meant. */
  follow?(id: string): Promise<T | null>
  /** Folder of a namespace's ids. */
  ids(namespaceId: string): string
  /** Key that leads from a name to an id; of the empty name, the folder of them. */
  name?(namespaceId: string, name: string): string
  view(found: T): Record<string, unknown> | Promise<Record<string, unknown>>
  /** What lists tell of each. */
  info(found: T): Record<string, unknown> | Promise<Record<string, unknown>>
  put(context: Context, input: Values<F>): Promise<Outcome>
  remove(namespaceId: string, id: string): Promise<void>
}

type Owned = { id: string; namespaceId: string }

/** A record of the caller's namespace. */
export async function findOwn<T extends Owned>(core: Core, context: Context, key: string): Promise<T | null> {
  const found = await core.identity.view.read<T>(key)
  return found?.namespaceId === namespaceIdOf(core, context) ? found : null
}

type Find<T> = (context: Context, wanted: string) => Promise<T | null>
type List = (context: Context, page: ReturnType<typeof pageOf>) => Promise<Outcome>

export function recordRoutes<T extends Owned, F extends Fields>(core: Core, kind: Kind<T, F>): Route[] {
  const { path, fields, key, name, put } = kind
  const { view } = core.identity
  const byId = async (context: Context, id: string): Promise<T | null> => {
    if (!kind.follow) return findOwn<T>(core, context, key(id))
    const found = await kind.follow(id)
    return found?.namespaceId === namespaceIdOf(core, context) ? found : null
  }
  const info = async (ids: readonly string[]): Promise<Record<string, unknown>> => {
    const all: Record<string, unknown> = {}
    for (const id of ids) {
      const found = await view.read<T>(key(id))
      // Gone meanwhile: left out.
      if (found) all[id] = await kind.info(found)
    }
    return all
  }
  const writes = route({ op: 'write', path, about: kind.about, takes: fields, run: (context, input) => put(context, input) })
  const byIds = leadingRoutes(kind, 'id', byId, async (context, page) => {
    const ids = await idsBelow(view, kind.ids(namespaceIdOf(core, context)), page)
    return listing(ids, await info(ids))
  })
  if (!name) return [writes, ...byIds]
  const find: Find<T> = (context, wanted) => follow<T>(view, name(namespaceIdOf(core, context), wanted), key)
  return [writes, ...byIds, ...leadingRoutes(kind, 'name', find, async (context, page) => listing(await namesBelow(view, name(namespaceIdOf(core, context), ''), page)))]
}

/** Routes by what leads to a record: the list of them, and those to one. */
function leadingRoutes<T extends Owned, F extends Fields>({ path, noun, plural, fields, view, put, remove }: Kind<T, F>, by: 'id' | 'name', find: Find<T>, list: List): Route[] {
  const wanted = { [by]: text({ about: `${by === 'id' ? 'Id' : 'Name'} of the ${noun}.`, required: true }) }
  const one = (context: Context, input: Record<string, unknown>): Promise<T | null> => find(context, input[by] as string)
  const place = `${path}/${by}/:${by}`
  return [
    route({ op: 'list', path: `${path}/${by}`, about: `Lists ${by}s of ${plural}.`, takes: pageFields, run: (context, input) => list(context, pageOf(input)) }),
    route({
      op: 'read',
      path: place,
      about: `Reads the ${noun} of this ${by}.`,
      takes: wanted,
      async run(context, input) {
        const found = await one(context, input)
        return found && view(found)
      },
    }),
    route({
      op: 'write',
      path: place,
      about: by === 'id' ? `Changes the ${noun} of this id.` : `Makes or changes the ${noun} of this name.`,
      takes: { ...fields, ...wanted },
      exists: async (context, input) => (await one(context, input)) !== null,
      // A name in the path counts more than an id in the body.
      run: (context, input) => put(context, { ...(input as Values<F>), ...(by === 'name' && { id: undefined }) }),
    }),
    route({
      op: 'delete',
      path: place,
      about: `Removes the ${noun} of this ${by}.`,
      takes: wanted,
      async run(context, input) {
        const found = await one(context, input)
        if (found) await remove(found.namespaceId, found.id)
      },
    }),
  ]
}
