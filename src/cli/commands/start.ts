// strongroom start: what `npm start` runs.
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'start',
    about: 'Start a persistent, unsealed server on the loopback address',
    arity: [0, 0],
    local: true,
    detail: 'Keeps its data and its seal key in the folder that STRONGROOM_HOME names (default .strongroom), and finds them again. Prints its address and how to log in.',
    run: async () => (await import('../../run.ts')).startLocal(),
  }),
]
