// Help, derived from what the commands declare.
import type { Catalogue, Command, Flags } from './command.ts'
import { connectionFlags, outputFlags } from './arguments.ts'
import { directory } from './directory.ts'
import { columns, wrapText } from './text.ts'

/** Every command there is, in the order of the directory. */
async function allCommands(): Promise<Command[]> {
  const families = await Promise.all(Object.values(directory).map((entry) => entry.load()))
  return [...new Set(families.flatMap((family) => family.commands))]
}

export const catalogue = async (): Promise<Catalogue> => ({
  commands: await allCommands(),
  about: (words) => (Object.hasOwn(directory, words) ? directory[words]!.about : undefined),
})

/** The words that may follow these. */
export async function below(words: readonly string[]): Promise<string[]> {
  const prefix = words.map((word) => `${word} `).join('')
  const names = (await allCommands()).map((command) => command.name).filter((name) => name.startsWith(prefix))
  return [...new Set(names.map((name) => name.slice(prefix.length).split(' ')[0]!))]
}

/** Help for a command, for a word that leads on, or (no words) for all; undefined where there is none. */
export async function helpFor(words: readonly string[]): Promise<string | undefined> {
  const commands = await allCommands()
  const name = words.join(' ')
  const exact = commands.find((command) => command.name === name)
  const group = await groupHelp(words, commands)
  if (exact) return commandHelp(exact) + (group === undefined ? '' : `\n${group}`)
  return group
}

async function groupHelp(words: readonly string[], commands: readonly Command[]): Promise<string | undefined> {
  const next = await below(words)
  if (next.length === 0) return undefined
  const rows = next.sort().map((word) => {
    const full = [...words, word].join(' ')
    const about = commands.find((command) => command.name === full)?.about ?? directory[full]?.about
    return [`    ${word}`, about ?? '']
  })
  const title = ['strongroom', ...words, '<command> [options] [arguments]'].join(' ')
  const about = words.length === 0 ? 'A store of secrets that the clients of Vault can use.' : (directory[words.join(' ')]?.about ?? '')
  const ending = words.length === 0 ? '\nEvery command explains itself with -h. Settings come from the environment: VAULT_ADDR, VAULT_TOKEN …\n' : ''
  return `Usage: ${title}\n\n${about ? `  ${about}.\n\n`.replace('..', '.') : ''}Commands:\n${indented(rows)}\n${ending}`
}

function commandHelp(command: Command): string {
  const parts = [`Usage: strongroom ${command.name} [options] ${command.takes ?? ''}`.trimEnd(), wrapText(`${command.about}.`.replace('..', '.'), '  ')]
  if (command.detail) parts.push(command.detail.split('\n\n').map((text) => wrapText(text, '  ')).join('\n\n'))
  for (const [does, line] of command.examples ?? []) parts.push(`  ${does}:\n\n      $ strongroom ${line}`)
  if (command.rawArguments) return parts.join('\n\n') + '\n'
  const sections: [string, Flags][] = [['Command Options', command.flags ?? {}], ['Output Options', outputFlags], ...(command.local ? [] : [['HTTP Options', connectionFlags] as [string, Flags]])]
  for (const [title, flags] of sections) {
    const rows = flagRows(flags)
    if (rows.length > 0) parts.push(`${title}:\n\n${indented(rows)}`)
  }
  return parts.join('\n\n') + '\n'
}

function flagRows(flags: Flags): string[][] {
  return Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { kind, about, default: preset, aliases = [] }]) => {
      const shape = kind === 'boolean' ? '' : kind === 'integer' ? '=<int>' : kind === 'map' ? '=<key=value>' : '=<string>'
      const known = preset === undefined || preset === false || (typeof preset === 'object') ? '' : ` Default: ${String(preset)}.`
      return [`    ${[name, ...aliases].map((word) => `-${word}`).join(', ')}${shape}`, about + known]
    })
}

/** Columns whose leading spaces stay. */
const indented = (rows: readonly string[][]): string =>
  columns(rows.map(([first = '', ...rest]) => [first.trim(), ...rest]))
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
