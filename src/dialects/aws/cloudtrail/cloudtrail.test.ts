import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CloudTrail, type LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type AwsServer, type Keys, startAws } from '../server.test-aid.ts'

let aws: AwsServer
const clients: { destroy(): void }[] = []
const trailOf = (server: AwsServer, keys?: Keys): CloudTrail => {
  const client = new CloudTrail(server.options(keys))
  clients.push(client)
  return client
}
const secretsOf = (server: AwsServer, keys?: Keys): SecretsManager => {
  const client = new SecretsManager(server.options(keys))
  clients.push(client)
  return client
}
let trail: CloudTrail
let secrets: SecretsManager
before(async () => {
  aws = await startAws()
  trail = trailOf(aws)
  secrets = secretsOf(aws)
})
after(async () => {
  for (const client of clients) client.destroy()
  await aws.stop()
})

const refused = (name: string) => (error: Error) => error.name === name
const by = (AttributeKey: string, AttributeValue: string, more: LookupEventsCommandInput = {}): LookupEventsCommandInput => ({ LookupAttributes: [{ AttributeKey: AttributeKey as 'EventName', AttributeValue }], ...more })
const detailOf = (event: { CloudTrailEvent?: string | undefined }): any => JSON.parse(event.CloudTrailEvent!)

test('a read of a secret is found with who, what and from where', async () => {
  const began = Date.now()
  await secrets.createSecret({ Name: 'trail/one', SecretString: 'canary-value' })
  await secrets.getSecretValue({ SecretId: 'trail/one' })
  const { Events } = await trail.lookupEvents(by('EventName', 'GetSecretValue', { StartTime: new Date(began - 60_000), EndTime: new Date(Date.now() + 60_000) }))
  assert.equal(Events!.length, 1)
  const [event] = Events!
  assert.deepEqual([event!.EventName, event!.EventSource, event!.Username, event!.ReadOnly, event!.AccessKeyId, event!.Resources], ['GetSecretValue', 'secretsmanager.amazonaws.com', 'root', 'true', 'test', [{ ResourceType: 'AWS::SecretsManager::Secret', ResourceName: 'trail/one' }]])
  assert.ok(Math.abs(event!.EventTime!.getTime() - Date.now()) < 60_000)
  const detail = detailOf(event!)
  assert.deepEqual([detail.requestParameters, detail.sourceIPAddress, detail.awsRegion, detail.responseElements, detail.userIdentity.type, detail.userIdentity.arn, detail.eventID], [{ secretId: 'trail/one' }, '127.0.0.1', 'us-east-1', null, 'Root', 'arn:aws:iam::123456789012:root', event!.EventId])
  assert.match(detail.userAgent, /aws-sdk-js/)
  assert.ok(!JSON.stringify(await trail.lookupEvents({})).includes('canary-value'))
})

test('each attribute finds what it names', async () => {
  const keys = await aws.keyWith('path "secret/data/trail/*" { capabilities = ["read"] }')
  const reader = secretsOf(aws, keys)
  const { ARN } = await reader.getSecretValue({ SecretId: 'trail/one' })
  await assert.rejects(reader.putSecretValue({ SecretId: 'trail/one', SecretString: 'no' }), refused('AccessDeniedException'))
  const names = async (input: LookupEventsCommandInput) => (await trail.lookupEvents(input)).Events!.map((event) => event.EventName)
  assert.deepEqual(await names(by('AccessKeyId', keys.accessKeyId)), ['PutSecretValue', 'GetSecretValue'])
  const [put, get] = (await trail.lookupEvents(by('AccessKeyId', keys.accessKeyId))).Events!
  assert.deepEqual([detailOf(put!).errorCode, detailOf(get!).errorCode, detailOf(get!).userIdentity.type], ['AccessDenied', undefined, 'IAMUser'])
  assert.deepEqual(await names(by('Username', get!.Username!)), ['PutSecretValue', 'GetSecretValue'])
  assert.deepEqual(await names(by('EventId', get!.EventId!)), ['GetSecretValue'])
  assert.deepEqual(await names(by('ResourceName', 'trail/one')), ['PutSecretValue', 'GetSecretValue', 'GetSecretValue', 'CreateSecret'])
  assert.deepEqual(await names(by('ResourceName', ARN!)), ['PutSecretValue', 'GetSecretValue', 'GetSecretValue', 'CreateSecret'])
  assert.deepEqual(await names(by('ResourceName', 'trail')), [])
  assert.deepEqual(await names(by('ReadOnly', 'false')), ['PutSecretValue', 'CreateSecret'])
  assert.equal((await names(by('ResourceType', 'AWS::SecretsManager::Secret'))).length, 4)
  assert.deepEqual(await names(by('EventSource', 'kms.amazonaws.com')), [])
  assert.ok((await names(by('EventSource', 'cloudtrail.amazonaws.com'))).length > 5)
  assert.deepEqual(await names(by('EventName', 'GetSecretValue', { EndTime: new Date(Date.now() - 3_600_000) })), [])
  assert.deepEqual(await names(by('EventName', 'GetSecretValue', { StartTime: new Date(Date.now() + 3_600_000) })), [])
})

