import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { nextRotation } from '../../../system/aws/rotation/schedule.ts'
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

const arn = (name: string): string => `arn:aws:lambda:us-east-1:123456789012:function:${name}`
const refused = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))

async function secretToRotate(name: string, more: object): Promise<{ id: string; version: string }> {
  const id = `rotation/${name}`
  await client.createSecret({ Name: id, SecretString: '{"username":"u","password":"old"}' })
  const { VersionId } = await client.rotateSecret({ SecretId: id, RotationRules: { AutomaticallyAfterDays: 30 }, ...more })
  return { id, version: VersionId! }
}

/** Waits until the secret is as told; the test's own time limit ends what never comes. */
async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (good(value)) return value
    await sleep(50)
  }
}

const rotated = (id: string, version: string) => until(() => client.describeSecret({ SecretId: id }), (secret) => secret.LastRotatedDate !== undefined && secret.VersionIdsToStages?.[version]?.includes('AWSCURRENT') === true)
const failedWith = (id: string) => until(async () => (await aws.vault('GET', `secret/metadata/${id}?entry=true`)).data.attributes.rotation, (rotation) => rotation.error !== undefined)
const passwordOf = async (id: string) => JSON.parse((await client.getSecretValue({ SecretId: id })).SecretString!).password as string

test('the built-in function replaces the password', async () => {
  const { id, version } = await secretToRotate('builtin', { RotationLambdaARN: arn('rotate') })
  const secret = await rotated(id, version)
  assert.match(await passwordOf(id), /^[A-Za-z0-9]{32}$/)
  assert.equal((await aws.vault('GET', `secret/data/${id}`)).data.data.username, 'u')
  assert.deepEqual([secret.RotationEnabled, secret.RotationLambdaARN, secret.RotationRules?.AutomaticallyAfterDays], [true, arn('rotate'), 30])
  assert.ok(Math.abs(secret.NextRotationDate!.getTime() - Date.now() - 30 * 86_400_000) < 60_000)
  // Rotating again needs nothing but the name.
  const again = await client.rotateSecret({ SecretId: id })
  await rotated(id, again.VersionId!)
})

const handler = `
const { SecretsManager } = require('@aws-sdk/client-secrets-manager')
const secretsManager = new SecretsManager({})
exports.handler = async (event) => {
  const { Step, Token, SecretId } = event
  const described = await secretsManager.describeSecret({ SecretId })
  if (Token !== event.ClientRequestToken || !described.VersionIdsToStages[Token].includes('AWSPENDING')) throw new Error('not announced')
  switch (Step) {
    case 'createSecret': {
      const refused = await secretsManager.getSecretValue({ SecretId: 'rotation/other' }).then(() => 'read', (error) => error.name)
      await secretsManager.putSecretValue({ SecretId, ClientRequestToken: Token, SecretString: JSON.stringify({ password: 'made by the function', other: refused }), VersionStages: ['AWSPENDING'] })
      break
    }
    case 'finishSecret': {
      const RemoveFromVersionId = Object.keys(described.VersionIdsToStages).find((id) => described.VersionIdsToStages[id].includes('AWSCURRENT'))
      await secretsManager.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: Token, RemoveFromVersionId })
    }
  }
}
`

test('a handler written for Lambda runs as it is, with keys for its secret alone', async () => {
  await client.createSecret({ Name: 'rotation/other', SecretString: 'not yours' })
  // The SDK is found from the repository, where the server's own dependencies are.
  const file = join(aws.folder, 'handler.cjs')
  const from = fileURLToPath(new URL('../../../../package.json', import.meta.url))
  writeFileSync(file, `var require = require('node:module').createRequire(${JSON.stringify(from)})\n${handler}`)
  await aws.vault('POST', 'auth/aws/function/lambda-like', { kind: 'module', file })
  const { id, version } = await secretToRotate('module', { RotationLambdaARN: arn('lambda-like'), RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '3h' } })
  await rotated(id, version)
  assert.deepEqual(JSON.parse((await client.getSecretValue({ SecretId: id })).SecretString!), { password: 'made by the function', other: 'AccessDeniedException' })
})

