import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { type AwsServer, startAws } from '../server.test-aid.ts'

let aws: AwsServer
let client: SecretsManager
before(async () => {
  aws = await startAws()
  client = new SecretsManager(aws.options())
})
after(async () => {
  client.destroy()
  await aws.stop()
})

let count = 0
const fresh = (prefix = 'trial'): string => `${prefix}/${count++}`
const refused = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))

test('what Vault writes AWS reads, and the other way round', async () => {
  await aws.vault('POST', 'secret/data/myapp/database', { data: { username: 'admin' } })
  const value = await client.getSecretValue({ SecretId: 'myapp/database' })
  assert.equal(value.SecretString, '{"username":"admin"}')
  assert.match(value.ARN!, /^arn:aws:secretsmanager:us-east-1:123456789012:secret:myapp\/database-[A-Za-z0-9]{6}$/)
  assert.deepEqual(value.VersionStages, ['AWSCURRENT'])

  await client.putSecretValue({ SecretId: 'myapp/database', SecretString: '{ "username": "root" }' })
  assert.deepEqual((await aws.vault('GET', 'secret/data/myapp/database')).data.data, { username: 'root' })
  assert.equal((await client.getSecretValue({ SecretId: 'myapp/database' })).SecretString, '{ "username": "root" }')
  assert.equal((await client.getSecretValue({ SecretId: 'myapp/database', VersionStage: 'AWSPREVIOUS' })).SecretString, '{"username":"admin"}')

  await client.putSecretValue({ SecretId: 'myapp/database', SecretString: 'plain text' })
  assert.deepEqual((await aws.vault('GET', 'secret/data/myapp/database')).data.data, { value: 'plain text' })
  await client.putSecretValue({ SecretId: 'myapp/database', SecretBinary: Buffer.from([0, 255, 10]) })
  assert.deepEqual((await aws.vault('GET', 'secret/data/myapp/database')).data.data, { value: 'AP8K' })
  assert.deepEqual(Buffer.from((await client.getSecretValue({ SecretId: 'myapp/database' })).SecretBinary!), Buffer.from([0, 255, 10]))
})

test('a pending version is not what readers get, in either dialect', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: '{"v":"1"}' })
  const pending = await client.putSecretValue({ SecretId: id, SecretString: '{"v":"2"}', VersionStages: ['AWSPENDING'] })
  assert.deepEqual((await aws.vault('GET', `secret/data/${id}`)).data.data, { v: '1' })
  assert.equal((await client.getSecretValue({ SecretId: id })).SecretString, '{"v":"1"}')
  assert.equal((await client.getSecretValue({ SecretId: id, VersionStage: 'AWSPENDING' })).SecretString, '{"v":"2"}')
  // A write over Vault's API with the version that its reader saw goes through and becomes current.
  await aws.vault('POST', `secret/data/${id}`, { data: { v: '3' }, options: { cas: 1 } })
  assert.equal((await client.getSecretValue({ SecretId: id })).SecretString, '{"v":"3"}')
  const { VersionIdsToStages } = await client.describeSecret({ SecretId: id })
  assert.deepEqual(VersionIdsToStages![pending.VersionId!], ['AWSPENDING'])
})

test('what loses AWSCURRENT is no longer pending, and each version tells when it was read', async () => {
  const id = fresh()
  const first = (await client.createSecret({ Name: id, SecretString: '1' })).VersionId!
  const second = (await client.putSecretValue({ SecretId: id, SecretString: '2', VersionStages: ['AWSPENDING', 'BLUE'] })).VersionId!
  await client.getSecretValue({ SecretId: id })
  await client.updateSecretVersionStage({ SecretId: id, VersionStage: 'AWSCURRENT', RemoveFromVersionId: first, MoveToVersionId: second })
  const versions = async () => (await client.listSecretVersionIds({ SecretId: id })).Versions!.map((one) => [one.VersionId, one.VersionStages!.toSorted(), one.LastAccessedDate !== undefined])
  assert.deepEqual(await versions(), [[first, ['AWSPREVIOUS'], true], [second, ['AWSCURRENT', 'AWSPENDING', 'BLUE'], false]])
  const third = (await client.putSecretValue({ SecretId: id, SecretString: '3' })).VersionId!
  assert.deepEqual(await versions(), [[second, ['AWSPREVIOUS', 'BLUE'], false], [third, ['AWSCURRENT'], false]])
  assert.ok((await client.describeSecret({ SecretId: id })).LastAccessedDate)
  const labels = (from: number, count: number) => Array.from({ length: count }, (_, at) => `label-${from + at}`)
  await client.putSecretValue({ SecretId: id, SecretString: '4', VersionStages: labels(0, 17) })
  await assert.rejects(client.putSecretValue({ SecretId: id, SecretString: '5', VersionStages: labels(17, 1) }), refused('LimitExceededException', /20 staging labels/))
  await assert.rejects(client.updateSecretVersionStage({ SecretId: id, VersionStage: 'label-17', MoveToVersionId: third }), refused('LimitExceededException'))
  await client.putSecretValue({ SecretId: id, SecretString: '5', VersionStages: labels(3, 2) })
})

