import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signer } from '../authenticate.ts'
import { type Decision, decide } from './decide.ts'
import { Malformed, parseDocument } from './document.ts'

const account = '123456789012'
const iam = (resource: string): string => `arn:aws:iam::${account}:${resource}`
const signer = (arn: string): Signer => ({ arn, settings: { account } }) as Signer
const ann = signer(iam('user/ann'))
const session = signer(`arn:aws:sts::${account}:assumed-role/deploy/run-7`)
const resource = `arn:aws:secretsmanager:us-east-1:${account}:secret:app/db-AbCdEf`

type Said = Record<string, string[] | null>

function say(statement: object, { who = ann, action = 'secretsmanager:GetSecretValue', said = {}, version = '2012-10-17', on = resource }: { who?: Signer; action?: string; said?: Said; version?: string; on?: string } = {}): Decision {
  const all = [statement].flat().map((one) => ({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', ...one }))
  return decide(parseDocument(JSON.stringify({ Version: version, Statement: all })), { action, resource: on, signer: who, valuesOf: (key) => said[key] })
}
const allowed = (Condition: object, said: Said): boolean => say({ Condition }, { said }) === 'allow'
const denied = (Condition: object, said: Said): boolean => say({ Effect: 'Deny', Condition }, { said }) === 'deny'

test('who is meant: users, roles by their sessions, accounts, everybody else', () => {
  assert.equal(say({ Principal: { AWS: ann.arn } }), 'allow')
  assert.equal(say({ Principal: { AWS: [iam('user/bob')] } }), null)
  assert.equal(say({ Principal: { AWS: iam('role/deploy') } }, { who: session }), 'allow')
  assert.equal(say({ Principal: { AWS: iam('role/ci/deploy') } }, { who: session }), 'allow')
  assert.equal(say({ Principal: { AWS: session.arn } }, { who: session }), 'allow')
  assert.equal(say({ Principal: { AWS: iam('role/deployer') } }, { who: session }), null)
  assert.equal(say({ Principal: { AWS: account } }), 'account')
  assert.equal(say({ Principal: { AWS: iam('root') } }), 'account')
  assert.equal(say({ Principal: { AWS: [iam('root'), ann.arn] } }), 'allow')
  assert.equal(say({ Principal: { AWS: 'arn:aws:iam::999999999999:root' } }), null)
  assert.equal(say({ Principal: { Service: 'lambda.amazonaws.com' } }), null)
  assert.equal(say({ Effect: 'Deny', Principal: { AWS: iam('root') } }), 'deny')
  const but = { Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ann.arn } }
  assert.equal(say(but), null)
  assert.equal(say(but, { who: session }), 'deny')
})

test('an explicit deny wins wherever it stands', () => {
  assert.equal(say([{}, { Effect: 'Deny', Action: 'secretsmanager:Get*' }]), 'deny')
  assert.equal(say([{ Effect: 'Deny', Action: 'secretsmanager:Put*' }, {}]), 'allow')
  assert.equal(say([{ Principal: { AWS: account } }, { Principal: { AWS: ann.arn } }]), 'allow')
})

test('actions and resources: any case of an action, wildcards, what is left out, any region', () => {
  assert.equal(say({ Action: 'SecretsManager:getsecret?alue' }), 'allow')
  assert.equal(say({ Action: undefined, NotAction: 'secretsmanager:Get*' }), null)
  assert.equal(say({ Action: undefined, NotAction: ['secretsmanager:Put*'] }), 'allow')
  assert.equal(say({ Resource: `arn:aws:secretsmanager:*:${account}:secret:app/*` }), 'allow')
  assert.equal(say({ Resource: `arn:aws:secretsmanager:eu-west-1:${account}:secret:app/db-??????` }), 'allow')
  assert.equal(say({ Resource: `arn:aws:secretsmanager:us-east-1:${account}:secret:app/other-*` }), null)
  assert.equal(say({ Resource: undefined, NotResource: `arn:aws:secretsmanager:eu-west-1:${account}:secret:app/*` }), null)
  assert.equal(say({ Resource: '*${aws:username}*' }, { said: { 'aws:username': ['app'] } }), 'allow')
  assert.equal(say({ Resource: '*${aws:username}*' }, { said: { 'aws:username': ['a*b'] } }), null, 'a value is no pattern')
  assert.equal(say({ Resource: '*${aws:username}*' }, { said: { 'aws:username': null } }), null)
  assert.equal(say({ Resource: "*${aws:username, 'app'}*" }, { said: { 'aws:username': null } }), 'allow')
  assert.equal(say({ Resource: '*${aws:username}*' }, { said: { 'aws:username': ['app'] }, version: '2008-10-17' }), null)
})

test('operators compare as they are named', () => {
  const holding: [object, Said][] = [
    [{ StringEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': ['b'] }],
    [{ StringNotEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': ['c'] }],
    [{ StringEqualsIgnoreCase: { 'AWS:X': 'Ab' } }, { 'aws:x': ['aB'] }],
    [{ StringLike: { 'aws:x': 'a*c' } }, { 'aws:x': ['abc'] }],
    [{ ArnLike: { 'aws:x': 'arn:aws:iam::*:role/*' } }, { 'aws:x': [iam('role/a')] }],
    [{ Bool: { 'aws:x': true } }, { 'aws:x': ['true'] }],
    [{ NumericLessThanEquals: { 'aws:x': 7 } }, { 'aws:x': ['7'] }],
    [{ DateLessThan: { 'aws:x': '2026-01-01T00:00:00Z' } }, { 'aws:x': ['2025-12-31T23:59:59Z'] }],
    [{ DateGreaterThan: { 'aws:x': '1700000000' } }, { 'aws:x': ['2025-12-31T23:59:59Z'] }],
    [{ IpAddress: { 'aws:x': ['10.0.0.0/8', '2001:db8::/32'] } }, { 'aws:x': ['10.1.2.3'] }],
    [{ NotIpAddress: { 'aws:x': '10.0.0.0/8' } }, { 'aws:x': ['192.0.2.1'] }],
    [{ Null: { 'aws:x': 'true' } }, { 'aws:x': null }],
    [{ Null: { 'aws:x': 'false' } }, { 'aws:x': ['a'] }],
    [{ 'ForAnyValue:StringEquals': { 'aws:x': ['b'] } }, { 'aws:x': ['a', 'b'] }],
    [{ 'ForAllValues:StringEquals': { 'aws:x': ['a', 'b'] } }, { 'aws:x': ['a', 'b'] }],
    [{ StringEquals: { 'aws:x': '${aws:y}' } }, { 'aws:x': ['v'], 'aws:y': ['v'] }],
  ]
  const failing: [object, Said][] = [
    [{ StringEquals: { 'aws:x': 'a*' } }, { 'aws:x': ['ab'] }],
    [{ StringNotEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': ['b'] }],
    [{ ArnLike: { 'aws:x': 'arn:aws:iam::*' } }, { 'aws:x': [iam('role/a')] }],
    [{ Bool: { 'aws:x': 'false' } }, { 'aws:x': ['true'] }],
    [{ NumericLessThan: { 'aws:x': 7 } }, { 'aws:x': ['seven'] }],
    [{ IpAddress: { 'aws:x': '10.0.0.0/8' } }, { 'aws:x': ['no address'] }],
    [{ 'ForAllValues:StringEquals': { 'aws:x': ['a'] } }, { 'aws:x': ['a', 'b'] }],
    [{ 'ForAnyValue:StringNotEquals': { 'aws:x': ['a', 'b'] } }, { 'aws:x': ['a', 'b'] }],
    [{ StringEquals: { 'aws:x': 'a' }, StringLike: { 'aws:y': 'b' } }, { 'aws:x': ['a'], 'aws:y': ['c'] }],
  ]
  for (const [condition, said] of holding) assert.ok(allowed(condition, said) && denied(condition, said), JSON.stringify(condition))
  for (const [condition, said] of failing) assert.ok(!allowed(condition, said) && !denied(condition, said), JSON.stringify(condition))
})

test('what the request does not say: a match fails, a negation holds, IfExists passes', () => {
  const silent: Said = { 'aws:x': null }
  assert.equal(allowed({ StringEquals: { 'aws:x': 'a' } }, silent), false)
  assert.equal(allowed({ StringEqualsIfExists: { 'aws:x': 'a' } }, silent), true)
  assert.equal(denied({ StringNotEquals: { 'aws:x': 'a' } }, silent), true)
  assert.equal(allowed({ 'ForAllValues:StringEquals': { 'aws:x': 'a' } }, silent), true)
  assert.equal(denied({ 'ForAnyValue:StringNotEquals': { 'aws:x': 'a' } }, silent), false)
  assert.equal(denied({ Bool: { 'aws:x': 'false' } }, silent), false)
})

test('what nobody here knows gives nothing and takes no deny away', () => {
  for (const condition of [{ StringNotEquals: { 'aws:unheard': 'a' } }, { StringEqualsIfExists: { 'aws:unheard': 'a' } }, { Null: { 'aws:unheard': 'true' } }, { StringSoundsLike: { 'aws:x': 'a' } }]) {
    assert.equal(allowed(condition, { 'aws:x': ['a'] }), false, JSON.stringify(condition))
    assert.equal(denied(condition, { 'aws:x': ['a'] }), true, JSON.stringify(condition))
  }
})

test('what is no document is refused', () => {
  const good = { Effect: 'Allow', Action: '*' }
  for (const text of ['', '[]', '{}', 'null', '{"Statement":[]}', ...[{ Effect: 'Perhaps', Action: '*' }, { Effect: 'Allow' }, { ...good, Action: 7 }, { ...good, NotAction: '*' }, { ...good, Principal: 'ann' }, { ...good, Principal: {} }, { ...good, Principal: '*', NotPrincipal: '*' }, { ...good, Condition: 'x' }, { ...good, Condition: { StringEquals: { k: {} } } }, { ...good, Condition: { NotIpAddress: { k: 'no network' } } }, { ...good, Condition: { NumericNotEquals: { k: 'seven' } } }].map((Statement) => JSON.stringify({ Statement }))]) {
    assert.throws(() => parseDocument(text), Malformed, text)
  }
})
