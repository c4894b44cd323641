// Temporary keys: by assuming a role, by a web identity or an assertion of SAML, or of the caller's own rights.
import { createHash } from 'node:crypto'
import type { AccessKey, NewAccessKey, Principal } from '../../core/access-keys.ts'
import { arnOf, uniqueId } from '../../core/access-keys.ts'
import type { Core } from '../../core/core.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { integer, list, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { readUnverified, verifyWebIdentity } from './issuers.ts'
import { namespaceOf, secretView } from './keys.ts'
import { type Role, bound, roleAt, sessionOf, shortest, trusts } from './roles.ts'
import { type Assertion, readUnverifiedAssertion, verifyAssertion } from './saml.ts'
import { providerAt, redeem } from './saml-providers.ts'

const session = text({ about: 'Name of the session, shown in audit.', required: true })
const seconds = integer({ about: 'Seconds that the key lasts.' })
const sessionPolicy = text({ about: 'A policy in the language of IAM that narrows what the key may do.', default: '' })
const name = text({ about: 'Name of the role.', required: true })
const hour = 3600

/** The key that signed a request, or null where something else did. */
const keyOfCaller = (core: Core, { caller }: Context): AccessKey | null | Promise<AccessKey | null> => (caller.metadata.aws_access_key_id === undefined ? null : core.accessKeys.find(caller.accessor))

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

/** Tags of a session and who stands behind it, as its key keeps them; no tag passes for the latter. */
function metadataOf({ source_identity: _tag, ...tags }: Record<string, string>, sourceIdentity: string): Record<string, string> {
  return sourceIdentity === '' ? tags : { ...tags, source_identity: sourceIdentity }
}

/** The transitive tags of the calling session, none of which may be given anew. */
function inheritedBy(tags: Record<string, string>, own: AccessKey | null): Record<string, string> {
  const inherited = Object.fromEntries((own?.transitive ?? []).map((name) => [name, own!.metadata[name] ?? '']))
  const names = new Set(Object.keys(inherited).map((name) => name.toLowerCase()))
  if (Object.keys(tags).some((name) => names.has(name.toLowerCase()))) throw new Fault('invalid', "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.", { reason: ['transitive'] })
  return inherited
}

const unauthorized = (action: string): Fault => new Fault('denied', `Not authorized to perform sts:${action}`)

const attribute = (name: string): string => `https://aws.amazon.com/SAML/Attributes/${name}`
const providerName = /:saml-provider\/([\w.-]{1,128})$/

/** The assertion that a response carries, if it may assume the role; under `-dev` that of a role that nobody made is not checked. */
async function assertionFor(context: Context, role: Role | null, { role_arn: roleArn, principal_arn: principalArn, assertion: response }: { role_arn: string; principal_arn: string; assertion: string }): Promise<Assertion> {
  if (!role) return readUnverifiedAssertion(response)
  const wanted = providerName.exec(principalArn)?.[1]
  const provider = wanted !== undefined && wanted === role.samlProvider ? await providerAt(context.store, wanted) : null
  if (!provider) throw unauthorized('AssumeRoleWithSAML')
  const assertion = await verifyAssertion(response, provider, context.now())
  const pairs = (assertion.attributes[attribute('Role')] ?? []).map((pair) => pair.split(',').map((arn) => arn.trim()))
  if (!pairs.some((pair) => pair.length === 2 && pair.includes(roleArn) && pair.includes(principalArn))) throw unauthorized('AssumeRoleWithSAML')
  if (!bound(role, assertion.subject, (name) => assertion.attributes[name] ?? [])) throw unauthorized('AssumeRoleWithSAML')
  await redeem(context, assertion)
  return assertion
}

const tagPrefix = attribute('PrincipalTag:')

/** What the attributes of an assertion ask of the session. */
function wishesOf({ attributes }: Assertion): { session: string; seconds: number | undefined; metadata: Record<string, string> } {
  const value = (name: string): string | undefined => attributes[attribute(name)]?.[0]
  const session = value('RoleSessionName')
  if (session === undefined) throw invalid('RoleSessionName is required in AuthnResponse')
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}')
  const source = value('SourceIdentity') ?? ''
  if (source !== '' && (!/^[\w+=,.@-]{2,64}$/.test(source) || source.startsWith('aws:'))) throw invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
  const seconds = value('SessionDuration')
  if (seconds !== undefined && !/^\d{1,6}$/.test(seconds)) throw invalid('SessionDuration in AuthnResponse must be a number of seconds')
  const tags = Object.entries(attributes).filter(([name]) => name.startsWith(tagPrefix)).map(([name, [tag = '']]) => [name.slice(tagPrefix.length), tag] as const)
  if (tags.length > 50 || tags.some(([name, tag]) => name === '' || name.length > 128 || tag.length > 256)) throw invalid('The session tags in AuthnResponse are not valid')
  return { session, seconds: seconds === undefined ? undefined : Number(seconds), metadata: metadataOf(Object.fromEntries(tags), source) }
}

