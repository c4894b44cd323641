// What an operation takes: members with their constraints, checked in the words of AWS's own validation.
import { isObject } from '../../kit/field.ts'
import { AwsFault } from './errors.ts'

interface Limits {
  required?: boolean
  min?: number
  max?: number
  /** Its outermost anchors are not shown: the service's own patterns have none, or come inside of them. */
  pattern?: RegExp
  words?: readonly string[]
  /** Never shown in an error. */
  secret?: boolean
}

export interface Member<V = unknown> extends Limits {
  kind: 'string' | 'number' | 'boolean' | 'blob' | 'timestamp' | 'list' | 'structure' | 'map'
  of?: Member
  members?: Members
  /** Carries the type alone. */
  value?: V
}
export type Members = Record<string, Member<any>>
export type Input<M extends Members> = { [K in keyof M]: M[K] extends Member<infer V> ? V : never }

type Made<V, L> = Member<L extends { required: true } ? V : V | undefined>
const make = <V>(kind: Member['kind']) => <const L extends Limits>(limits: L = {} as L): Made<V, L> => ({ kind, ...limits }) as unknown as Made<V, L>

export const string = make<string>('string')
export const number = make<number>('number')
export const boolean = make<boolean>('boolean')
export const blob = make<Buffer>('blob')
/** Milliseconds since 1970. */
export const timestamp = make<number>('timestamp')
export const list = <V, const L extends Limits>(of: Member<V>, limits: L = {} as L): Made<NonNullable<V>[], L> => ({ kind: 'list', of, ...limits }) as unknown as Made<NonNullable<V>[], L>
export const map = <V, const L extends Limits>(of: Member<V>, limits: L = {} as L): Made<Record<string, NonNullable<V>>, L> => ({ kind: 'map', of, ...limits }) as unknown as Made<Record<string, NonNullable<V>>, L>
export const structure = <M extends Members, const L extends Limits>(members: M, limits: L = {} as L): Made<Input<M>, L> => ({ kind: 'structure', members, ...limits }) as unknown as Made<Input<M>, L>

const wrongType = (): AwsFault => new AwsFault('SerializationException', 'The request body does not have the types that the operation expects.')
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

function coerce(member: Member, raw: unknown): unknown {
  switch (member.kind) {
    case 'string':
      if (typeof raw !== 'string') throw wrongType()
      return raw
    case 'number':
      if (typeof raw !== 'number' || !Number.isFinite(raw)) throw wrongType()
      return Math.trunc(raw)
    case 'boolean':
      if (typeof raw !== 'boolean') throw wrongType()
      return raw
    case 'blob':
      if (typeof raw !== 'string' || !base64.test(raw)) throw wrongType()
      return Buffer.from(raw, 'base64')
    case 'timestamp': {
      const ms = typeof raw === 'number' ? raw * 1000 : typeof raw === 'string' ? Date.parse(raw) : Number.NaN
      if (Number.isNaN(ms)) throw wrongType()
      return ms
    }
    case 'list':
      if (!Array.isArray(raw)) throw wrongType()
      return raw
    default:
      if (!isObject(raw)) throw wrongType()
      return raw
  }
}

const shown = (member: Member, value: unknown): string => {
  if (member.secret) return ''
  if (typeof value === 'string') return ` '${value.slice(0, 2048)}'`
  if (Array.isArray(value)) return ` '[${value.map((item) => (typeof item === 'string' ? item : '')).join(', ').slice(0, 256)}]'`
  return typeof value === 'number' ? ` '${value}'` : ''
}

/** What is wrong with a value, or null. */
const constraint = (member: Member, value: unknown): string | null => (keeps(member, value) ? null : (limitsOf(member, value).find(({ kept }) => !kept)?.said ?? null))

const texts = (items: unknown[]): unknown[] => {
  if (!items.every((item) => typeof item === 'string')) throw wrongType()
  return items
}

/** Of a list of texts AWS says every limit of an item where one item breaks one. */
function itemsConstraint({ kind, of }: Member, value: unknown): string | null {
  if (kind !== 'list' || of!.kind !== 'string') return null
  const failing = texts(value as unknown[]).find((item) => !keeps(of!, item))
  return failing === undefined ? null : `Member must satisfy constraint: [${limitsOf(of!, failing).map(({ said }) => said).join(', ')}]`
}

/** Every limit of a member in AWS's words and order, and whether `value` keeps it. */
function limitsOf({ kind, min, max, pattern, words }: Member, value: unknown): { said: string; kept: boolean }[] {
  const of = kind === 'number' ? 'value' : 'length'
  const size = kind === 'number' ? (value as number) : lengthOf(kind, value)
  if (size === undefined) return []
  return [
    ...(max === undefined ? [] : [{ said: `Member must have ${of} less than or equal to ${max}`, kept: size <= max }]),
    ...(min === undefined ? [] : [{ said: `Member must have ${of} greater than or equal to ${min}`, kept: size >= min }]),
    ...(words ? [{ said: `Member must satisfy enum value set: [${words.join(', ')}]`, kept: words.includes(value as string) }] : []),
    ...(pattern ? [{ said: `Member must satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, '')}`, kept: pattern.test(value as string) }] : []),
  ]
}

function lengthOf(kind: Member['kind'], value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value) || Buffer.isBuffer(value)) return value.length
  return kind === 'map' && isObject(value) ? Object.keys(value).length : undefined
}

/** Whether a value keeps every limit, told without words: most do. */
function keeps({ kind, min = 0, max = Infinity, pattern, words }: Member, value: unknown): boolean {
  const size = kind === 'number' ? (value as number) : (lengthOf(kind, value) ?? min)
  return size >= min && size <= max && (!words || words.includes(value as string)) && (!pattern || pattern.test(value as string))
}

function check(member: Member, raw: unknown, at: string, problems: string[], required = member.required): unknown {
  if (raw === undefined || raw === null) {
    if (required) problems.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`)
    return undefined
  }
  const value = coerce(member, raw)
  const wrong = constraint(member, value) ?? itemsConstraint(member, value)
  if (wrong) problems.push(`Value${shown(member, value)} at '${at}' failed to satisfy constraint: ${wrong}`)
  if (member.kind === 'list' && member.of!.kind === 'string') return texts(value as unknown[])
  if (member.kind === 'list') return (value as unknown[]).map((item, index) => check(member.of!, item, `${at}.${index + 1}.member`, problems, true))
  if (member.kind === 'map') return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, check(member.of!, item, `${at}.${key}`, problems, true)]))
  if (member.kind === 'structure') return checkMembers(member.members!, value as Record<string, unknown>, `${at}.`, problems)
  return value
}

/** The name of a member as messages and CloudTrail write it. */
export const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

function checkMembers(members: Members, raw: Record<string, unknown>, at: string, problems: string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name in members) {
    const member = members[name]!
    const given = raw[name]
    if ((given === undefined || given === null) && !member.required) continue
    const value = check(member, given, at + lower(name), problems)
    if (value !== undefined) values[name] = value
  }
  return values
}

/** Checks types and constraints; throws one `ValidationException` that names every broken one. Unknown members are ignored. */
export function readInput<M extends Members>(members: M, raw: Record<string, unknown>): Input<M> {
  const problems: string[] = []
  const values = checkMembers(members, raw, '', problems)
  if (problems.length > 0) throw new AwsFault('ValidationException', `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: ${problems.join('; ')}`)
  return values as Input<M>
}
