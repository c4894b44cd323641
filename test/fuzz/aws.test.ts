// Every operation of the AWS dialect with odd inputs, rightly signed; odd bodies, targets and headers, signed or not.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { services } from '../../src/dialects/aws/services.ts'
import type { Member } from '../../src/dialects/aws/shape.ts'
import { makeHmac } from '../../src/crypto/hmac.ts'
import { canonicalRequest, compact, signingKey, stringToSign } from '../../src/dialects/aws/sigv4.ts'
import { mountDefaults } from '../../src/system/default-mounts.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'
import { numbers, oddJson, pick } from './odd.test-aid.ts'

let trial: Trial
let key: { id: string; secret: string }
before(async () => {
  trial = await startTrial()
  await mountDefaults(trial.server.core, trial.server.core.namespaces.at('')!)
  await trial.must('PUT', 'sys/policies/acl/all', { policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "patch", "sudo"] }' })
  const { data } = await trial.must('POST', 'auth/aws/key', { name: 'fuzz', policies: ['all'] })
  key = { id: data.access_key, secret: data.secret_key }
})
after(() => trial.stop())

interface Sent {
  body: string
  headers?: Record<string, string>
  service?: string
  url?: string
  method?: string
}

function signed({ body, headers = {}, service = 'secretsmanager', url = '/', method = 'POST' }: Sent): Record<string, string> {
  const time = compact(Date.now())
  const scope = { time, date: time.slice(0, 8), region: 'us-east-1', service }
  const all: Record<string, string> = { host: 'localhost', 'x-amz-date': time, ...headers }
  const names = Object.keys(all).sort()
  const signature = makeHmac(signingKey(key.secret, scope))(stringToSign(scope, canonicalRequest({ method, url, headers: all }, names, hash('sha256', body, 'hex'))))
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${key.id}/${scope.date}/us-east-1/${service}/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}` }
}

async function send({ body, headers = {}, url = '/', method = 'POST' }: Sent): Promise<{ status: number; text: string }> {
  const answered = await trial.server.answer({ method, url, headers, body: Buffer.from(body), remote: { address: '127.0.0.1', port: 1 }, signal: new AbortController().signal, certificate: null })
  return { status: answered.status, text: String(answered.body) }
}

const usual: Record<string, string> = { string: '"fuzz"', number: '1', boolean: 'true', blob: '"AAAA"', timestamp: '1', list: '[]', map: '{}', structure: '{}' }

function valueOf(member: Member, odd: boolean, next: () => number): string {
  if (odd && next() < 0.7) return pick(oddJson, next)
  if (member.words && !odd) return JSON.stringify(pick(member.words, next))
  if (member.kind === 'list' && member.of) return `[${valueOf(member.of, odd, next)}]`
  if (member.kind === 'map' && member.of) return `{"__proto__":${valueOf(member.of, odd, next)},"constructor":${valueOf(member.of, odd, next)}}`
  if (member.kind === 'structure' && member.members) return bodyOf(member.members, next)
  return usual[member.kind]!
}

function bodyOf(members: Readonly<Record<string, Member>>, next: () => number): string {
  const names = Object.keys(members)
  const chosen = names.length > 0 ? pick(names, next) : ''
  return `{${names.filter((name) => members[name]!.required || name === chosen || next() < 0.3).map((name) => `${JSON.stringify(name)}:${valueOf(members[name]!, name === chosen || next() < 0.1, next)}`).join(',')}}`
}

const flat = (body: string): Record<string, unknown> => JSON.parse(body.replaceAll('1e999', '1')) as Record<string, unknown>

test('no input of an operation makes an internal failure', async () => {
  const next = numbers(424_242)
  const broken = new Set<string>()
  for (let round = 0; round < 8; round++) {
    for (const service of services) {
      for (const operation of service.operations) {
        const json = bodyOf(operation.input, next)
        const query = service.protocol === 'query'
        const body = query ? new URLSearchParams({ Action: operation.name, Version: service.version!, ...Object.fromEntries(Object.entries(flat(json)).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])) }).toString() : json
        const headers: Record<string, string> = query ? { 'content-type': 'application/x-www-form-urlencoded' } : { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${service.target}.${operation.name}` }
        const before = trial.logged.length
        const { status, text } = await send({ body, headers: signed({ body, headers, service: service.name }) })
        const said = trial.logged.slice(before).filter((line) => line.includes('internal error'))
        if (status >= 500 || said.length > 0) broken.add(`${service.name}:${operation.name} ${body.slice(0, 500)}\n  ${status} ${text.slice(0, 200)} ${said.join(' ').slice(0, 600)}`)
      }
    }
  }
  assert.deepEqual([...broken], [])
  assert.equal(({} as { a?: unknown }).a, undefined)
})

