// Making tokens from tokens: which policies, how long, whose child. `auth/token/create`.
import { lifetimeOf } from '../core/lifetime.ts'
import { authReply } from '../core/settle.ts'
import type { Core } from '../core/core.ts'
import type { NewToken, Token } from '../core/tokens.ts'
import { answer } from '../kit/answer.ts'
import { formatDuration } from '../kit/duration.ts'
import { denied, invalid } from '../kit/errors.ts'
import { type Fields, type Values, boolean, choice, duration, integer, list, map, text } from '../kit/field.ts'
import { matchesAnyGlob } from '../kit/glob.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import { type TokenRole, findTokenRole } from './token-roles.ts'

const fields = {
  id: text({ about: 'The token itself; needs root.', secret: true }),
  policies: list({ about: 'Policies; default: those of the caller.' }),
  no_default_policy: boolean({ about: 'Whether to leave the policy "default" out.', default: false }),
  no_parent: boolean({ about: 'Whether the token outlives the caller; needs sudo.', default: false }),
  ttl: duration({ about: 'Lifetime.' }),
  lease: duration({ about: 'Former name of ttl.' }),
  explicit_max_ttl: duration({ about: 'Lifetime that no renewal can exceed.', default: 0 }),
  period: duration({ about: 'Time that each renewal gives, without an end; needs sudo.', default: 0 }),
  num_uses: integer({ about: 'Uses; 0: without limit.', default: 0 }),
  meta: map({ about: 'Shown in audit and look-ups.' }),
  display_name: text({ about: 'Name shown in audit.', default: 'token' }),
  renewable: boolean({ about: 'Whether the token may be renewed.', default: true }),
  type: choice(['', 'service', 'batch'])({ about: 'service or batch.', default: '' }),
  entity_alias: text({ about: 'Name of an entity alias on this mount; the role must allow it.', default: '' }),
} satisfies Fields

type Input = Values<typeof fields>

interface Asked {
  input: Input
  role: TokenRole | null
  parent: Token
  sudo: boolean
  orphan: boolean
}

const sanitize = (names: readonly string[], addDefault: boolean): string[] => {
  const clean = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  if (clean.includes('root')) return ['root']
  return [...new Set(addDefault ? [...clean, 'default'] : clean)].sort()
}

const canonical = (rules: readonly string[]): string[] => rules.map((rule) => rule.trim().toLowerCase())

const allowedBy = (names: readonly string[], globs: readonly string[], name: string): boolean => canonical(names).includes(name) || matchesAnyGlob(canonical(globs), name)

/** The policies of the new token: the role's rules, else a subset of the caller's own unless it has sudo. */
function policiesOf({ input, role, parent, sudo }: Asked, sameNamespace: boolean): string[] {
  const given = input.policies ?? []
  const without = input.no_default_policy || (role?.noDefaultPolicy ?? false)
  if (role && [role.allowedPolicies, role.disallowedPolicies, role.allowedPoliciesGlob, role.disallowedPoliciesGlob].some((rules) => rules.length > 0)) return underRole(role, given, parent, without)
  if (!sameNamespace) return sanitize(given, !without)
  if (given.length === 0) return sanitize(parent.policies, false).filter((name) => !(without && name === 'default'))
  if (sudo) return sanitize(given, !without)
  const own = sanitize(parent.policies, false)
  if (!own.includes('root') && sanitize(given, false).some((name) => !own.includes(name))) throw invalid('child policies must be subset of parent')
  return sanitize(given, own.includes('default') && !without)
}

function underRole(role: TokenRole, given: readonly string[], parent: Token, without: boolean): string[] {
  const addDefault = !without && !allowedBy(role.disallowedPolicies, role.disallowedPoliciesGlob, 'default')
  const restricted = role.allowedPolicies.length > 0 || role.allowedPoliciesGlob.length > 0
  const wanted = given.length > 0 ? given : role.allowedPolicies.length > 0 ? role.allowedPolicies : restricted ? [] : parent.policies
  const names = sanitize(wanted, addDefault)
  for (const name of names) {
    if (restricted && !(name === 'default' && addDefault) && !allowedBy(role.allowedPolicies, role.allowedPoliciesGlob, name)) {
      throw invalid(`token policies (${quoted(names)}) must be subset of the role's allowed policies (${quoted(sanitize(role.allowedPolicies, addDefault))}) or glob policies (${quoted(role.allowedPoliciesGlob)})`)
    }
    if (allowedBy(role.disallowedPolicies, role.disallowedPoliciesGlob, name)) throw invalid(`token policy "${name}" is disallowed by this role`)
  }
  return names
}

