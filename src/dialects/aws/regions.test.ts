import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { STS } from '@aws-sdk/client-sts'
import { type AwsServer, startAws } from './server.test-aid.ts'

let aws: AwsServer
const clients: { destroy(): void }[] = []
const keep = <T extends { destroy(): void }>(client: T): T => {
  clients.push(client)
  return client
}
const kms = (region: string): KMS => keep(new KMS({ ...aws.options(), region }))
const secrets = (region: string): SecretsManager => keep(new SecretsManager({ ...aws.options(), region }))
const named = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))

before(async () => {
  aws = await startAws()
  await aws.vault('POST', 'sys/mounts/transit-eu', { type: 'transit' })
  await aws.vault('POST', 'sys/mounts/secret-eu', { type: 'kv', options: { version: '2' } })
})
after(async () => {
  for (const client of clients) client.destroy()
  await aws.stop()
})

test('a region of another partition has its ARNs, and principals are written with it', async () => {
  const china = kms('cn-north-1')
  const identity = await keep(new STS({ ...aws.options(), region: 'cn-north-1' })).getCallerIdentity({})
  assert.equal(identity.Arn, 'arn:aws-cn:iam::123456789012:root')
  const { Arn, KeyId } = (await china.createKey({})).KeyMetadata!
  assert.equal(Arn, `arn:aws-cn:kms:cn-north-1:123456789012:key/${KeyId}`)
  assert.match((await china.getKeyPolicy({ KeyId })).Policy!, /"arn:aws-cn:iam::123456789012:root"/)
  const keys = await aws.keyWith('path "auth/aws/none" { capabilities = ["read"] }')
  const caller = await keep(new STS({ ...aws.options(keys), region: 'cn-north-1' })).getCallerIdentity({})
  const statement = (Principal: string, more: object = {}) => ({ Effect: 'Allow', Principal: { AWS: Principal }, Action: 'kms:*', Resource: '*', ...more })
  const Condition = { ArnEquals: { 'aws:PrincipalArn': caller.Arn } }
  await china.putKeyPolicy({ KeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement('arn:aws-cn:iam::123456789012:root'), statement(caller.Arn!, { Condition })] }) })
  const own = keep(new KMS({ ...aws.options(keys), region: 'cn-north-1' }))
  assert.equal((await own.describeKey({ KeyId: Arn })).KeyMetadata!.KeyId, KeyId)
  const role = (await keep(new STS(aws.options())).assumeRole({ RoleArn: 'arn:aws-us-gov:iam::123456789012:role/made-up', RoleSessionName: 'one' })).AssumedRoleUser!
  assert.equal(role.Arn, 'arn:aws-us-gov:sts::123456789012:assumed-role/made-up/one')
})

test('regions share one store until one is kept apart', async () => {
  const [here, there, other] = [kms('us-east-1'), kms('eu-central-1'), kms('ap-south-1')]
  const { KeyId, Arn } = (await here.createKey({})).KeyMetadata!
  assert.equal((await there.describeKey({ KeyId })).KeyMetadata!.Arn, Arn!.replace('us-east-1', 'eu-central-1'))
  await aws.vault('POST', 'auth/aws/config/region/eu-central-1', { keys: 'transit-eu', secrets: '/secret-eu/' })
  assert.deepEqual((await aws.vault('GET', 'auth/aws/config')).data.regions, { 'eu-central-1': { keys: 'transit-eu/', secrets: 'secret-eu/' } })

  await assert.rejects(there.describeKey({ KeyId }), named('NotFoundException', /Key 'arn:aws:kms:eu-central-1:.*' does not exist/))
  await assert.rejects(there.describeKey({ KeyId: Arn }), named('NotFoundException', /^Invalid arn us-east-1$/))
  const european = (await there.createKey({})).KeyMetadata!
  assert.deepEqual((await there.listKeys({})).Keys!.map((key) => key.KeyId), [european.KeyId])
  await assert.rejects(here.describeKey({ KeyId: european.Arn }), named('NotFoundException', /^Invalid arn eu-central-1$/))
  await other.describeKey({ KeyId: Arn })

  await secrets('us-east-1').createSecret({ Name: 'app', SecretString: 'here' })
  await secrets('eu-central-1').createSecret({ Name: 'app', SecretString: 'there' })
  assert.equal((await secrets('ap-south-1').getSecretValue({ SecretId: 'app' })).SecretString, 'here')
  assert.equal((await secrets('eu-central-1').getSecretValue({ SecretId: 'app' })).SecretString, 'there')
  assert.equal((await aws.vault('GET', 'secret-eu/data/app')).data.metadata.version, 1)

  await aws.vault('DELETE', 'auth/aws/config/region/eu-central-1')
  await there.describeKey({ KeyId })
  await assert.rejects(there.describeKey({ KeyId: european.KeyId }), named('NotFoundException'))
  await assert.rejects(aws.vault('POST', 'auth/aws/config/region/__proto__', { keys: 'x' }), /400/)
})
