// KV version 1: one JSON object a path, without versions.
import { answer, listing } from '../../kit/answer.ts'
import { parseDuration } from '../../kit/duration.ts'
import { invalid } from '../../kit/errors.ts'
import { integer, text } from '../../kit/field.ts'
import { type Outcome, type Route, route } from '../../kit/route.ts'
import { parseExactly } from '../../kit/json.ts'
import { requirePath } from './secret.ts'

const path = text({ about: 'Location of the secret.', default: '' })

/** A `ttl` or `lease` in the data is advice to readers how long to keep it. */
function advice(data: Record<string, unknown>, usual: number): number {
  try {
    return parseDuration(data.ttl ?? data.lease ?? usual, 'ttl') || usual
  } catch {
    return usual
  }
}

export const v1Routes: Route[] = [
  route({
    op: 'read',
    path: ':path*',
    about: 'Reads a secret.',
    takes: { path },
    async run(context, input) {
      const bytes = await context.store.get(`kv1/${requirePath(input.path)}`)
      if (!bytes) return null
      const data = parseExactly(Buffer.from(bytes).toString()) as Record<string, unknown>
      return answer({ data, leaseDuration: advice(data, context.mount.defaultTtl) })
    },
  }),
  route({
    op: 'write',
    path: ':path*',
    about: 'Writes a secret: the body is its data.',
    takes: { path },
    exists: async (context, input) => (await context.store.get(`kv1/${input.path}`)) !== null,
    async run(context, input) {
      if (Object.keys(context.body).length === 0) throw invalid('missing data fields')
      await context.store.write(`kv1/${requirePath(input.path)}`, context.body)
    },
  }),
  route({
    op: 'delete',
    path: ':path*',
    about: 'Deletes a secret.',
    takes: { path },
    run: (context, input) => context.store.delete(`kv1/${requirePath(input.path)}`),
  }),
  ...(['list', 'scan'] as const).map((op) =>
    route({
      op,
      path: ':path*',
      about: op === 'list' ? 'Lists names in a folder.' : 'Lists every name below a folder.',
      takes: { path, after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) },
      async run(context, input): Promise<Outcome> {
        const base = `kv1/${input.path === '' ? '' : `${input.path}/`}`
        const limit = input.limit && input.limit > 0 ? input.limit : 100_000
        const keys =
          op === 'list'
            ? await context.store.children(base, input.after === undefined ? { limit } : { after: input.after, limit })
            : (await context.store.keys(base, input.after === undefined ? { limit } : { after: base + input.after, limit })).map((key) => key.slice(base.length))
        return listing(keys)
      },
    }),
  ),
]
