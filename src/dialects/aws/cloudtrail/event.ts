// An event of the audit log in CloudTrail's words.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import type { AuditEvent } from '../../../core/audit/history.ts'
import { isObject } from '../../../kit/field.ts'
import { parseArn } from '../arn.ts'

/** What look-ups compare and records show. */
export interface Trace {
  id: string
  name: string
  source: string
  region: string
  time: number
  readOnly: boolean
  username: string
  accessKeyId: string
  resources: { type: string; name: string }[]
  parameters: Record<string, unknown>
  event: AuditEvent
}

/** Which parameters of a service name resources, and of which type. */
const resourcesBy: Record<string, { type: string; names: string[] }> = {
  'secretsmanager.amazonaws.com': { type: 'AWS::SecretsManager::Secret', names: ['secretId', 'name', 'secretIdList'] },
  'ssm.amazonaws.com': { type: 'AWS::SSM::Parameter', names: ['name', 'names', 'path', 'resourceId'] },
  'kms.amazonaws.com': { type: 'AWS::KMS::Key', names: ['keyId', 'aliasName', 'sourceKeyId', 'destinationKeyId', 'targetKeyId'] },
  'sts.amazonaws.com': { type: 'AWS::IAM::Role', names: ['roleArn'] },
}

const readOnly = /^(?:Get|Describe|List|Lookup|BatchGet|Validate|Verify|Decrypt|Encrypt|ReEncrypt|GenerateDataKey|GenerateMac|GenerateRandom|Sign$|AssumeRole)/

/** The last part of who asked: a user, a session, or root. */
function usernameOf({ metadata, displayName }: AuditEvent): string {
  const resource = parseArn(metadata.aws_arn ?? displayName)?.resource ?? ''
  return resource === '' ? displayName : resource.slice(resource.lastIndexOf('/') + 1)
}

/** Where an entry of a refusal that no call made says whose it was. */
export const callerParameter = 'caller'

export function traceOf(found: AuditEvent): Trace {
  const { dialect } = found
  const { [callerParameter]: caller, ...parameters } = (dialect.parameters ?? {}) as Record<string, unknown>
  const metadata = found.metadata.aws_arn === undefined && isObject(caller) ? (caller as Record<string, string>) : found.metadata
  const event = { ...found, metadata }
  const source = String(dialect.service)
  const known = resourcesBy[source]
  const names = known ? known.names.flatMap((name) => parameters[name] ?? []).filter((name) => typeof name === 'string') : []
  return {
    id: String(dialect.event_id),
    name: String(dialect.action),
    source,
    region: String(dialect.region),
    time: Date.parse(event.time),
    readOnly: readOnly.test(String(dialect.action)),
    username: usernameOf(event),
    accessKeyId: metadata.aws_access_key_id ?? '',
    resources: names.map((name) => ({ type: known!.type, name })),
    parameters,
    event,
  }
}

function identityOf({ username, accessKeyId, event }: Trace, account: string): object {
  const arn = event.metadata.aws_arn
  if (arn === undefined) return { type: 'Unknown', ...(accessKeyId && { accessKeyId }) }
  const owner = event.metadata.aws_account ?? account
  const common = { arn, accountId: owner, accessKeyId }
  const resource = parseArn(arn)?.resource ?? ''
  if (resource === 'root') return { type: 'Root', principalId: owner, ...common }
  if (resource.startsWith('user/')) return { type: 'IAMUser', ...common, userName: username }
  if (resource.startsWith('federated-user/')) return { type: 'FederatedUser', principalId: `${owner}:${username}`, ...common }
  const role = resource.split('/')[1] ?? ''
  return { type: 'AssumedRole', ...common, sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${owner}:role/${role}`, accountId: owner, userName: role } } }
}

/** The audit log holds messages alone. */
const errorCodeOf = (message: string): string => (/permission denied|not authorized/.test(message) ? 'AccessDenied' : /can't find|not found/.test(message) ? 'ResourceNotFoundException' : 'ClientException')

/** One of the events that LookupEvents answers. */
export function recordOf(trace: Trace, account: string): object {
  const { event } = trace
  const seconds = Math.trunc(trace.time / 1000)
  const detail = {
    eventVersion: '1.11',
    userIdentity: identityOf(trace, account),
    eventTime: `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`,
    eventSource: trace.source,
    eventName: trace.name,
    awsRegion: trace.region,
    sourceIPAddress: event.remote,
    userAgent: event.dialect.user_agent,
    ...(event.error !== '' && { errorCode: errorCodeOf(event.error), errorMessage: event.error }),
    requestParameters: Object.keys(trace.parameters).length > 0 ? trace.parameters : null,
    responseElements: null,
    requestID: trace.id,
    eventID: trace.id,
    readOnly: trace.readOnly,
    resources: trace.resources.map(({ type, name }) => ({ type, ARN: name, accountId: account })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  }
  return {
    EventId: trace.id,
    EventName: trace.name,
    ReadOnly: String(trace.readOnly),
    ...(trace.accessKeyId && { AccessKeyId: trace.accessKeyId }),
    EventTime: seconds,
    EventSource: trace.source,
    Username: trace.username,
    Resources: trace.resources.map(({ type, name }) => ({ ResourceType: type, ResourceName: name })),
    CloudTrailEvent: JSON.stringify(detail),
  }
}
