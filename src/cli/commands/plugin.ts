// strongroom plugin list, info: what is built in; nothing can be registered.
import type { Data } from '../../sdk/secret.ts'
import { command } from '../command.ts'
import { show } from '../text.ts'
import { UsageError } from '../usage.ts'

const types = ['auth', 'database', 'secret']

export const commands = [
  command({
    name: 'plugin list',
    about: 'Lists available plugins',
    takes: '[TYPE]',
    arity: [0, 1],
    doing: () => 'listing available plugins',
    async run({ args, out, client }) {
      if (args[0] !== undefined && !types.includes(args[0])) throw new UsageError(`"${args[0]}" is no plugin type: ${types.join(', ')}`)
      const { data } = (await client.json<{ data: Data }>('GET', 'sys/plugins/catalog'))!
      const detailed = (data.detailed ?? []) as Data[]
      const found = detailed.filter((plugin) => args[0] === undefined || plugin.type === args[0])
      if (!out.isTable) return out.structured(found.length > 0 ? found : data)
      const rows = found.length > 0 ? found.map((plugin) => [show(plugin.name), show(plugin.type), show(plugin.version ?? '')]) : types.flatMap((type) => ((data[type] ?? []) as string[]).map((name) => [name, type, '']))
      out.rows(['Name', 'Type', 'Version'], rows)
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
      const secret = await client.read(`sys/plugins/catalog/${args[0]}/${args[1]}`)
      return secret === null ? out.fail(`No plugin named ${args[1]}`) : out.data(secret.data ?? {})
    },
  }),
]
