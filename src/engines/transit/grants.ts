// Grants: who may use a key for what, beside policies. The engine keeps and lists them; the dialect that made them
// knows its principals and conditions.
import { Fault } from '../../kit/errors.ts'
import { integer, list, object, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import { needKey, findKey, absent } from './key.ts'

export const grantFolder = 'grant/'
const mostGrants = 5000

export interface Grant {
  id: string
  key: string
  /** Milliseconds since 1970. */
  created: number
  /** In the words of the dialect: principals, operations, constraints. */
  terms: Record<string, unknown>
}

/** All grants of a key, to see whether one covers a request. */
export async function grantsFor(store: View, key: string): Promise<Grant[]> {
  const keys = await store.keys(`${grantFolder}${key}/`, { limit: mostGrants + 1 })
  return (await Promise.all(keys.map((one) => store.read<Grant>(one)))).filter((grant) => grant !== null)
}

const name = text({ about: 'Name of the key.', required: true })
const id = text({ about: 'Id of the grant.', required: true })
const page = { after: text({ about: 'List after this one.' }), limit: integer({ about: 'At most so many.', default: 1000 }) }
const gives = { keys: list({ about: 'Ids.' }), key_info: object({ about: 'The grants by id.' }) }

/** Grants below a folder, in order, and where the next page begins. */
async function listGrants(store: View, folder: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<{ keys: string[]; key_info: Record<string, unknown> }> {
  const keys = await store.keys(folder, { limit: Math.min(Math.max(1, limit), 1000), ...(after !== undefined && { after: folder + after }) })
  const names = keys.map((key) => key.slice(folder.length))
  const found = await Promise.all(keys.map(async (key, at) => [names[at]!, await store.read<Grant>(key)] as const))
  return { keys: names, key_info: Object.fromEntries(found.filter(([, grant]) => grant !== null)) }
}

export const grantRoutes: Route[] = [
  route({
    op: 'write',
    path: 'keys/:name/grants/:id',
    about: 'Grant the use of a key.',
    takes: { name, id, terms: object({ about: 'Who, what and under which conditions.', required: true }) },
    async run(context, input) {
      await needKey(context.store, input.name, 'no such key')
      const folder = `${grantFolder}${input.name}/`
      if ((await context.store.keys(folder, { limit: mostGrants + 1 })).length > mostGrants) throw new Fault('too-large', `a key has at most ${mostGrants} grants`)
      const grant: Grant = { id: input.id, key: input.name, created: context.now(), terms: input.terms }
      await context.store.write(folder + input.id, grant)
      return { ...grant }
    },
  }),
  route({
    op: 'delete',
    path: 'keys/:name/grants/:id',
    about: 'Take a grant back.',
    takes: { name, id },
    async run(context, input) {
      if (!(await context.store.get(`${grantFolder}${input.name}/${input.id}`))) throw new Fault('not-found', 'no such grant', { reason: ['grant-absent'] })
      await context.store.delete(`${grantFolder}${input.name}/${input.id}`)
    },
  }),
  route({
    op: 'list',
    path: 'keys/:name/grants',
    about: 'The grants of a key, by pages.',
    takes: { name, ...page },
    gives,
    async run(context, input) {
      if (!(await findKey(context.store, input.name))) throw absent('no such key')
      return listGrants(context.store, `${grantFolder}${input.name}/`, input)
    },
  }),
  route({ op: 'list', path: 'grants', about: 'The grants of all keys, by pages; a name is key/id.', takes: page, gives, run: (context, input) => listGrants(context.store, grantFolder, input) }),
]
