// strongroom print token
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'print token',
    about: 'Prints the token that commands use',
    arity: [0, 0],
    run: ({ out, client }) => {
      out.line(client.token ?? '')
      return 0
    },
  }),
]