test('bodies, targets and headers that no client sends are refused in words', async () => {
  const target = { 'x-amz-target': 'secretsmanager.ListSecrets', 'content-type': 'application/x-amz-json-1.1' }
  const bodies = ['', '{', '[]', '"x"', 'null', '1', '{"a":', '\0', '\ufffe', '<xml/>', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, `{"Filters":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, `{"MaxResults":1e999}`, 'x'.repeat(1_048_577)]
  for (const body of bodies) {
    const { status } = await send({ body, headers: signed({ body, headers: target }) })
    assert.ok(status < 500, `${body.slice(0, 20)}: ${status}`)
  }
  for (const headers of [
    { 'x-amz-target': '' }, { 'x-amz-target': 'constructor.toString' }, { 'x-amz-target': '__proto__.__proto__' }, { 'x-amz-target': 'secretsmanager' }, { 'x-amz-target': '.' }, { 'x-amz-target': `secretsmanager.${'x'.repeat(10_000)}` },
    { ...target, authorization: 'AWS4-HMAC-SHA256' }, { ...target, authorization: `AWS4-HMAC-SHA256 Credential=${'/'.repeat(1000)}, SignedHeaders=, Signature=` }, { ...target, authorization: 'AWS4-HMAC-SHA256 Credential=__proto__/20200101/a/b/aws4_request, SignedHeaders=host;__proto__, Signature=zz' },
    { ...target, authorization: `AWS4-HMAC-SHA256 ${'Credential=a,'.repeat(5000)}` }, { ...target, authorization: 'AWS4-HMAC-SHA256 Credential=a/99999999/r/s/aws4_request, SignedHeaders=host, Signature=0', 'x-amz-date': '99999999T999999Z' },
    { 'content-type': 'application/x-www-form-urlencoded' }, { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=a' },
  ]) {
    const { status, text } = await send({ body: 'Action=__proto__&Version=constructor', headers: headers as Record<string, string> })
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(headers).slice(0, 80)}: ${status} ${text.slice(0, 200)}`)
  }
  for (const url of ['/?Action=x', '/?X-Amz-Algorithm=AWS4-HMAC-SHA256', '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%00&X-Amz-Date=x&X-Amz-Expires=1e9&X-Amz-SignedHeaders=host&X-Amz-Signature=0', '/?Action=__proto__&%=%']) {
    const { status } = await send({ body: '', url, method: 'GET' })
    assert.ok(status >= 400 && status < 500, `${url}: ${status}`)
  }
})

test('a pattern of a stranger is given little time', async () => {
  for (const pattern of ['(a|a)*b', '(a+)+b', '(a|aa)+$', 'a*a*a*a*a*a*a*a*b', '(.*)(.*)(.*)(.*)(.*)x']) {
    const body = JSON.stringify({ Name: 'slow', Type: 'String', Value: `${'a'.repeat(4000)}!`, AllowedPattern: pattern })
    const { status, text } = await send({ body, headers: signed({ body, service: 'ssm', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.PutParameter' } }) })
    assert.equal(status, 400)
    assert.match(text, /InvalidAllowedPatternException|ParameterPatternMismatch/)
  }
})
