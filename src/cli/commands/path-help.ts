// strongroom path-help
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'path-help',
    about: 'Retrieve API help for paths',
    takes: 'PATH',
    arity: [1, 1],
    doing: ([path]) => `retrieving help for ${path}`,
    async run({ args, out, client }) {
      const help = await client.json<{ help?: string }>('GET', args[0]!.replace(/^\/+|\/+$/g, ''), { query: { help: '1' } })
      if (!out.isTable) return out.structured(help)
      out.line((help?.help ?? '').trim())
      return 0
    },
  }),
]
