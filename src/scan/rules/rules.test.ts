// Every rule finds its hits, leaves its misses, costs little on hostile text; checksums against published vectors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Named } from '../generic/named.ts'
import { Matcher } from '../match/matcher.ts'
import { Text } from '../match/text.ts'
import type { Rule } from '../rule.ts'
import { bip39Words } from './bip39-words.ts'
import {
  awsAccountOf, bech32Checksum, checksums, crc62, fromBase58Check, hasCrc62, hasMnemonic, isBech32, jwtHeader, mnemonicOf, toBase58Check,
} from './checksum.ts'
import { rules } from './index.ts'
import { sample } from './sample.ts'
import { entropyOf } from './shape.ts'

/** What the engine does with one rule on one text. */
function find(rule: Rule, text: string): string[] {
  const found: string[] = []
  for (const match of text.matchAll(new RegExp(rule.pattern, `${rule.pattern.flags.replace('g', '')}g`))) {
    const secret = match.groups?.secret ?? match[0]
    if (entropyOf(secret) >= (rule.entropy ?? 0) && (!rule.check || rule.check(secret))) found.push(secret)
  }
  return found
}

const wordsOf = (rule: Rule) => (rule.keywords.length > 0 ? rule.keywords : rule.named!.words)
const hasKeyword = (rule: Rule, text: string) => wordsOf(rule).some(word => text.toLowerCase().includes(word))

test('ids are unique, kebab-case and begin with a letter or digit', () => {
  const seen = new Set<string>()
  for (const { id } of rules) {
    assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)+$|^jwt$/, id)
    assert.ok(!seen.has(id), `${id} twice`)
    seen.add(id)
  }
  assert.ok(rules.length >= 400, `${rules.length} rules`)
})

test('every rule names its source and keywords that the engine can look for', () => {
  for (const rule of rules) {
    assert.ok(URL.canParse(rule.source) && rule.source.startsWith('https://'), rule.id)
    assert.ok(rule.about.length > 5, rule.id)
    assert.ok(wordsOf(rule).length > 0, rule.id)
    for (const word of wordsOf(rule)) {
      assert.equal(word, word.toLowerCase(), rule.id)
      assert.ok(word.length >= 3, `${rule.id}: keyword ${word} is too short`)
    }
  }
})

test('every rule finds its hits', () => {
  for (const rule of rules) {
    assert.ok(rule.hits.length > 0, rule.id)
    for (const text of rule.hits) {
      assert.ok(hasKeyword(rule, text), `${rule.id}: no keyword in ${text.slice(0, 120)}`)
      assert.ok(find(rule, text).length > 0, `${rule.id} does not find ${text.slice(0, 200)}`)
    }
  }
})

test('the matcher finds every hit by the rule that claims it, among all the rules', () => {
  const matcher = new Matcher([...rules], [new Named(rules)])
  const lost: string[] = []
  for (const rule of rules) {
    for (const text of rule.hits) {
      const found = new Set<string>()
      matcher.match(new Text(Buffer.from(text, 'latin1')), { path: '' }, candidate => found.add(candidate.rule.id))
      if (!found.has(rule.id)) lost.push(`${rule.id}: ${text.slice(0, 120)}`)
    }
  }
  assert.deepEqual(lost, [])
})

test('every rule leaves its misses alone', () => {
  for (const rule of rules) {
    assert.ok(rule.misses.length > 0, rule.id)
    for (const text of rule.misses) {
      assert.ok(!hasKeyword(rule, text) || find(rule, text).length === 0, `${rule.id} finds ${text.slice(0, 200)}`)
    }
  }
})

test('a value that strays from a hexadecimal form by a sign is no key, and not one of unknown form', () => {
  const rule = rules.find(({ id }) => id === 'kucoin-key')!
  const key = sample('[a-f0-9]{24}')
  const [altered, other] = [`X${key.slice(1)}`, sample('[A-Za-z0-9]{24}')]
  assert.deepEqual([key, altered, other].map((secret) => [rule.check!(secret), rule.forged!(secret)]), [[true, false], [false, true], [true, false]])
})

test('patterns bound every repetition and never nest open ones', () => {
  for (const { id, pattern } of rules) {
    const source = pattern.source.replace(/\\./g, 'e').replace(/\[[^\]]*\]/g, 'c')
    assert.doesNotMatch(source, /[*+](?!\?<)/, `${id}: open repetition in ${pattern.source.slice(0, 120)}`)
    assert.doesNotMatch(source, /\{\d+,\}/, `${id}: open repetition`)
  }
})

