// strongroom read
import { command, flag } from '../command.ts'
import { trimmed } from '../path.ts'

export const commands = [
  command({
    name: 'read',
    about: 'Read data and retrieve secrets',
    takes: 'PATH [K=V...]',
    arity: [1, Infinity],
    detail: 'Reads data at the path. Further K=V pairs are sent as query parameters.',
    examples: [['Read what an engine issues', 'read database/creds/my-role']],
    flags: { 'list-raw': flag.boolean('', { hidden: true }) },
    doing: ([path]) => `reading ${path}`,
    async run({ args, out, client, shell }) {
      const path = trimmed(args[0]!)
      const query = args.length === 1 ? {} : ((await (await import('../pairs.ts')).parsePairs(args.slice(1), shell)) as Record<string, string>)
      if (out.format === 'raw' && out.field === undefined) {
        for await (const chunk of (await client.request('GET', path, { query })).stream()) out.bytes(chunk)
        return 0
      }
      const secret = await client.read(path, query)
      return secret === null ? out.fail(`No value found at ${path}`) : out.secret(secret)
    },
  }),
]
