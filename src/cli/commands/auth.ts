// strongroom auth enable, disable, list, tune, move, help
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { listMounts, mountsOf, moveMount, optionsOf, tuneFlags, tuning } from '../mount-tuning.ts'
import { trimmed } from '../path.ts'
import { UsageError } from '../usage.ts'

const methodPath = (text: string): string => trimmed(text).replace(/^auth\//, '')

export const commands = [
  command({
    name: 'auth',
    about: 'Interact with auth methods',
    arity: [0, Infinity],
    local: true,
    flags: { method: flag.text('', { hidden: true }), path: flag.text('', { hidden: true }), methods: flag.boolean('', { hidden: true }) },
    run({ flags }) {
      if (flags.method !== undefined) throw new UsageError(`"auth -method" was replaced: use "strongroom login -method=${flags.method}"`)
      throw new UsageError('"auth" needs a further word: enable, disable, list, tune, move or help. To log in use "strongroom login".')
    },
  }),
  command({
    name: 'auth enable',
    about: 'Enables a new auth method',
    takes: 'TYPE',
    arity: [1, 1],
    flags: { ...tuneFlags, path: flag.text('Where to mount it; default its type.'), local: flag.boolean('Not replicated.'), 'seal-wrap': flag.boolean('', { hidden: true }) },
    doing: ([type]) => `enabling ${type} auth`,
    async run({ args, flags, out, client }) {
      const type = args[0]!.trim()
      const path = methodPath(flags.path ?? type)
      const options = optionsOf(flags)
      await client.json('POST', `sys/auth/${path}`, { body: { type, description: flags.description ?? '', config: tuning(flags), local: flags.local, ...(options && { options }) } })
      return out.done(`Success! Enabled ${type} auth method at: ${path}/`)
    },
  }),
  command({
    name: 'auth disable',
    about: 'Disables an auth method',
    takes: 'PATH',
    arity: [1, 1],
    doing: ([path]) => `disabling auth method at ${trimmed(path!)}/`,
    async run({ args, out, client }) {
      const path = methodPath(args[0]!)
      await client.delete(`sys/auth/${path}`)
      return out.done(`Success! Disabled the auth method (if it existed) at: ${path}/`)
    },
  }),
  command({
    name: 'auth list',
    about: 'Lists enabled auth methods',
    arity: [0, 0],
    flags: { detailed: flag.boolean('Show more of each.') },
    doing: () => 'listing enabled authentications',
    run: async ({ flags, out, client }) => listMounts(out, mountsOf(await client.json<Data>('GET', 'sys/auth')), flags.detailed, ['Token Type', 'token_type']),
  }),
  command({
    name: 'auth tune',
    about: 'Tunes an auth method configuration',
    takes: 'PATH',
    arity: [1, 1],
    flags: tuneFlags,
    doing: ([path]) => `tuning auth method ${trimmed(path!)}/`,
    async run({ args, flags, out, client }) {
      const path = methodPath(args[0]!)
      const options = optionsOf(flags)
      await client.json('POST', `sys/auth/${path}/tune`, { body: { ...tuning(flags), ...(flags.description !== undefined && { description: flags.description }), ...(options && { options }) } })
      return out.done(`Success! Tuned the auth method at: ${path}/`)
    },
  }),
  command({
    name: 'auth move',
    about: 'Move an auth method to a new path',
    takes: 'SOURCE DESTINATION',
    arity: [2, 2],
    doing: ([from, to]) => `moving auth method ${methodPath(from!)}/ to ${methodPath(to!)}/`,
    run: (call) => moveMount(call, 'auth method', methodPath(call.args[0]!), methodPath(call.args[1]!), 'auth/'),
  }),
  command({
    name: 'auth help',
    about: 'Prints usage for an auth method',
    takes: 'TYPE | PATH',
    arity: [1, 1],
    doing: ([path]) => `retrieving help for ${path}`,
    async run({ args, out, client }) {
      const path = methodPath(args[0]!)
      const help = await client.json<{ help?: string }>('GET', `auth/${path}`, { query: { help: '1' } })
      out.line((help?.help ?? '').trim())
      return 0
    },
  }),
]