export function sessionRoutes(core: Core): Route[] {
  return [
    route({
      op: 'write',
      path: 'assume/:name',
      about: 'Gives a temporary key with the policies of a role.',
      takes: { name, session, duration: seconds, external_id: text({ about: 'What the role wants to be told.' }), tags: map({ about: 'Session tags.', default: {} }), transitive: list({ about: 'Names of tags that sessions begun in this one have too.', default: [] }), source_identity: text({ about: 'Who stands behind the caller.', default: '' }), session_policy: sessionPolicy },
      async run(context, input) {
        const role = await roleAt(context.store, input.name)
        const own = await keyOfCaller(core, context)
        const development = core.accessKeys.virtual !== null && own?.administrator === true
        if (!development && !(role && trusts(role, context.caller, input.external_id))) throw new Fault('denied')
        const ttl = sessionOf(role ?? { maxSession: 12 * hour }, input.duration)
        if (own?.principal.kind === 'role' && ttl > hour) throw invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining')
        const principal: Principal = { kind: 'role', name: input.name, id: role?.id ?? uniqueId('AROA'), session: input.session }
        const inherited = inheritedBy(input.tags, own)
        const passed = input.transitive.map((tag) => tag.toLowerCase())
        const transitive = [...Object.keys(inherited), ...Object.keys(input.tags).filter((tag) => passed.includes(tag.toLowerCase()))]
        return grant(core, context, { ...rightsOf(role, development), principal, ttl, metadata: metadataOf({ ...inherited, ...input.tags }, input.source_identity), transitive, sessionPolicy: input.session_policy })
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
        if (!role && !development) throw unauthorized('AssumeRoleWithWebIdentity')
        const identity = role ? await verifyWebIdentity(context, role, input.token) : readUnverified(input.token)
        const ttl = sessionOf(role ?? { maxSession: 12 * hour }, input.duration)
        const principal: Principal = { kind: 'role', name: input.name, id: role?.id ?? uniqueId('AROA'), session: input.session }
        const { subject, audience, provider } = identity
        return grant(core, context, { ...rightsOf(role, !role), principal, ttl, metadata: { subject, provider }, sessionPolicy: input.session_policy }, { subject, audience, provider })
      },
    }),
    route({
      op: 'write',
      path: 'saml/:name',
      about: 'Gives a temporary key with the policies of a role to who shows an assertion of a provider that the role trusts.',
      access: 'open',
      takes: {
        name, duration: seconds, session_policy: sessionPolicy,
        role_arn: text({ about: 'The role, as the assertion names it.', required: true }),
        principal_arn: text({ about: 'The provider, as the assertion names it.', required: true }),
        assertion: text({ about: 'The response of the provider, base64.', required: true, secret: true }),
      },
      async run(context, input) {
        const role = await roleAt(context.store, input.name)
        if (!role && core.accessKeys.virtual === null) throw unauthorized('AssumeRoleWithSAML')
        const assertion = await assertionFor(context, role, input)
        const { issuer, subject, subjectType, recipient, sessionEnds } = assertion
        const wishes = wishesOf(assertion)
        const longest = sessionEnds === null ? Infinity : Math.trunc((sessionEnds - context.now()) / 1000)
        if (longest <= 0) throw new Fault('precondition', 'The session at the identity provider is over')
        const ttl = Math.min(sessionOf(role ?? { maxSession: 12 * hour }, input.duration ?? wishes.seconds), longest)
        const principal: Principal = { kind: 'role', name: input.name, id: role?.id ?? uniqueId('AROA'), session: wishes.session }
        const { account } = await core.accessKeys.settings(namespaceOf(core, context))
        const qualifier = createHash('sha1').update(`${issuer}${account}/${providerName.exec(input.principal_arn)?.[1] ?? ''}`).digest('base64')
        const told = { issuer, subject, subject_type: subjectType, audience: recipient, name_qualifier: qualifier, source_identity: wishes.metadata.source_identity ?? '' }
        return grant(core, context, { ...rightsOf(role, !role), principal, ttl, metadata: { ...wishes.metadata, subject, provider: issuer }, sessionPolicy: input.session_policy }, told)
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
