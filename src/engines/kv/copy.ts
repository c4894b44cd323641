// Copying and moving secrets on the server. Every hop is a request of its own by the same caller, so that
// whoever may not read the source or write the target may not copy either.
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, isObject, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { requirePath, secretAt } from './secret.ts'

const takes = {
  path: text({ about: 'Location of the secret.', default: '' }),
  to: text({ about: 'New location: below the same mount, or with `mount` below that one.', required: true }),
  mount: text({ about: 'Mount of the new location; default: this one.' }),
  history: boolean({ about: 'Whether older versions go along.', default: false }),
}

async function copy(context: Context, from: string, to: string, mount: string, history: boolean): Promise<number> {
  const secret = await secretAt(context.store, requirePath(from))
  if (!secret) throw new Fault('not-found', [])
  if (mount === context.mount.path && from === to) throw invalid('to: names the place where the secret already is')
  const numbers = history ? Object.keys(secret.versions).map(Number).sort((a, b) => a - b) : [secret.current]
  let written = 0
  for (const number of numbers) {
    const { data } = (await context.ask('read', `${context.mount.path}data/${from}`, { version: number })).parts
    if (!isObject(data?.data)) continue
    const options = written === 0 ? { cas: 0 } : {}
    await context.ask('write', `${mount}data/${to}`, { data: data.data, options })
    written++
  }
  if (written === 0) throw new Fault('not-found', 'no version with data to copy')
  if (Object.keys(secret.custom).length > 0) await context.ask('write', `${mount}metadata/${to}`, { custom_metadata: secret.custom })
  return written
}

const mountPath = (context: Context, mount: string | undefined): string => (mount === undefined ? context.mount.path : `${mount.replace(/\/+$/, '')}/`)

export const copyRoutes: Route[] = [
  route({
    op: 'write',
    path: 'copy/:path*',
    about: 'Copies a secret to a place where none is.',
    takes,
    run: async (context, input) => ({ versions: await copy(context, input.path, input.to, mountPath(context, input.mount), input.history) }),
  }),
  route({
    op: 'write',
    path: 'move/:path*',
    about: 'Copies a secret with its history, then removes it here.',
    takes,
    async run(context, input) {
      const versions = await copy(context, input.path, input.to, mountPath(context, input.mount), true)
      await context.ask('delete', `${context.mount.path}metadata/${input.path}`)
      return { versions }
    },
  }),
]
