// `sys/config/cors` and `sys/config/ui/headers`: what browsers are told.
import type { Core } from '../core/core.ts'
import { corsHeaders, deleteCors, readCors, writeCors } from '../core/cors.ts'
import { listing } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { boolean, list, text } from '../kit/field.ts'
import { listChildren, pageFields } from '../kit/page.ts'
import { type Route, route } from '../kit/route.ts'

/** Which web origins may call the API, and what the UI's answers carry. */
export const webRoutes = (core: Core): Route[] => [...corsRoutes(core), ...uiHeaderRoutes(core)]

const corsRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'config/cors',
    about: 'Reads which web origins may call the API.',
    access: 'sudo',
    takes: {},
    async run() {
      const cors = await readCors(core.root)
      return { enabled: cors?.enabled ?? false, ...(cors?.enabled && { allow_credentials: false, allowed_origins: cors.origins, allowed_headers: corsHeaders(cors) }) }
    },
  }),
  route({
    op: 'write',
    path: 'config/cors',
    about: 'Lets web origins call the API.',
    access: 'sudo',
    takes: {
      enable: boolean({ about: 'Whether CORS is on.', default: true }),
      allowed_origins: list({ about: 'Origins, or "*".', default: [] }),
      allowed_headers: list({ about: 'Headers beyond the usual.', default: [] }),
    },
    async run(_context, input) {
      if (input.enable && input.allowed_origins.length === 0) throw invalid('at least one origin or the wildcard must be provided')
      if (input.allowed_origins.length > 1 && input.allowed_origins.includes('*')) throw invalid("to allow all origins the '*' must be the only value for allowed_origins")
      await writeCors(core.root, { enabled: input.enable, origins: input.allowed_origins, headers: input.allowed_headers })
    },
  }),
  route({ op: 'delete', path: 'config/cors', about: 'Lets no web origin call the API.', access: 'sudo', takes: {}, run: () => deleteCors(core.root) }),
]

const header = text({ about: 'Name of the header.', required: true })
const multivalue = boolean({ about: 'Whether several values are meant.', default: false })
const headerKey = (given: string): string => `ui-header/${given.toLowerCase()}`

const uiHeaderRoutes = (core: Core): Route[] => {
  const path = 'config/ui/headers/:header'
  return [
    route({
      op: 'list',
      path: 'config/ui/headers',
      about: 'Lists the headers that the UI sends.',
      access: 'sudo',
      takes: pageFields,
      run: async (_context, input) => listing(await listChildren(core.root, 'ui-header/', input)),
    }),
    route({
      op: 'read',
      path,
      about: 'Reads a header of the UI.',
      access: 'sudo',
      takes: { header, multivalue },
      async run(_context, input) {
        const found = await core.root.read<{ values: string[] }>(headerKey(input.header))
        return found && (input.multivalue ? { values: found.values } : { value: found.values[0] })
      },
    }),
    route({
      op: 'write',
      path,
      about: 'Sets a header of the UI.',
      access: 'sudo',
      takes: { header, values: list({ about: 'Its values.', required: true }), multivalue },
      run(_context, input) {
        if (/^x-vault-/i.test(input.header)) throw new Fault('invalid', 'X-Vault headers cannot be set')
        return core.root.write(headerKey(input.header), { values: input.values })
      },
    }),
    route({
      op: 'delete',
      path,
      about: 'Removes a header of the UI.',
      access: 'sudo',
      takes: { header },
      run: (_context, input) => core.root.delete(headerKey(input.header)),
    }),
  ]
}
