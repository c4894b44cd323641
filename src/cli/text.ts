// Values and tables as people read them, in Vault's shapes.
import { digitsOf } from '../kit/json.ts'
import { sortedKeys } from './json.ts'

/** A value as Go's `%v` prints it: `map[a:1 b:2]`, `[x y]`, `<nil>`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value !== 'object') return String(value)
  const digits = digitsOf(value)
  if (digits !== undefined) return digits
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`
  const map: Record<string, unknown> = value instanceof Map ? Object.fromEntries(value) : (value as Record<string, unknown>)
  return `map[${sortedKeys(map).map((key) => `${key}:${show(map[key])}`).join(' ')}]`
}

/** `["root" "default"]`, as Go's `%q` prints a list. */
export const showQuoted = (list: readonly string[] | null | undefined): string => `[${(list ?? []).map((item) => JSON.stringify(item)).join(' ')}]`

const durationName = /^(?:period|ttl|duration|lease_max|ttl_max)$|_(?:period|ttl|duration)$/

/** Seconds as `768h`, `1h30m`, `59m43s`; what is no number stays as it is. */
export function showDuration(value: unknown): string {
  const seconds = typeof value === 'number' ? value : Number.NaN
  if (!Number.isInteger(seconds)) return show(value)
  const size = Math.abs(seconds)
  const parts: [number, string][] = [[Math.floor(size / 3600), 'h'], [Math.floor(size / 60) % 60, 'm'], [size % 60, 's']]
  const text = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => amount + unit).join('')
  return (seconds < 0 ? '-' : '') + (text || '0s')
}

/** The value beside a key in a table. */
export const showField = (key: string, value: unknown): string => (durationName.test(key) ? showDuration(value) : show(value))

/** Columns four spaces apart; an empty cell reads `n/a`; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.trim() || 'n/a'))
  const widths: number[] = []
  for (const row of cells) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, width(cell))))
  return cells
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell + ' '.repeat(widths[at]! - width(cell)))).join('    '))
    .join('\n')
}

/** Columns below a header with dashes. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  columns([header, header.map((name) => '-'.repeat(name.length)), ...rows])

const width = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length)

/** `== Title ==`, about as wide as what follows. */
export function heading(title: string, wide: number): string {
  const signs = wide - (title.length + 2)
  const side = '='.repeat(Math.ceil((signs <= 0 ? 4 : signs) / 2))
  return `${side} ${title} ${side}`
}

/** The heading of a table of `data`. */
export const headingFor = (title: string, data: object): string =>
  heading(title, Math.max(0, ...Object.keys(data).map((key) => key.length)) + '    Value'.length)

/** Lines of at most 78 characters. */
export function wrapText(text: string, indent = ''): string {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && indent.length + last.length + word.length < 78) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line) => indent + line).join('\n')
}
