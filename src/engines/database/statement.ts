// SQL statements with places for names and passwords, filled by the quoting rules of the place where each stands.
import { invalid } from '../../kit/errors.ts'
import { field } from '../../kit/field.ts'

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A list; one statement; or, as Vault takes them, either of these as JSON or base64 of it. */
function parseStatements(raw: unknown, name: string): string[] {
  if (Array.isArray(raw)) {
    if (!raw.every((item) => typeof item === 'string')) throw invalid(`${name}: expected statements`)
    return raw.filter((item) => item.trim() !== '')
  }
  if (typeof raw !== 'string') throw invalid(`${name}: expected statements`)
  const plain = /^[A-Za-z0-9+/\s]{16,}={0,2}$/.test(raw) && !raw.includes(' ') ? Buffer.from(raw, 'base64').toString() : raw
  const list = plain.startsWith('[') ? asJson(plain) : undefined
  return Array.isArray(list) ? parseStatements(list, name) : plain.trim() === '' ? [] : [plain]
}

export const statements = field({ type: 'array', items: { type: 'string' } }, parseStatements)

interface Step {
  place: Place
  length: number
}

type Place = 'bare' | 'single' | 'escape' | 'double' | 'line' | 'block'

/** The value as it may stand in a place; throws where no quoting makes it safe there. */
function quote(place: Place, name: string, value: string, dollars: string[]): string {
  const leaks = dollars.some((tag) => value.includes(tag)) || (dollars.length > 0 && /^\$|\$$/.test(value))
  if (leaks) throw invalid(`statement: {{${name}}} cannot stand in a dollar-quoted body with this value`)
  if (place === 'single') return value.replaceAll("'", "''")
  if (place === 'escape') return value.replaceAll('\\', '\\\\').replaceAll("'", "''")
  if (place === 'double') return value.replaceAll('"', '""')
  if (!/^\w+$/.test(value)) throw invalid(`statement: {{${name}}} has to stand in quotes`)
  return value
}

const placeholder = /\{\{\s*(\w+)\s*\}\}/y
const dollarTag = /\$(?:[A-Za-z_]\w*)?\$/y
const closes: Partial<Record<Place, string>> = { single: "'", escape: "'", double: '"', line: '\n', block: '*/' }

/** Where `rest` of the text at this point begins another place. */
function opens(sql: string, at: number): [Place, number] | null {
  const two = sql.slice(at, at + 2)
  if (two === '--') return ['line', 2]
  if (two === '/*') return ['block', 2]
  if (/^[eE]'$/.test(two) && !/\w/.test(sql[at - 1] ?? ' ')) return ['escape', 2]
  if (sql[at] === "'") return ['single', 1]
  return sql[at] === '"' ? ['double', 1] : null
}

/**
 * Puts values for `{{name}}`: quotes are doubled inside quotes, and outside of them only words are let in.
 * Places without a value, and those in comments, stay as they are.
 */
export function fillStatement(sql: string, values: Record<string, string>): string {
  let place: Place = 'bare'
  const dollars: string[] = []
  let out = ''
  for (let at = 0; at < sql.length;) {
    placeholder.lastIndex = at
    const found = place === 'line' || place === 'block' ? null : placeholder.exec(sql)
    if (found) {
      const value = values[found[1]!]
      out += value === undefined ? found[0] : quote(place, found[1]!, value, dollars)
      at += found[0].length
      continue
    }
    // The tag that opened a body ends it wherever it comes, in the middle of a text or comment too.
    const outer = dollars[0]
    if (outer && sql.startsWith(outer, at)) {
      dollars.length = 0
      place = 'bare'
      out += outer
      at += outer.length
      continue
    }
    const step: Step = place === 'bare' ? stepBare(sql, at, dollars) : stepQuoted(sql, at, place)
    out += sql.slice(at, at + step.length)
    at += step.length
    place = step.place
  }
  return out
}

function stepBare(sql: string, at: number, dollars: string[]): Step {
  dollarTag.lastIndex = at
  const tag = sql[at] === '$' ? dollarTag.exec(sql)?.[0] : undefined
  if (tag) {
    if (dollars.at(-1) === tag) dollars.pop()
    else dollars.push(tag)
    return { place: 'bare', length: tag.length }
  }
  const opened = opens(sql, at)
  return opened ? { place: opened[0], length: opened[1] } : { place: 'bare', length: 1 }
}

function stepQuoted(sql: string, at: number, place: Place): Step {
  if (place === 'escape' && sql[at] === '\\') return { place, length: 2 }
  const close = closes[place]!
  return sql.startsWith(close, at) ? { place: 'bare', length: close.length } : { place, length: 1 }
}

/** An identifier in SQL's double quotes. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('\0', '').replaceAll('"', '""')}"`
