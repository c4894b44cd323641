// strongroom path-help
import { command } from '../command.ts'
import { trimmed } from '../path.ts'

export const commands = [
  command({
    name: 'path-help',
    about: 'Retrieve API help for paths',
    takes: 'PATH',
    arity: [1, 1],
    doing: ([path]) => `retrieving help for ${path}`,
    async run({ args, out, client }) {
      const help = await client.json<{ help?: string }>('GET', trimmed(args[0]!), { query: { help: '1' } })
      if (!out.isTable) return out.structured(help)
      out.line((help?.help ?? '').trim())
      return 0
    },
  }),
]
