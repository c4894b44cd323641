import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Acl, type AclOperation, type AclRequest } from './acl.ts'
import { capabilities, parsePolicy, type Capability, type Policy } from './policy.ts'

const acl = (...texts: string[]) => new Acl(texts.map((text, at) => ({ policy: parsePolicy(`p${at + 1}`, text), namespace: '' })))
const grant = (path: string, ...granted: string[]) => `path "${path}" { capabilities = ${JSON.stringify(granted)} }\n`
const may = (rules: Acl, operation: AclOperation, path: string, rest: Partial<AclRequest> = {}) => rules.allows({ operation, path, ...rest }).allowed

test('nothing is allowed by no policy, everything by root', () => {
  assert.equal(may(acl(), 'read', 'secret/a'), false)
  assert.deepEqual(acl('').capabilities('secret/a'), ['deny'])
  assert.deepEqual(Acl.root.allows({ operation: 'delete', path: 'sys/x' }), {
    allowed: true, sudo: true, root: true, granting: ['root'], paginationLimit: 0, capabilities: [],
  })
  assert.deepEqual(Acl.root.capabilities('secret/a'), ['root'])
  assert.equal(may(new Acl([{ policy: { name: 'root', rules: [] }, namespace: '' }]), 'read', 'a'), false)
})

// The pattern that decides for a path, out of several that cover it.
const priorities: [path: string, winner: string, ...losers: string[]][] = [
  ['secret/foo', 'secret/foo', 'secret/foo*', 'secret/+', '*'],
  ['secret/foobar', 'secret/foo*', 'secret/fo*', 'secret/*', '*'],
  ['secret/foo/bar/baz', 'secret/foo/+/baz', 'secret/+/bar/baz', 'secret/foo*'],
  ['secret/foo/bar', 'secret/+/bar', 'secret/+/ba*', 'secret/*'],
  ['secret/foo', 'secret/+', 'secret/*'],
  ['secret/a/b/foo/x', 'secret/*', 'secret/+/+/foo/*'],
  ['secret/a/bar/bad', 'secret/+/bar/ba*', 'secret/+/bar/b*', 'secret/+/+/bad*'],
  ['secret/a/b/c', 'secret/+/b/+', 'secret/+/+/c', 'secret/+/+/+'],
  ['a/b', '+/b', '+/+', '*'],
  ['a', '+', '*'],
  ['secret/', 'secret/+', 'secret/*', 'secret*'],
  ['a+b/c', 'a+b/c', 'a+b/*', 'a+b*'],
  ['x/+y', 'x/+y', 'x/*'],
  ['a+b/+/c', 'a+b/*', 'a+b/+/c'],
]

test('the pattern with priority decides', () => {
  for (const [path, winner, ...losers] of priorities) {
    for (const loser of losers) {
      for (const order of [[winner, loser], [loser, winner]]) {
        const rules = acl(...order.map((pattern) => grant(pattern, pattern === winner ? 'read' : 'update')))
        assert.equal(may(rules, 'read', path), true, `${path}: ${winner} over ${loser}`)
        assert.equal(rules.explain({ operation: 'read', path }).matches[0]?.pattern, winner)
      }
    }
  }
})

const misses: [pattern: string, path: string][] = [
  ['secret/foo', 'secret/food'], ['secret/foo', 'secret/foo/'], ['secret/foo/*', 'secret/foo'], ['secret/+', 'secret/a/b'], ['secret/+', 'secret'],
  ['secret/+/b', 'secret/b'], ['+', 'a/b'], ['secret/a+', 'secret/ab'], ['secret/*/b', 'secret/a/b'], ['secret/+/*', 'secret/a'], ['+/b*', 'a/c'],
]

test('a pattern covers no more than it says', () => {
  for (const [pattern, path] of misses) assert.equal(may(acl(grant(pattern, 'read')), 'read', path), false, `${pattern} on ${path}`)
})