test('an executable gets the event on its input and keys in its environment; its failure is kept', async () => {
  const file = join(aws.folder, 'rotate.sh')
  const out = join(aws.folder, 'seen')
  writeFileSync(file, `#!/bin/sh\ncat >> "${out}"\nprintf ' %s %s\\n' "$AWS_ENDPOINT_URL" "$GREETING" >> "${out}"\necho a secret on standard error >&2\nexit 3\n`)
  chmodSync(file, 0o755)
  await aws.vault('POST', 'auth/aws/function/failing', { kind: 'executable', file, environment: { GREETING: 'hello' } })
  const { id, version } = await secretToRotate('executable', { RotationLambdaARN: arn('failing') })
  const { error, running } = await failedWith(id)
  assert.equal(error, 'rotation function failing failed at createSecret: exit status 3')
  assert.equal(running, version)
  const seen = readFileSync(out, 'utf8')
  assert.match(seen, new RegExp(`"Step":"createSecret","SecretId":"arn:aws:secretsmanager:us-east-1:123456789012:secret:${id}-.{6}","ClientRequestToken":"${version}"`))
  assert.ok(seen.includes(`${aws.address} hello`))
  assert.equal(await passwordOf(id), 'old')
  await assert.rejects(client.rotateSecret({ SecretId: id }), refused('InvalidRequestException', /^A previous rotation isn't complete\./))
  await assert.rejects(client.getSecretValue({ SecretId: id, VersionId: version }), refused('ResourceNotFoundException'))
})

test('remote functions: four steps over HTTP, function errors noticed, internal addresses refused', async () => {
  const steps: string[] = []
  let broken = false
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const event = JSON.parse(Buffer.concat(chunks).toString())
    steps.push(`${request.url} ${event.Step} ${request.headers.authorization ?? ''}`)
    if (event.Step === 'createSecret' && !broken) await client.putSecretValue({ SecretId: event.SecretId, ClientRequestToken: event.ClientRequestToken, SecretString: '{"password":"remote"}', VersionStages: ['AWSPENDING'] })
    if (event.Step === 'finishSecret') {
      const { VersionIdsToStages } = await client.describeSecret({ SecretId: event.SecretId })
      const from = Object.keys(VersionIdsToStages!).find((one) => VersionIdsToStages![one]!.includes('AWSCURRENT'))!
      await client.updateSecretVersionStage({ SecretId: event.SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: event.ClientRequestToken, RemoveFromVersionId: from })
    }
    if (broken) response.setHeader('x-amz-function-error', 'Unhandled')
    response.end('null')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await aws.vault('POST', 'auth/aws/function/unreachable', { kind: 'https', url })
    const internal = await secretToRotate('internal', { RotationLambdaARN: arn('unreachable') })
    assert.match((await failedWith(internal.id)).error, /internal and not allowed/)
    assert.deepEqual(steps, [])

    await aws.vault('POST', 'auth/aws/function/remote', { kind: 'lambda', url, allowed_networks: ['127.0.0.1'], headers: { authorization: 'Bearer abc' } })
    const { id, version } = await secretToRotate('remote', { RotationLambdaARN: arn('remote') })
    await rotated(id, version)
    assert.equal(await passwordOf(id), 'remote')
    assert.deepEqual(steps, ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => `/2015-03-31/functions/remote/invocations ${step} Bearer abc`))

    broken = true
    const failing = await secretToRotate('broken', { RotationLambdaARN: arn('remote') })
    assert.equal((await failedWith(failing.id)).error, 'rotation function remote failed at createSecret: it threw an error')
  } finally {
    server.close()
  }
})

