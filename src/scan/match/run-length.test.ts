import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginningsOf, beginsAt, spellKeywords } from './beginning.ts'
import { outlineOf } from './outline.ts'
import { signOf } from './plan.ts'
import { holdsRun, sureRun } from './run-length.ts'

const least = (pattern: RegExp): number => sureRun(outlineOf(pattern)!)?.least ?? 0

test('tells the longest run that a pattern is sure to match', () => {
  const table: [RegExp, number][] = [
    [/ghp_[A-Za-z0-9]{36}/, 40],
    [/(?<secret>[a-f0-9]{32})(?![a-f0-9])/, 32],
    [/key["' ]{0,3}=["' ]{0,3}(?<secret>[A-Z0-9]{20})/, 20],
    [/(?:[a-f0-9]{32}|[A-Z]{12})/, 12],
    [/(?:[a-f0-9]{32})?x/, 0],
    [/[^"]{40}/, 0],
    [/(?:sk_(?:live|test)_)[0-9a-zA-Z]{24}/, 32],
    [/[a-z0-9]{8}-(?:[a-z0-9]{4}-){3}[a-z0-9]{12}/, 36],
    [/.{40}/, 0],
    [/\w{16}/, 16],
  ]
  for (const [pattern, expected] of table) assert.equal(least(pattern), expected, pattern.source)
})

test('no window that a pattern matches is refused', () => {
  const samples: [RegExp, string][] = [
    [/(?i:acme)(?:.|\r?\n){0,40}?(?<secret>[a-z0-9]{20,40})/, `ACME_token = "${'a1b2'.repeat(6)}"`],
    [/[A-Z]{8}/i, 'abcdEFGH'],
    [/(?:AKIA|ASIA)[A-Z0-9]{16}/, `id ASIA${'QWER'.repeat(4)} `],
    [/[\w.+-]{10,}@[\w-]{3,}/, ' someone.else+tag@host '],
  ]
  for (const [pattern, text] of samples) {
    assert.match(text, pattern)
    const run = sureRun(outlineOf(pattern)!)
    assert.ok(run === null || holdsRun(Buffer.from(text), 0, text.length, run), pattern.source)
  }
})

test('finds a run wherever it stands and no shorter one', () => {
  const run = sureRun(outlineOf(/[a-z]{12}/)!)!
  for (let at = 0; at < 30; at++) {
    const text = `${'1'.repeat(at)}${'a'.repeat(12)}${'1'.repeat(30 - at)}`
    assert.ok(holdsRun(Buffer.from(text), 0, text.length, run), `at ${at}`)
    assert.ok(!holdsRun(Buffer.from(text.replace('aa', '1a')), 0, text.length, run), `short at ${at}`)
  }
})

test('tells where a run begins at the latest', () => {
  const table: [RegExp, number][] = [
    [/ghp_[A-Za-z0-9]{36}/, 0],
    [/key["' ]{0,3}=["' ]{0,3}(?<secret>[A-Z0-9]{20})/, 10],
    [/(?:ab|cde)(?:.|\r?\n){0,40}?\s(?<secret>[a-f0-9]{32})/, 84],
    [/key\s*[a-f0-9]{32}/, Infinity],
  ]
  for (const [pattern, expected] of table) assert.equal(sureRun(outlineOf(pattern)!)?.reach, expected, pattern.source)
})

const begins = (pattern: RegExp, text: string): boolean => beginsAt(Buffer.from(text), 0, beginningsOf(outlineOf(pattern)!))

test('tells from the first bytes whether a match may begin', () => {
  const table: [RegExp, string, boolean][] = [
    [/\bghp_[a-z]{6}/, 'ghp_abcdef', true],
    [/\bghp_[a-z]{6}/, 'ghp_abcde1', false],
    [/(?:(?<![A-Za-z])|(?<=\\n))(?<secret>SG\.[a-z]{3})/, 'SG.abc', true],
    [/(?:AKIA|A3T[A-Z\d])[A-Z\d]{3}/, 'A3TXABC', true],
    [/(?:AKIA|A3T[A-Z\d])[A-Z\d]{3}/, 'AKIBABC', false],
    [/ab?c[^x]/, 'acy', true],
    [/ab?c[^x]/, 'abcx', false],
    [/(?i:a)b[^q]/i, 'ABQ', false],
    [/a\x41\u0042\.\W/, 'aAB. ', true],
    [/a{2,3}b/, 'aaxx', true],
    [/(?:ab){2}c/, 'ababc', true],
    [/(?:ab){2}c/, 'abac', false],
  ]
  for (const [pattern, text, expected] of table) assert.equal(begins(pattern, text), expected, `${pattern.source} ${text}`)
})

test('tells whether matches begin with keywords, whatever their case and separators', () => {
  const table: [RegExp, string[], boolean][] = [
    [/(?:AKIA|ASIA)[A-Z]/, ['akia', 'asia'], true],
    [/(?:AKIA|ASIA)[A-Z]/, ['akia'], false],
    [/xox[bp]-\d/, ['xoxb_', 'xoxp_'], true],
    [/xox[bp]-\d/, ['xoxb_'], false],
    [/[Aa][-_ .]?b/, ['a_b', 'ab'], false],
    [/"?key/, ['key'], false],
  ]
  for (const [pattern, keywords, expected] of table) assert.equal(spellKeywords(beginningsOf(outlineOf(pattern)!), keywords), expected, pattern.source)
})

test('tells whether every match holds an @', () => {
  const sign = (pattern: RegExp): number => signOf(outlineOf(pattern)!)
  assert.equal(sign(/x:\/\/[^@]{1,9}@host/), 64)
  assert.equal(sign(/x(?:@y)?z/), 0)
  assert.equal(sign(/x@?z/), 0)
  assert.equal(sign(/a@b|c/), 0)
})

test('a run counts only with the bytes that its first places are sure to hold', () => {
  const table: [RegExp, string, boolean][] = [
    [/YC[A-Za-z0-9_-]{20}/, `x ${'longIdentifierOfSomeKind'} `, false],
    [/YC[A-Za-z0-9_-]{20}/, `x aYC${'q1'.repeat(10)} `, true],
    [/(?:ab|cd)_[a-z0-9]{12}/, `cd_${'z'.repeat(12)}`, true],
    [/(?:ab|cd)_[a-z0-9]{12}/, `x_${'z'.repeat(14)}`, false],
    [/[a-z]?Q[A-Z]{8}/, 'QABCDEFGH', true],
    [/(?:[A-F]{2}-){3}[A-F]{2}/, 'AA-BB-CC-DD', true],
  ]
  for (const [pattern, text, held] of table) assert.equal(holdsRun(Buffer.from(text), 0, text.length, sureRun(outlineOf(pattern)!)!), held, `${pattern.source} ${text}`)
})
