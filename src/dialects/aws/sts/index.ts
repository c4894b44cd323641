// AWS Security Token Service: who am I, and temporary keys. https://docs.aws.amazon.com/STS/latest/APIReference/
import { Fault } from '../../../kit/errors.ts'
import { parseArn, principalIn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, type Service, operation } from '../operation.ts'
import { checkSessionPolicy } from '../iam/session.ts'
import { list, number, string, structure } from '../shape.ts'

const arn = { min: 20, max: 2048, pattern: /^[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+$/ } as const
const roleArn = string({ required: true, ...arn })
const sessionName = string({ required: true, min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ })
const duration = (longest: number) => number({ min: 900, max: longest })
const policy = string({ min: 1, max: 2048, pattern: /^[\u0009\u000A\u000D\u0020-\u00FF]+$/, secret: true })
const policyArns = list(structure({ arn: string(arn) }), { max: 10 })
const tagKey = { min: 1, max: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u } as const
const tags = list(structure({ Key: string({ required: true, ...tagKey }), Value: string({ required: true, max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u }) }), { max: 50 })
const device = { SerialNumber: string({ min: 9, max: 256, pattern: /^[\w+=/:,.@-]*$/ }), TokenCode: string({ min: 6, max: 6, pattern: /^[\d]*$/ }) }

interface RolePlace {
  namespace: string
  name: string
  account: string
}

/** The namespace and the name of the role that an ARN means; a path before the name is left out, as in the ARN of the session. */
async function roleOf({ core }: Exchange, text: string): Promise<RolePlace | null> {
  const arn = parseArn(text)
  const name = arn?.service === 'iam' ? /^role\/(?:[^/]+\/)*([\w+=,.@-]{1,64})$/.exec(arn.resource)?.[1] : undefined
  if (!arn || name === undefined) throw new AwsFault('ValidationException', `${text.slice(0, 256)} is invalid`)
  const namespace = await core.accessKeys.namespaceOf(arn.account)
  return namespace ? { namespace: namespace.path, name, account: arn.account } : null
}

/** A policy that narrows the session; managed policies by name narrow in the same way and are not known here. */
function sessionPolicyOf(input: { Policy?: string | undefined; PolicyArns?: unknown }): { session_policy: string } | Record<string, never> {
  if (input.PolicyArns !== undefined) throw new AwsFault('ValidationException', 'PolicyArns are not supported for role sessions: use Policy, or a role with fewer policies.')
  if (input.Policy === undefined) return {}
  checkSessionPolicy(input.Policy)
  return { session_policy: input.Policy }
}

const credentialsOf = (made: Record<string, unknown>): object => ({ AccessKeyId: made.access_key, SecretAccessKey: made.secret_key, SessionToken: made.session_token, Expiration: made.expiration })
/** In the partition of the role. */
const assumedOf = (made: Record<string, unknown>, role: string): object => ({ AssumedRoleId: made.user_id, Arn: String(made.arn).replace('arn:aws:', /^arn:[^:]+:/.exec(role)![0]) })

/** A refusal of a role in the words of STS, which do not tell whether the role exists. */
async function refusing<T>(message: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof Fault && cause.reason?.[0] === 'transitive') throw new AwsFault('InvalidParameterValue', cause.message)
    if (cause instanceof Fault && !(cause instanceof AwsFault) && ['denied', 'no-route', 'not-found'].includes(cause.code)) throw new AwsFault('AccessDeniedException', message)
    throw cause
  }
}

/** What is wrong with a token or an assertion, in the words of STS. */
function identityFault(cause: Fault): Fault {
  if (cause.reason?.[0] === 'idp-rejected') return new AwsFault('IDPRejectedClaimException', cause.message)
  if (cause.code === 'precondition') return new AwsFault('ExpiredWebIdentityToken', cause.message)
  if (cause.code === 'upstream') return new AwsFault('IDPCommunicationErrorException', cause.message)
  if (cause.code === 'invalid') return new AwsFault(cause.message.startsWith('The requested Duration') ? 'ValidationException' : 'InvalidIdentityTokenException', cause.message)
  return cause
}

const mostPacked = 4096

interface Narrowed {
  Policy?: string | undefined
  Tags?: readonly { Key: string; Value: string }[] | undefined
}

