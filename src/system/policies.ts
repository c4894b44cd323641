// Policies of a namespace: `sys/policy`, `sys/policies/acl`, `sys/policies/password`, and what they allow.
import type { Core } from '../core/core.ts'
import type { Namespace } from '../core/namespaces.ts'
import type { PolicyChange, PolicyRecord } from '../core/policies.ts'
import { type Acl, type AclOperation, generatePassword, moment, parsePasswordPolicy } from '../core/policy/index.ts'
import type { Token } from '../core/tokens.ts'
import { listing } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { type Fields, type Values, boolean, choice, duration, integer, list, object, text } from '../kit/field.ts'
import { type Context, type Route, route } from '../kit/route.ts'

const page = { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) }
const pageOf = (input: { after?: string | undefined; limit?: number | undefined }) => ({ ...(input.after !== undefined && { after: input.after }), ...(input.limit !== undefined && input.limit > 0 && { limit: input.limit }) })
type PageInput = Parameters<typeof pageOf>[0]
const name = text({ about: 'Name of the policy.', required: true })
const namePath = text({ about: 'Name of the policy; it may hold slashes.', required: true })
const prefix = text({ about: 'What names begin with, up to a slash.', required: true })
const folder = (given: string): string => `${given.replace(/\/+$/, '')}/`

/** Base64 policies were once common on the command line. */
const decoded = (policy: string): string => (/^[A-Za-z0-9+/]{24,}={0,2}$/.test(policy.trim()) && /[{}]/.test(Buffer.from(policy, 'base64').toString()) ? Buffer.from(policy, 'base64').toString() : policy)

/** The two places of ACL policies: `rules` is what the older one calls their text. */
const places = [{ base: 'policy', content: 'rules' }, { base: 'policies/acl', content: 'policy' }] as const
type Place = (typeof places)[number]

const changeFields = {
  name: namePath,
  policy: text({ about: 'Text in HCL or JSON.' }),
  rules: text({ about: 'Older name of `policy`.' }),
  cas: integer({ about: 'Version that must be there; -1 for none.' }),
  cas_required: boolean({ about: 'Whether each change must name the version that it follows.' }),
  expiration: text({ about: 'When it ends: RFC 3339 or seconds since 1970; empty for never.' }),
  ttl: duration({ about: 'How long it lasts, in place of `expiration`.' }),
} satisfies Fields

export const policyRoutes = (core: Core): Route[] => [
  ...places.flatMap((place) => aclRoutes(core, place)),
  ...detailedRoutes(core),
  ...passwordRoutes(core),
  ...capabilityRoutes(core),
]

function aclRoutes(core: Core, { base, content }: Place): Route[] {
  const older = base === 'policy'
  const list = async (context: Context, input: PageInput, prefix = ''): Promise<Record<string, unknown> | null> => {
    const keys = await core.policies.list(namespaceOf(core, context).id, pageOf(input), prefix)
    return prefix !== '' && keys.length === 0 ? null : { keys, ...(older && { policies: keys }) }
  }
  return [
    ...(older ? [route({ op: 'read', path: base, about: 'Lists the policies.', takes: page, run: (context, input) => list(context, input) })] : []),
    route({ op: 'list', path: base, about: 'Lists the policies.', takes: page, run: (context, input) => list(context, input) }),
    route({
      op: 'list',
      path: `${base}/:prefix*`,
      about: 'Lists the policies whose names begin so.',
      takes: { ...page, prefix },
      run: (context, input) => list(context, input, folder(input.prefix)),
    }),
    route({
      op: 'read',
      path: `${base}/:name*`,
      about: 'Reads a policy.',
      takes: { name: namePath },
      async run(context, input) {
        const found = await core.policies.get(namespaceOf(core, context).id, input.name)
        return found && { name: found.name, [content]: found.text, ...(!older && checksOf(found)) }
      },
    }),
    route({
      op: 'write',
      path: `${base}/:name*`,
      about: 'Writes a policy; what is not said of it is as usual.',
      takes: changeFields,
      async run(context, input) {
        const change = changeOf(context, input)
        if (change.text === undefined || change.text.trim() === '') throw invalid("'policy' parameter not supplied or empty")
        await core.policies.put(namespaceOf(core, context).id, input.name, { ...change, text: change.text })
      },
    }),
    ...(older ? [] : [patchRoute(core, `${base}/:name*`)]),
    route({
      op: 'delete',
      path: `${base}/:name*`,
      about: 'Deletes a policy.',
      takes: { name: namePath },
      run: (context, input) => core.policies.delete(namespaceOf(core, context).id, input.name),
    }),
  ]
}

