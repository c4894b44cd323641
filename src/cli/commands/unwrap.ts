// strongroom unwrap
import { command } from '../command.ts'
import { UsageError } from '../usage.ts'

export const commands = [
  command({
    name: 'unwrap',
    about: 'Unwrap a wrapped secret',
    takes: '[TOKEN]',
    arity: [0, 1],
    detail: 'Opens the wrapped answer of the token. Without one the token of the command line is the wrapping token; "-" reads it from standard input.',
    doing: () => 'unwrapping',
    async run({ args, out, client, shell }) {
      const token = args[0] === '-' ? (await shell.readInput()).trim() : args[0]
      if (token === '') throw new UsageError('No wrapping token on standard input')
      // The wrapping token authorises itself: no other is needed, nor may one be spent.
      const secret = await (token === undefined ? client : client.with({ token })).unwrap()
      return secret === null ? out.done('Success! There is nothing in it.') : out.secret(secret)
    },
  }),
]