test('a name that no secret can have is told as such, unless another dialect gave it', async () => {
  const badName = refused('ValidationException', /^Invalid name\. Must be a valid name containing alphanumeric characters/)
  for (const SecretId of ['Inv Name', ' Inv*Name? ']) {
    await assert.rejects(client.getSecretValue({ SecretId }), badName)
    await assert.rejects(client.describeSecret({ SecretId }), badName)
    await assert.rejects(client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true }), badName)
  }
  await aws.vault('POST', 'secret/data/with space', { data: { a: '1' } })
  assert.equal((await client.getSecretValue({ SecretId: 'with space' })).SecretString, '{"a":"1"}')
})

test('a client token makes writes safe to repeat', async () => {
  const id = fresh()
  const ClientRequestToken = randomUUID()
  const first = await client.createSecret({ Name: id, SecretString: 'a', ClientRequestToken })
  assert.deepEqual((await client.createSecret({ Name: id, SecretString: 'a', ClientRequestToken })).VersionId, first.VersionId)
  await assert.rejects(client.createSecret({ Name: id, SecretString: 'b', ClientRequestToken }), refused('ResourceExistsException', /^You can't use ClientRequestToken .* already in use for a version of secret arn:aws:\S+\.$/))
  await assert.rejects(client.createSecret({ Name: id, SecretString: 'b' }), refused('ResourceExistsException', /^The operation failed because the secret .* already exists\.$/))
  const again = { SecretId: id, SecretString: 'c', ClientRequestToken: randomUUID() }
  await client.putSecretValue(again)
  await client.putSecretValue(again)
  await assert.rejects(client.putSecretValue({ ...again, SecretString: 'd' }), refused('ResourceExistsException'))
  assert.equal((await client.listSecretVersionIds({ SecretId: id })).Versions!.length, 2)
})

test('labels move as the service moves them', async () => {
  const id = fresh()
  const one = (await client.createSecret({ Name: id, SecretString: '1' })).VersionId!
  const two = (await client.putSecretValue({ SecretId: id, SecretString: '2', VersionStages: ['blue'] })).VersionId!
  await assert.rejects(client.updateSecretVersionStage({ SecretId: id, VersionStage: 'AWSCURRENT', MoveToVersionId: two }), refused('InvalidParameterException', /^The parameter RemoveFromVersionId can't be empty\. Staging label AWSCURRENT is currently attached to version/))
  await assert.rejects(client.updateSecretVersionStage({ SecretId: id, VersionStage: 'AWSCURRENT', RemoveFromVersionId: one }), refused('InvalidParameterException'))
  await client.updateSecretVersionStage({ SecretId: id, VersionStage: 'AWSCURRENT', MoveToVersionId: two, RemoveFromVersionId: one })
  const stages = (await client.describeSecret({ SecretId: id })).VersionIdsToStages!
  assert.deepEqual(stages[one], ['AWSPREVIOUS'])
  assert.deepEqual([...stages[two]!].sort(), ['AWSCURRENT', 'blue'])
  await client.updateSecretVersionStage({ SecretId: id, VersionStage: 'blue', RemoveFromVersionId: two })
  await assert.rejects(client.getSecretValue({ SecretId: id, VersionStage: 'blue' }), refused('ResourceNotFoundException', /staging label: blue$/))
  await assert.rejects(client.getSecretValue({ SecretId: id, VersionId: one, VersionStage: 'AWSCURRENT' }), refused('InvalidRequestException'))
  assert.equal((await aws.vault('GET', `secret/data/${id}`)).data.metadata.version, 2)
})

test('names, ARNs and partial ARNs mean the same secret', async () => {
  const id = `${fresh()}-secret`
  const { ARN } = await client.createSecret({ Name: id, SecretString: 'x' })
  for (const SecretId of [id, ARN!, ARN!.slice(0, -7)]) assert.equal((await client.getSecretValue({ SecretId })).Name, id)
  await assert.rejects(client.getSecretValue({ SecretId: `${ARN!.slice(0, -6)}zzzzzz` }), refused('ResourceNotFoundException', /^Secrets Manager can't find the specified secret\.$/))
  await assert.rejects(client.getSecretValue({ SecretId: ARN!, VersionId: '0'.repeat(32) }), refused('ResourceNotFoundException', /VersionId: 0{32}$/))
  await client.deleteSecret({ SecretId: ARN!, ForceDeleteWithoutRecovery: true })
  const again = await client.createSecret({ Name: id, SecretString: 'x' })
  assert.notEqual(again.ARN, ARN)
  for (const odd of ['/lead', 'double//slash', 'tail/', 'dots/../x', 'a.b_c+d=e@f!g']) {
    const Name = `${odd}${odd.endsWith('/') ? '' : count++}`
    await client.createSecret({ Name, SecretString: odd })
    assert.deepEqual((await client.listSecrets({ Filters: [{ Key: 'name', Values: [Name] }] })).SecretList!.map((one) => one.Name), [Name])
    assert.equal((await client.getSecretValue({ SecretId: Name })).SecretString, odd)
  }
  await assert.rejects(client.createSecret({ Name: 'no spaces', SecretString: 'x' }), refused('ValidationException'))
})

test('a deleted secret can be restored until its window ends', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: '{"k":"v"}' })
  for (const RecoveryWindowInDays of [6, 31]) await assert.rejects(client.deleteSecret({ SecretId: id, RecoveryWindowInDays }), refused('InvalidParameterException'))
  await assert.rejects(client.deleteSecret({ SecretId: id, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }), refused('InvalidParameterException'))
  const { DeletionDate } = await client.deleteSecret({ SecretId: id, RecoveryWindowInDays: 7 })
  assert.ok(Math.abs(DeletionDate!.getTime() - Date.now() - 7 * 86_400_000) < 60_000)
  await assert.rejects(client.getSecretValue({ SecretId: id }), refused('InvalidRequestException', /marked for deletion/))
  await assert.rejects(client.createSecret({ Name: id, SecretString: 'x' }), refused('InvalidRequestException', /already scheduled for deletion/))
  await assert.rejects(aws.vault('GET', `secret/data/${id}`), /^Error: 404/)
  assert.ok((await client.describeSecret({ SecretId: id })).DeletedDate)
  assert.equal((await client.listSecrets({ Filters: [{ Key: 'name', Values: [id] }] })).SecretList!.length, 0)
  assert.equal((await client.listSecrets({ IncludePlannedDeletion: true, Filters: [{ Key: 'name', Values: [id] }] })).SecretList!.length, 1)
  await client.restoreSecret({ SecretId: id })
  assert.deepEqual((await aws.vault('GET', `secret/data/${id}`)).data.data, { k: 'v' })
  await client.deleteSecret({ SecretId: id, ForceDeleteWithoutRecovery: true })
  await client.deleteSecret({ SecretId: id, ForceDeleteWithoutRecovery: true })
  await assert.rejects(client.deleteSecret({ SecretId: id }), refused('ResourceNotFoundException'))
})

test('filters, negation and pages', async () => {
  const base = fresh('list')
  for (const [name, Description, Value] of [['a', 'Primary database', 'red'], ['b', 'primary cache', 'green'], ['c', 'spare', 'red']] as const) await client.createSecret({ Name: `${base}/${name}`, Description, SecretString: 'x', Tags: [{ Key: `${base}-tag`, Value }] })
  const names = async (...Filters: { Key: any; Values: string[] }[]) => (await client.listSecrets({ Filters: [{ Key: 'name', Values: [base] }, ...Filters] })).SecretList!.map((one) => one.Name!.slice(-1)).join('')
  assert.equal(await names(), 'abc')
  assert.equal(await names({ Key: 'description', Values: ['PRIMARY'] }), 'ab')
  assert.equal(await names({ Key: 'description', Values: ['!primary'] }), 'c')
  assert.equal(await names({ Key: 'tag-value', Values: ['red'] }), 'ac')
  assert.equal(await names({ Key: 'tag-value', Values: ['re', 'gr'] }), 'abc')
  assert.equal(await names({ Key: 'tag-key', Values: [`${base}-tag`] }, { Key: 'all', Values: ['cache green'] }), 'b')
  await assert.rejects(names({ Key: 'nonsense', Values: ['x'] }), refused('ValidationException', /filters\.2\.member\.key/))
  const Filters = [{ Key: 'name' as const, Values: [base] }]
  const seen: string[] = []
  for (let NextToken: string | undefined; ; ) {
    const page = await client.listSecrets({ Filters, MaxResults: 2, ...(NextToken && { NextToken }) })
    seen.push(...page.SecretList!.map((one) => one.Name!.slice(-1)))
    NextToken = page.NextToken
    if (!NextToken) break
  }
  assert.deepEqual(seen, ['a', 'b', 'c'])
  const newestFirst = await client.listSecrets({ Filters, SortBy: 'created-date', SortOrder: 'desc', MaxResults: 2 })
  assert.deepEqual(newestFirst.SecretList!.map((one) => one.Name!.slice(-1)), ['c', 'b'])
  assert.deepEqual((await client.listSecrets({ Filters, SortBy: 'created-date', SortOrder: 'desc', MaxResults: 2, NextToken: newestFirst.NextToken! })).SecretList!.map((one) => one.Name!.slice(-1)), ['a'])
  await assert.rejects(client.listSecrets({ NextToken: '%%%' }), refused('InvalidNextTokenException'))
})

test('words begin where a capital or a sign says so', async () => {
  const base = fresh('Words')
  for (const name of ['prodAppBeta', 'prod/COMPANY', 'prod/COMPANYthings', 'rev-D3']) await client.createSecret({ Name: `${base}/${name}`, SecretString: 'x' })
  const found = async (value: string) => (await client.listSecrets({ Filters: [{ Key: 'name', Values: [base] }, { Key: 'all', Values: [value] }] })).SecretList!.map((one) => one.Name!.slice(base.length + 1))
  assert.deepEqual(await found('beta'), ['prodAppBeta'])
  assert.deepEqual(await found('AppBeta'), ['prodAppBeta'])
  assert.deepEqual(await found('company'), ['prod/COMPANY'])
  assert.deepEqual(await found('Ythings'), ['prod/COMPANYthings'])
  for (const nothing of ['things', 'pany', '+', 'N']) assert.deepEqual(await found(nothing), [], nothing)
  assert.deepEqual(await found('d3'), ['rev-D3'])
})

test('tags are Vault\'s custom metadata', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: 'x', Tags: [{ Key: 'env', Value: 'dev' }] })
  await client.tagResource({ SecretId: id, Tags: [{ Key: 'team', Value: 'core' }] })
  await client.untagResource({ SecretId: id, TagKeys: ['env'] })
  assert.deepEqual((await aws.vault('GET', `secret/metadata/${id}`)).data.custom_metadata, { team: 'core' })
  await assert.rejects(client.tagResource({ SecretId: id, Tags: [{ Key: 'aws:x', Value: '' }] }), refused('InvalidParameterException'))
  await assert.rejects(client.tagResource({ SecretId: id, Tags: Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: '' })) }), refused('InvalidParameterException'))
})

