// AWS Security Token Service: who am I, and temporary keys. https://docs.aws.amazon.com/STS/latest/APIReference/
import { Fault } from '../../../kit/errors.ts'
import { parseArn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, type Service, operation } from '../operation.ts'
import { checkSessionPolicy } from '../iam/session.ts'
import { list, number, string, structure } from '../shape.ts'

const roleArn = string({ required: true, min: 20, max: 2048 })
const sessionName = string({ required: true, min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ })
const duration = (longest: number) => number({ min: 900, max: longest })
const policy = string({ min: 1, max: 2048, secret: true })
const policyArns = list(structure({ arn: string({ min: 20, max: 2048 }) }), { max: 10 })
const tags = list(structure({ Key: string({ required: true, min: 1, max: 128 }), Value: string({ required: true, max: 256 }) }), { max: 50 })

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
const assumedOf = (made: Record<string, unknown>): object => ({ AssumedRoleId: made.user_id, Arn: made.arn })

/** A refusal of a role in the words of STS, which do not tell whether the role exists. */
async function refusing<T>(message: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof Fault && !(cause instanceof AwsFault) && ['denied', 'no-route', 'not-found'].includes(cause.code)) throw new AwsFault('AccessDeniedException', message)
    throw cause
  }
}

const assumeRole = operation({
  name: 'AssumeRole',
  about: 'Gives temporary keys with the policies of a role that trusts the caller.',
  access: [{ op: 'write', path: 'auth/aws/assume/:name' }],
  input: {
    RoleArn: roleArn, RoleSessionName: sessionName, PolicyArns: policyArns, Policy: policy, DurationSeconds: duration(43_200), Tags: tags, TransitiveTagKeys: list(string({ min: 1, max: 128 })),
    ExternalId: string({ min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/ }), SerialNumber: string({ min: 9, max: 256 }), TokenCode: string({ min: 6, max: 6 }), SourceIdentity: string({ min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ }),
  },
  shows: ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'SourceIdentity'],
  async run(exchange, input) {
    const place = await roleOf(exchange, input.RoleArn)
    const body = {
      session: input.RoleSessionName, ...sessionPolicyOf(input),
      ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }),
      ...(input.ExternalId !== undefined && { external_id: input.ExternalId }),
      ...(input.Tags && { tags: Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value])) }),
      ...(input.SourceIdentity !== undefined && { source_identity: input.SourceIdentity }),
    }
    const message = `User: ${exchange.signer!.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`
    const made = await refusing(message, async () => {
      if (!place) throw new Fault('denied')
      return exchange.ask('write', `auth/aws/assume/${place.name}`, body, place.namespace)
    })
    return { Credentials: credentialsOf(made), AssumedRoleUser: assumedOf(made), PackedPolicySize: 6, ...(input.SourceIdentity !== undefined && { SourceIdentity: input.SourceIdentity }) }
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
    const place = await roleOf(exchange, input.RoleArn)
    const body = { session: input.RoleSessionName, token: input.WebIdentityToken, ...sessionPolicyOf(input), ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }) }
    const made = await refusing('Not authorized to perform sts:AssumeRoleWithWebIdentity', async () => {
      if (!place) throw new Fault('denied')
      return exchange.ask('write', `auth/aws/web-identity/${place.name}`, body, place.namespace).catch((cause: unknown) => {
        if (!(cause instanceof Fault)) throw cause
        if (cause.code === 'precondition') throw new AwsFault('ExpiredWebIdentityToken', cause.message)
        if (cause.code === 'upstream') throw new AwsFault('IDPCommunicationErrorException', cause.message)
        if (cause.code === 'invalid') throw new AwsFault(cause.message.startsWith('The requested Duration') ? 'ValidationException' : 'InvalidIdentityTokenException', cause.message)
        throw cause
      })
    })
    return { Credentials: credentialsOf(made), SubjectFromWebIdentityToken: made.subject, AssumedRoleUser: assumedOf(made), PackedPolicySize: 6, Provider: made.provider, Audience: made.audience }
  },
})

const assumeRoleWithSaml = operation({
  name: 'AssumeRoleWithSAML',
  about: 'Refused: assertions are not verified here.',
  access: [],
  anonymous: true,
  input: {},
  run() {
    throw new AwsFault('IDPRejectedClaimException', 'SAML assertions are not accepted: use AssumeRoleWithWebIdentity with an OpenID Connect token.')
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
    return { Arn: signer!.arn, UserId: signer!.userId, Account: settings.account }
  },
})

const getSessionToken = operation({
  name: 'GetSessionToken',
  about: 'Gives temporary keys with the rights of the key that asks.',
  access: [{ op: 'write', path: 'auth/aws/session' }],
  input: { DurationSeconds: duration(129_600), SerialNumber: string({ min: 9, max: 256 }), TokenCode: string({ min: 6, max: 6 }) },
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
    const policies = (input.PolicyArns ?? []).map(({ arn }) => arn?.slice(arn.lastIndexOf('/') + 1) ?? '')
    const body = { ...sessionPolicyOf({ Policy: input.Policy }), ...(policies.length > 0 && { policies }), ...(input.DurationSeconds !== undefined && { duration: input.DurationSeconds }) }
    const message = `User: ${exchange.signer!.arn} is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::${exchange.settings.account}:federated-user/${input.Name}`
    const made = await refusing(message, () => exchange.ask('write', `auth/aws/federation/${input.Name}`, body))
    return { Credentials: credentialsOf(made), FederatedUser: { FederatedUserId: made.user_id, Arn: made.arn }, PackedPolicySize: 6 }
  },
})

const getAccessKeyInfo = operation({
  name: 'GetAccessKeyInfo',
  about: 'Tells which account an access key belongs to.',
  access: [{ op: 'read', path: 'auth/aws/identity' }],
  input: { AccessKeyId: string({ required: true, min: 16, max: 128, pattern: /^\w*$/ }) },
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
