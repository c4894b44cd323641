// The functions of templates: Go's own and Consul Template's, as one table. Those that ask a server are given beside it.
import { createHash } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import { compare, entries, equal, isTrue, member, show, toJson } from './value.ts'

export interface TemplateFunction {
  /** Fewest and most arguments. */
  arity: readonly [number, number]
  run(...args: any[]): unknown
}

export type Functions = Record<string, TemplateFunction>

const fixed = (count: number, run: TemplateFunction['run']): TemplateFunction => ({ arity: [count, count], run })
const any = (least: number, run: TemplateFunction['run'], most = Infinity): TemplateFunction => ({ arity: [least, most], run })

function text(value: unknown): string {
  if (typeof value !== 'string') throw invalid('expected a text')
  return value
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw invalid('expected a number')
  return value
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw invalid('expected a list')
  return value
}

const texts = (run: (...args: string[]) => unknown): TemplateFunction => fixed(run.length, (...args) => run(...args.map(text)))
const numbers = (run: (one: number, other: number) => number): TemplateFunction => fixed(2, (one, other) => run(number(one), number(other)))
const order = (test: (difference: number) => boolean): TemplateFunction =>
  fixed(2, (one, other) => {
    const difference = compare(one, other)
    if (difference === null) throw invalid('the values cannot be compared')
    return test(difference)
  })
const refuse = (why: string): TemplateFunction => any(0, () => { throw invalid(why) })
const hash = (algorithm: string): TemplateFunction => texts((value) => createHash(algorithm).update(value).digest('hex'))

function divide(one: number, other: number): number {
  if (other === 0) throw invalid('division by zero')
  return Number.isInteger(one) && Number.isInteger(other) ? Math.trunc(one / other) : one / other
}

function index(value: unknown, ...keys: unknown[]): unknown {
  return keys.reduce((part, key) => {
    if (!Array.isArray(part)) return member(part, text(key))
    const at = number(key)
    if (!Number.isInteger(at) || at < 0 || at >= part.length) throw invalid('index out of range')
    return part[at]
  }, value)
}

function parse(value: string): unknown {
  try {
    return value === '' ? {} : JSON.parse(value)
  } catch {
    throw invalid('not valid JSON')
  }
}

function parseNumber(value: string, pattern: RegExp): number {
  if (!pattern.test(value)) throw invalid('not a number')
  return Number(value)
}

function base64(value: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw invalid('not base64')
  return Buffer.from(value, 'base64').toString()
}

