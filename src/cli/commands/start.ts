// strongroom start: what `npm start` runs.
import { command, flag } from '../command.ts'

export const commands = [
  command({
    name: 'start',
    about: 'Start a persistent, unsealed server on the loopback address',
    arity: [0, 0],
    local: true,
    detail: 'Keeps its data and its seal key in the folder that STRONGROOM_HOME names (default .strongroom), and finds them again. Prints its address and how to log in.',
    examples: [['On another port', 'start -listen-address=127.0.0.1:8300']],
    flags: { 'listen-address': flag.text('Address to listen on; default 127.0.0.1:8200.') },
    run: async ({ flags }) => (await import('../../run.ts')).startLocal(flags['listen-address'] === undefined ? {} : { listenAddress: flags['listen-address'] }),
  }),
]
