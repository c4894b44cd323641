// strongroom agent: the agent reads its own arguments.
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'agent',
    about: 'Log in, keep tokens alive and render templates beside an application',
    takes: '[arguments]',
    arity: [0, Infinity],
    local: true,
    rawArguments: true,
    run: async ({ args }) => (await import('../../agent/cli.ts')).run(args),
  }),
]