const patchRoute = (core: Core, path: string): Route =>
  route({
    op: 'patch',
    path,
    about: 'Changes a policy that is there; what is not said of it stays.',
    takes: changeFields,
    run: (context, input) => core.policies.patch(namespaceOf(core, context).id, input.name, changeOf(context, input)),
  })

function changeOf(context: Context, input: Values<typeof changeFields>): PolicyChange {
  const written = input.policy ?? input.rules
  if (input.expiration && input.ttl) throw invalid('give either expiration or ttl')
  return { text: written === undefined ? undefined : decoded(written), cas: input.cas, casRequired: input.cas_required, expires: endOf(context, input) }
}

/** Null: never; undefined: nothing is said of it. */
function endOf(context: Context, { ttl, expiration }: Values<typeof changeFields>): number | null | undefined {
  if (ttl) return context.now() + ttl * 1000
  if (expiration === undefined) return undefined
  return expiration === '' ? null : moment(expiration, 'expiration')
}

/** Vault's answer is exactly the name and the text; OpenBao's adds what check-and-set and expiration need, where they are used. */
function checksOf({ checked, casRequired, expires, version, modified }: PolicyRecord): Record<string, unknown> {
  if (!checked && !casRequired && expires === undefined) return {}
  return { version, cas_required: casRequired ?? false, modified, ...(expires !== undefined && { expiration: new Date(expires).toISOString() }) }
}

function detailedRoutes(core: Core): Route[] {
  const detailed = async (context: Context, input: PageInput, below = ''): Promise<Record<string, unknown>> => {
    const { id } = namespaceOf(core, context)
    const keys = await core.policies.list(id, pageOf(input), below)
    const info: Record<string, unknown> = {}
    for (const key of keys) {
      const found = await core.policies.get(id, below + key)
      if (found) info[key] = { policy: found.text, version: found.version, modified: found.modified, cas_required: found.casRequired ?? false }
    }
    return { keys, key_info: info }
  }
  return [
    route({
      op: 'list',
      path: 'policies/detailed/acl',
      about: 'Lists the policies with their texts.',
      takes: page,
      run: (context, input) => detailed(context, input),
    }),
    route({
      op: 'list',
      path: 'policies/detailed/acl/:prefix*',
      about: 'Lists the policies whose names begin so, with their texts.',
      takes: { ...page, prefix },
      run: (context, input) => detailed(context, input, folder(input.prefix)),
    }),
  ]
}

const passwordRoutes = (core: Core): Route[] => [
  route({
    op: 'list',
    path: 'policies/password',
    about: 'Lists the password policies.',
    takes: page,
    async run(context, input) {
      const keys = await core.passwords(namespaceOf(core, context)).children('', pageOf(input))
      return listing(keys)
    },
  }),
  route({
    op: 'read',
    path: 'policies/password/:name',
    about: 'Reads a password policy.',
    takes: { name },
    run: (context, input) => core.passwords(namespaceOf(core, context)).read<{ policy: string }>(input.name),
  }),
  route({
    op: 'write',
    path: 'policies/password/:name',
    about: 'Writes a password policy; it must be able to make passwords.',
    takes: { name, policy: text({ about: 'Text in HCL: length and charset rules.', required: true }) },
    async run(context, input) {
      const policy = decoded(input.policy)
      generatePassword(parsePasswordPolicy(policy), context.random)
      await core.passwords(namespaceOf(core, context)).write(input.name, { policy })
    },
  }),
  route({
    op: 'delete',
    path: 'policies/password/:name',
    about: 'Deletes a password policy.',
    takes: { name },
    run: (context, input) => core.passwords(namespaceOf(core, context)).delete(input.name),
  }),
  route({
    op: 'read',
    path: 'policies/password/:name/generate',
    about: 'Makes a password by a policy.',
    takes: { name },
    async run(context, input) {
      const found = await core.passwords(namespaceOf(core, context)).read<{ policy: string }>(input.name)
      return found && { password: generatePassword(parsePasswordPolicy(found.policy), context.random) }
    },
  }),
]

/** Policies are asked about full paths; a caller names them relative to the namespace of the request. */
const fullPath = (context: Context, path: string): string => context.mount.namespace + path.replace(/^\/+/, '')

