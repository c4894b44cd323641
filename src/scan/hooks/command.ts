// `strongroom scan install [--pre-commit | --pre-push | --pre-receive] [REPOSITORY]` and `uninstall`.
import { parseArgs } from 'node:util'
import { installHook, uninstallHook, type Hook } from './install.ts'

const hooks = ['pre-commit', 'pre-push', 'pre-receive'] as const
const options = { 'pre-commit': { type: 'boolean' }, 'pre-push': { type: 'boolean' }, 'pre-receive': { type: 'boolean' } } as const

/** Sets up the hooks that are named, `pre-commit` when none is; returns the exit status. */
export const run = (argv: string[]): Promise<number> =>
  each(argv, ['pre-commit'], async (hook, repository) => `${hook}: ${await installHook(hook, { repository })}\n`)

/** Removes the hooks that are named, all of ours when none is. */
export const remove = (argv: string[]): Promise<number> =>
  each(argv, [...hooks], async (hook, repository) => ((await uninstallHook(hook, repository)) ? `${hook}: removed\n` : ''))

async function each(argv: string[], unnamed: Hook[], act: (hook: Hook, repository: string) => Promise<string>): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
    const named = hooks.filter((hook) => values[hook])
    for (const hook of named.length > 0 ? named : unnamed) process.stdout.write(await act(hook, positionals[0] ?? '.'))
    return 0
  } catch (error) {
    process.stderr.write(`strongroom scan: ${(error as Error).message}\n`)
    return 2
  }
}
