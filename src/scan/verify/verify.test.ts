import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import type { Finding } from '../finding.ts'
import { fingerprint } from '../fingerprint.ts'
import { folder } from '../formats/scan.test-aid.ts'
import { crc62 } from '../rules/checksum.ts'
import { ScanError } from '../scan-error.ts'
import { rules } from '../rules/index.ts'
import { callerIdentity } from './aws.ts'
import { call, isReachable } from './guard.ts'
import { callOf, verifyFindings } from './index.ts'
import { examine } from './offline.ts'
import { providers } from './providers.ts'
import { planRevocation, revoke } from './revoke.ts'

const allow = ['127.0.0.0/8']
const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const finding = (rule: string, secret: string, more: Partial<Finding> = {}): Finding => ({
  rule, secret, about: '', file: 'a', line: 1, column: 1, endLine: 1, match: secret, fingerprint: secret, confidence: 'high', verified: null, ...more,
})

test('every row names rules that there are, and can be asked', () => {
  assert.ok(providers.length >= 40)
  const ids = rules.map((rule) => rule.id)
  for (const provider of providers) {
    for (const pattern of provider.rules) assert.ok(ids.some((id) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern)), `${provider.name}: ${pattern}`)
    const request = callOf(provider, provider.url === '{secret}' ? 'https://host.test/secret-us21' : 'secret-us21')
    assert.equal(new URL(request.url).protocol, 'https:')
    assert.ok(JSON.stringify(request).includes('secret-us21') || provider.basic, provider.name)
    assert.ok(new URL(provider.revoke.docs))
  }
})

test('every provider’s answers are read: valid, invalid, unknown', async (t) => {
  let status = 200
  let body = {}
  const endpoint = await serve(t, (_request, response) => response.writeHead(status).end(JSON.stringify(body)))
  const endpoints = Object.fromEntries(providers.map(({ name }) => [name, endpoint]))
  const all = providers.map(({ rules: [pattern], url }) => finding(pattern!.replace('*', 'x'), url === '{secret}' ? 'https://host.test/live-us21' : 'live-us21', { fingerprint: pattern! }))
  const verify = async (): Promise<(boolean | null)[]> => [...new Set((await verifyFindings(all, { endpoints, allow, rate: 1000 })).map((one) => one.verified))]
  body = { ok: true, valid: true, data: { viewer: { email: 'a' }, actor: { user: { email: 'a' } } } }
  assert.deepEqual(await verify(), [true])
  status = 500
  assert.deepEqual(await verify(), [null])
  for (const provider of providers) {
    status = provider.invalid?.[0] ?? 401
    if (provider.invalid?.length === 0) continue
    const [one] = await verifyFindings([finding(provider.rules[0]!.replace('*', 'x'), provider.url === '{secret}' ? 'https://host.test/dead' : 'dead-us21')], { endpoints, allow, rate: 1000 })
    assert.equal(one!.verified, false, provider.name)
  }
})

test('what a key reaches', async (t) => {
  const endpoint = await serve(t, (_request, response) => response.writeHead(200, { 'x-oauth-scopes': 'repo' }).end('{"login":"octo"}'))
  const token = `ghp_${'a'.repeat(30)}${crc62('a'.repeat(30))}`
  const key = finding('github-pat', token)
  const [one, two] = await verifyFindings([key, key], { endpoints: { github: endpoint }, allow })
  assert.equal(one!.facts!.reaches, 'account octo, scopes repo')
  assert.equal(two!.verified, true)
  const [forged] = await verifyFindings([finding('github-pat', token.replace('a', 'b'))], { endpoints: { github: endpoint }, allow })
  assert.deepEqual([one!.facts!.checksum, forged!.facts!.checksum], ['right', 'wrong'])
})

