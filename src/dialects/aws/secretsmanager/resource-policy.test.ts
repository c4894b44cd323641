import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BatchGetSecretValueCommand, CreateSecretCommand, DeleteResourcePolicyCommand, DescribeSecretCommand, GetSecretValueCommand, PutResourcePolicyCommand, PutSecretValueCommand, type SecretsManagerClient, UpdateSecretCommand, ValidateResourcePolicyCommand } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { type AwsServer, type Keys, startAws } from '../server.test-aid.ts'

let aws: AwsServer
before(async () => {
  aws = await startAws()
})
after(() => aws.stop())

const refused = (name: string, message = /./) => (error: Error): boolean => error.name === name && message.test(error.message)
const user = (name: string): string => `arn:aws:iam::123456789012:user/${name}`
const text = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: Statement.map((one) => ({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*', ...one })) })
const put = (SecretId: string, ...statements: object[]) => aws.secrets().send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: text(...statements) }))
const read = async (client: SecretsManagerClient, SecretId: string): Promise<string> => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString!

async function secret(Name: string): Promise<string> {
  return (await aws.secrets().send(new CreateSecretCommand({ Name, SecretString: `value of ${Name}`, Tags: [{ Key: 'team', Value: 'red' }] }))).ARN!
}
let people = 0
/** A key of a new user, whose name is what its ARN ends in. */
async function person(rules: string): Promise<{ arn: string; keys: Keys; client: SecretsManagerClient }> {
  const name = `aws-test-${people++}`
  const keys = await aws.keyWith(rules)
  return { arn: user(name), keys, client: aws.secrets(keys) }
}
const nothing = 'path "auth/token/lookup-self" { capabilities = ["read"] }'
const everything = 'path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan"] }'

test('an Allow gives one user what it names, and no policy of ours is needed', async () => {
  const ann = await person(nothing)
  const bob = await person(nothing)
  const ARN = await secret('given/one')
  await assert.rejects(read(ann.client, ARN), refused('AccessDeniedException', /because no identity-based policy allows/))
  await put(ARN, { Principal: { AWS: ann.arn } })
  assert.equal(await read(ann.client, ARN), 'value of given/one')
  assert.equal(await read(ann.client, 'given/one'), 'value of given/one')
  await assert.rejects(read(bob.client, ARN), refused('AccessDeniedException'))
  await assert.rejects(ann.client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'x' })), refused('AccessDeniedException'))
  await assert.rejects(ann.client.send(new DescribeSecretCommand({ SecretId: ARN })), refused('AccessDeniedException'))
  const batch = await ann.client.send(new BatchGetSecretValueCommand({ SecretIdList: [ARN] }))
  assert.equal(batch.SecretValues![0]!.SecretString, 'value of given/one')
  const seen = aws.audit().findLast((line) => line.type === 'response' && line.request.path === 'secret/data/given/one' && line.auth.policy_results.allowed)
  assert.equal(seen.auth.metadata.aws_policy, ARN)
  await aws.secrets().send(new DeleteResourcePolicyCommand({ SecretId: ARN }))
  await assert.rejects(read(ann.client, ARN), refused('AccessDeniedException'))
})

test('what our own policies deny outright no Allow gives; the account alone leaves it to them', async () => {
  const ann = await person('path "secret/data/barred" { capabilities = ["deny"] }')
  const ARN = await secret('barred')
  await put(ARN, { Principal: '*' })
  await assert.rejects(read(ann.client, ARN), refused('AccessDeniedException'))
  const [without, having] = [await person(nothing), await person(everything)]
  await put(ARN, { Principal: { AWS: 'arn:aws:iam::123456789012:root' } })
  await assert.rejects(read(without.client, ARN), refused('AccessDeniedException'))
  assert.equal(await read(having.client, ARN), 'value of barred')
})

