// Reads an ACL policy (HCL or JSON, as Vault and OpenBao write them) into rules. Whatever it does not
// understand it refuses, so that no rule is ever wider than its author meant.
// https://openbao.org/docs/concepts/policies
import { parseHcl, type HclBlock } from '../../hcl/index.ts'
import { parseDuration } from '../../kit/duration.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { checkTemplate } from './template.ts'

export const capabilities = ['create', 'read', 'update', 'patch', 'delete', 'list', 'scan', 'sudo', 'deny'] as const
export type Capability = (typeof capabilities)[number]

/** Parameter names in lower case; an empty list means any value. */
export type ParameterRules = ReadonlyMap<string, readonly unknown[]>

export interface PathRule {
  /** Relative to the policy's namespace, without a leading slash; a trailing `*` and whole segments `+` are wildcards. */
  path: string
  /** `['deny']` alone where the rule denies. */
  capabilities: readonly Capability[]
  allowed?: ParameterRules
  denied?: ParameterRules
  required?: readonly string[]
  /** Seconds; absent: no bound. */
  minWrappingTtl?: number
  maxWrappingTtl?: number
  /** Largest page of a list or scan. */
  paginationLimit?: number
  /** Milliseconds since 1970; the rule is void from then on. */
  expires?: number
}

export interface Policy {
  name: string
  rules: readonly PathRule[]
}

const legacy: Record<string, readonly Capability[]> = {
  deny: ['deny'],
  read: ['read', 'list'],
  write: ['create', 'read', 'update', 'delete', 'list'],
  sudo: ['create', 'read', 'update', 'delete', 'list', 'sudo'],
}

const maxPath = 4096

type Body = Record<string, unknown>

/** How each key of a path block becomes a part of its rule. */
const keys: Record<string, (raw: unknown, key: string) => Partial<PathRule>> = {
  comment: () => ({}),
  policy: () => ({}),
  capabilities: () => ({}),
  allowed_parameters: (raw, key) => ({ allowed: parameters(raw, key) }),
  denied_parameters: (raw, key) => ({ denied: parameters(raw, key) }),
  required_parameters: (raw, key) => ({ required: strings(raw, key).map((name) => name.toLowerCase()) }),
  min_wrapping_ttl: (raw, key) => ({ minWrappingTtl: seconds(raw, key) }),
  max_wrapping_ttl: (raw, key) => ({ maxWrappingTtl: seconds(raw, key) }),
  pagination_limit: (raw, key) => ({ paginationLimit: count(raw, key) }),
  expiration: (raw, key) => ({ expires: moment(raw, key) }),
  mfa_methods: unsupported,
  control_group: unsupported,
  list_scan_response_keys_filter_path: unsupported,
}

/** Parses a policy; throws `invalid` with Vault's wording where the text, a key, a capability or a bound is wrong. */
export function parsePolicy(name: string, text: string): Policy {
  try {
    const body = parseHcl(text)
    const unknown = body.items.find((item) => item.keys[0] !== 'path' && item.keys[0] !== 'name')
    if (unknown) throw invalid(`invalid key "${unknown.keys[0]}" on line ${unknown.line}`)
    return { name, rules: body.blocks('path', 1).map(parseRule) }
  } catch (error) {
    if (error instanceof Fault) throw invalid(`failed to parse policy: ${error.message}`)
    throw error
  }
}

function parseRule(block: HclBlock): PathRule {
  const written = block.labels[0]!
  try {
    const unknown = block.body.items.find((item) => !Object.hasOwn(keys, item.keys[0]!))
    if (unknown) throw invalid(`invalid key "${unknown.keys[0]}" on line ${unknown.line}`)
    const path = checkPath(written.startsWith('/') ? written.slice(1) : written)
    checkTemplate(path)
    const body = block.body.toObject()
    const rule: PathRule = { path, capabilities: grants(body) }
    for (const key in body) Object.assign(rule, keys[key]!(body[key], key))
    if (rule.minWrappingTtl && rule.maxWrappingTtl && rule.maxWrappingTtl < rule.minWrappingTtl) {
      throw invalid('max_wrapping_ttl cannot be less than min_wrapping_ttl')
    }
    return rule
  } catch (error) {
    if (error instanceof Fault) throw invalid(`path "${written}": ${error.message}`)
    throw error
  }
}

function checkPath(path: string): string {
  if (path.length > maxPath) throw invalid(`longer than ${maxPath} characters`)
  if (path.includes('+*')) throw invalid("invalid use of wildcards ('+*' is forbidden)")
  return path
}

function grants(body: Body): Capability[] {
  const given: string[] = body.capabilities === undefined ? [] : strings(body.capabilities, 'capabilities')
  if (body.policy !== undefined && body.policy !== '') {
    if (typeof body.policy !== 'string' || !Object.hasOwn(legacy, body.policy)) throw invalid(`invalid policy ${JSON.stringify(body.policy)}`)
    given.push(...legacy[body.policy]!)
  }
  for (const capability of given) {
    if (!(capabilities as readonly string[]).includes(capability)) throw invalid(`invalid capability "${capability}"`)
  }
  return given.includes('deny') ? ['deny'] : [...new Set(given as Capability[])]
}

function unsupported(raw: unknown, key: string): Partial<PathRule> {
  if (raw === '' || (Array.isArray(raw) && raw.length === 0)) return {}
  throw invalid(`${key} is not supported`)
}

function strings(raw: unknown, key: string): string[] {
  if (!Array.isArray(raw) || raw.some((item) => typeof item !== 'string')) throw invalid(`${key} must be a list of strings`)
  return raw
}

function parameters(raw: unknown, key: string): ParameterRules {
  const merged = new Map<string, unknown[]>()
  for (const body of Array.isArray(raw) ? raw : [raw]) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid(`${key} must be an object of lists`)
    for (const [name, values] of Object.entries(body)) {
      if (!Array.isArray(values)) throw invalid(`${key}: the value of "${name}" must be a list`)
      if (merged.has(name.toLowerCase())) throw invalid(`${key}: "${name}" is given twice`)
      merged.set(name.toLowerCase(), values)
    }
  }
  return merged
}

function seconds(raw: unknown, key: string): number {
  const value = parseDuration(raw, key)
  if (value < 0) throw invalid(`${key} cannot be negative`)
  return value
}

function count(raw: unknown, key: string): number {
  const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalid(`${key} must be a whole number`)
  return Math.max(0, value)
}

/** Milliseconds since 1970 of a date in RFC 3339 or of seconds since 1970. */
export function moment(raw: unknown, key: string): number {
  const text = String(raw)
  const value = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isFinite(value)) throw invalid(`invalid ${key} time: an RFC 3339 date or a number of seconds since 1970 is expected`)
  return value
}