const quoted = (names: readonly string[]): string => `[${names.map((name) => JSON.stringify(name)).join(' ')}]`

const lesser = (a: number, b: number): number => (a > 0 && b > 0 ? Math.min(a, b) : Math.max(a, b))

/** Seconds, and what the caller is told where a wish was cut. */
function lifetime({ input, role, parent, sudo }: Asked, context: Context, isRoot: boolean) {
  const warnings: string[] = []
  const { maxTtl } = context.mount
  const asked = input.ttl ?? input.lease ?? 0
  if (asked < 0) throw invalid('ttl must be positive')
  if (input.explicit_max_ttl < 0) throw invalid('explicit_max_ttl must be positive')
  if (input.period < 0) throw invalid('period must be positive')
  if (input.period > 0 && !sudo) throw invalid('root or sudo privileges required to create periodic token')
  const period = lesser(input.period, role?.period ?? 0)
  let explicitMaxTtl = lesser(input.explicit_max_ttl, role?.explicitMaxTtl ?? 0)
  if (explicitMaxTtl > maxTtl && !isRoot && period === 0) {
    warnings.push(`Explicit max TTL of "${formatDuration(explicitMaxTtl)}" is greater than the effective max_ttl of "${formatDuration(maxTtl)}"; value is capped accordingly`)
    explicitMaxTtl = maxTtl
  }
  if (isRoot && asked === 0 && explicitMaxTtl === 0 && period === 0) {
    if (parent.expiresAt > 0) throw invalid('expiring root tokens cannot create non-expiring root tokens')
    return { ttl: 0, explicitMaxTtl: 0, period: 0, warnings }
  }
  const given = lifetimeOf({ ttl: asked, period, explicitMaxTtl }, context.mount)
  return { ...given, explicitMaxTtl, warnings: [...warnings, ...given.warnings] }
}

function typeOf({ input, role }: Asked, mountType: string): 'service' | 'batch' {
  if (role && (role.type === 'service' || role.type === 'batch')) return role.type
  if (input.type !== '') return input.type
  return (role?.type ?? mountType) === 'default-batch' ? 'batch' : 'service'
}

function refuseBatch(wanted: Pick<NewToken, 'policies' | 'period' | 'explicitMaxTtl' | 'uses' | 'boundCidrs'>): void {
  if (wanted.policies.includes('root')) throw invalid('batch tokens cannot be root tokens')
  if (wanted.period > 0) throw invalid('batch tokens cannot have "period" set')
  if (wanted.explicitMaxTtl > 0) throw invalid('batch tokens cannot have "explicit_max_ttl" set')
  if (wanted.uses > 0) throw invalid('batch tokens cannot have "num_uses" set')
}

function checkId(id: string | undefined, sudo: boolean): void {
  if (id === undefined || id === '') return
  if (!sudo) throw invalid('root or sudo privileges required to specify token id')
  if (/^(s|b|r|hvs|hvb|hvr)\./.test(id)) throw invalid("custom token ID cannot have the 's.' prefix")
  if (id.includes('.')) throw invalid("custom token ID cannot have a '.' in the value")
  if (id.length > 512 || /[\s\p{Cc}]/u.test(id)) throw invalid('custom token ID is too long, or contains spaces')
}

async function entityOf(core: Core, context: Context, { input, role, parent, orphan }: Asked): Promise<string> {
  if (input.entity_alias === '') return orphan ? '' : parent.entityId
  if (!role) throw invalid("'entity_alias' is only allowed in combination with token role")
  const name = input.entity_alias.trim()
  if (!matchesAnyGlob(role.allowedEntityAliases.map((one) => one.toLowerCase()), name.toLowerCase())) throw invalid("invalid 'entity_alias' value")
  const { mount } = context
  const namespaceId = core.namespaces.at(mount.namespace)!.id
  return core.identity.login({ mountAccessor: mount.accessor, mountType: mount.type, namespaceId, namespace: mount.namespace, name, metadata: {}, groups: [] })
}

/** The caller's own token, also where this request took its last use. */
export async function callersToken(core: Core, context: Context): Promise<Token> {
  const { caller, presented } = context
  const token = caller.tokenKey !== null ? await core.tokens.stored(caller.tokenKey) : presented !== null ? await core.tokens.lookup(presented) : null
  if (!token) throw denied()
  return token
}