/** Go's verbs as far as texts, numbers and truth need them. */
function format(pattern: unknown, ...args: unknown[]): string {
  let at = 0
  return text(pattern).replace(/%(%|([-+ 0#]*)(\d{1,3})?(?:\.(\d{1,2}))?([a-zA-Z]))/g, (_whole, plain: string, flags = '', width = '0', precision?: string, verb = '') => {
    if (plain === '%') return '%'
    if (at >= args.length) return `%!${verb}(MISSING)`
    const shown = verbOf(verb, args[at++], precision, flags)
    return flags.includes('-') ? shown.padEnd(Number(width)) : shown.padStart(Number(width), flags.includes('0') && verb !== 's' ? '0' : ' ')
  })
}

function verbOf(verb: string, value: unknown, precision: string | undefined, flags: string): string {
  if (verb === 'q') return JSON.stringify(show(value))
  if (verb === 'd' && typeof value === 'number') return (flags.includes('+') && value >= 0 ? '+' : '') + Math.trunc(value)
  if ((verb === 'f' || verb === 'F') && typeof value === 'number') return value.toFixed(precision === undefined ? 6 : Number(precision))
  if (verb === 'x' || verb === 'X') {
    const hex = typeof value === 'number' ? value.toString(16) : Buffer.from(show(value)).toString('hex')
    return verb === 'X' ? hex.toUpperCase() : hex
  }
  if (verb === 't' && typeof value === 'boolean') return String(value)
  if (verb === 'v' || verb === 's') return precision === undefined ? show(value) : show(value).slice(0, Number(precision))
  return `%!${verb}(wrong type)`
}

const count = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  throw invalid('only texts, lists and maps have a length')
}

const contains = (value: unknown, part: unknown): boolean => (typeof value === 'string' ? value.includes(text(part)) : list(value).some((one) => equal(one, part)))
const consul = 'there is no Consul here: use secret'

export const functions: Functions = {
  and: any(1, (...args) => args.find((one) => !isTrue(one)) ?? args.at(-1)),
  or: any(1, (...args) => args.find((one) => isTrue(one)) ?? args.at(-1)),
  not: fixed(1, (value) => !isTrue(value)),
  eq: any(2, (one, ...others) => others.some((other) => equal(one, other))),
  ne: fixed(2, (one, other) => !equal(one, other)),
  lt: order((difference) => difference < 0),
  le: order((difference) => difference <= 0),
  gt: order((difference) => difference > 0),
  ge: order((difference) => difference >= 0),
  len: fixed(1, count),
  index: any(2, index),
  slice: any(1, (value, from = 0, to) => (typeof value === 'string' ? value : list(value)).slice(number(from), to === undefined ? undefined : number(to)), 3),
  print: any(0, (...args) => args.map(show).join('')),
  println: any(0, (...args) => `${args.map(show).join(' ')}\n`),
  printf: any(1, format),
  urlquery: fixed(1, (value) => encodeURIComponent(show(value))),
  base64Encode: texts((value) => Buffer.from(value).toString('base64')),
  base64Decode: texts(base64),
  base64URLEncode: texts((value) => Buffer.from(value).toString('base64url').padEnd(Math.ceil(Buffer.byteLength(value) / 3) * 4, '=')),
  base64URLDecode: texts(base64),
  sha256Hex: hash('sha256'),
  hmacSHA256Hex: refuse('not offered: sign with the transit engine'),
  md5sum: hash('md5'),
  toJSON: fixed(1, (value) => toJson(value)),
  toUnescapedJSON: fixed(1, (value) => JSON.stringify(parse(toJson(value)))),
  toJSONPretty: fixed(1, (value) => toJson(value, '  ')),
  parseJSON: texts(parse),
  parseInt: texts((value) => parseNumber(value, /^[+-]?\d+$/)),
  parseUint: texts((value) => parseNumber(value, /^\d+$/)),
  parseFloat: texts((value) => parseNumber(value, /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/)),
  parseBool: texts((value) => {
    if (/^(1|t|true)$/i.test(value)) return true
    if (/^(0|f|false)$/i.test(value)) return false
    throw invalid('not true or false')
  }),
  toUpper: texts((value) => value.toUpperCase()),
  toLower: texts((value) => value.toLowerCase()),
  toTitle: texts((value) => value.replace(/(^|\s)\p{L}/gu, (found) => found.toUpperCase())),
  trimSpace: texts((value) => value.trim()),
  trimPrefix: texts((prefix, value) => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  trimSuffix: texts((suffix, value) => (suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value)),
  split: texts((separator, value) => (value.trim() === '' ? [] : value.split(separator))),
  join: fixed(2, (separator, values) => list(values).map(show).join(text(separator))),
  contains: fixed(2, (part, value) => contains(value, part)),
  in: fixed(2, contains),
  replaceAll: texts((from, to, value) => value.replaceAll(from, () => to)),
  indent: fixed(2, (width, value) => text(value).replace(/^/gm, ' '.repeat(Math.min(Math.max(number(width), 0), 1000)))),
  loop: any(1, (from, to) => Array.from({ length: Math.min(Math.max(to === undefined ? number(from) : number(to) - number(from), 0), 100_000) }, (_, at) => at + (to === undefined ? 0 : number(from))), 2),
  add: numbers((other, one) => one + other),
  subtract: numbers((other, one) => one - other),
  multiply: numbers((other, one) => one * other),
  divide: numbers((other, one) => divide(one, other)),
  modulo: numbers((other, one) => one % other),
  keys: fixed(1, (value) => entries(value as object).map(([key]) => key)),
  timestamp: fixed(0, () => `${new Date().toISOString().slice(0, 19)}Z`),
  ...Object.fromEntries(['key', 'keyOrDefault', 'keyExists', 'keyExistsGet', 'ls', 'safeLs', 'tree', 'safeTree', 'service', 'services', 'node', 'nodes', 'datacenters', 'connect'].map((name) => [name, refuse(consul)])),
  pkiCert: refuse('not offered: use secret with the path and parameters of the issuing role'),
  plugin: refuse('programs are not started from templates'),
  file: refuse('files are not read by templates'),
  writeToFile: refuse('files are written by the template\'s destination alone'),
}