test('the same pattern in several policies adds up, and a denial ends it', () => {
  const both = acl(grant('secret/*', 'read', 'sudo'), grant('/secret/*', 'list', 'read'))
  const decision = both.allows({ operation: 'read', path: 'secret/a' })
  assert.deepEqual(decision, { allowed: true, sudo: true, root: false, granting: ['p1', 'p2'], paginationLimit: 0, capabilities: ['read', 'sudo', 'list'] })
  assert.deepEqual(both.allows({ operation: 'list', path: 'secret/' }).granting, ['p2'])
  for (const order of [['read', 'deny'], ['deny', 'read']]) {
    const denied = acl(...order.map((capability) => grant('secret/*', capability)))
    assert.deepEqual(denied.capabilities('secret/a'), ['deny'])
    assert.equal(denied.allows({ operation: 'read', path: 'secret/a' }).sudo, false)
  }
})

test('a listing of a folder is decided by rules for the folder and for its name', () => {
  const lists: [rules: string, allowed: boolean][] = [
    [grant('secret/foo', 'list'), true],
    [grant('secret/foo/', 'list'), true],
    [grant('secret/foo/*', 'list'), true],
    [grant('secret/fo*', 'list'), true],
    [grant('secret/+', 'list'), true],
    [grant('secret/foo/bar', 'list'), false],
    [grant('secret/*', 'list') + grant('secret/foo', 'deny'), false],
    [grant('secret/*', 'list') + grant('secret/foo/', 'deny'), false],
    [grant('secret/*', 'list') + grant('secret/foo/*', 'deny'), false],
    [grant('secret/*', 'list') + grant('secret/+', 'deny'), false],
    [grant('secret/*', 'list') + grant('secret/+/', 'deny'), false],
    [grant('secret/*', 'list') + grant('+/foo', 'deny'), true],
    [grant('secret/foo/', 'list') + grant('secret/foo', 'deny'), true],
    [grant('secret/foo/*', 'list') + grant('secret/fo*', 'deny'), false],
    [grant('secret/foo/*', 'list') + grant('secret/*', 'read'), false],
  ]
  for (const [rules, allowed] of lists) {
    for (const path of ['secret/foo/', 'secret/foo', '/secret/foo/']) assert.equal(may(acl(rules), 'list', path), allowed, `${rules} on ${path}`)
  }
  const denied = acl(grant('secret/*', 'scan') + grant('secret/+', 'deny'))
  assert.equal(may(denied, 'scan', 'secret/foo/'), false)
  assert.deepEqual(denied.capabilities('secret/foo/'), ['deny'])
})

test('rules apply below the namespace of their policy', () => {
  const rules = new Acl([
    { policy: parsePolicy('a', grant('secret/*', 'read') + grant('+/shared', 'read')), namespace: 'ns1/' },
    { policy: parsePolicy('b', grant('secret/own', 'update')), namespace: '' },
  ])
  const open = ['ns1/secret/x', 'ns1/kv/shared', 'secret/own', 'secret/x', 'ns2/secret/x', 'kv/shared'].map((path) => rules.capabilities(path).join())
  assert.deepEqual(open, ['read', 'read', 'update', 'deny', 'deny', 'deny'])
})