test('a batch tells what it could not read', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: 'x' })
  const { SecretValues, Errors } = await client.batchGetSecretValue({ SecretIdList: [id, 'not/there'] })
  assert.deepEqual(SecretValues!.map((one) => one.SecretString), ['x'])
  assert.deepEqual(Errors!.map((one) => [one.SecretId, one.ErrorCode]), [['not/there', 'ResourceNotFoundException']])
  await assert.rejects(client.batchGetSecretValue({}), refused('InvalidParameterException'))
})

test('random passwords keep every rule', async () => {
  const of = async (input: object) => (await client.getRandomPassword(input)).RandomPassword!
  assert.equal((await of({})).length, 32)
  assert.match(await of({ PasswordLength: 200, ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true }), /^\d{200}$/)
  for (let at = 0; at < 20; at++) assert.match(await of({ PasswordLength: 5, IncludeSpace: true }), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.* )(?=.*[^\w\s]|.*_).{5}$/)
  assert.doesNotMatch(await of({ PasswordLength: 4096, ExcludeCharacters: 'aZ"\\' }), /[aZ"\\]/)
  await assert.rejects(of({ PasswordLength: 3 }), refused('InvalidParameterException', /too short/))
  await assert.rejects(of({ ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true, ExcludeNumbers: true }), refused('InvalidParameterException'))
  await assert.rejects(of({ PasswordLength: 4097 }), refused('ValidationException'))
})

test('resource policies are checked and kept', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: 'x' })
  const policy = (Principal: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'secretsmanager:*', Resource: '*' }] })
  await client.putResourcePolicy({ SecretId: id, ResourcePolicy: policy({ AWS: 'arn:aws:iam::123456789012:root' }) })
  assert.equal((await client.getResourcePolicy({ SecretId: id })).ResourcePolicy, policy({ AWS: 'arn:aws:iam::123456789012:root' }))
  await assert.rejects(client.putResourcePolicy({ SecretId: id, ResourcePolicy: policy('*'), BlockPublicPolicy: true }), refused('PublicPolicyException'))
  await assert.rejects(client.putResourcePolicy({ SecretId: id, ResourcePolicy: '{' }), refused('MalformedPolicyDocumentException'))
  assert.equal((await client.validateResourcePolicy({ ResourcePolicy: policy('*') })).PolicyValidationPassed, false)
  await client.deleteResourcePolicy({ SecretId: id })
  assert.equal((await client.getResourcePolicy({ SecretId: id })).ResourcePolicy, undefined)
})