test('each provider is asked in its way to take a key back', async (t) => {
  const seen: string[] = []
  let body = '{"ok":true,"revoked":true}'
  let status = 200
  const endpoint = await serve(t, (request, response, sent) => {
    seen.push([request.method, request.url, request.headers.authorization, sent].filter(Boolean).join(' '))
    response.writeHead(status).end(body)
  })
  const endpoints = Object.fromEntries(['aws', ...providers.map(({ name }) => name)].map((name) => [name, endpoint]))
  const ask = async (key: Finding, all = [key]): Promise<boolean> => {
    const plan = planRevocation(key, all, { endpoints })
    if (plan) await revoke(plan, { allow })
    return plan !== null
  }
  const cases: [rule: string, asked: string, secret?: string][] = [
    ['github-pat', 'POST /credentials/revoke {"credentials":["key"]}'],
    ['github-app-token', 'DELETE /installation/token Bearer key'],
    ['gitlab-pat', 'DELETE /api/v4/personal_access_tokens/self'],
    ['slack-bot-token', 'POST /api/auth.revoke Bearer key'],
    ['npm-token', 'DELETE /-/user/token/key Bearer key'],
    ['vercel-token', 'DELETE /v3/user/tokens/current Bearer key'],
    ['doppler-service-token', 'POST /v3/auth/revoke Bearer key {"token":"key"}'],
    ['buildkite-token', 'DELETE /v2/access-token Bearer key'],
    ['dropbox-token', 'POST /2/auth/token/revoke Bearer key'],
    ['google-oauth-access-token', 'POST /revoke?token=key'],
    ['digitalocean-pat', 'POST /v1/oauth/revoke?token=key Bearer key'],
    ['discord-webhook', 'DELETE /api/webhooks/1/x', 'https://discord.test/api/webhooks/1/x'],
  ]
  for (const [rule, , secret] of cases) assert.equal(await ask(finding(rule, secret ?? 'key')), true, rule)
  assert.deepEqual(seen, cases.map(([, asked]) => asked))
  for (const rule of ['stripe-secret-key', 'github-client-id', 'generic-secret', 'aws-access-key-id']) assert.equal(await ask(finding(rule, 'x')), false, rule)

  const pair = [finding('aws-access-key-id', 'AKIDEXAMPLE'), finding('aws-secret-access-key', 'wJal', { line: 3 })]
  assert.equal(await ask(pair[1]!, pair), true)
  assert.match(seen.at(-1)!, /^POST \/ AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/iam\/.* Action=UpdateAccessKey&AccessKeyId=AKIDEXAMPLE&Status=Inactive&/)

  body = '{"ok":false,"error":"invalid_auth"}'
  await assert.rejects(ask(finding('slack-bot-token', 'key')), /slack did not revoke it/)
  status = 403
  await assert.rejects(ask(finding('gitlab-pat', 'key')), /gitlab did not revoke it: 403/)
})

test('the command takes keys from a file or standard input, asks first, and never from its arguments', async (t) => {
  const seen: string[] = []
  const endpoint = await serve(t, (request, response, sent) => {
    seen.push(`${request.url} ${sent}`)
    response.writeHead(202).end()
  })
  const token = `ghp_${'aB3dE6gHiJ9kLmN7pQrStU4wXyZ5vC'}${crc62('aB3dE6gHiJ9kLmN7pQrStU4wXyZ5vC')}`
  const at = folder(t, { 'a.txt': `token = ${token}\n`, 'b.txt': `webhook_password = ${'vkzqwjxhb4'}\n` })
  const local = ['--verify-endpoint', `github=${endpoint}`, '--verify-allow', '127.0.0.0/8']
  const id = fingerprint(token)
  // The program runs beside this server: it must not block it.
  const run = (args: string[], input = ''): Promise<{ status: number | null; out: string; err: string }> => new Promise((done) => {
    const child = execFile(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'scan', 'revoke', ...args], { cwd: at.path }, (_error, out, err) => done({ status: child.exitCode, out, err }))
    child.stdin!.end(input)
  })
  const unasked = await run([id, 'a.txt', ...local])
  assert.equal(unasked.status, 2)
  assert.match(unasked.err, /add --yes/)
  assert.equal((await run([token, '--yes', ...local])).status, 2)
  assert.deepEqual(seen, [])
  const done = await run([id.slice(0, 8), '--yes', 'a.txt', ...local])
  assert.deepEqual([done.status, done.out], [0, `github: GitHub personal access token (classic) [${id}] is revoked\n`])
  assert.equal((await run(['-', '--yes', ...local], token)).status, 0)
  assert.deepEqual(seen, Array(2).fill(`/credentials/revoke {"credentials":["${token}"]}`))
  const other = await run([fingerprint('vkzqwjxhb4'), '--yes', 'b.txt', ...local])
  assert.equal(other.status, 2)
  assert.match(other.err, /offers no revocation/)
  assert.equal((await run(['abcdef', '--yes', 'a.txt', ...local])).status, 1)
})

