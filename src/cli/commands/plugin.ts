// strongroom plugin list, info, reload, register, deregister
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { show } from '../text.ts'
import { UsageError } from '../usage.ts'

const types = ['auth', 'database', 'secret']
const place = (type: string, name: string): string => `sys/plugins/catalog/${type}/${name}`

/** What a list shows of each; who asks for one type knows it. */
const columnsOf = (typed: boolean, detailed: boolean): [header: string, field: string][] => [
  ['Name', 'name'],
  ...(typed && !detailed ? [] : [['Type', 'type'] as [string, string]]),
  ['Version', 'version'],
  ...(detailed ? [['Deprecation Status', 'deprecation_status'] as [string, string]] : []),
]

export const commands = [
  command({
    name: 'plugin list',
    about: 'Lists available plugins',
    takes: '[TYPE]',
    arity: [0, 1],
    flags: { detailed: flag.boolean('Show more of each.') },
    doing: () => 'listing available plugins',
    async run({ args, flags, out, client }) {
      const [type] = args
      if (type !== undefined && !types.includes(type)) throw new UsageError(`"${type}" is no plugin type: ${types.join(', ')}`)
      const { data } = (await client.json<{ data: Data }>('GET', 'sys/plugins/catalog'))!
      const named = types.flatMap((one) => ((data[one] ?? []) as string[]).map((name): Data => ({ name, type: one })))
      const all = ((data.detailed as Data[] | undefined) ?? named).filter((plugin) => type === undefined || plugin.type === type)
      if (!out.isTable) return out.structured(data.detailed ? all : data)
      const columns = columnsOf(type !== undefined, flags.detailed)
      out.rows(columns.map(([header]) => header), all.map((plugin) => columns.map(([, field]) => show(plugin[field] ?? ''))))
      return 0
    },
  }),
  command({
    name: 'plugin info',
    about: 'Read information about a plugin',
    takes: 'TYPE NAME',
    arity: [2, 2],
    doing: ([, name]) => `reading plugin named ${name}`,
    async run({ args, out, client }) {
      const secret = await client.read(place(args[0]!, args[1]!))
      if (secret === null) return out.fail(`No plugin named ${args[1]}`)
      const { args: given, ...rest } = secret.data ?? {}
      return out.data({ args: given ?? [], ...rest })
    },
  }),
  command({
    name: 'plugin reload',
    about: 'Reload mounted plugins',
    arity: [0, 0],
    flags: { plugin: flag.text('Name of the plugin.'), mounts: flag.list('Path of a mount; may be repeated.'), scope: flag.text('', { hidden: true }) },
    doing: () => 'reloading plugin/mounts',
    async run({ flags, out, client }) {
      const { plugin, mounts } = flags
      if ((plugin === undefined) === (mounts.length === 0)) throw new UsageError(plugin === undefined ? 'No plugins specified, must specify exactly one of -plugin or -mounts' : 'Must specify exactly one of -plugin or -mounts')
      await client.write('sys/plugins/reload/backend', plugin === undefined ? { mounts } : { plugin })
      return out.done(plugin === undefined ? `Success! Reloaded mounts: [${mounts.join(' ')}]` : `Success! Reloaded plugin: ${plugin}`)
    },
  }),
  command({
    name: 'plugin register',
    about: 'Register a new plugin in the catalog',
    takes: 'TYPE NAME',
    arity: [2, 2],
    flags: { args: flag.list('Argument of the plugin; may be repeated.'), command: flag.text('Command that starts it; default its name.'), sha256: flag.text('SHA-256 of its program in hex.'), version: flag.text('Its version.'), env: flag.list('Variable of its environment; may be repeated.') },
    doing: ([, name]) => `registering plugin ${name}`,
    async run({ args, flags, out, client }) {
      const [type, name] = args as [string, string]
      await client.write(place(type, name), { args: flags.args, command: flags.command ?? name, sha256: flags.sha256 ?? '', version: flags.version ?? '', env: flags.env })
      return out.done(`Success! Registered plugin: ${name}`)
    },
  }),
  command({
    name: 'plugin deregister',
    about: 'Deregister an existing plugin in the catalog',
    takes: 'TYPE NAME',
    arity: [2, 2],
    flags: { version: flag.text('Its version.') },
    doing: ([, name]) => `deregistering plugin named ${name}`,
    async run({ args, out, client }) {
      await client.delete(place(args[0]!, args[1]!))
      return out.done(`Success! Deregistered plugin (if it was registered): ${args[1]}`)
    },
  }),
]