test('replicas are recorded', async () => {
  const id = fresh()
  await client.createSecret({ Name: id, SecretString: 'x', AddReplicaRegions: [{ Region: 'eu-west-1' }] })
  const { ReplicationStatus } = await client.replicateSecretToRegions({ SecretId: id, AddReplicaRegions: [{ Region: 'eu-central-1' }] })
  assert.deepEqual(ReplicationStatus!.map((one) => [one.Region, one.Status]), [['eu-west-1', 'InSync'], ['eu-central-1', 'InSync']])
  assert.deepEqual((await client.removeRegionsFromReplication({ SecretId: id, RemoveReplicaRegions: ['eu-west-1'] })).ReplicationStatus!.map((one) => one.Region), ['eu-central-1'])
  await assert.rejects(client.replicateSecretToRegions({ SecretId: id, AddReplicaRegions: [{ Region: 'us-east-1' }] }), refused('InvalidParameterException'))
  await assert.rejects(client.deleteSecret({ SecretId: id }), refused('InvalidParameterException', /that still has replica regions \[eu-central-1\]$/))
  const there = new SecretsManager({ ...aws.options(), region: 'eu-central-1' })
  assert.equal((await there.getSecretValue({ SecretId: id })).SecretString, 'x')
  await assert.rejects(there.putSecretValue({ SecretId: id, SecretString: 'y' }), refused('InvalidParameterException', /^Operation not permitted on a replica secret/))
  await assert.rejects(client.stopReplicationToReplica({ SecretId: id }), refused('InvalidParameterException', /only permitted on a replica/))
  await there.stopReplicationToReplica({ SecretId: id })
  assert.equal((await client.describeSecret({ SecretId: id })).ReplicationStatus, undefined)
  there.destroy()
})