const constraints: [rule: string, data: Record<string, unknown>, allowed: boolean][] = [
  ['allowed_parameters = { a = [] }', { a: { any: 1 } }, true],
  ['allowed_parameters = { a = [] }', { A: 1 }, true],
  ['allowed_parameters = { a = [] }', { a: 1, b: 1 }, false],
  ['allowed_parameters = { a = [] }', {}, true],
  ['allowed_parameters = {}', { a: 1 }, true],
  ['allowed_parameters = { a = ["x", "y"] }', { a: 'y' }, true],
  ['allowed_parameters = { a = ["x", "y"] }', { a: 'z' }, false],
  ['allowed_parameters = { a = ["x"], "*" = [] }', { a: 'x', b: 2 }, true],
  ['allowed_parameters = { a = ["x"], "*" = [] }', { a: 'z', b: 2 }, false],
  ['allowed_parameters = { a = ["foo*"] }', { a: 'foobar' }, true],
  ['allowed_parameters = { a = ["*bar"] }', { a: 'foobar' }, true],
  ['allowed_parameters = { a = ["*ob*"] }', { a: 'foobar' }, true],
  ['allowed_parameters = { a = ["*ob*"] }', { a: 'fobar' }, true],
  ['allowed_parameters = { a = ["foo*"] }', { a: 'xfoo' }, false],
  ['allowed_parameters = { a = ["*"] }', { a: 'x' }, false],
  ['allowed_parameters = { a = ["x"] }', { a: ['x'] }, false],
  ['allowed_parameters = { a = [["x", "y"], 5, true] }', { a: ['x', 'y'] }, true],
  ['allowed_parameters = { a = [["x", "y"], 5, true] }', { a: 5 }, true],
  ['allowed_parameters = { a = [5] }', { a: '5' }, false],
  ['denied_parameters = { a = [] }', { a: 1 }, false],
  ['denied_parameters = { a = [] }', { A: 1 }, false],
  ['denied_parameters = { a = [] }', { b: 1 }, true],
  ['denied_parameters = { "*" = [] }', { b: 1 }, false],
  ['denied_parameters = { "*" = [] }', {}, true],
  ['denied_parameters = { a = ["adm*"] }', { a: 'admin' }, false],
  ['denied_parameters = { a = ["adm*"] }', { a: 'user' }, true],
  ['denied_parameters = { a = ["admin"] }', { a: ['user', 'admin'] }, false],
  ['denied_parameters = { a = ["x"] } allowed_parameters = { a = [] }', { a: 'x' }, false],
  ['required_parameters = ["Name"]', { name: 'x' }, true],
  ['required_parameters = ["name"]', {}, false],
  ['required_parameters = ["constructor"]', {}, false],
]

test('parameters are held to the rule, on every operation that carries them', () => {
  for (const [rule, data, allowed] of constraints) {
    const rules = acl(`path "p" { capabilities = ["create", "read", "update", "patch", "delete"]\n ${rule} }`)
    for (const operation of ['create', 'read', 'update', 'patch'] as const) {
      const request = { operation, path: 'p', data }
      assert.equal(may(rules, operation, 'p', { data }), allowed, `${rule} with ${JSON.stringify(data)}`)
      assert.equal(rules.explain(request).failed === null, allowed)
    }
    assert.equal(may(rules, 'delete', 'p', { data }), true)
  }
})

test('parameters of several policies are joined', () => {
  const rule = (body: string) => `path "p" { capabilities = ["update"]\n ${body} }`
  const joined = acl(rule('allowed_parameters = { a = ["x"], b = ["1"] }'), rule('allowed_parameters = { a = ["y"], b = [] }\n required_parameters = ["a"]'))
  const answers = [{ a: 'x' }, { a: 'y', b: 'any' }, { a: 'z' }, { b: '1' }].map((data) => may(joined, 'update', 'p', { data }))
  assert.deepEqual(answers, [true, true, false, false])
})

test('wrapping bounds hold, and of several the lower one', () => {
  const rule = (min: string, max: string) => `path "p" { capabilities = ["read"]\n min_wrapping_ttl = "${min}"\n max_wrapping_ttl = "${max}" }`
  const asked = (rules: Acl) => [0, 5, 10, 60, 61].map((wrapTtl) => may(rules, 'read', 'p', { wrapTtl }))
  assert.deepEqual(asked(acl(rule('10s', '1m'))), [false, false, true, true, false])
  assert.deepEqual(asked(acl(rule('10s', '1m'), rule('5s', '10s'))), [false, true, true, false, false])
  assert.deepEqual(asked(acl(rule('60s', '0'), rule('0', '10s'))), [false, false, false, false, false])
})

test('a page is no larger than the rule allows', () => {
  const rules = acl('path "p/" { capabilities = ["list", "scan"]\n pagination_limit = 10 }', 'path "p/" { capabilities = ["list"]\n pagination_limit = 20 }')
  const limits: [unknown, boolean][] = [[undefined, true], ['max', true], [10, true], ['10', true], [11, false], ['11', false], ['x', false], [1.5, false], [[], false]]
  for (const [limit, allowed] of limits) {
    const decision = rules.allows({ operation: 'list', path: 'p/', data: { limit } })
    assert.deepEqual([decision.allowed, decision.paginationLimit], [allowed, 10], String(limit))
  }
  const strict = acl('path "p/" { capabilities = ["list"]\n pagination_limit = 10\n required_parameters = ["limit"] }')
  assert.deepEqual([may(strict, 'list', 'p/'), may(strict, 'list', 'p/', { data: { limit: 'max' } })], [false, true])
})