test('an explicit Deny beats our policies, is audited, and cannot be evaded by the region', async () => {
  const ann = await person(everything)
  const ARN = await secret('denied')
  await put(ARN, { Effect: 'Deny', Principal: { AWS: ann.arn }, Resource: ARN })
  await assert.rejects(read(ann.client, ARN), refused('AccessDeniedException', /is not authorized to perform: secretsmanager:GetSecretValue on resource: .* with an explicit deny in a resource-based policy$/))
  await assert.rejects(read(ann.client, 'denied'), refused('AccessDeniedException'))
  await assert.rejects(ann.client.send(new BatchGetSecretValueCommand({ SecretIdList: ['denied'] })).then(({ Errors }) => assert.equal(Errors![0]!.ErrorCode, 'none')), /AccessDeniedException/)
  const found = await ann.client.send(new BatchGetSecretValueCommand({ Filters: [{ Key: 'name', Values: ['denied'] }] }))
  assert.deepEqual([found.SecretValues, found.Errors!.map((one) => one.ErrorCode)], [[], ['AccessDeniedException']])
  const elsewhere = new (ann.client.constructor as typeof SecretsManagerClient)({ ...aws.options(ann.keys), region: 'eu-west-1' })
  await assert.rejects(read(elsewhere, 'denied'), refused('AccessDeniedException'))
  elsewhere.destroy()
  assert.ok(aws.audit().some((line) => line.type === 'response' && line.request.dialect?.action === 'GetSecretValue' && line.request.dialect.parameters.secretId === 'denied' && line.error))
  await ann.client.send(new DescribeSecretCommand({ SecretId: 'denied' }))
})

test('roles, tags, stages, transport and addresses decide', async () => {
  const { Credentials } = await aws.sts().send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/app', RoleSessionName: 'one', Policy: text({}) }))
  const session = aws.secrets({ accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! })
  await secret('judged')
  const outcome = async (client: SecretsManagerClient, statement: object): Promise<string> => {
    await put('judged', statement)
    return read(client, 'judged').then(() => 'read', (error: Error) => error.name)
  }
  const role = { AWS: 'arn:aws:iam::123456789012:role/app' }
  assert.equal(await outcome(session, { Effect: 'Deny', Principal: role }), 'AccessDeniedException')
  assert.equal(await outcome(session, { Effect: 'Deny', Principal: '*', Condition: { StringLike: { 'aws:PrincipalArn': role.AWS } } }), 'AccessDeniedException')
  const ann = await person(nothing)
  const when = (Condition: object) => outcome(ann.client, { Principal: { AWS: ann.arn }, Condition })
  assert.equal(await when({ StringEquals: { 'secretsmanager:ResourceTag/team': 'red' }, IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }), 'read')
  assert.equal(await when({ StringEquals: { 'aws:ResourceTag/team': 'blue' } }), 'AccessDeniedException')
  assert.equal(await when({ Bool: { 'aws:SecureTransport': 'true' } }), 'AccessDeniedException')
  assert.equal(await when({ StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }), 'AccessDeniedException', 'no stage was asked for')
  assert.equal(await when({ StringEqualsIfExists: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }), 'read')
  assert.equal(await when({ StringNotEquals: { 'made:up': 'x' } }), 'AccessDeniedException')
  assert.equal(await when({ ArnEquals: { 'secretsmanager:SecretId': 'arn:aws:secretsmanager:*:*:secret:judged-??????' }, Null: { 'aws:SourceVpc': 'true' } }), 'read')
  assert.equal(await when({ DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }), 'AccessDeniedException')
})

test('what may be kept: a document, not for everybody, not without a way back', async () => {
  const ARN = await secret('kept')
  const send = (ResourcePolicy: string, BlockPublicPolicy = false) => aws.secrets().send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy, BlockPublicPolicy }))
  await assert.rejects(send('{'), refused('MalformedPolicyDocumentException', /invalid Json/))
  await assert.rejects(send(text({})), refused('MalformedPolicyDocumentException', /malformed/), 'nobody is named')
  await assert.rejects(send(text({ Principal: '*', Condition: { StringSounds: { 'aws:x': 'y' } } })), refused('MalformedPolicyDocumentException'))
  await assert.rejects(send(text({ Principal: '*' }), true), refused('PublicPolicyException'))
  await assert.rejects(send(text({ Principal: { AWS: ['*'] }, Condition: { StringNotEquals: { 'aws:PrincipalAccount': '1' } } }), true), refused('PublicPolicyException'))
  await send(text({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalAccount': '123456789012' } } }), true)
  const closed = text({ Effect: 'Deny', Action: '*', Principal: '*' })
  await assert.rejects(send(closed), refused('MalformedPolicyDocumentException', /will not allow you to manage this secret in the future/))
  const checked = await aws.secrets().send(new ValidateResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: closed }))
  assert.deepEqual([checked.PolicyValidationPassed, checked.ValidationErrors!.map((one) => one.CheckName)], [false, ['Lockout']])
})