test('values have 64 KiB at most, and errors never show them', async () => {
  const secret = `${'top-secret-'}${'x'.repeat(65_537)}`
  await assert.rejects(client.createSecret({ Name: fresh(), SecretString: secret }), (error: Error) => error.name === 'ValidationException' && !error.message.includes('top-secret'))
  await assert.rejects(client.createSecret({ Name: fresh(), SecretString: 'ü'.repeat(40_000) }), refused('ValidationException'))
  await client.createSecret({ Name: fresh(), SecretString: 'x'.repeat(65_536) })
})

test('a secret without a value has none to read', async () => {
  const id = fresh()
  const made = await client.createSecret({ Name: id, Description: 'later' })
  assert.equal(made.VersionId, undefined)
  await assert.rejects(client.getSecretValue({ SecretId: id }), refused('ResourceNotFoundException', /staging label: AWSCURRENT$/))
  await client.updateSecret({ SecretId: id, SecretString: 'now' })
  assert.equal((await client.getSecretValue({ SecretId: id })).SecretString, 'now')
  assert.equal((await client.describeSecret({ SecretId: id })).Description, 'later')
  await client.updateSecret({ SecretId: id, Description: '' })
  assert.equal((await client.describeSecret({ SecretId: id })).Description, undefined)
})

test('a version that another dialect replaces loses its label here too, in answers and in audit', async () => {
  const name = 'vault/labels'
  await aws.vault('POST', `secret/data/${name}`, { data: { a: '1' } })
  const first = await client.getSecretValue({ SecretId: name })
  assert.deepEqual(first.VersionStages, ['AWSCURRENT'])
  await aws.vault('POST', `secret/data/${name}`, { data: { a: '2' } })
  const former = await client.getSecretValue({ SecretId: name, VersionId: first.VersionId! })
  assert.deepEqual([former.SecretString, former.VersionStages], ['{"a":"1"}', ['AWSPREVIOUS']])
  assert.deepEqual((await client.getSecretValue({ SecretId: name })).VersionStages, ['AWSCURRENT'])
  const answers = aws.audit().filter(({ type, request, response }) => type === 'response' && request.path === `secret/data/${name}` && response?.data?.payload)
  assert.equal(new Set(answers.map(({ response }) => response.data.version)).size, 3)
})
