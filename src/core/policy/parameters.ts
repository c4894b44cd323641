// What a rule asks of a request beside its capability: parameters by name and value, wrapping TTL, page size.
// https://openbao.org/docs/concepts/policies#parameter-constraints
import { isDeepStrictEqual } from 'node:util'
import type { ParameterRules } from './policy.ts'
import { digitsOf } from '../../kit/json.ts'

export interface Constraints {
  allowed: ParameterRules | null
  denied: ParameterRules | null
  required: readonly string[]
  /** Seconds; 0: no bound. */
  minWrappingTtl: number
  maxWrappingTtl: number
  paginationLimit: number
}

/** Which constraint a request failed; names the parameter, never its value. */
export interface Failure {
  check: 'capability' | 'wrapping' | 'required' | 'denied' | 'allowed' | 'pagination'
  about: string
}

const fail = (check: Failure['check'], about: string): Failure => ({ check, about })

export function checkWrapping({ minWrappingTtl, maxWrappingTtl }: Constraints, ttl: number): Failure | null {
  if (maxWrappingTtl > 0 && (ttl <= 0 || ttl > maxWrappingTtl)) return fail('wrapping', `the response must be wrapped for at most ${maxWrappingTtl}s`)
  if (minWrappingTtl > 0 && (ttl <= 0 || ttl < minWrappingTtl)) return fail('wrapping', `the response must be wrapped for at least ${minWrappingTtl}s`)
  return null
}

export function checkParameters({ allowed, denied, required }: Constraints, data: Record<string, unknown>): Failure | null {
  for (const name of required) if (!Object.hasOwn(data, name)) return fail('required', `parameter "${name}" is required`)
  if (!denied && !allowed) return null
  const names = Object.keys(data)
  if (names.length === 0) return null
  if (denied) {
    if (denied.has('*')) return fail('denied', 'every parameter is denied')
    for (const name of names) {
      const values = denied.get(name.toLowerCase())
      if (values && hits(data[name], values)) return fail('denied', `parameter "${name}" is denied${values.length ? ' with this value' : ''}`)
    }
  }
  if (!allowed || allowed.size === 0) return null
  const others = allowed.has('*')
  for (const name of names) {
    const values = allowed.get(name.toLowerCase())
    if (!values && !others) return fail('allowed', `parameter "${name}" is not among the allowed ones`)
    if (values && !holds(data[name], values)) return fail('allowed', `parameter "${name}" is not allowed with this value`)
  }
  return null
}

/** A page no larger than the rule's limit; a request that gives no positive limit gets the rule's own from the caller. */
export function checkPage({ paginationLimit, required }: Constraints, data: Record<string, unknown>): Failure | null {
  if (paginationLimit === 0) return null
  const given = data.limit
  if (given === undefined || given === null) return required.includes('limit') ? fail('required', 'parameter "limit" is required') : null
  if (given === 'max') return null
  const limit = typeof given === 'string' && /^[+-]?\d+$/.test(given) ? Number(given) : given
  if (typeof limit !== 'number' || !Number.isInteger(limit)) return fail('pagination', 'parameter "limit" must be a whole number')
  return limit > paginationLimit ? fail('pagination', `parameter "limit" must be at most ${paginationLimit}`) : null
}

const holds = (value: unknown, values: readonly unknown[]): boolean => values.length === 0 || values.some((one) => equal(one, value))

/** A denied value is found inside a list too, so that `["admin"]` does not pass where `"admin"` is denied. */
const hits = (value: unknown, values: readonly unknown[]): boolean =>
  holds(value, values) || (Array.isArray(value) && value.some((item) => holds(item, values)))

function equal(rule: unknown, given: unknown): boolean {
  // A rule's number is a double, so that it is compared as one.
  const digits = digitsOf(given)
  const value = digits === undefined ? given : Number(digits)
  return typeof rule === 'string' && typeof value === 'string' ? globMatches(rule, value) : isDeepStrictEqual(rule, value)
}

/** `*` at the beginning, at the end or at both; a lone `*` is itself. */
function globMatches(glob: string, value: string): boolean {
  if (glob.length < 2) return glob === value
  const open = glob.startsWith('*')
  const close = glob.endsWith('*')
  const text = glob.slice(open ? 1 : 0, close ? -1 : undefined)
  if (open) return close ? value.includes(text) : value.endsWith(text)
  return close ? value.startsWith(text) : value === text
}
