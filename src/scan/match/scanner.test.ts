import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '../rule.ts'
import { Scanner } from './scanner.ts'
import { Text } from './text.ts'

const rule = (made: Partial<Rule> & Pick<Rule, 'id' | 'keywords' | 'pattern'>): Rule => ({ about: made.id, source: 'https://example.com', hits: [], misses: [], ...made })
const acme = rule({ id: 'acme', keywords: ['acme_'], pattern: /acme_(?<secret>[a-z0-9]{12})/ })
const secret = 'q7w1e9r2t5y8'

function scan(text: string, ...rules: Rule[]): string[] {
  const scanner = new Scanner({ rules, detectors: [] })
  return scanner.scan(new Text(Buffer.from(text)), { path: 'a.txt' }).map((finding) => `${finding.line}:${finding.column} ${finding.rule} ${finding.secret}`)
}

test('a finding has the line and column of its secret', () => {
  assert.deepEqual(scan(`one\ntwo acme_${secret}\n`, acme), [`2:10 acme ${secret}`])
})

test('entropy and check refuse', () => {
  assert.deepEqual(scan(`acme_${secret}`, { ...acme, entropy: 5 }), [])
  assert.deepEqual(scan(`acme_${secret}`, { ...acme, check: () => false }), [])
})

test('a required companion must stand within its lines', () => {
  const paired = { ...acme, companions: [{ pattern: /account=\d+/, within: 2, required: true }] }
  assert.equal(scan(`account=12\n\nacme_${secret}`, paired).length, 1)
  assert.equal(scan(`account=12\n\n\nacme_${secret}`, paired).length, 0)
  assert.equal(scan(`acme_${secret}\naccount=12`, paired).length, 1)
})

test('a keyword that must stand alone does not count within a word', () => {
  const alone = rule({ id: 'pd', keywords: ['pd'], alone: ['pd'], pattern: /pd.{0,9}(?<secret>[a-z0-9]{12})/i })
  assert.equal(scan(`PD = ${secret}`, alone).length, 1)
  assert.equal(scan(`update = ${secret}`, alone).length, 0)
  assert.equal(scan(`myPdKey = ${secret}`, alone).length, 1)
})

test('of two rules for one text the first of the same certainty counts, a generic one after all others', () => {
  const generic = rule({ id: 'generic', keywords: ['acme'], pattern: /acme_[a-z0-9]{12}/, generic: true })
  assert.deepEqual(scan(`acme_${secret}`, generic, acme), [`1:6 acme ${secret}`])
})

test('what only looks like a secret of a known format is not taken for one of unknown format, either', () => {
  const generic = rule({ id: 'generic', keywords: ['acme'], pattern: /acme_[a-z0-9]{12}/, generic: true })
  const forged = { ...acme, check: () => false, forged: () => true }
  assert.deepEqual(scan(`acme_${secret}`, generic, forged), [])
  assert.deepEqual(scan(`acme_${secret}`, generic, { ...forged, forged: () => false }), [`1:1 generic acme_${secret}`])
})

test('a checksum that fails leaves little confidence', () => {
  const confidence = (made: Rule): string => new Scanner({ rules: [made], detectors: [] }).scan(new Text(Buffer.from(`acme_${secret}`)), { path: '' })[0]!.confidence
  assert.equal(confidence({ ...acme, checksum: () => true }), 'high')
  assert.equal(confidence({ ...acme, checksum: () => false }), 'low')
})

test('comments allow what stands beside them', () => {
  for (const comment of ['strongroom:allow', 'gitleaks:allow', 'trufflehog:ignore', 'pragma: allowlist secret']) {
    assert.deepEqual(scan(`acme_${secret} # ${comment}`, acme), [], comment)
    assert.equal(scan(`acme_${secret}\n# ${comment}`, acme).length, 1, comment)
  }
  assert.deepEqual(scan(`# pragma: allowlist nextline secret\nacme_${secret}`, acme), [])
})

test('encoded texts are read to a depth of five and found where they stand', () => {
  let text = `token acme_${secret} and some more`
  for (let depth = 1; depth <= 6; depth++) {
    text = Buffer.from(text).toString('base64')
    const found = scan(`\n  x: ${text}\n`, acme)
    assert.deepEqual(found, depth <= 5 ? [`2:6 acme ${secret}`] : [], `depth ${depth}`)
  }
  assert.equal(scan(Buffer.from(`a acme_${secret} and more text`).toString('hex'), acme).length, 1)
  assert.equal(scan(`https://h/?q=%61cme%5F${secret}`, acme).length, 1)
  assert.equal(scan(`"\\u0061cme_${secret}"`, acme).length, 1)
})

test('a text of one line of many megabytes is scanned', () => {
  const bytes = Buffer.alloc(5 << 20, 'x')
  bytes.write(` acme_${secret} `, 3 << 20)
  const findings = new Scanner({ rules: [acme], detectors: [] }).scan(new Text(bytes), { path: '' })
  assert.deepEqual(findings.map(({ line, column }) => [line, column]), [[1, (3 << 20) + 7]])
})
