import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kit/errors.ts'
import { defaultPasswordPolicy, generatePassword, parsePasswordPolicy } from './password.ts'

const rule = (charset: string, minimum?: number) => `rule "charset" {\n charset = ${JSON.stringify(charset)}\n${minimum === undefined ? '' : `min-chars = ${minimum}`}\n}\n`

test('generated passwords fulfil their policy', () => {
  const policy = parsePasswordPolicy(defaultPasswordPolicy)
  for (let times = 0; times < 200; times++) {
    const password = generatePassword(policy)
    assert.match(password, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*-)[a-zA-Z\d-]{20}$/)
  }
  assert.match(generatePassword(parsePasswordPolicy('{"length": 8, "rule": [{"charset": {"charset": "äöü😀", "min-chars": 8}}]}')), /^[äöü😀]{8}$/u)
})

test('characters of overlapping sets are drawn once, without bias, from the bytes given', () => {
  const policy = parsePasswordPolicy(`length = 4\n${rule('abc')}${rule('bcd')}${rule('e')}`)
  assert.deepEqual(policy.charset, ['a', 'b', 'c', 'd', 'e'])
  let at = 0
  const bytes = [255, 0, 1, 254, 2, 3, 4, 9]
  assert.equal(generatePassword(policy, (count) => Uint8Array.from({ length: count }, () => bytes[at++ % bytes.length]!)), 'abec')
})

const refused: [text: string, message: RegExp][] = [
  ['length = 20', /at least one charset is required/],
  [rule('abc'), /between 4 and 100 characters/],
  [`length = 3\n${rule('abc')}`, /between 4 and 100 characters/],
  [`length = 101\n${rule('abc')}`, /between 4 and 100 characters/],
  [`length = 8.5\n${rule('abc')}`, /length must be a whole number/],
  [`length = 8\nfoo = 1\n${rule('abc')}`, /unknown key "foo" on line 2/],
  ['length = 8\nrule "regex" {}', /unknown rule "regex" on line 2/],
  ['length = 8\nrule "charset" {}', /missing charset in the rule on line 2/],
  ['length = 8\nrule "charset" { charset = "a"\n min = 1 }', /unknown key "min"/],
  [`length = 8\n${rule('a\tb')}`, /not printable/],
  [`length = 8\n${rule('abc', 5)}${rule('def', 4)}`, /require more characters/],
  [`length = 8\n${rule('abc', -1)}`, /min-chars must be a whole number/],
  [`length = 8\n${rule(String.fromCodePoint(...Array.from({ length: 257 }, (_, at) => 0x4e00 + at)))}`, /charset is too long/],
  ['length =', /At 1:9/],
]

test('policies that cannot be fulfilled are refused', () => {
  for (const [text, message] of refused) {
    assert.throws(() => parsePasswordPolicy(text), (error) => error instanceof Fault && error.code === 'invalid' && message.test(error.message), text)
  }
})

test('a policy that leaves nothing to chance ends in an error, not in a loop', () => {
  const policy = parsePasswordPolicy(`length = 30\n${rule('abcdefghij')}${rule('0', 25)}`)
  assert.throws(() => generatePassword(policy), Fault)
})

test('any policy that parses generates what it asks for', () => {
  const set = fc.tuple(fc.stringMatching(/^[!-~]{1,20}$/), fc.nat(1))
  fc.assert(fc.property(fc.integer({ min: 8, max: 40 }), fc.array(set, { minLength: 1, maxLength: 3 }), (length, sets) => {
    const policy = parsePasswordPolicy(`length = ${length}\n${sets.map(([charset, minimum]) => rule(charset.replaceAll('$', '_'), minimum)).join('')}`)
    const password = generatePassword(policy)
    assert.equal(password.length, length)
    for (const [charset, minimum] of sets) if (minimum) assert.ok([...password].some((character) => charset.replaceAll('$', '_').includes(character)))
  }), { numRuns: 200 })
})
