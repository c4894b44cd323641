// Policies of a namespace: `sys/policy`, `sys/policies/acl`, `sys/policies/password`, and what they allow.
import type { Core } from '../core/core.ts'
import type { Namespace } from '../core/namespaces.ts'
import { type Acl, type AclOperation, generatePassword, parsePasswordPolicy } from '../core/policy/index.ts'
import type { Token } from '../core/tokens.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { choice, integer, list, object, text } from '../kit/field.ts'
import { type Context, type Route, route } from '../kit/route.ts'

const page = { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) }
const pageOf = (input: { after?: string | undefined; limit?: number | undefined }) => ({ ...(input.after !== undefined && { after: input.after }), ...(input.limit !== undefined && input.limit > 0 && { limit: input.limit }) })
const name = text({ about: 'Name of the policy.', required: true })

/** Base64 policies were once common on the command line. */
const decoded = (policy: string): string => (/^[A-Za-z0-9+/]{24,}={0,2}$/.test(policy.trim()) && /[{}]/.test(Buffer.from(policy, 'base64').toString()) ? Buffer.from(policy, 'base64').toString() : policy)

export function policyRoutes(core: Core): Route[] {
  const acl = ({ base, content }: { base: string; content: 'rules' | 'policy' }): Route[] => [
    ...(base === 'policy'
      ? [route({ op: 'read', path: base, about: 'Lists the policies.', takes: page, async run(context, input) { const keys = await core.policies.list(namespaceOf(core, context).id, pageOf(input)); return { keys, policies: keys } } })]
      : []),
    route({ op: 'list', path: base, about: 'Lists the policies.', takes: page, async run(context, input) { const keys = await core.policies.list(namespaceOf(core, context).id, pageOf(input)); return base === 'policy' ? { keys, policies: keys } : { keys } } }),
    route({
      op: 'read',
      path: `${base}/:name`,
      about: 'Reads a policy.',
      takes: { name },
      async run(context, input) {
        const found = await core.policies.get(namespaceOf(core, context).id, input.name)
        // Vault's answer is exactly the name and the text; OpenBao's adds what check-and-set needs.
        const more = found?.checked && base !== 'policy' && { version: found.version, cas_required: false, modified: found.modified }
        return found && { name: found.name, [content]: found.text, ...more }
      },
    }),
    route({
      op: 'write',
      path: `${base}/:name`,
      about: 'Writes a policy.',
      takes: { name, policy: text({ about: 'Text in HCL or JSON.' }), rules: text({ about: 'Older name of `policy`.' }), cas: integer({ about: 'Version that must be there; -1 for none.' }) },
      async run(context, input) {
        const written = input.policy ?? input.rules
        if (written === undefined || written.trim() === '') throw invalid("'policy' parameter not supplied or empty")
        await core.policies.put(namespaceOf(core, context).id, input.name, decoded(written), input.cas)
      },
    }),
    route({ op: 'delete', path: `${base}/:name`, about: 'Deletes a policy.', takes: { name }, run: (context, input) => core.policies.delete(namespaceOf(core, context).id, input.name) }),
  ]
  return [
    ...acl({ base: 'policy', content: 'rules' }),
    ...acl({ base: 'policies/acl', content: 'policy' }),
    route({
      op: 'list',
      path: 'policies/detailed/acl',
      about: 'Lists the policies with their texts.',
      takes: page,
      async run(context, input) {
        const keys = await core.policies.list(namespaceOf(core, context).id, pageOf(input))
        const found = await Promise.all(keys.map((key) => core.policies.get(namespaceOf(core, context).id, key)))
        return { keys, key_info: Object.fromEntries(found.map((one) => [one!.name, { policy: one!.text, version: one!.version, modified: one!.modified }])) }
      },
    }),
    ...passwordRoutes(core),
    ...capabilityRoutes(core),
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
      return keys.length > 0 ? { keys } : null
    },
  }),
  route({ op: 'read', path: 'policies/password/:name', about: 'Reads a password policy.', takes: { name }, run: (context, input) => core.passwords(namespaceOf(core, context)).read<{ policy: string }>(input.name) }),
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
  route({ op: 'delete', path: 'policies/password/:name', about: 'Deletes a password policy.', takes: { name }, run: (context, input) => core.passwords(namespaceOf(core, context)).delete(input.name) }),
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
    route({ op: 'write', path: 'capabilities', about: 'What a token may do at paths.', takes: { ...paths, token: text({ about: 'The token.', secret: true, required: true }) }, run: async (context, input) => answer(context, await core.tokens.lookup(input.token), input) }),
    route({ op: 'write', path: 'capabilities-accessor', about: 'What the token of an accessor may do at paths.', takes: { ...paths, accessor: text({ about: 'The accessor.', required: true }) }, run: async (context, input) => answer(context, await tokenBelow(core, context, input.accessor), input) }),
    route({
      op: 'write',
      path: 'capabilities-self',
      about: 'What the calling token may do at paths.',
      takes: { ...paths, token: text({ about: 'Accepted for compatibility.', secret: true }) },
      async run(context, input) {
        const own = input.token !== undefined ? await core.tokens.lookup(input.token) : context.caller.tokenKey !== null ? await core.tokens.byKey(context.caller.tokenKey) : null
        return answer(context, own, input)
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
