// strongroom agent: the agent reads its own arguments.
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'agent',
    about: 'Log in, keep a token alive, render templates, run a program with secrets',
    takes: '-config=FILE',
    arity: [0, Infinity],
    local: true,
    rawArguments: true,
    run: async ({ args, shell }) => (await import('../../agent/cli.ts')).run(args, shell.environment.all),
  }),
]
