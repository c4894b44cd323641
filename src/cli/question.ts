// Asking a person. Never without a terminal: then the caller gets a UsageError that says what to do instead.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Call } from './command.ts'
import type { Output } from './output.ts'
import type { Shell } from './shell.ts'
import { UsageError } from './usage.ts'

/** Asks for a secret; what is typed is not shown. */
export function askHidden(out: Output, shell: Shell, prompt: string, instead: string): Promise<string> {
  return ask(out, shell, `${prompt} (will be hidden): `, instead, true)
}

export function askText(out: Output, shell: Shell, prompt: string, instead: string): Promise<string> {
  return ask(out, shell, `${prompt}: `, instead, false)
}

/** A share of the unseal keys: the argument, standard input for `-`, else what a person types. */
export async function askShare({ args, out, shell }: Pick<Call, 'args' | 'out' | 'shell'>): Promise<string> {
  if (args[0] === '-') return (await shell.readInput()).trim()
  return args[0] ?? askHidden(out, shell, 'Unseal Key', 'give "-" and the key on standard input')
}

async function ask(out: Output, shell: Shell, prompt: string, instead: string, hidden: boolean): Promise<string> {
  if (!out.interactive) throw new UsageError(`${prompt.replace(/ \(will be hidden\)?: $|: $/, '')} is needed and there is no terminal to ask: ${instead}`)
  shell.err(prompt)
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: hidden ? sink : process.stderr, terminal: true })
  const aborted = new AbortController()
  lines.on('SIGINT', () => aborted.abort())
  try {
    return (await lines.question('', { signal: aborted.signal })).trim()
  } catch {
    throw new UsageError('interrupted')
  } finally {
    lines.close()
    if (hidden) shell.err('\n')
  }
}