test('pages cover every event once, rotated files included', async () => {
  for (let at = 0; at < 12; at++) await secrets.createSecret({ Name: `pages/${at}`, SecretString: 'v' })
  renameSync(join(aws.folder, 'audit.log'), join(aws.folder, 'audit.log.1'))
  await aws.vault('POST', 'sys/config/reload/audit_file').catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (let at = 12; at < 20; at++) await secrets.createSecret({ Name: `pages/${at}`, SecretString: 'v' })
  const found: string[] = []
  for (let token: string | undefined; ; ) {
    const page = await trail.lookupEvents(by('EventName', 'CreateSecret', { MaxResults: 3, NextToken: token }))
    assert.ok(page.Events!.length <= 3)
    found.push(...page.Events!.map((event) => detailOf(event).requestParameters.name))
    if ((token = page.NextToken) === undefined) break
  }
  assert.deepEqual(found, [...Array.from({ length: 20 }, (_, at) => `pages/${19 - at}`), 'trail/one'])
})

test('what cannot be asked is refused in the words of the service', async () => {
  await assert.rejects(trail.lookupEvents({ MaxResults: 51 }), refused('InvalidMaxResultsException'))
  await assert.rejects(trail.lookupEvents({ NextToken: 'x' }), refused('InvalidNextTokenException'))
  await assert.rejects(trail.lookupEvents({ NextToken: Buffer.from('1:1@5 ').toString('base64url') }), refused('InvalidNextTokenException'))
  await assert.rejects(trail.lookupEvents({ StartTime: new Date(2000), EndTime: new Date(1000) }), refused('InvalidTimeRangeException'))
  await assert.rejects(trail.lookupEvents({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'a' }, { AttributeKey: 'Username', AttributeValue: 'b' }] }), refused('InvalidLookupAttributesException'))
  await assert.rejects(trail.lookupEvents(by('Nonsense', 'a')), refused('ValidationException'))
})

test('a policy decides, and accounts do not see each other', async () => {
  const stranger = trailOf(aws, await aws.keyWith('path "secret/*" { capabilities = ["read"] }'))
  await assert.rejects(stranger.lookupEvents({}), refused('AccessDeniedException'))
  const auditor = trailOf(aws, await aws.keyWith('path "sys/audit-events" { capabilities = ["read"] }'))
  assert.ok((await auditor.lookupEvents({})).Events!.length > 0)
  const other = { accessKeyId: '000011112222', secretAccessKey: 'test' }
  await secretsOf(aws, other).createSecret({ Name: 'theirs', SecretString: 'v' })
  const theirs = (await trailOf(aws, other).lookupEvents(by('EventName', 'CreateSecret'))).Events!
  assert.deepEqual(theirs.map((event) => detailOf(event).requestParameters.name), ['theirs'])
  assert.deepEqual((await trail.lookupEvents(by('ResourceName', 'theirs'))).Events, [])
})

test('without a file to read back, the last events are remembered', async () => {
  const bare = await startAws({ settings: { audit: {} } })
  const client = secretsOf(bare)
  for (let at = 0; at < 5; at++) await client.createSecret({ Name: `ring/${at}`, SecretString: 'v' })
  const first = await trailOf(bare).lookupEvents(by('EventName', 'CreateSecret', { MaxResults: 3 }))
  assert.deepEqual(first.Events!.map((event) => detailOf(event).requestParameters.name), ['ring/4', 'ring/3', 'ring/2'])
  const second = await trailOf(bare).lookupEvents(by('EventName', 'CreateSecret', { NextToken: first.NextToken }))
  assert.deepEqual(second.Events!.map((event) => detailOf(event).requestParameters.name), ['ring/1', 'ring/0'])
  await bare.stop()
})

test('calls that read nothing of the store are found, and those that failed before they read', async () => {
  const keys = await aws.keyWith('path "secret/metadata/*" { capabilities = ["scan"] }\npath "sys/tools/random" { capabilities = ["update"] }')
  const [caller, sts] = [secretsOf(aws, keys), aws.sts(keys)]
  await sts.send(new GetCallerIdentityCommand({}))
  await caller.listSecrets({})
  await caller.getRandomPassword({})
  await caller.validateResourcePolicy({ ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' } }) })
  await assert.rejects(caller.createSecret({ Name: 'a name with spaces' }), refused('ValidationException'))
  const { Events } = await trail.lookupEvents(by('AccessKeyId', keys.accessKeyId))
  assert.deepEqual(Events!.map((event) => [event.EventName, detailOf(event).errorCode !== undefined]), [['CreateSecret', true], ['ValidateResourcePolicy', false], ['GetRandomPassword', false], ['ListSecrets', false], ['GetCallerIdentity', false]])
})