test('a rule that expires stops to grant, in an index built before', () => {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const policy = parsePolicy('p', `${grant('a', 'list')}path "a" { capabilities = ["read"]\n expiration = "2030-01-01T00:01:00Z" }`)
  const rules = new Acl([{ policy, namespace: '' }], { now: () => now })
  assert.deepEqual(rules.capabilities('a'), ['list', 'read'])
  now += 60_000
  assert.deepEqual(rules.capabilities('a'), ['list'])
})

test('mounts that a caller can reach', () => {
  const rules = acl(grant('secret/data/a', 'read') + grant('kv/+', 'list') + grant('db*', 'read') + grant('+/+/b*', 'read') + grant('pki/', 'deny') + grant('ssh', 'read'))
  const reached = ['secret/', 'kv/', 'kv/x/', 'x/y/bc/', 'x/y/c/', 'dbs/', 'db/', 'ssh/'].filter((prefix) => rules.reaches(prefix))
  assert.deepEqual(reached, ['secret/', 'kv/', 'kv/x/', 'x/y/bc/', 'dbs/', 'db/', 'ssh/'])
  assert.deepEqual(['secret/', 'kv/', 'kv/x/', 'ssh/'].map((prefix) => acl(grant('kv/+', 'list') + grant('ssh', 'read')).reaches(prefix)), [false, true, false, false])
  assert.equal(acl(grant('pki/*', 'deny')).reaches('pki/'), false)
})

test('an explanation tells what decided and what is missing', () => {
  const rules = acl(grant('secret/*', 'read') + grant('secret/+/b', 'update'), grant('secret/*', 'list'))
  const { matches, because, failed, missing } = rules.explain({ operation: 'read', path: 'secret/a/b' })
  assert.deepEqual(matches.map(({ pattern, policies, decides }) => [pattern, policies, decides]), [['secret/+/b', ['p1'], true], ['secret/*', ['p1', 'p2'], false]])
  assert.equal(because, 'it beats secret/*: it does not end in *')
  assert.deepEqual([failed, missing], [{ check: 'capability', about: 'the rule does not grant read' }, ['read']])
  const reasons = [rules.explain({ operation: 'list', path: 'secret/a' }).reason, rules.explain({ operation: 'list', path: 'secret/a/b' }).reason]
  assert.deepEqual(reasons, ['secret/* grants list (p2)', 'secret/+/b: the rule does not grant list'])
  const none = rules.explain({ operation: 'read', path: 'kv/a' })
  assert.deepEqual([none.matches, none.failed?.about, none.missing], [[], 'no rule covers this path', ['read']])
  assert.equal(acl(grant('a', 'deny')).explain({ operation: 'read', path: 'a' }).failed?.about, 'the rule denies')
  assert.deepEqual(Acl.root.explain({ operation: 'read', path: 'a' }).failed, null)
})

// The documented rules, word by word and rule by rule, without an index.
function patternMatches(pattern: string, path: string): boolean {
  const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const open = pattern.endsWith('*')
  const body = (open ? pattern.slice(0, -1) : pattern).split('/').map((segment) => (segment === '+' ? '[^/]*' : quote(segment))).join('/')
  return new RegExp(`^${body}${open ? '' : '$'}`, 's').test(path)
}

const wildcarded = (pattern: string) => pattern.split('/').includes('+') || pattern.endsWith('*')

function prevails(a: string, b: string): boolean {
  const traits = (pattern: string) => {
    const text = pattern.replace(/\*$/, '')
    const plus = pattern.indexOf('+')
    return { first: plus === -1 ? text.length : plus, glob: pattern.endsWith('*'), plus: pattern.split('/').filter((segment) => segment === '+').length, text }
  }
  const [x, y] = [traits(a), traits(b)]
  if (x.first !== y.first) return x.first > y.first
  if (x.glob !== y.glob) return y.glob
  if (x.plus !== y.plus) return x.plus < y.plus
  if (x.text.length !== y.text.length) return x.text.length > y.text.length
  return x.text > y.text
}

