// strongroom write, patch
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { parsePairs } from '../pairs.ts'
import { trimmed } from '../path.ts'
import { UsageError } from '../usage.ts'

const flags = { force: flag.boolean('Send the request without data.', { aliases: ['f'] }) }

async function send({ args, flags: given, out, client, shell }: Call<typeof flags>, method: 'write' | 'patch'): Promise<number> {
  const [path = '', ...pairs] = [trimmed(args[0]!), ...args.slice(1)]
  if (pairs.length === 0 && !given.force) throw new UsageError('Must supply data or use -force')
  const data = await parsePairs(pairs, shell)
  const secret = method === 'write' ? await client.write(path, data) : await client.patch(path, data)
  return secret === null ? out.done(`Success! Data written to: ${path}`) : out.secret(secret)
}

const detail =
  'Data are K=V pairs. A value that begins with "@" is read from that file, the value "-" from standard input; the argument "-" is JSON from standard input, "@file" JSON from a file.'

export const commands = [
  command({
    name: 'write',
    about: 'Write data, configuration, and secrets',
    takes: 'PATH [DATA K=V...]',
    arity: [1, Infinity],
    detail,
    examples: [
      ['Log in with AppRole', 'write -field=token auth/approle/login role_id=… secret_id=-'],
      ['Make a key', 'write -f transit/keys/my-key'],
    ],
    flags,
    doing: ([path]) => `writing data to ${path}`,
    run: (call) => send(call, 'write'),
  }),
  command({
    name: 'patch',
    about: 'Patch data, configuration, and secrets',
    takes: 'PATH [DATA K=V...]',
    arity: [1, Infinity],
    detail,
    flags,
    doing: ([path]) => `writing data to ${path}`,
    run: (call) => send(call, 'patch'),
  }),
]
