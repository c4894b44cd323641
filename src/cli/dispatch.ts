// From the words of a command line to an exit code: find the command, read its flags, run it, explain what went wrong.
import { flagsOf, parseArguments, suggestion } from './arguments.ts'
import type { Command } from './command.ts'
import { connect } from './connection.ts'
import { directory, entryOf } from './directory.ts'
import { Output } from './output.ts'
import type { Shell } from './shell.ts'
import { UsageError } from './usage.ts'

/** Runs one command line (without the program's name). Never rejects. */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  const words = argv[0] === '-version' || argv[0] === '--version' || argv[0] === '-v' ? ['version', ...argv.slice(1)] : argv
  const called = words.findIndex((word) => word.startsWith('-'))
  const names = called < 0 ? words : words.slice(0, called)
  if (names.length === 0) return bare(words, shell)
  if (names[0] === 'help') return help(names.slice(1), shell, 0)
  const found = await findCommand(names)
  if (found === undefined) return unknown(names, words, shell)
  return runCommand(found, words.slice(found.name.split(' ').length), shell)
}

/** As in Vault's command line: nothing at all is no command (127), flags belong behind one. */
async function bare(words: readonly string[], shell: Shell): Promise<number> {
  if (words.length === 0) return help([], shell, noCommand)
  if (words.some((word) => /^--?h(elp)?$/.test(word))) return help([], shell, 0)
  return complain(shell, 'Invalid flags before the subcommand. If these flags are for the subcommand, please put them after the subcommand.', 1)
}

/** What a shell says of a command that it does not find. */
const noCommand = 127

async function findCommand(names: readonly string[]): Promise<Command | undefined> {
  const entry = entryOf(names)
  if (entry === undefined) return undefined
  const { commands } = await entry.load()
  for (let count = Math.min(4, names.length); count > 0; count--) {
    const name = names.slice(0, count).join(' ')
    const found = commands.find((command) => command.name === name)
    if (found) return found
  }
  return undefined
}

async function runCommand(command: Command, words: readonly string[], shell: Shell): Promise<number> {
  let namespace: string | undefined
  let args: string[] = []
  try {
    const parsed = command.rawArguments ? { args: [...words], values: {} as Record<string, unknown>, help: false } : parseArguments(words, flagsOf(command))
    if (parsed.help) return await help(command.name.split(' '), shell, 0)
    args = parsed.args
    checkCount(command, args.length)
    const { values } = parsed
    const out = new Output(
      shell,
      (values.format as string | undefined) ?? shell.environment.get('FORMAT') ?? 'table',
      (values.field as string | undefined) || undefined,
      shell.interactive && !values['non-interactive'],
    )
    const client = command.local ? (undefined as never) : await connect(values, shell)
    if (!command.local) namespace = client.namespace
    const catalogue = async () => (await import('./help.ts')).catalogue()
    return await command.run({ args, flags: values, shell, out, client, catalogue })
  } catch (error) {
    if (error instanceof UsageError) return complain(shell, error.message, 1)
    const { Preview } = await import('./preview.ts')
    if (error instanceof Preview) {
      shell.out(error.text + '\n')
      return 0
    }
    const { describe } = await import('./failure.ts')
    const doing = command.doing?.(args)
    return complain(shell, `${doing === undefined ? '' : `Error ${doing}: `}${describe(error, namespace)}`, 2)
  }
}

function checkCount(command: Command, count: number): void {
  const [least, most] = command.arity
  const usage = `\n\nUsage: strongroom ${command.name} [options] ${command.takes ?? ''}`.trimEnd()
  if (count < least) throw new UsageError(`Not enough arguments (expected ${least}, got ${count})${usage}`)
  if (count > most) throw new UsageError(`Too many arguments (expected ${most}, got ${count})${usage}`)
}

function complain(shell: Shell, text: string, code: number): number {
  shell.err(text.replace(/\n*$/, '\n'))
  return code
}

/** A word that leads on without saying where shows what there is; anything else is an error with the nearest name. */
async function unknown(names: readonly string[], words: readonly string[], shell: Shell): Promise<number> {
  const { below } = await import('./help.ts')
  const asked = words.some((word) => /^--?h(elp)?$/.test(word))
  for (let count = names.length; count > 0; count--) {
    const next = await below(names.slice(0, count))
    if (next.length === 0) continue
    if (count === names.length) return help(names, shell, asked ? 0 : 1)
    const word = names[count]!
    const group = names.slice(0, count).join(' ')
    return complain(shell, `Unknown command "${group} ${word}"${suggestion(word, next)}\nRun "strongroom ${group} -h" for what there is.`, 1)
  }
  const top = Object.keys(directory).filter((name) => !name.includes(' '))
  return complain(shell, `Unknown command "${names[0]}"${suggestion(names[0]!, top)}\nRun "strongroom -h" for what there is.`, noCommand)
}

async function help(words: readonly string[], shell: Shell, code: number): Promise<number> {
  const { helpFor } = await import('./help.ts')
  const text = await helpFor(words)
  if (text === undefined) return unknown(words, words, shell)
  if (code === 0) shell.out(text)
  else shell.err(text)
  return code
}
