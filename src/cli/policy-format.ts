// Policies laid out evenly: two spaces a level, one around `=`, no blanks at line ends. What is inside strings,
// here-documents and comments stays. The text must parse first.
import { parseHcl } from '../hcl/index.ts'
import { UsageError } from './usage.ts'

/** Throws UsageError where the text is not a policy's language. */
export function formatPolicy(text: string): string {
  try {
    parseHcl(text)
  } catch (error) {
    throw new UsageError(`Failed to parse the policy: ${(error as Error).message}`)
  }
  const lines: string[] = []
  let depth = 0
  let hereEnd: string | undefined
  for (const raw of text.replaceAll('\r\n', '\n').split('\n')) {
    if (hereEnd !== undefined) {
      lines.push(raw)
      if (raw.trim() === hereEnd) hereEnd = undefined
      continue
    }
    const line = spaced(raw.trim())
    if (line === '' && (lines.length === 0 || lines.at(-1) === '')) continue
    const bare = line.replace(/"(?:\\.|[^"\\])*"/g, '""').replace(/(?:#|\/\/).*$/, '')
    const closing = /^[\]})]+/.exec(bare)?.[0].length ?? 0
    lines.push(line === '' ? '' : '  '.repeat(Math.max(0, depth - closing)) + line)
    depth = Math.max(0, depth + count(bare, /[[{(]/g) - count(bare, /[\]})]/g))
    hereEnd = /<<-?(\w+)$/.exec(bare)?.[1]
  }
  return lines.join('\n').trimEnd() + '\n'
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** One space around the first `=` that stands between a name and its value, and one behind each comma of a list. */
const spaced = (line: string): string => line.replace(/^("(?:\\.|[^"\\])*"|[\w.-]+)\s*=\s*(?!=)/, '$1 = ').replace(/("(?:\\.|[^"\\])*"|(?:#|\/\/).*$)|\s*,\s*(?=\S)/g, (_, kept?: string) => kept ?? ', ')
