// strongroom token create, lookup, renew, revoke, capabilities
import type { Data, Secret } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { show } from '../text.ts'
import { UsageError } from '../usage.ts'

const accessor = flag.boolean('The argument is an accessor, not a token.')

const createFlags = {
  id: flag.text('Value of the token; only root may choose it.'),
  'display-name': flag.text('Name to show; default "token".'),
  'entity-alias': flag.text('Name of the entity alias to bind the token to.'),
  'explicit-max-ttl': flag.text('Longest life, renewals included.'),
  metadata: flag.map('A note on the token, key=value; may be repeated.'),
  'no-default-policy': flag.boolean('Without the policy "default".'),
  orphan: flag.boolean('Without a parent.'),
  period: flag.text('Each renewal gives this TTL, without end.'),
  policy: flag.list('Name of a policy; may be repeated.'),
  renewable: flag.text('Whether it may be renewed: true or false.', { words: ['true', 'false'] }),
  role: flag.text('Token role to create it by.'),
  ttl: flag.text('First life of the token.'),
  type: flag.text('service or batch.', { words: ['service', 'batch'] }),
  'use-limit': flag.integer('Uses until it is gone; 0: any number.'),
}

const argumentOf = async ({ args, shell }: Pick<Call, 'args' | 'shell'>): Promise<string | undefined> => (args[0] === '-' ? (await shell.readInput()).trim() : args[0])

/** Where the API takes what is done to the token that the arguments mean: the one in use, a given one, or the one behind an accessor. */
async function meant(call: Call<{ accessor: typeof accessor }>, verb: 'lookup' | 'renew'): Promise<{ path: string; body?: Data }> {
  const given = await argumentOf(call)
  if (call.flags.accessor && given === undefined) throw new UsageError('Not enough arguments with -accessor (expected 1, got 0)')
  if (call.flags.accessor) return { path: `auth/token/${verb}-accessor`, body: { accessor: given } }
  return given === undefined ? { path: `auth/token/${verb}-self` } : { path: `auth/token/${verb}`, body: { token: given } }
}

export const commands = [
  command({
    name: 'token create',
    about: 'Create a new token',
    arity: [0, 0],
    examples: [['A token for an hour', 'token create -policy=my-app -ttl=1h']],
    flags: createFlags,
    doing: () => 'creating token',
    async run({ flags, out, client }) {
      const body: Data = {
        id: flags.id,
        display_name: flags['display-name'],
        entity_alias: flags['entity-alias'],
        explicit_max_ttl: flags['explicit-max-ttl'],
        meta: Object.keys(flags.metadata).length > 0 ? flags.metadata : undefined,
        no_default_policy: flags['no-default-policy'] || undefined,
        no_parent: flags.orphan || undefined,
        period: flags.period,
        policies: flags.policy.length > 0 ? flags.policy.flatMap((names) => names.split(',')) : undefined,
        renewable: flags.renewable === undefined ? undefined : flags.renewable !== 'false',
        ttl: flags.ttl,
        type: flags.type,
        num_uses: flags['use-limit'],
      }
      const path = flags.role !== undefined ? `auth/token/create/${flags.role}` : 'auth/token/create'
      return out.secret(await client.json<Secret>('POST', path, { body }))
    },
  }),
  command({
    name: 'token lookup',
    about: 'Display information about a token',
    takes: '[TOKEN | ACCESSOR]',
    arity: [0, 1],
    flags: { accessor },
    doing: () => 'looking up token',
    async run(call) {
      const { path, body } = await meant(call, 'lookup')
      return call.out.secret(body ? await call.client.write(path, body) : await call.client.read(path))
    },
  }),
  command({
    name: 'token renew',
    about: 'Renew a token lease',
    takes: '[TOKEN]',
    arity: [0, 1],
    flags: { accessor, increment: flag.text('Wanted further life, such as 1h.', { aliases: ['i'] }) },
    doing: () => 'renewing token',
    async run(call) {
      const { path, body } = await meant(call, 'renew')
      const terms = call.flags.increment === undefined ? {} : { increment: call.flags.increment }
      return call.out.secret(await call.client.write(path, { ...body, ...terms }))
    },
  }),
  command({
    name: 'token revoke',
    about: 'Revoke a token and its children',
    takes: '[TOKEN | ACCESSOR]',
    arity: [0, 1],
    flags: { accessor, mode: flag.text('orphan: the children stay; path: not any more.', { words: ['orphan'] }), self: flag.boolean("Revoke the command line's own token.") },
    doing: () => 'revoking token',
    async run(call) {
      const { flags, out, client } = call
      const given = await argumentOf(call)
      if (flags.self ? given !== undefined : given === undefined) throw new UsageError(flags.self ? 'Too many arguments with -self' : 'Not enough arguments (expected 1, got 0)')
      if (flags.mode !== undefined && flags.mode !== 'orphan') throw new UsageError(`Invalid mode: ${flags.mode}`)
      if (flags.self) await client.write('auth/token/revoke-self')
      else if (flags.accessor) await client.write('auth/token/revoke-accessor', { accessor: given })
      else await client.write(flags.mode === 'orphan' ? 'auth/token/revoke-orphan' : 'auth/token/revoke', { token: given })
      return out.done('Success! Revoked token (if it existed)')
    },
  }),
  command({
    name: 'token capabilities',
    about: 'Print capabilities of a token on a path',
    takes: '[TOKEN] PATH',
    arity: [1, 2],
    flags: { accessor },
    doing: () => 'listing capabilities',
    async run({ args, flags, out, client }) {
      const [path, token] = args.length === 1 ? [args[0]!] : [args[1]!, args[0]!]
      if (flags.accessor && token === undefined) throw new UsageError('Not enough arguments with -accessor (expected 2, got 1)')
      const secret =
        token === undefined
          ? await client.write('sys/capabilities-self', { paths: [path] })
          : flags.accessor
            ? await client.write('sys/capabilities-accessor', { accessor: token, paths: [path] })
            : await client.write('sys/capabilities', { token, paths: [path] })
      const found = [...((secret?.data?.[path] ?? secret?.data?.capabilities ?? []) as string[])].sort()
      if (out.isTable) out.line(found.map(show).join(', '))
      else return out.structured(found)
      return 0
    },
  }),
]