test('rules are checked, cancelling keeps the function', async () => {
  const id = 'rotation/rules'
  await client.createSecret({ Name: id, SecretString: 'x' })
  const rotate = (more: object) => client.rotateSecret({ SecretId: id, ...more })
  await assert.rejects(rotate({}), refused('InvalidRequestException', /No Lambda rotation function ARN/))
  await assert.rejects(rotate({ RotationLambdaARN: arn('nowhere') }), refused('AccessDeniedException', /^Secrets Manager cannot invoke the specified Lambda function\. /))
  for (const ScheduleExpression of ['rate(1 hour)', 'rate(x days)', 'cron(0 8 1 * ?)', 'cron(0 99 ? * * *)', 'weekly']) await assert.rejects(rotate({ RotationLambdaARN: arn('rotate'), RotationRules: { ScheduleExpression } }), refused('InvalidParameterException'), ScheduleExpression)
  await assert.rejects(rotate({ RotationLambdaARN: arn('rotate'), RotationRules: { ScheduleExpression: 'rate(4 days)', AutomaticallyAfterDays: 4 } }), refused('InvalidParameterException'))
  await assert.rejects(rotate({ RotationLambdaARN: arn('rotate'), RotationRules: { AutomaticallyAfterDays: 1001 } }), refused('InvalidParameterException'))
  const planned = await rotate({ RotationLambdaARN: arn('rotate'), RotationRules: { ScheduleExpression: 'rate(10 days)' }, RotateImmediately: false, ClientRequestToken: randomUUID() })
  assert.equal(planned.VersionId, undefined)
  assert.ok((await client.describeSecret({ SecretId: id })).NextRotationDate)
  await client.cancelRotateSecret({ SecretId: id })
  const secret = await client.describeSecret({ SecretId: id })
  assert.deepEqual([secret.RotationEnabled, secret.RotationLambdaARN, secret.NextRotationDate], [false, arn('rotate'), undefined])
})

test('of two secrets of one name, that of the region is rotated', async () => {
  await aws.vault('POST', 'sys/mounts/secret-eu', { type: 'kv', options: { version: '2' } })
  await aws.vault('POST', 'auth/aws/config/region/eu-central-1', { secrets: 'secret-eu' })
  const european = new SecretsManager({ ...aws.options(), region: 'eu-central-1' })
  const id = 'rotation/apart'
  try {
    for (const one of [client, european]) await one.createSecret({ Name: id, SecretString: '{"password":"old"}' })
    const { VersionId } = await european.rotateSecret({ SecretId: id, RotationLambdaARN: arn('rotate'), RotationRules: { AutomaticallyAfterDays: 1 } })
    await until(() => european.describeSecret({ SecretId: id }), (secret) => secret.LastRotatedDate !== undefined && secret.VersionIdsToStages?.[VersionId!]?.includes('AWSCURRENT') === true)
    assert.deepEqual([await passwordOf(id), (await client.describeSecret({ SecretId: id })).RotationEnabled], ['old', undefined])
    await assert.rejects(client.cancelRotateSecret({ SecretId: id }), refused('InvalidRequestException'))
    await european.cancelRotateSecret({ SecretId: id })
  } finally {
    european.destroy()
    await aws.vault('DELETE', 'auth/aws/config/region/eu-central-1')
  }
})

test('what is due is rotated by the worker', async () => {
  const id = 'rotation/due'
  await client.createSecret({ Name: id, SecretString: '{"password":"old"}' })
  await client.rotateSecret({ SecretId: id, RotationLambdaARN: arn('rotate'), RotationRules: { AutomaticallyAfterDays: 1 }, RotateImmediately: false })
  // As if a day had passed: the plan says now, and so does the list of what is due.
  const { rotation } = (await aws.vault('GET', `secret/metadata/${id}?entry=true`)).data.attributes
  const { core } = aws.server
  const now = core.now()
  await aws.vault('PATCH', `secret/metadata/${id}`, { entry: { attributes: { rotation: { ...rotation, next: now } } } })
  await core.root.update((tx) => core.due.add(tx, { second: Math.trunc(now / 1000), kind: 'rotation', id: `${core.mounts.at('auth/aws/')!.record.uuid}/${id}` }))
  await until(() => passwordOf(id), (password) => password !== 'old')
})

test('schedules in UTC', async () => {
  const at = Date.UTC(2026, 10, 22, 4, 0)
  const next = async (ScheduleExpression: string) => new Date((await nextRotation({ ScheduleExpression }, at, at))!).toISOString()
  assert.equal(await next('rate(12 hours)'), '2026-11-22T16:00:00.000Z')
  assert.equal(await next('cron(0 16 ? * 2#1 *)'), '2026-12-07T16:00:00.000Z')
  assert.equal(await next('cron(0 8 1 * ? *)'), '2026-12-01T08:00:00.000Z')
  assert.equal(await next('cron(0 2 L * ? *)'), '2026-11-30T02:00:00.000Z')
  assert.equal(await next('cron(0 0 ? * SUN *)'), '2026-11-29T00:00:00.000Z')
  assert.equal(await next('cron(0 0 ? * 1 *)'), '2026-11-29T00:00:00.000Z')
  assert.equal(await next('cron(0 /4 * * ? *)'), '2026-11-22T08:00:00.000Z')
})
