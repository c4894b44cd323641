// Data from arguments: `key=value`, `key=@file`, `key=-` (standard input), `@file.json`, `-` (JSON from standard input).
// `key=\@text` is the text `@text`; a repeated key makes a list.
import { readText } from './files.ts'
import { parseExact } from './json.ts'
import type { Shell } from './shell.ts'
import { UsageError } from './usage.ts'

/** Throws UsageError as Vault does: `Failed to parse K=V data: …`. */
export async function parsePairs(args: readonly string[], shell: Shell): Promise<Record<string, unknown>> {
  const data: Record<string, unknown> = Object.create(null)
  let consumed = false
  const input = (): Promise<string> => {
    if (consumed) throw new UsageError('Failed to parse K=V data: stdin already consumed')
    consumed = true
    return shell.readInput()
  }
  for (const arg of args) {
    if (arg === '') continue
    if (arg === '-') merge(data, await input(), 'standard input')
    else if (arg.startsWith('@')) merge(data, readData(arg.slice(1)), arg.slice(1))
    else {
      const at = arg.indexOf('=')
      if (at < 0) throw new UsageError(`Failed to parse K=V data: invalid key/value pair "${arg}": format must be key=value`)
      add(data, arg.slice(0, at), await valueOf(arg.slice(at + 1), input))
    }
  }
  return { ...data }
}

async function valueOf(text: string, input: () => Promise<string>): Promise<string> {
  if (text === '-') return input()
  if (text.startsWith('@')) return readData(text.slice(1))
  return text.startsWith('\\@') ? text.slice(1) : text
}

function add(data: Record<string, unknown>, key: string, value: string): void {
  const present = data[key]
  data[key] = present === undefined ? value : [...(Array.isArray(present) ? present : [present]), value]
}

/** Empty input adds nothing. */
function merge(data: Record<string, unknown>, text: string, source: string): void {
  if (text.trim() === '') return
  let parsed: unknown
  try {
    parsed = parseExact(text)
  } catch {
    throw new UsageError(`Failed to parse K=V data: ${source} is not JSON`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new UsageError(`Failed to parse K=V data: ${source} is not a JSON object`)
  for (const [key, value] of Object.entries(parsed)) data[key] = value
}

/** A file's text; throws UsageError where it cannot be read. */
export function readData(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    throw new UsageError(`Failed to parse K=V data: error reading file: ${(error as Error).message}`)
  }
}

/** A policy, template or other text: from a file, or from standard input for `-`. */
export const readSource = (name: string, shell: Shell): Promise<string> | string => (name === '-' ? shell.readInput() : readData(name))