test('a pair of AWS keys is signed and sent', async (t) => {
  const endpoint = await serve(t, (request, response, body) => {
    const good = /Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=[\da-f]{64}$/.test(request.headers.authorization ?? '')
    response.writeHead(good && body.startsWith('Action=GetCallerIdentity') ? 200 : 403).end('<Arn>arn:aws:iam::123456789012:user/a</Arn>')
  })
  const pair = [finding('aws-access-key-id', 'AKIDEXAMPLE'), finding('aws-secret-access-key', 'wJal', { line: 3 }), finding('aws-access-key-id', 'AKIDALONE', { file: 'b' })]
  const [id, secret, alone] = await verifyFindings(pair, { endpoints: { aws: endpoint }, allow, rate: 1000 })
  assert.deepEqual([id!.verified, secret!.verified, alone!.verified, id!.facts!.reaches], [true, true, null, 'arn:aws:iam::123456789012:user/a'])
  const signed = callerIdentity('AKIDEXAMPLE', 's', undefined, new Date('2015-08-30T12:36:00Z'))
  assert.equal(signed.headers!['x-amz-date'], '20150830T123600Z')
})

test('the inside of the network is not called', async (t) => {
  for (const address of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fd00::1', 'fe80::1%eth0', '0.0.0.0', '100.64.0.1', '64:ff9b::a00:1', '::ffff:7f00:1', 'x']) assert.equal(isReachable(address, []), false, address)
  for (const address of ['8.8.8.8', '2606:4700::1', '1.1.1.1']) assert.equal(isReachable(address, []), true, address)
  const endpoint = await serve(t, (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end())
  const { port } = new URL(endpoint)
  for (const url of [endpoint, `http://localhost:${port}/`, `http://0x7f000001:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, 'file:///etc/passwd', `http://u:p@127.0.0.1:${port}/`]) {
    await assert.rejects(async () => call({ method: 'GET', url }, { allow: [] }), ScanError, url)
  }
  assert.equal((await call({ method: 'GET', url: endpoint }, { allow })).status, 302)
})

test('large and slow answers end', async (t) => {
  const large = await serve(t, (_request, response) => response.end('x'.repeat(2 << 20)))
  assert.ok((await call({ method: 'GET', url: large }, { allow })).body.length <= 256 << 10)
  const slow = await serve(t, () => {})
  await assert.rejects(call({ method: 'GET', url: slow }, { allow, timeout: 0.2 }), ScanError)
})

test('what a secret says of itself', () => {
  const jwt = (claims: object): string => [{ alg: 'HS256' }, claims, {}].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  assert.deepEqual(examine(finding('jwt', jwt({ exp: 1000, iss: 'me' })), 2000), { plausible: false, facts: { algorithm: 'HS256', iss: 'me', expires: '1970-01-01T00:16:40.000Z' } })
  assert.equal(examine(finding('jwt', jwt({ exp: 3000 })), 2000).plausible, true)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const facts = examine(finding('private-key-pkcs8', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), 0).facts
  assert.match(facts.key!, /^ec /)
  fc.assert(fc.property(fc.oneof(fc.string(), fc.tuple(fc.json(), fc.json()).map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.') + '.')), (text) => {
    examine(finding('jwt', text), 0)
    examine(finding('jwt', `-----BEGIN PRIVATE KEY-----${text}`), 0)
  }))
})