function capabilityRoutes(core: Core): Route[] {
  const paths = { paths: list({ about: 'Paths to ask about.', default: [] }), path: list({ about: 'Older name of `paths`.', default: [] }) }
  const answer = async (context: Context, token: Token | null, input: { paths: string[]; path: string[] }): Promise<Record<string, unknown>> => {
    const asked = input.paths.length > 0 ? input.paths : input.path
    if (asked.length === 0) throw invalid('paths must be supplied')
    if (!token) throw invalid('invalid token')
    const { acl } = await core.gate.session(token)
    const found = Object.fromEntries(asked.map((path) => [path, acl.capabilities(fullPath(context, path))]))
    return asked.length === 1 ? { ...found, capabilities: found[asked[0]!] } : found
  }
  return [
    route({
      op: 'write',
      path: 'capabilities',
      about: 'What a token may do at paths.',
      takes: { ...paths, token: text({ about: 'The token.', secret: true, required: true }) },
      run: async (context, input) => answer(context, await core.tokens.lookup(input.token), input),
    }),
    route({
      op: 'write',
      path: 'capabilities-accessor',
      about: 'What the token of an accessor may do at paths.',
      takes: { ...paths, accessor: text({ about: 'The accessor.', required: true }) },
      run: async (context, input) => answer(context, await tokenBelow(core, context, input.accessor), input),
    }),
    route({
      op: 'write',
      path: 'capabilities-self',
      about: 'What the calling token may do at paths.',
      takes: { ...paths, token: text({ about: 'Accepted for compatibility.', secret: true }) },
      async run(context, input) {
        const presented = input.token ?? context.presented
        if (presented !== null) return answer(context, await core.tokens.lookup(presented), input)
        return answer(context, context.caller.tokenKey === null ? null : await core.tokens.byKey(context.caller.tokenKey), input)
      },
    }),
    route({
      op: 'write',
      path: 'policies/simulate',
      about: 'Tells an administrator why a request is allowed or denied: the rules that match, the one that decides, the check that fails.',
      access: 'sudo',
      takes: {
        path: text({ about: 'Path of the request.', required: true }),
        operation: choice([...operations, 'sudo'])({ about: 'What the request does; "sudo" asks for the capability itself.', default: 'read' }),
        parameters: object({ about: 'Body of the request.', default: {}, secret: true }),
        accessor: text({ about: 'Accessor of the token in question.' }),
        entity_id: text({ about: 'Instead of a token: what this entity may do.' }),
        policies: list({ about: 'Instead of a token: these policies.', default: [] }),
      },
      async run(context, input) {
        const acl = await simulated(core, context, input)
        const operation = input.operation === 'sudo' ? 'read' : input.operation
        const { decision, reason, matches, because, failed, missing } = acl.explain({ operation, path: fullPath(context, input.path), data: input.parameters })
        return {
          allowed: input.operation === 'sudo' ? decision.sudo : decision.allowed,
          reason,
          rules: matches.flatMap((match) => match.policies.map((policy) => ({ policy, path: match.pattern, capabilities: match.capabilities, decides: match.decides }))),
          ...(because !== null && { because }),
          ...(failed !== null && { failed }),
          ...(missing.length > 0 && { missing_capabilities: missing }),
        }
      },
    }),
  ]
}

/** The token of an accessor, where it belongs to the namespace of the request or one below. */
async function tokenBelow(core: Core, context: Context, accessor: string): Promise<Token | null> {
  const token = await core.tokens.byAccessor(accessor)
  return token?.namespace.startsWith(context.mount.namespace) ? token : null
}

const operations = ['create', 'read', 'update', 'patch', 'delete', 'list', 'scan'] as const satisfies AclOperation[]

/** The rules of a token, of an entity, or of policies by name. */
async function simulated(core: Core, context: Context, input: { accessor?: string | undefined; entity_id?: string | undefined; policies: string[] }): Promise<Acl> {
  const { path, id } = namespaceOf(core, context)
  if (input.accessor !== undefined) {
    const token = await tokenBelow(core, context, input.accessor)
    if (!token) throw new Fault('not-found', 'no token has this accessor')
    return (await core.gate.session(token)).acl
  }
  const identity = input.entity_id === undefined || !(await core.identity.belongs(input.entity_id, id)) ? null : await core.identity.resolve(input.entity_id)
  if (input.entity_id !== undefined && !identity) throw new Fault('not-found', 'there is no such entity')
  return core.policies.acl([{ namespace: path, namespaceId: id, names: input.policies }, ...(identity?.policies ?? [])], identity?.identity ?? null)
}

const namespaceOf = (core: Core, context: Context): Namespace => core.namespaces.at(context.mount.namespace)!