/** How much of the room for policies and tags is taken, in percent; nothing where a request brings none. */
function packedSize({ Policy = '', Tags = [] }: Narrowed): { PackedPolicySize?: number } {
  const size = Policy.length + Tags.reduce((sum, { Key, Value }) => sum + Key.length + Value.length, 0)
  const percent = Math.ceil((size / mostPacked) * 100)
  if (percent > 100) throw new AwsFault('PackedPolicyTooLargeException', Policy === '' ? `Packed size of session tags consumes ${percent}% of allotted space.` : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`)
  return size === 0 ? {} : { PackedPolicySize: percent }
}

/** Tags by name; refuses names that differ in case alone, and transitive ones that are not among them. */
function tagsOf(given: readonly { Key: string; Value: string }[], transitive: readonly string[] = []): Record<string, string> {
  const wrong = (message: string): AwsFault => new AwsFault('InvalidParameterValue', message)
  const names = new Set(given.map(({ Key }) => Key.toLowerCase()))
  if (names.size < given.length) throw wrong('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (transitive.some((key) => !names.has(key.toLowerCase()))) throw wrong('The specified transitive tag key must be included in the requested tags.')
  return Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]))
}

const assumeRole = operation({
  name: 'AssumeRole',
  about: 'Gives temporary keys with the policies of a role that trusts the caller.',
  access: [{ op: 'write', path: 'auth/aws/assume/:name' }],
  input: {
    RoleArn: roleArn, RoleSessionName: sessionName, PolicyArns: policyArns, Policy: policy, DurationSeconds: duration(43_200), Tags: tags, TransitiveTagKeys: list(string(tagKey), { max: 50 }),
    ExternalId: string({ min: 2, max: 1224, pattern: new RegExp(String.raw`^[\w+=,.@:\/-]*$`) }), ...device, SourceIdentity: string({ min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ }),
  },
  shows: ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'SourceIdentity'],
  async run(exchange, input) {
    const packed = packedSize(input)
    const place = await roleOf(exchange, input.RoleArn)
    const body = {
      session: input.RoleSessionName, ...sessionPolicyOf(input),
      ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }),
      ...(input.ExternalId !== undefined && { external_id: input.ExternalId }),
      tags: tagsOf(input.Tags ?? [], input.TransitiveTagKeys), transitive: input.TransitiveTagKeys ?? [],
      ...(input.SourceIdentity !== undefined && { source_identity: input.SourceIdentity }),
    }
    const message = `User: ${exchange.signer!.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`
    const made = await refusing(message, async () => {
      if (!place) throw new Fault('denied')
      return exchange.ask('write', `auth/aws/assume/${place.name}`, body, place.namespace)
    })
    return { Credentials: credentialsOf(made), AssumedRoleUser: assumedOf(made, input.RoleArn), ...packed, ...(input.SourceIdentity !== undefined && { SourceIdentity: input.SourceIdentity }) }
  },
})

const assumeRoleWithWebIdentity = operation({
  name: 'AssumeRoleWithWebIdentity',
  about: 'Gives temporary keys with the policies of a role to who shows a token of an issuer that the role trusts.',
  access: [{ op: 'write', path: 'auth/aws/web-identity/:name' }],
  anonymous: true,
  input: { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: string({ required: true, min: 4, max: 20_000, secret: true }), ProviderId: string({ min: 4, max: 2048 }), PolicyArns: policyArns, Policy: policy, DurationSeconds: duration(43_200) },
  shows: ['RoleArn', 'RoleSessionName', 'ProviderId', 'DurationSeconds'],
  async run(exchange, input) {
    const packed = packedSize(input)
    const place = await roleOf(exchange, input.RoleArn)
    const body = { session: input.RoleSessionName, token: input.WebIdentityToken, ...sessionPolicyOf(input), ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }) }
    const made = await refusing('Not authorized to perform sts:AssumeRoleWithWebIdentity', async () => {
      if (!place) throw new Fault('denied')
      return exchange.ask('write', `auth/aws/web-identity/${place.name}`, body, place.namespace).catch((cause: unknown) => {
        throw cause instanceof Fault ? identityFault(cause) : cause
      })
    })
    return { Credentials: credentialsOf(made), SubjectFromWebIdentityToken: made.subject, AssumedRoleUser: assumedOf(made, input.RoleArn), ...packed, Provider: made.provider, Audience: made.audience }
  },
})

const assumeRoleWithSaml = operation({
  name: 'AssumeRoleWithSAML',
  about: 'Gives temporary keys with the policies of a role to who shows a SAML assertion of a provider that the role trusts.',
  access: [{ op: 'write', path: 'auth/aws/saml/:name' }],
  anonymous: true,
  input: { RoleArn: roleArn, PrincipalArn: roleArn, SAMLAssertion: string({ required: true, min: 4, max: 100_000, secret: true }), PolicyArns: policyArns, Policy: policy, DurationSeconds: duration(43_200) },
  shows: ['RoleArn', 'PrincipalArn', 'DurationSeconds'],
  async run(exchange, input) {
    const packed = packedSize(input)
    const place = await roleOf(exchange, input.RoleArn)
    const body = { role_arn: input.RoleArn, principal_arn: input.PrincipalArn, assertion: input.SAMLAssertion, ...sessionPolicyOf(input), ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }) }
    const made = await refusing('Not authorized to perform sts:AssumeRoleWithSAML', async () => {
      if (!place) throw new Fault('denied')
      return exchange.ask('write', `auth/aws/saml/${place.name}`, body, place.namespace).catch((cause: unknown) => {
        throw cause instanceof Fault ? identityFault(cause) : cause
      })
    })
    return {
      Credentials: credentialsOf(made), AssumedRoleUser: assumedOf(made, input.RoleArn), ...packed, Subject: made.subject, SubjectType: made.subject_type, Issuer: made.issuer, Audience: made.audience,
      NameQualifier: made.name_qualifier, ...(made.source_identity !== '' && { SourceIdentity: made.source_identity }),
    }
  },
})

const getCallerIdentity = operation({
  name: 'GetCallerIdentity',
  about: 'Tells whose key signed the request.',
  access: [{ op: 'read', path: 'auth/aws/identity' }],
  input: {},
  async run(exchange) {
    await exchange.ask('read', 'auth/aws/identity')
    const { signer, settings } = exchange
    return { Arn: principalIn(signer!.arn, exchange.region), UserId: signer!.userId, Account: settings.account }
  },
})

const getSessionToken = operation({
  name: 'GetSessionToken',
  about: 'Gives temporary keys with the rights of the key that asks.',
  access: [{ op: 'write', path: 'auth/aws/session' }],
  input: { DurationSeconds: duration(129_600), ...device },
  shows: ['DurationSeconds'],
  async run(exchange, input) {
    const ask = () => exchange.ask('write', 'auth/aws/session', input.DurationSeconds === undefined ? {} : { duration: input.DurationSeconds })
    return { Credentials: credentialsOf(await refusing('Cannot call GetSessionToken with session credentials', ask)) }
  },
})

const getFederationToken = operation({
  name: 'GetFederationToken',
  about: 'Gives temporary keys with some of the policies of the key that asks; PolicyArns name them.',
  access: [{ op: 'write', path: 'auth/aws/federation/:name' }],
  input: { Name: string({ required: true, min: 2, max: 32, pattern: /^[\w+=,.@-]*$/ }), Policy: policy, PolicyArns: policyArns, DurationSeconds: duration(129_600), Tags: tags },
  shows: ['Name', 'DurationSeconds'],
  async run(exchange, input) {
    const packed = packedSize(input)
    const policies = (input.PolicyArns ?? []).map(({ arn }) => arn?.slice(arn.lastIndexOf('/') + 1) ?? '')
    const body = { ...sessionPolicyOf({ Policy: input.Policy }), ...(policies.length > 0 && { policies }), ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }) }
    const message = `User: ${exchange.signer!.arn} is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::${exchange.settings.account}:federated-user/${input.Name}`
    const made = await refusing(message, () => exchange.ask('write', `auth/aws/federation/${input.Name}`, body))
    return { Credentials: credentialsOf(made), FederatedUser: { FederatedUserId: made.user_id, Arn: principalIn(String(made.arn), exchange.region) }, PackedPolicySize: 0, ...packed }
  },
})

const getAccessKeyInfo = operation({
  name: 'GetAccessKeyInfo',
  about: 'Tells which account an access key belongs to.',
  access: [{ op: 'read', path: 'auth/aws/identity' }],
  input: { AccessKeyId: string({ required: true, min: 16, max: 128, pattern: /^[\w]*$/ }) },
  shows: ['AccessKeyId'],
  async run(exchange, input) {
    await exchange.ask('read', 'auth/aws/identity')
    const { core, settings } = exchange
    const key = await core.accessKeys.find(input.AccessKeyId)
    const namespace = key && core.namespaces.byId(key.namespaceId)
    return { Account: namespace ? (await core.accessKeys.settings(namespace)).account : settings.account }
  },
})

const decodeAuthorizationMessage = operation({
  name: 'DecodeAuthorizationMessage',
  about: 'Refused: messages are not encoded here.',
  access: [],
  input: { EncodedMessage: string({ required: true, min: 1, max: 10_240 }) },
  run() {
    throw new AwsFault('InvalidAuthorizationMessageException', 'The message is not one that this server encoded.')
  },
})

export const sts: Service = {
  name: 'sts',
  protocol: 'query',
  version: '2011-06-15',
  xmlns: 'https://sts.amazonaws.com/doc/2011-06-15/',
  source: 'sts.amazonaws.com',
  faults: { invalid: 'ValidationException' },
  resourceOf: (_exchange, input) => (typeof input.RoleArn === 'string' ? input.RoleArn : '*'),
  operations: [assumeRole, assumeRoleWithWebIdentity, assumeRoleWithSaml, getCallerIdentity, getSessionToken, getFederationToken, getAccessKeyInfo, decodeAuthorizationMessage],
}
