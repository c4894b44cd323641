// strongroom secrets enable, disable, list, tune, move
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { listMounts, mountsOf, moveMount, optionsOf, tuneFlags, tuning } from '../mount-tuning.ts'
import { trimmed } from '../path.ts'

export const commands = [
  command({
    name: 'secrets enable',
    about: 'Enable a secrets engine',
    takes: 'TYPE',
    arity: [1, 1],
    examples: [['A key-value store with versions', 'secrets enable -path=apps -version=2 kv']],
    flags: {
      ...tuneFlags,
      path: flag.text('Where to mount it; default its type.'),
      local: flag.boolean('Not replicated.'),
      'seal-wrap': flag.boolean('', { hidden: true }),
      'external-entropy-access': flag.boolean('', { hidden: true }),
      'force-no-cache': flag.boolean('', { hidden: true }),
    },
    doing: () => 'enabling',
    async run({ args, flags, out, client }) {
      const given = args[0]!.trim()
      const type = given === 'kv-v1' || given === 'kv-v2' || given === 'generic' ? 'kv' : given
      const options = given === 'kv-v1' ? { ...flags.options, version: '1' } : given === 'kv-v2' ? { ...flags.options, version: '2' } : optionsOf(flags)
      const path = trimmed(flags.path ?? given)
      await client.json('POST', `sys/mounts/${path}`, {
        body: { type, description: flags.description ?? '', config: tuning(flags), local: flags.local, ...(options && { options }) },
      })
      return out.done(`Success! Enabled the ${given} secrets engine at: ${path}/`)
    },
  }),
  command({
    name: 'secrets disable',
    about: 'Disable a secrets engine',
    takes: 'PATH',
    arity: [1, 1],
    doing: ([path]) => `disabling secrets engine at ${trimmed(path!)}/`,
    async run({ args, out, client }) {
      await client.delete(`sys/mounts/${trimmed(args[0]!)}`)
      return out.done(`Success! Disabled the secrets engine (if it existed) at: ${trimmed(args[0]!)}/`)
    },
  }),
  command({
    name: 'secrets list',
    about: 'List enabled secrets engines',
    arity: [0, 0],
    flags: { detailed: flag.boolean('Show more of each.') },
    doing: () => 'listing secrets engines',
    run: async ({ flags, out, client }) => listMounts(out, mountsOf(await client.json<Data>('GET', 'sys/mounts')), flags.detailed, ['Force No Cache', 'force_no_cache']),
  }),
  command({
    name: 'secrets tune',
    about: 'Tune a secrets engine configuration',
    takes: 'PATH',
    arity: [1, 1],
    flags: tuneFlags,
    doing: ([path]) => `tuning secrets engine ${trimmed(path!)}/`,
    async run({ args, flags, out, client }) {
      const options = optionsOf(flags)
      await client.json('POST', `sys/mounts/${trimmed(args[0]!)}/tune`, {
        body: { ...tuning(flags), ...(flags.description !== undefined && { description: flags.description }), ...(options && { options }) },
      })
      return out.done(`Success! Tuned the secrets engine at: ${trimmed(args[0]!)}/`)
    },
  }),
  command({
    name: 'secrets move',
    about: 'Move a secrets engine to a new path',
    takes: 'SOURCE DESTINATION',
    arity: [2, 2],
    doing: ([from, to]) => `moving secrets engine ${trimmed(from!)}/ to ${trimmed(to!)}/`,
    run: (call) => moveMount(call, 'secrets engine', trimmed(call.args[0]!), trimmed(call.args[1]!)),
  }),
]
