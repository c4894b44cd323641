// strongroom scan: the scanner reads its own arguments.
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'scan',
    about: 'Find secrets in files, git history and standard input',
    takes: '[arguments]',
    arity: [0, Infinity],
    local: true,
    rawArguments: true,
    run: async ({ args }) => (await import('../../scan/cli.ts')).run(args),
  }),
]
