// `sys/wrapping/*`: answers kept for one opening.
import type { Reply } from '../core/call.ts'
import type { Core } from '../core/core.ts'
import { answer } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { text } from '../kit/field.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import { parseExactly } from '../kit/json.ts'

export function wrappingRoutes(core: Core): Route[] {
  const token = text({ about: 'The wrapping token; default: the one that the request carries.', secret: true })
  const wanted = (context: Context, given: string | undefined): string => {
    const found = given !== undefined && given !== '' ? given : context.presented
    if (found === null) throw invalid('missing "token" value in input')
    return found
  }
  const lookup = route({
    op: 'write',
    path: 'wrapping/lookup',
    about: 'Tells where a wrapping token comes from and how long it was made for.',
    access: 'open',
    takes: { token },
    async run(context, input) {
      const found = await core.wrapping.lookup(wanted(context, input.token))
      return { creation_path: found.creationPath, creation_time: found.creationTime, creation_ttl: found.ttl }
    },
  })
  return [
    lookup,
    { ...lookup, op: 'read' },
    route({
      op: 'write',
      path: 'wrapping/wrap',
      about: 'Wraps the body; the header X-Vault-Wrap-TTL says for how long.',
      free: true,
      takes: {},
      run(context) {
        if (!context.wrapTtl) throw invalid('endpoint requires response wrapping to be used')
        return { ...context.body }
      },
    }),
    route({
      op: 'write',
      path: 'wrapping/unwrap',
      about: 'Gives what was wrapped, once.',
      access: 'open',
      takes: { token },
      run: async (context, input) => answer({ settled: parseExactly(await core.wrapping.unwrap(wanted(context, input.token))) as Reply }),
    }),
    route({
      op: 'write',
      path: 'wrapping/rewrap',
      about: 'Moves what was wrapped under a new token.',
      takes: { token },
      run: async (context, input) => answer({ settled: { status: 200, wrap: await core.wrapping.rewrap(wanted(context, input.token), core.namespaces.at(context.mount.namespace)!), mountType: 'system' } satisfies Reply }),
    }),
  ]
}