test('hostile text costs little, whatever the rule', () => {
  const letters = ['a', 'A', '0', 'aA0-', 'ey', 'a.', ' ', 'a ', '=', "'\n", '-----BEGIN ']
  for (const rule of rules) {
    const word = wordsOf(rule)[0]!
    for (const letter of letters) {
      const text = word + letter.repeat(Math.ceil((rule.window ?? 256) / letter.length)) + word + letter.repeat(200)
      const start = process.cpuUsage()
      find(rule, text)
      const { user } = process.cpuUsage(start)
      assert.ok(user < 2_000_000, `${rule.id} on ${JSON.stringify(letter)}: ${user} microseconds`)
    }
  }
})

test('a private key without an end costs little', () => {
  const body = `${'A'.repeat(60)}+\\n" +\n`.repeat(2000)
  for (const rule of rules.filter(({ keywords }) => keywords.some((word) => word.includes('private key')))) {
    const start = process.cpuUsage()
    find(rule, `-----BEGIN RSA PRIVATE KEY-----\n${body}`)
    assert.ok(process.cpuUsage(start).user < 2_000_000, rule.id)
  }
})

test('samples match what they were made from', () => {
  for (const source of ['a[b-d]{3}', '(?:x|y)z?', '[A-Za-z0-9_-]{20,24}', '\\d{4}-\\w{2}', 'ab{2}c{0,4}', '(?<secret>[^x-z]{8})']) {
    assert.match(sample(source), new RegExp(`^(?:${source})$`))
  }
  assert.equal(sample('[a-z]{20}', 3), sample('[a-z]{20}', 3))
  assert.notEqual(sample('[a-z]{20}', 3), sample('[a-z]{20}', 4))
})

test('checksums tell a token from one with a letter changed', () => {
  const body = sample('[A-Za-z0-9]{30}')
  assert.ok(hasCrc62(`ghp_${body}${crc62(body)}`))
  assert.ok(!hasCrc62(`ghp_x${body.slice(1)}${crc62(body)}`))
  assert.equal(crc62(''), '000000')
  for (const id of Object.keys(checksums)) assert.ok(rules.some(rule => rule.id === id), id)
})

test('Bech32 accepts the vectors of BIP-173 and refuses a changed letter', () => {
  assert.ok(isBech32('A12UEL5L'))
  assert.ok(isBech32('abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw'))
  assert.ok(!isBech32('A12UEL5M'))
  assert.ok(!isBech32('A12uEL5L'))
  assert.equal(bech32Checksum('abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7l'), 'mqqqxw')
})

test('Base58Check goes there and back', () => {
  const key = Buffer.from(sample('[a-f0-9]{64}'), 'hex')
  const text = toBase58Check(Buffer.concat([Buffer.of(0x80), key]))
  assert.deepEqual(Buffer.from(fromBase58Check(text)!.subarray(1)), key)
  assert.equal(fromBase58Check(`${text.slice(0, -1)}${text.endsWith('2') ? '3' : '2'}`), null)
  assert.equal(fromBase58Check('0OIl'), null)
})

test('BIP-39: the vectors of the standard, and one word changed', () => {
  assert.equal(bip39Words.length, 2048)
  assert.equal(mnemonicOf(new Uint8Array(16)), `${'abandon '.repeat(11)}about`)
  assert.equal(mnemonicOf(new Uint8Array(16).fill(0x7f)), 'legal winner thank year wave sausage worth useful legal winner thank yellow')
  assert.ok(hasMnemonic('phrase legal winner thank year wave sausage worth useful legal winner thank yellow'))
  assert.ok(!hasMnemonic('legal winner thank year wave sausage worth useful legal winner thank year'))
})

test('an AWS key id tells its account', () => {
  const account = 123456789012n
  const number = ((account << 7n) | (1n << 47n)) << 2n
  const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  let text = ''
  for (let left = number, index = 0; index < 10; index += 1, left >>= 5n) text = base32[Number(left & 31n)]! + text
  assert.equal(awsAccountOf(`AKIA${text}AAAAAA`), '123456789012')
  assert.equal(awsAccountOf('AKIA0189000000000000'), null)
})

test('the header of a JSON Web Token is read, other text refused', () => {
  assert.deepEqual(jwtHeader(`${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.x`), { alg: 'ES256' })
  assert.equal(jwtHeader('eyJ.e30.x'), null)
})