test('another account: named by the policy, allowed at home, with a key that both can have', async () => {
  const account = '222222222222'
  const admin = aws.secrets({ accessKeyId: account, secretAccessKey: 'test' })
  const ARN = await secret('shared')
  const failed = async (client: SecretsManagerClient, id = ARN): Promise<string> => read(client, id).then(() => 'read', (error: Error) => `${error.name}: ${error.message}`)
  assert.match(await failed(admin), /^AccessDeniedException: User: arn:aws:iam::222222222222:root is not authorized .* because no resource-based policy allows/)
  await put(ARN, { Principal: '*', Action: 'secretsmanager:*' })
  assert.match(await failed(admin), /^AccessDeniedException/, 'everybody is nobody from elsewhere')
  await put(ARN, { Principal: { AWS: account }, Action: 'secretsmanager:*' })
  assert.match(await failed(admin), /^InvalidRequestException: You can't access a secret from a different AWS account/)
  assert.equal((await admin.send(new DescribeSecretCommand({ SecretId: ARN }))).ARN, ARN)
  await aws.secrets().send(new UpdateSecretCommand({ SecretId: ARN, KmsKeyId: 'alias/shared' }))
  assert.equal(await failed(admin), 'read')
  assert.match(await failed(admin, 'shared'), /^ResourceNotFoundException/, 'a name is one of the own account')
  const batch = await admin.send(new BatchGetSecretValueCommand({ SecretIdList: [ARN, 'shared'] }))
  assert.deepEqual([batch.SecretValues!.map((one) => one.ARN), batch.Errors!.map((one) => one.ErrorCode)], [[ARN], ['ResourceNotFoundException']])

  const key = async (rules: string) => {
    await aws.vault('PUT', `${account}/sys/policies/acl/own`, { policy: rules })
    const { data } = await aws.vault('POST', `${account}/auth/aws/key`, { name: 'ann', policies: ['own'] })
    return aws.secrets({ accessKeyId: data.access_key, secretAccessKey: data.secret_key })
  }
  assert.match(await failed(await key('path "secret/data/other" { capabilities = ["read"] }')), /^AccessDeniedException/)
  assert.equal(await failed(await key('path "secret/data/shared" { capabilities = ["read"] }')), 'read')
  await put(ARN, { Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'secretsmanager:GetSecretValue' })
  assert.match(await failed(admin), /^AccessDeniedException: .* with an explicit deny in a resource-based policy$/)
})

test('a secret of another account is found in the mount that its account keeps secrets in', async () => {
  const [owner, other] = ['555555555555', '666666666666'].map((accessKeyId) => aws.secrets({ accessKeyId, secretAccessKey: 'test' })) as [SecretsManagerClient, SecretsManagerClient]
  await assert.rejects(read(owner, 'none'), refused('ResourceNotFoundException'))
  await aws.vault('POST', '555555555555/sys/mounts/own-secrets', { type: 'kv', options: { version: '2' } })
  await aws.vault('POST', '555555555555/auth/aws/config', { secrets: 'own-secrets' })
  const { ARN } = await owner.send(new CreateSecretCommand({ Name: 'apart', SecretString: 'v', KmsKeyId: 'alias/shared' }))
  await owner.send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: text({ Principal: { AWS: '666666666666' } }) }))
  const batch = await other.send(new BatchGetSecretValueCommand({ SecretIdList: [ARN!, 'apart'] }))
  assert.deepEqual(batch.SecretValues!.map((one) => [one.ARN, one.SecretString]), [[ARN, 'v']])
  assert.deepEqual(batch.Errors!.map((one) => one.ErrorCode), ['ResourceNotFoundException'])
})

test('a locked namespace is closed to other accounts too', async () => {
  const [owner, other] = ['333333333333', '444444444444'].map((accessKeyId) => aws.secrets({ accessKeyId, secretAccessKey: 'test' })) as [SecretsManagerClient, SecretsManagerClient]
  const { ARN } = await owner.send(new CreateSecretCommand({ Name: 'lockable', SecretString: 'v', KmsKeyId: 'alias/shared' }))
  await owner.send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: text({ Principal: { AWS: '444444444444' } }) }))
  assert.equal(await read(other, ARN!), 'v')
  await aws.vault('POST', 'sys/namespaces/api-lock/lock/333333333333')
  await assert.rejects(read(other, ARN!), refused('AccessDeniedException'))
})