async function hasSudo(core: Core, context: Context, token: Token, path: string): Promise<boolean> {
  const session = await core.gate.session(token)
  return session.acl.allows({ operation: 'update', path: `${context.mount.namespace}${context.mount.path}${path}` }).sudo
}

async function create(core: Core, context: Context, input: Input, path: string, roleName?: string) {
  const role = roleName === undefined ? null : await findTokenRole(context.store, roleName)
  if (roleName !== undefined && !role) throw invalid(`unknown role ${roleName}`)
  const parent = await callersToken(core, context)
  if (parent.type === 'batch') throw invalid('batch tokens cannot create more tokens')
  if (parent.uses !== 0) throw invalid('restricted use token cannot generate child tokens')
  const sudo = await hasSudo(core, context, parent, path)
  checkId(input.id, sudo)
  if (input.num_uses < 0) throw invalid('number of uses cannot be negative')
  if (!role && input.no_parent && path !== 'create-orphan' && !sudo) throw invalid('root or sudo privileges required to create orphan token')
  const orphan = role ? role.orphan : input.no_parent || path === 'create-orphan'
  const asked: Asked = { input, role, parent, sudo, orphan }
  const namespace = core.namespaces.at(context.mount.namespace)!
  const policies = policiesOf(asked, namespace.id === parent.namespaceId)
  if (policies.includes('response-wrapping')) throw invalid('cannot assign policy "response-wrapping"')
  if (policies.includes('root') && !(parent.policies.includes('root') && parent.namespaceId === 'root' && namespace.id === 'root')) throw invalid('root tokens may not be created without parent token being root')
  const { ttl, explicitMaxTtl, period, warnings } = lifetime(asked, context, policies.includes('root'))
  const type = typeOf(asked, core.mounts.byUuid(context.mount.uuid)?.record.config.tokenType ?? '')
  const wanted: NewToken = {
    parent: orphan ? null : parent.key,
    type,
    namespace: namespace.path,
    namespaceId: namespace.id,
    policies,
    path: `auth/token/${path}${role && role.pathSuffix !== '' ? `/${role.pathSuffix}` : ''}`,
    metadata: input.meta ?? {},
    displayName: displayName(input.display_name),
    uses: lesser(input.num_uses, role?.uses ?? 0),
    ttl,
    explicitMaxTtl,
    maxTtl: period > 0 ? 0 : context.mount.maxTtl,
    period,
    renewable: type === 'service' && ttl > 0 && input.renewable && (role?.renewable ?? true),
    entityId: await entityOf(core, context, asked),
    role: role?.name ?? '',
    boundCidrs: role && role.boundCidrs.length > 0 ? role.boundCidrs : parent.boundCidrs,
    noDefaultPolicy: !policies.includes('default'),
    mountAccessor: '',
  }
  if (type === 'batch') refuseBatch(wanted)
  const made = await core.tokens.create(wanted, input.id === '' ? undefined : input.id)
  if (policies.length === 0) warnings.push('The token has no policies.')
  const missing = await unknownPolicies(core, namespace.id, policies)
  warnings.push(...missing.map((name) => `Policy "${name}" does not exist`))
  return answer({ settled: { status: 200, auth: await authReply(core, made.token, made.record), mountType: 'token', ...(warnings.length > 0 && { warnings }) } })
}

async function unknownPolicies(core: Core, namespaceId: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => (name === 'root' || (await core.policies.get(namespaceId, name)) ? null : name)))
  return found.filter((name) => name !== null)
}

function displayName(wanted: string): string {
  const clean = wanted.replace(/[^a-zA-Z0-9-]/g, '-').replace(/-+$/, '')
  return clean === 'token' || clean === '' ? 'token' : `token-${clean}`
}

export function tokenCreateRoutes(core: Core): Route[] {
  return [
    route({ op: 'write', path: 'create', about: 'Makes a token, by default a child of the caller\'s.', takes: fields, run: (context, input) => create(core, context, input, 'create') }),
    route({ op: 'write', path: 'create-orphan', about: 'Makes a token without a parent.', takes: fields, run: (context, input) => create(core, context, input, 'create-orphan') }),
    route({
      op: 'write',
      path: 'create/:role_name',
      about: 'Makes a token under a role.',
      takes: { ...fields, role_name: text({ about: 'Name of the role.', required: true }) },
      run: (context, input) => create(core, context, input, `create/${input.role_name}`, input.role_name),
    }),
  ]
}
