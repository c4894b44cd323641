// Temporary keys: by assuming a role, by a web identity, or of the caller's own rights.
import type { AccessKey, NewAccessKey, Principal } from '../../core/access-keys.ts'
import { arnOf, uniqueId } from '../../core/access-keys.ts'
import type { Core } from '../../core/core.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { integer, list, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { readUnverified, verifyWebIdentity } from './issuers.ts'
import { namespaceOf, secretView } from './keys.ts'
import { type Role, roleAt, sessionOf, shortest, trusts } from './roles.ts'

const session = text({ about: 'Name of the session, shown in audit.', required: true })
const seconds = integer({ about: 'Seconds that the key lasts.' })
const sessionPolicy = text({ about: 'A policy in the language of IAM that narrows what the key may do.', default: '' })
const name = text({ about: 'Name of the role.', required: true })
const hour = 3600

/** The key that signed a request, or null where something else did. */
const keyOfCaller = (core: Core, { caller }: Context): Promise<AccessKey | null> | null => (caller.metadata.aws_access_key_id === undefined ? null : core.accessKeys.find(caller.accessor))

/** Makes the key of a session and shows it with who it stands for. */
async function grant(core: Core, context: Context, wanted: Omit<NewAccessKey, 'namespace'>, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const namespace = namespaceOf(core, context)
  const made = await core.accessKeys.create({ ...wanted, namespace })
  const { account } = await core.accessKeys.settings(namespace)
  const { arn, userId } = arnOf(made.key.principal, account, made.key.id)
  return { ...secretView(made), arn, user_id: userId, ...more }
}

const policiesOf = (role: Role): string[] => (role.noDefaultPolicy ? role.policies : [...new Set([...role.policies, 'default'])].sort())

/** The rights of a role; under `-dev` a role that nobody made has those of an administrator. */
function rightsOf(role: Role | null, administrator: boolean): Pick<NewAccessKey, 'policies' | 'entityId' | 'noDefaultPolicy' | 'administrator'> {
  if (role) return { policies: policiesOf(role), entityId: '', noDefaultPolicy: role.noDefaultPolicy }
  return { policies: administrator ? ['root'] : [], entityId: '', noDefaultPolicy: true, administrator }
}

export function sessionRoutes(core: Core): Route[] {
  return [
    route({
      op: 'write',
      path: 'assume/:name',
      about: 'Gives a temporary key with the policies of a role.',
      takes: { name, session, duration: seconds, external_id: text({ about: 'What the role wants to be told.' }), tags: map({ about: 'Session tags.', default: {} }), source_identity: text({ about: 'Who stands behind the caller.', default: '' }), session_policy: sessionPolicy },
      async run(context, input) {
        const role = await roleAt(context.store, input.name)
        const own = await keyOfCaller(core, context)
        const development = core.accessKeys.virtual !== null && own?.administrator === true
        if (!development && !(role && trusts(role, context.caller, input.external_id))) throw new Fault('denied')
        const ttl = sessionOf(role ?? { maxSession: 12 * hour }, input.duration)
        if (own?.principal.kind === 'role' && ttl > hour) throw invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining')
        const principal: Principal = { kind: 'role', name: input.name, id: role?.id ?? uniqueId('AROA'), session: input.session }
        const metadata = { ...input.tags, ...(input.source_identity !== '' && { source_identity: input.source_identity }) }
        return grant(core, context, { ...rightsOf(role, development), principal, ttl, metadata, sessionPolicy: input.session_policy })
      },
    }),
    route({
      op: 'write',
      path: 'web-identity/:name',
      about: 'Gives a temporary key with the policies of a role to who shows a token of an issuer that the role trusts.',
      access: 'open',
      takes: { name, session, duration: seconds, token: text({ about: 'The token.', required: true, secret: true }), session_policy: sessionPolicy },
      async run(context, input) {
        const role = await roleAt(context.store, input.name)
        const development = core.accessKeys.virtual !== null
        if (!role && !development) throw new Fault('denied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
        const identity = role ? await verifyWebIdentity(context, role, input.token) : readUnverified(input.token)
        const ttl = sessionOf(role ?? { maxSession: 12 * hour }, input.duration)
        const principal: Principal = { kind: 'role', name: input.name, id: role?.id ?? uniqueId('AROA'), session: input.session }
        const { subject, audience, provider } = identity
        return grant(core, context, { ...rightsOf(role, !role), principal, ttl, metadata: { subject, provider }, sessionPolicy: input.session_policy }, { subject, audience, provider })
      },
    }),
    route({
      op: 'write',
      path: 'session',
      about: 'Gives a temporary key with the rights of the key that asks.',
      access: 'open',
      takes: { duration: seconds },
      async run(context, input) {
        const key = await keyOfCaller(core, context)
        if (!key) throw new Fault('unauthenticated')
        if (key.expiresAt > 0) throw new Fault('denied', 'Cannot call GetSessionToken with session credentials')
        return grant(core, context, { ...keptRights(key), principal: key.principal, ttl: input.duration || 12 * hour })
      },
    }),
    route({
      op: 'write',
      path: 'federation/:name',
      about: 'Gives a temporary key with some of the policies of the key that asks.',
      takes: { name: text({ about: 'Name of the federated user.', required: true }), duration: seconds, policies: list({ about: 'Policies, each one of the caller\'s.', default: [] }), session_policy: sessionPolicy },
      async run(context, input) {
        const key = await keyOfCaller(core, context)
        if (!key || key.expiresAt > 0) throw new Fault('denied', 'Cannot call GetFederationToken with session credentials')
        const foreign = input.policies.filter((policy) => !context.caller.policies.includes(policy))
        if (foreign.length > 0) throw new Fault('denied')
        const ttl = input.duration || 12 * hour
        if (ttl < shortest) throw invalid('a session lasts 15 minutes at least')
        const inherited = core.accessKeys.virtual !== null && key.administrator === true && input.policies.length === 0
        return grant(core, context, { ...(inherited ? keptRights(key) : { policies: input.policies, entityId: '', noDefaultPolicy: true }), principal: { kind: 'federated', name: input.name }, ttl, sessionPolicy: input.session_policy })
      },
    }),
  ]
}

const keptRights = ({ policies, entityId, noDefaultPolicy, administrator, metadata }: AccessKey): Pick<NewAccessKey, 'policies' | 'entityId' | 'noDefaultPolicy' | 'administrator' | 'metadata'> => ({ policies, entityId, noDefaultPolicy, metadata, ...(administrator && { administrator }) })
