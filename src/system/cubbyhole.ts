// Cubbyhole: a folder that belongs to one token and goes with it.
import type { Core } from '../core/core.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { text } from '../kit/field.ts'
import { listing } from '../kit/answer.ts'
import { type Caller, type Engine, route } from '../kit/route.ts'
import { parseExactly } from '../kit/json.ts'
import { listChildren, pageFields } from '../kit/page.ts'

const takes = { path: text({ about: 'Location below the token\'s folder.', default: '' }) }

export function cubbyholeEngine(core: Core): Engine {
  const place = (caller: Caller, path: string): string => {
    if (caller.tokenKey === null) throw invalid('cubbyhole operations are only supported by service tokens')
    return `${caller.tokenKey}/${path}`
  }
  const read = async (key: string): Promise<Record<string, unknown> | null> => {
    const bytes = await core.cubbyhole.get(key)
    return bytes && (parseExactly(Buffer.from(bytes).toString()) as Record<string, unknown>)
  }
  return {
    type: 'cubbyhole',
    about: 'Private storage of each token',
    routes: [
      route({ op: 'read', path: ':path*', about: 'Reads what the token keeps here.', takes, run: ({ caller }, { path }) => read(place(caller, path)) }),
      route({
        op: 'write',
        path: ':path*',
        about: 'Keeps the body here.',
        free: true,
        takes,
        exists: async ({ caller }, { path }) => (await core.cubbyhole.get(place(caller, path))) !== null,
        async run({ caller, body }, { path }) {
          if (path === '') throw new Fault('unsupported')
          if (Object.keys(body).length === 0) throw invalid('missing data fields')
          await core.cubbyhole.write(place(caller, path), body)
        },
      }),
      route({ op: 'delete', path: ':path*', about: 'Removes what is kept here.', takes, run: ({ caller }, { path }) => core.cubbyhole.delete(place(caller, path)) }),
      route({
        op: 'list',
        path: ':path*',
        about: 'Lists names in a folder.',
        takes: { ...pageFields, ...takes },
        run: async ({ caller }, { path, ...page }) => listing(await listChildren(core.cubbyhole, place(caller, path === '' ? '' : `${path}/`), page)),
      }),
    ],
  }
}
