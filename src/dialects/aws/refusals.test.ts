// What bad input gets, byte by byte: requests that no SDK would send.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type AwsServer, startAws } from './server.test-aid.ts'
import { makeHmac } from '../../crypto/hmac.ts'
import { canonicalRequest, compact, signingKey, stringToSign } from './sigv4.ts'

let aws: AwsServer
before(async () => {
  aws = await startAws()
})
after(() => aws.stop())

interface Shape {
  body?: string
  target?: string
  service?: string
  secret?: string
  keyId?: string
  at?: number
  more?: Record<string, string>
  /** Headers that are sent but not signed. */
  unsigned?: Record<string, string>
  sentBody?: string
}

async function post({ body = '{}', target = 'secretsmanager.ListSecrets', service = 'secretsmanager', secret = 'test', keyId = 'test', at = Date.now(), more = {}, unsigned = {}, sentBody = body }: Shape) {
  const time = compact(at)
  const scope = { time, date: time.slice(0, 8), region: 'us-east-1', service }
  const type: Record<string, string> = service === 'sts' ? { 'content-type': 'application/x-www-form-urlencoded' } : { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  const headers: Record<string, string> = { host: new URL(aws.address).host, ...type, 'x-amz-date': time, ...more }
  const names = Object.keys(headers).sort()
  const signature = makeHmac(signingKey(secret, scope))(stringToSign(scope, canonicalRequest({ method: 'POST', url: '/', headers }, names, hash('sha256', body, 'hex'))))
  const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/${scope.date}/us-east-1/${service}/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}`
  const { host: _, ...sent } = headers
  const response = await fetch(`${aws.address}/`, { method: 'POST', headers: { ...sent, authorization, ...unsigned }, body: sentBody })
  const text = await response.text()
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : null, headers: response.headers }
}

const minute = 60_000

test('a right request is answered, with its id', async () => {
  const { status, json, headers } = await post({})
  assert.equal(status, 200)
  assert.ok(Array.isArray(json.SecretList))
  assert.match(headers.get('x-amzn-requestid')!, /^[0-9a-f-]{36}$/)
})

const refusals: { what: string; shape: Shape; status: number; type: string; says?: RegExp }[] = [
  { what: 'a wrong secret', shape: { secret: 'wrong' }, status: 400, type: 'InvalidSignatureException', says: /^The request signature we calculated does not match/ },
  { what: 'an unknown key', shape: { keyId: 'AKIAAAAAAAAAAAAAAAAA' }, status: 400, type: 'UnrecognizedClientException', says: /^The security token included in the request is invalid\.$/ },
  { what: 'a late clock', shape: { at: Date.now() - 6 * minute }, status: 400, type: 'InvalidSignatureException', says: /^Signature expired: / },
  { what: 'an early clock', shape: { at: Date.now() + 6 * minute }, status: 400, type: 'InvalidSignatureException', says: /^Signature not yet current: / },
  { what: 'another service in the scope', shape: { service: 'kms' }, status: 400, type: 'InvalidSignatureException', says: /Credential should be scoped to correct service: 'secretsmanager'/ },
  { what: 'a changed body', shape: { sentBody: '{"MaxResults":1}' }, status: 400, type: 'InvalidSignatureException' },
  { what: 'a body that is not signed', shape: { more: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }, status: 400, type: 'InvalidSignatureException', says: /UNSIGNED-PAYLOAD/ },
  { what: 'an x-amz header that is not signed', shape: { unsigned: { 'x-amz-extra': 'x' } }, status: 400, type: 'InvalidSignatureException', says: /'x-amz-extra' must be a 'SignedHeader'/ },
  { what: 'an unknown operation', shape: { target: 'secretsmanager.MakeCoffee' }, status: 400, type: 'UnknownOperationException' },
  { what: 'an unknown service', shape: { target: 'coffee.Make' }, status: 400, type: 'UnknownOperationException' },
  { what: 'malformed JSON', shape: { body: '{"MaxResults":' }, status: 400, type: 'SerializationException' },
  { what: 'a wrong type', shape: { body: '{"MaxResults":"many"}' }, status: 400, type: 'SerializationException' },
  { what: 'a value out of bounds', shape: { body: '{"MaxResults":101}' }, status: 400, type: 'ValidationException', says: /^1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100$/ },
  { what: 'a missing member', shape: { target: 'secretsmanager.GetSecretValue' }, status: 400, type: 'ValidationException', says: /Value null at 'secretId' failed to satisfy constraint: Member must not be null/ },
  { what: 'more than a megabyte', shape: { body: `{"SecretId":"${'x'.repeat(1_100_000)}"}`, target: 'secretsmanager.GetSecretValue' }, status: 413, type: 'RequestEntityTooLargeException' },
  { what: 'deep JSON', shape: { body: `${'{"a":'.repeat(100)}1${'}'.repeat(100)}` }, status: 400, type: 'SerializationException' },
]

for (const { what, shape, status, type, says } of refusals) {
  test(`refuses ${what}`, async () => {
    const answered = await post(shape)
    assert.deepEqual([answered.status, answered.json.__type, answered.headers.get('x-amzn-errortype')], [status, type, type])
    if (says) assert.match(answered.json.Message ?? answered.json.message, says)
  })
}

test('an unsigned request is refused, and audited', async () => {
  const before = aws.audit().length
  const response = await fetch(`${aws.address}/`, { method: 'POST', headers: { 'x-amz-target': 'secretsmanager.ListSecrets', 'content-type': 'application/x-amz-json-1.1' }, body: '{}' })
  assert.deepEqual([response.status, ((await response.json()) as any).__type], [400, 'MissingAuthenticationTokenException'])
  const lines = aws.audit().slice(before)
  assert.deepEqual(lines.map((line) => [line.type, line.request.dialect.action]), [['request', 'ListSecrets'], ['response', 'ListSecrets']])
  assert.match(lines[1].error, /Missing Authentication Token/)
})

test('the query protocol answers errors as XML', async () => {
  const { status, text } = await post({ service: 'sts', body: 'Action=GetCallerIdentity&Version=2011-06-15', secret: 'wrong' })
  assert.equal(status, 403)
  assert.match(text, /<Code>SignatureDoesNotMatch<\/Code>/)
  const unknown = await post({ service: 'sts', body: 'Action=MakeCoffee&Version=2011-06-15' })
  assert.match(unknown.text, /<Code>InvalidAction<\/Code><Message>Could not find operation MakeCoffee for version 2011-06-15/)
})

test('a presigned URL is answered', async () => {
  const time = compact(Date.now())
  const scope = { time, date: time.slice(0, 8), region: 'us-east-1', service: 'sts' }
  const host = new URL(aws.address).host
  const query = `/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F${scope.date}%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=${time}&X-Amz-Expires=60&X-Amz-SignedHeaders=host`
  const signature = makeHmac(signingKey('test', scope))(stringToSign(scope, canonicalRequest({ method: 'GET', url: query, headers: { host } }, ['host'], hash('sha256', '', 'hex'))))
  const good = await fetch(`${aws.address}${query}&X-Amz-Signature=${signature}`)
  assert.equal(good.status, 200)
  assert.match(await good.text(), /<Account>123456789012<\/Account>/)
  const changed = `${aws.address}${query.replace('Expires=60', 'Expires=600')}&X-Amz-Signature=${signature}`
  assert.equal((await fetch(changed)).status, 403)
  const headers = { accept: 'application/json' }
  const told = (await (await fetch(`${aws.address}${query}&X-Amz-Signature=${signature}`, { headers })).json()) as any
  assert.equal(told.GetCallerIdentityResponse.GetCallerIdentityResult.Account, '123456789012')
  assert.equal(((await (await fetch(changed, { headers })).json()) as any).Error.Code, 'SignatureDoesNotMatch')
})

test('every call is audited under the name that the client gave, values hashed', async () => {
  const canary = 'canary-value-of-the-audit-test'
  const before = aws.audit().length
  await post({ target: 'secretsmanager.CreateSecret', body: JSON.stringify({ Name: 'audited/one', SecretString: canary, ClientRequestToken: 'a'.repeat(32) }) })
  await post({ target: 'secretsmanager.GetSecretValue', body: '{"SecretId":"audited/one"}' })
  const lines = aws.audit().slice(before)
  const read = lines.find((line) => line.type === 'response' && line.request.dialect?.action === 'GetSecretValue')
  assert.equal(read.request.path, 'secret/data/audited/one')
  assert.deepEqual(read.request.dialect.parameters, { secretId: 'audited/one' })
  assert.equal(read.request.dialect.service, 'secretsmanager.amazonaws.com')
  assert.equal(read.request.dialect.region, 'us-east-1')
  assert.equal(read.auth.metadata.aws_access_key_id, 'test')
  assert.ok(!JSON.stringify(lines).includes(canary))
})

test('Vault\'s requests stay Vault\'s', async () => {
  assert.equal((await fetch(`${aws.address}/v1/sys/health`)).status, 200)
  assert.deepEqual((await aws.vault('GET', 'sys/mounts')).data['secret/'].options, { version: '2' })
})

test('members and operations that only the newest SDKs know', async () => {
  const ask = async (action: string, input: object) => {
    const { json } = await post({ target: `secretsmanager.${action}`, body: JSON.stringify(input) })
    return json.__type ?? json
  }
  const SecretId = 'newest'
  const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'secretsmanager:*', Resource: '*' }] })
  const CrossAccountReplicaARN = 'arn:aws:secretsmanager:us-east-1:222222222222:secret:copy-AbCdEf'
  await ask('CreateSecret', { Name: SecretId, SecretString: 'x', ClientRequestToken: 'x'.repeat(32) })
  assert.deepEqual(await ask('ListResourcePolicies', { SecretId }), { ResourcePolicies: [] })
  assert.equal(await ask('PutResourcePolicy', { SecretId, ResourcePolicy, PolicyName: 'other' }), 'InvalidParameterException')
  assert.equal((await ask('PutResourcePolicy', { SecretId, ResourcePolicy })).PolicyName, 'default')
  assert.deepEqual(await ask('ListResourcePolicies', { SecretId }), { ResourcePolicies: [{ PolicyName: 'default' }] })
  assert.equal(await ask('ListResourcePolicies', { SecretId, NextToken: 'x' }), 'InvalidNextTokenException')
  assert.equal(await ask('GetResourcePolicy', { SecretId, PolicyName: 'other' }), 'ResourceNotFoundException')
  assert.equal(await ask('DeleteResourcePolicy', { SecretId, PolicyName: 'other' }), 'InvalidParameterException')
  assert.equal(await ask('AssociateCrossAccountReplica', { SecretId, CrossAccountReplicaARN }), 'InvalidRequestException')
  assert.equal(await ask('DisassociateCrossAccountReplica', { SecretId, CrossAccountReplicaARN }), 'ResourceNotFoundException')
  assert.equal(await ask('CreateSecret', { Name: 'copy', CrossAccountPrimaryARN: CrossAccountReplicaARN }), 'InvalidRequestException')
  assert.equal(await ask('RotateSecret', { SecretId, ExternalSecretRotationRoleArn: 'arn:aws:iam::123456789012:role/x' }), 'InvalidParameterException')
})
