import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kit/errors.ts'
import { Acl } from './acl.ts'
import { defaultPolicy, wrappingPolicy } from './default.ts'
import { parsePolicy } from './policy.ts'

const body = (text: string) => `path "secret/a" {\n${text}\n}`

test('a rule is read whole, from HCL and from JSON', () => {
  const rule = {
    path: 'secret/a/*', capabilities: ['create', 'update'], allowed: new Map([['bar', ['zip', 1]], ['*', []]]), denied: new Map([['no', [false]]]),
    required: ['name'], minWrappingTtl: 1, maxWrappingTtl: 90, paginationLimit: 100, expires: Date.UTC(2035, 0, 1),
  }
  const hcl = `name = "ignored"
    path "/secret/a/*" {
      comment = "why"
      capabilities = ["create", "update", "create"]
      allowed_parameters = { "BAR" = ["zip", 1] "*" = [] }
      denied_parameters { no = [false] }
      required_parameters = ["Name"]
      min_wrapping_ttl = "1s"
      max_wrapping_ttl = 90
      pagination_limit = 100
      expiration = "2035-01-01T00:00:00Z"
    }`
  const json = JSON.stringify({
    path: [{ 'secret/a/*': {
      capabilities: ['create', 'update'], allowed_parameters: { Bar: ['zip', 1], '*': [] }, denied_parameters: [{ no: [false] }], required_parameters: ['name'],
      min_wrapping_ttl: '1s', max_wrapping_ttl: '1m30s', pagination_limit: '100', expiration: Date.UTC(2035, 0, 1) / 1000,
    } }],
  })
  for (const text of [hcl, json]) assert.deepEqual(parsePolicy('p', text), { name: 'p', rules: [rule] })
})

test('the old policy words and deny', () => {
  const words = ['read', 'write', 'sudo', 'deny'].map((word) => parsePolicy('p', body(`policy = "${word}"`)).rules[0]!.capabilities.join())
  assert.deepEqual(words, ['read,list', 'create,read,update,delete,list', 'create,read,update,delete,list,sudo', 'deny'])
  assert.deepEqual(parsePolicy('p', body('capabilities = ["read", "deny"]')).rules[0]!.capabilities, ['deny'])
  assert.deepEqual(parsePolicy('p', body('')).rules[0]!.capabilities, [])
})

const refused: [text: string, message: RegExp][] = [
  ['path "a" {', /^failed to parse policy: At 1:11: /],
  ['paths "a" {}', /^failed to parse policy: invalid key "paths" on line 1$/],
  ['path {\n read = ["x"] }', /must be a block/],
  [body('capability = ["read"]'), /^failed to parse policy: path "secret\/a": invalid key "capability" on line 2$/],
  [body('capabilities = ["reed"]'), /path "secret\/a": invalid capability "reed"$/],
  [body('capabilities = ["root"]'), /invalid capability "root"/],
  [body('capabilities = "read"'), /capabilities must be a list of strings/],
  [body('capabilities = [1]'), /capabilities must be a list of strings/],
  [body('capabilities = ["deny"]\ncapabilities = ["read"]'), /At 3:1: the argument "capabilities" was already set/],
  [body('policy = "admin"'), /invalid policy "admin"/],
  [body('policy = "constructor"'), /invalid policy "constructor"/],
  ['path "secret/+*" {}', /'\+\*' is forbidden/],
  [`path "${'a'.repeat(4097)}" {}`, /longer than 4096 characters/],
  [body('allowed_parameters = ["a"]'), /allowed_parameters must be an object of lists/],
  [body('allowed_parameters = { a = "x" }'), /allowed_parameters: the value of "a" must be a list/],
  [body('denied_parameters { a = [] }\ndenied_parameters { A = ["x"] }'), /denied_parameters: "A" is given twice/],
  [body('required_parameters = "a"'), /required_parameters must be a list of strings/],
  [body('min_wrapping_ttl = "soon"'), /min_wrapping_ttl: "soon" is not a duration/],
  [body('max_wrapping_ttl = -1'), /max_wrapping_ttl cannot be negative/],
  [body('min_wrapping_ttl = "1h"\nmax_wrapping_ttl = "1m"'), /max_wrapping_ttl cannot be less than min_wrapping_ttl/],
  [body('pagination_limit = "many"'), /pagination_limit must be a whole number/],
  [body('expiration = "tomorrow"'), /invalid expiration time/],
  [body('control_group = { factor "x" {} }'), /control_group is not supported/],
  [body('mfa_methods = ["totp"]'), /mfa_methods is not supported/],
  ['path "{{identity.entity.nome}}" {}', /invalid template parameter "identity.entity.nome"/],
  ['path "{{identity.entity.id" {}', /unbalanced templating characters/],
]

test('what is not understood is refused, in words', () => {
  for (const [text, message] of refused) {
    assert.throws(() => parsePolicy('p', text), (error) => error instanceof Fault && error.code === 'invalid' && message.test(error.message), text.slice(0, 99))
  }
})

test('no text makes it throw anything but a Fault', () => {
  const shard = fc.constantFrom('path', ' "a*" ', '"+"', '{', '}', ' capabilities = ', '["read"]', '["deny"]', '"x"', '\n', 'allowed_parameters', ' = ', '[', ']', '{{', '}}', 'identity.entity.id', '1', 'expiration', 'policy', 'comment', ',')
  fc.assert(fc.property(fc.array(shard, { maxLength: 16 }), (shards) => {
    try {
      new Acl([{ policy: parsePolicy('p', shards.join('')), namespace: '' }]).allows({ operation: 'read', path: 'a' })
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'invalid', `${error}`)
    }
  }), { numRuns: 5000 })
})

test('the built-in policies hold what they promise', () => {
  const own = new Acl([{ policy: parsePolicy('default', defaultPolicy), namespace: '' }])
  const may = ['auth/token/lookup-self', 'auth/token/renew-self', 'sys/capabilities-self', 'cubbyhole/x', 'identity/oidc/provider/x/authorize', 'sys/mounts', 'auth/token/create']
  assert.deepEqual(may.map((path) => own.capabilities(path).join()), ['read', 'update', 'update', 'create,delete,list,read,update', 'read,update', 'deny', 'deny'])
  assert.equal(parsePolicy('wrapping', wrappingPolicy).rules.length, 2)
})

test('every example of the guide is a policy', () => {
  const guide = readFileSync(new URL('../../../docs/guides/policies.md', import.meta.url), 'utf8')
  const examples = [...guide.matchAll(/```(?:hcl|json)\n(.*?)```/gs)].map(([, text]) => text!)
  assert.ok(examples.length === 7)
  for (const text of examples) assert.ok(parsePolicy('guide', text).rules.length > 0, text)
})
