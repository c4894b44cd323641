import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Acl } from './acl.ts'
import { parsePolicy } from './policy.ts'
import { isTemplated, templatePolicy, type PolicyIdentity } from './template.ts'

const jane: PolicyIdentity = {
  entity: {
    id: 'e-1', name: 'jane doe', metadata: { team: 'red', 'a.b': 'dotted', empty: '' },
    aliases: new Map([['auth_k8s_1', { id: 'al-1', name: 'sa:jane', metadata: { ns: 'prod' }, customMetadata: { tier: 'gold' } }]]),
  },
  groups: [{ id: 'g-1', name: 'ops.eu', metadata: { region: 'eu' } }],
}
const nobody: PolicyIdentity = { entity: null, groups: [] }

const paths = (path: string, identity: PolicyIdentity, capability = 'read') =>
  templatePolicy(parsePolicy('p', `path "${path}" { capabilities = ["${capability}"] }`), identity).rules.map((rule) => rule.path)

const filled: [path: string, value: string | null][] = [
  ['s/{{identity.entity.id}}/*', 's/e-1/*'],
  ['s/{{ identity.entity.name }}', 's/jane doe'],
  ['s/{{identity.entity.metadata.team}}-{{identity.entity.id}}', 's/red-e-1'],
  ['s/{{identity.entity.metadata.a.b}}', 's/dotted'],
  ['s/{{identity.entity.aliases.auth_k8s_1.id}}', 's/al-1'],
  ['s/{{identity.entity.aliases.auth_k8s_1.name}}', 's/sa:jane'],
  ['s/{{identity.entity.aliases.auth_k8s_1.metadata.ns}}', 's/prod'],
  ['s/{{identity.entity.aliases.auth_k8s_1.custom_metadata.tier}}', 's/gold'],
  ['s/{{identity.groups.ids.g-1.name}}', 's/ops.eu'],
  ['s/{{identity.groups.names.ops.eu.id}}', 's/g-1'],
  ['s/{{identity.groups.ids.g-1.metadata.region}}', 's/eu'],
  ['s/{{identity.groups.names.ops.eu.metadata.region}}', 's/eu'],
  ['s/{{identity.entity.metadata.empty}}', null],
  ['s/{{identity.entity.metadata.constructor}}', null],
  ['s/{{identity.entity.metadata.none}}', null],
  ['s/{{identity.entity.aliases.other.name}}', null],
  ['s/{{identity.groups.names.other.id}}', null],
]

test('every parameter is filled with what identity says, and a rule without a value is left out', () => {
  for (const [path, value] of filled) assert.deepEqual(paths(path, jane), value === null ? [] : [value], path)
  for (const [path] of filled) assert.deepEqual(paths(path, nobody), [], path)
})

test('a policy without parameters is the same for everybody', () => {
  const plain = parsePolicy('p', 'path "a" { policy = "read" }')
  assert.equal(isTemplated(plain), false)
  assert.equal(templatePolicy(plain, nobody), plain)
})

const named = (name: string): PolicyIdentity => ({ entity: { ...jane.entity!, name }, groups: [] })

test('a value that could widen a rule voids a grant and keeps a denial', () => {
  for (const name of ['*', 'a*', '+', 'a+b', 'a/b', 'a,b', '.', '..', 'a\u0000', 'a\nb']) {
    assert.deepEqual(paths('s/{{identity.entity.name}}/x', named(name)), [], name)
    assert.deepEqual(paths('s/{{identity.entity.name}}/x', named(name), 'deny'), [`s/${name}/x`])
  }
})

test('whatever an entity is called, its rule opens only paths with that very name', () => {
  const policy = parsePolicy('p', 'path "s/{{identity.entity.name}}/*" { capabilities = ["read"] }')
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '*', '+', '/', ',', '{', '}', '.'), maxLength: 6 })
  fc.assert(fc.property(name, fc.constantFrom('a', 'b', 'ab', '{}', ''), (name, other) => {
    const acl = new Acl([{ policy: templatePolicy(policy, named(name)), namespace: '' }])
    if (acl.allows({ operation: 'read', path: `s/${other}/x` }).allowed) assert.equal(other, name)
  }), { numRuns: 2000 })
})
