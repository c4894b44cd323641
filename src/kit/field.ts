// Fields: what a route takes and gives, declared once. The wire's leniency lives here and nowhere else.
import { parseDuration } from './duration.ts'
import { invalid } from './errors.ts'
import { digitsOf } from './json.ts'

export type JsonSchema = Record<string, unknown>

export interface Field<V = unknown> {
  about: string
  json: JsonSchema
  /** Hashed in audit, not echoed by the command line, masked in the UI. */
  secret?: boolean
  required?: boolean
  default?: V
  /** Turns what the wire carries into a value; throws `invalid` that names the field, never the value of a secret one. */
  parse(raw: unknown, name: string): V
}

export type Fields = Record<string, Field<any>>
export type Values<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer V> ? V : never }

export interface Options<V> {
  about: string
  secret?: boolean
  required?: boolean
  default?: V
}
type Made<V, O> = Field<O extends { required: true } ? V : O extends { default: V } ? V : V | undefined>

/** Makes a field builder; a value is always there when the field is required or has a default. */
export function field<V>(json: JsonSchema, parse: (raw: unknown, name: string) => V) {
  return <O extends Options<V>>(options: O): Made<V, O> =>
    ({ json: options.default === undefined ? json : { ...json, default: options.default }, parse, ...options }) as unknown as Made<V, O>
}

const wrong = (name: string, what: string): Error => invalid(`${name}: expected ${what}`)

function parseText(raw: unknown, name: string): string {
  if (typeof raw === 'string') return raw
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw)
  const digits = digitsOf(raw)
  if (digits !== undefined) return digits
  throw wrong(name, 'a string')
}

function parseInteger(raw: unknown, name: string): number {
  const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(name, 'a whole number')
  return value
}

function parseBoolean(raw: unknown, name: string): boolean {
  if (typeof raw === 'boolean') return raw
  if (raw === 1 || raw === 0) return raw === 1
  const word = typeof raw === 'string' ? raw.toLowerCase() : ''
  if (word === 'true' || word === '1' || word === 't') return true
  if (word === 'false' || word === '0' || word === 'f' || word === '') return false
  throw wrong(name, 'true or false')
}

function parseList(raw: unknown, name: string): string[] {
  if (Array.isArray(raw)) return raw.map((item) => parseText(item, name).trim()).filter((item) => item !== '')
  return parseText(raw, name).split(',').map((item) => item.trim()).filter((item) => item !== '')
}

export const isObject = (raw: unknown): raw is Record<string, unknown> => typeof raw === 'object' && raw !== null && !Array.isArray(raw) && digitsOf(raw) === undefined

function parseObject(raw: unknown, name: string): Record<string, unknown> {
  if (!isObject(raw)) throw wrong(name, 'an object')
  return raw
}

function parseMap(raw: unknown, name: string): Record<string, string> {
  if (isObject(raw)) return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, parseText(value, `${name}.${key}`)]))
  const pairs = Array.isArray(raw) ? raw.map((item) => parseText(item, name)) : parseText(raw, name).split(',')
  return Object.fromEntries(
    pairs.filter((pair) => pair.trim() !== '').map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw wrong(name, 'pairs key=value')
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
}

export const text = field({ type: 'string' }, parseText)
export const integer = field({ type: 'integer' }, parseInteger)
export const boolean = field({ type: 'boolean' }, parseBoolean)
/** Seconds. */
export const duration = field({ type: 'string', format: 'duration' }, parseDuration)
/** A list of strings, or one string with commas. */
export const list = field({ type: 'array', items: { type: 'string' } }, parseList)
/** String values by name: an object, or `key=value` pairs. */
export const map = field({ type: 'object', additionalProperties: { type: 'string' } }, parseMap)
export const object = field({ type: 'object' }, parseObject)
export const any = field({} as JsonSchema, (raw) => raw)

/** One of the words given, compared as they are. */
export const choice = <const W extends string>(words: readonly W[]) =>
  field({ type: 'string', enum: [...words] }, (raw, name): W => {
    if (!words.includes(raw as W)) throw wrong(name, `one of ${words.join(', ')}`)
    return raw as W
  })

/** Reads declared fields out of path parameters and body; unknown fields are left alone, absent ones get their default. */
export function parseFields<F extends Fields>(fields: F, raw: Record<string, unknown>): Values<F> {
  const values: Record<string, unknown> = {}
  for (const name in fields) {
    const declared = fields[name]!
    const given = raw[name]
    if (given === undefined || given === null) {
      if (declared.required) throw invalid(`missing ${name}`)
      values[name] = declared.default
    } else values[name] = declared.parse(given, name)
  }
  return values as Values<F>
}
