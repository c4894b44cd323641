// JSON as Vault's command line reads and writes it: numbers keep their digits, keys are sorted, `<`, `>` and `&` are escaped
// (Go's encoding/json). A Map keeps its own order: it stands for a structure, an object for a map.
import { digitsOf, parseKeeping } from '../kit/json.ts'

const inexact = /\d{16}|\d\.\d|\d[eE]/

/** Reads JSON; a number that would be written otherwise than it came, such as `1.0`, stays the text that it was. */
export const parseExact = (text: string): unknown =>
  inexact.test(text) ? parseKeeping(text, (value, source) => String(value) !== source) : JSON.parse(text)

const escapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' }

/** By code point, as Go sorts strings by bytes of UTF-8. */
export function sortedKeys(value: object): string[] {
  return Object.keys(value).sort((a, b) => (a < b ? -1 : 1))
}

/** Indented by two spaces. */
export function formatJson(value: unknown, indent = ''): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char]!)
  if (typeof value !== 'object') return String(value)
  const digits = digitsOf(value)
  if (digits !== undefined) return digits
  const inner = indent + '  '
  const wrapped = (open: string, items: string[], close: string): string =>
    items.length === 0 ? open + close : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`
  if (Array.isArray(value)) return wrapped('[', value.map((item) => formatJson(item, inner)), ']')
  const entries: [string, unknown][] =
    value instanceof Map ? [...(value as Map<string, unknown>)] : sortedKeys(value).map((key) => [key, (value as Record<string, unknown>)[key]])
  return wrapped('{', entries.map(([key, item]) => `${formatJson(key)}: ${formatJson(item, inner)}`), '}')
}