function reference(rules: { pattern: string; granted: Capability[] }[], path: string): Capability[] {
  const deciding = (one: string) => {
    const exact = rules.filter(({ pattern }) => !wildcarded(pattern) && pattern === one)
    const covering = exact.length > 0 ? exact : rules.filter(({ pattern }) => wildcarded(pattern) && patternMatches(pattern, one))
    const best = covering.reduce<string | null>((best, { pattern }) => (best === null || prevails(pattern, best) ? pattern : best), null)
    return covering.filter(({ pattern }) => pattern === best)
  }
  const granted = new Set(deciding(path).flatMap((rule) => rule.granted))
  return granted.has('deny') || granted.size === 0 ? ['deny'] : [...granted].sort()
}

const segment = fc.constantFrom('a', 'b', 'ab', 'abc', '')
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/').replace(/^\/+/, ''))
const pattern = fc.tuple(fc.array(fc.oneof(segment, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, open]) => parts.join('/').replace(/^\/+/, '') + (open ? '*' : ''))
  .filter((text) => !text.includes('+*'))
const rule = fc.record({ pattern, granted: fc.subarray([...capabilities], { minLength: 1, maxLength: 3 }) })

const compile = (rules: { pattern: string; granted: Capability[] }[]) => acl(...rules.map(({ pattern, granted }) => grant(pattern, ...granted)))

test('the index decides as the documented rules do', () => {
  fc.assert(fc.property(fc.array(rule, { maxLength: 12 }), path, (rules, path) => {
    const built = compile(rules)
    for (const operation of ['read', 'update', 'delete'] as const) {
      assert.equal(may(built, operation, path), reference(rules, path).includes(operation), JSON.stringify(rules))
    }
    if (!path.endsWith('/')) assert.deepEqual(built.capabilities(path), reference(rules, path))
  }), { numRuns: 3000 })
})

test('a denial with the same pattern always stands, wherever it comes', () => {
  fc.assert(fc.property(fc.array(rule, { maxLength: 8 }), rule, path, fc.nat(8), (rules, denied, path, at) => {
    const own = { ...denied, granted: ['deny'] as Capability[] }
    const built = compile([...rules, denied].toSpliced(at, 0, own))
    const alone = compile([...rules.filter(({ pattern }) => pattern !== denied.pattern), own])
    for (const operation of ['create', 'read', 'update', 'patch', 'delete', 'list', 'scan'] as const) {
      const { matches, decision } = built.explain({ operation, path })
      if (matches[0]?.pattern === denied.pattern) assert.equal(decision.allowed, false)
      assert.equal(may(alone, operation, path), decision.allowed)
    }
  }), { numRuns: 1000 })
})

test('an explanation never disagrees with the decision', () => {
  const operation = fc.constantFrom<AclOperation>('create', 'read', 'list', 'scan', 'delete')
  fc.assert(fc.property(fc.array(rule, { maxLength: 8 }), path, operation, (rules, path, operation) => {
    const built = compile(rules)
    const { decision, failed, matches } = built.explain({ operation, path })
    assert.equal(decision.allowed, failed === null)
    assert.deepEqual(decision, built.allows({ operation, path }))
    assert.deepEqual(matches.find((match) => match.decides)?.capabilities ?? [], decision.capabilities)
  }), { numRuns: 1000 })
})

test('ten thousand rules decide like one', () => {
  const many: Policy = { name: 'many', rules: Array.from({ length: 10_000 }, (_, at) => ({ path: `secret/+/app-${at}/*`, capabilities: ['read'] })) }
  const rules = new Acl([{ policy: many, namespace: '' }])
  assert.deepEqual([may(rules, 'read', 'secret/x/app-9999/y'), may(rules, 'read', 'secret/x/app-10000/y')], [true, false])
})
