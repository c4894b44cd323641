// Templates of user names: the part of Go's template language that Vault offers for them.
// https://developer.hashicorp.com/vault/docs/concepts/username-templating
import { createHash, randomUUID } from 'node:crypto'
import { randomBase62 } from '../../crypto/encoding.ts'
import { invalid } from '../../kit/errors.ts'

export interface NameData {
  DisplayName: string
  RoleName: string
  /** Milliseconds since 1970. */
  now: number
}

type Value = string | number
type Expression = (data: NameData) => Value
type Call = (data: NameData, args: Value[]) => Value

function size(value: Value | undefined): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 256) throw invalid('username_template: expected a length from 1 to 256')
  return number
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Go writes layouts by example: this moment stands for its parts. */
const layout: [RegExp, (iso: string) => string][] = [
  [/2006/g, (iso) => iso.slice(0, 4)], [/01/g, (iso) => iso.slice(5, 7)], [/02/g, (iso) => iso.slice(8, 10)],
  [/15/g, (iso) => iso.slice(11, 13)], [/04/g, (iso) => iso.slice(14, 16)], [/05/g, (iso) => iso.slice(17, 19)],
]

function formatTime(example: string, now: number): string {
  const iso = new Date(now).toISOString()
  const marked = layout.reduce((text, [pattern], at) => text.replaceAll(pattern, `\0${at}\0`), example)
  return marked.replaceAll(/\0(\d)\0/g, (_, at: string) => layout[Number(at)]![1](iso))
}

function printf(args: Value[]): string {
  const [format, ...rest] = args
  return String(format).replaceAll(/%([sdv%])/g, (_, verb: string) => (verb === '%' ? '%' : String(rest.shift() ?? '')))
}

const calls: Record<string, { arity: number | 'any'; run: Call }> = {
  random: { arity: 1, run: (_, [length]) => randomBase62(size(length)) },
  truncate: { arity: 2, run: (_, [length, text]) => String(text).slice(0, size(length)) },
  truncate_sha256: {
    arity: 2,
    run: (_, [length, text]) => {
      const whole = String(text)
      const most = size(length)
      if (most <= 8) throw invalid('username_template: truncate_sha256 needs more than 8 characters')
      return whole.length <= most ? whole : whole.slice(0, most - 8) + sha256(whole.slice(most - 8)).slice(0, 8)
    },
  },
  lowercase: { arity: 1, run: (_, [text]) => String(text).toLowerCase() },
  uppercase: { arity: 1, run: (_, [text]) => String(text).toUpperCase() },
  replace: { arity: 3, run: (_, [from, to, text]) => String(text).replaceAll(String(from), String(to)) },
  sha256: { arity: 1, run: (_, [text]) => sha256(String(text)) },
  base64: { arity: 1, run: (_, [text]) => Buffer.from(String(text)).toString('base64') },
  unix_time: { arity: 0, run: (data) => Math.trunc(data.now / 1000) },
  unix_time_millis: { arity: 0, run: (data) => data.now },
  timestamp: { arity: 1, run: (data, [example]) => formatTime(String(example), data.now) },
  uuid: { arity: 0, run: () => randomUUID() },
  printf: { arity: 'any', run: (_, args) => printf(args) },
}

const token = /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+)|(\.\w+)|([a-z_]\w*)|([()|]))/iy

function tokenize(source: string): string[] {
  const tokens: string[] = []
  let at = 0
  while (source.slice(at).trim() !== '') {
    token.lastIndex = at
    const found = token.exec(source)
    if (!found) throw invalid('username_template: cannot be read')
    tokens.push(found[0].trim())
    at = token.lastIndex
  }
  return tokens
}

function parsePipeline(tokens: string[], depth: number): Expression {
  if (depth > 20) throw invalid('username_template: nested too deep')
  let value: Expression | null = null
  do value = parseCommand(tokens, depth, value)
  while (tokens[0] === '|' && tokens.shift())
  return value
}

/** A function with its arguments, or one value; what the pipe brings is the last argument. */
function parseCommand(tokens: string[], depth: number, piped: Expression | null): Expression {
  const head = tokens[0]
  const call = head !== undefined && /^[a-z_]/i.test(head) ? calls[head] : undefined
  if (head !== undefined && /^[a-z_]/i.test(head)) {
    tokens.shift()
    if (!call || !Object.hasOwn(calls, head)) throw invalid(`username_template: no function "${head}"`)
  }
  const args: Expression[] = []
  while (tokens.length > 0 && tokens[0] !== '|' && tokens[0] !== ')') args.push(parseOperand(tokens, depth))
  if (!call) {
    if (args.length !== 1 || piped) throw invalid('username_template: expected one value or a function')
    return args[0]!
  }
  if (piped) args.push(piped)
  if (call.arity !== 'any' && call.arity !== args.length) throw invalid(`username_template: ${head} takes ${call.arity} arguments`)
  return (data) => call.run(data, args.map((argument) => argument(data)))
}

function parseOperand(tokens: string[], depth: number): Expression {
  const next = tokens.shift()!
  if (next === '(') {
    const inner = parsePipeline(tokens, depth + 1)
    if (tokens.shift() !== ')') throw invalid('username_template: a parenthesis is not closed')
    return inner
  }
  if (next.startsWith('"')) {
    const text = parseText(next)
    return () => text
  }
  if (next.startsWith('`')) return () => next.slice(1, -1)
  if (/^-?\d/.test(next)) return () => Number(next)
  if (next === '.DisplayName' || next === '.RoleName') return (data) => data[next.slice(1) as 'DisplayName' | 'RoleName']
  if (Object.hasOwn(calls, next) && calls[next]!.arity === 0) return (data) => calls[next]!.run(data, [])
  throw invalid(`username_template: unknown name "${next}"`)
}

function parseText(literal: string): string {
  try {
    return JSON.parse(literal)
  } catch {
    throw invalid('username_template: a text cannot be read')
  }
}

/** Compiles a template; throws `invalid` where it cannot be read. Characters that quoting languages use become `_`. */
export function compileUsername(template: string): (data: NameData) => string {
  if (template.length > 4096) throw invalid('username_template: longer than 4096 characters')
  const parts = template.split(/\{\{-?([^{}]*?)-?\}\}/).map((part, at): Expression => {
    if (at % 2 === 0) return () => part
    const tokens = tokenize(part)
    const expression = parsePipeline(tokens, 0)
    if (tokens.length > 0) throw invalid('username_template: cannot be read')
    return expression
  })
  return (data) => parts.map((part) => part(data)).join('').replaceAll(/['"`\\$;\s\p{Cc}]/gu, '_')
}
