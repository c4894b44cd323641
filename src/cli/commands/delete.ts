// strongroom delete
import { command } from '../command.ts'
import { parsePairs } from '../pairs.ts'
import { trimmed } from '../path.ts'

export const commands = [
  command({
    name: 'delete',
    about: 'Delete secrets and configuration',
    takes: 'PATH [K=V...]',
    arity: [1, Infinity],
    doing: ([path]) => `deleting ${path}`,
    async run({ args, out, client, shell }) {
      const path = trimmed(args[0]!)
      const secret = await client.delete(path, (await parsePairs(args.slice(1), shell)) as Record<string, string>)
      return secret === null ? out.done(`Success! Data deleted (if it existed) at: ${path}`) : out.secret(secret)
    },
  }),
]
