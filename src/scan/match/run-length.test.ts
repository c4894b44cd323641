import assert from 'node:assert/strict'
import { test } from 'node:test'
import { literalStart, requiredSign } from './literal.ts'
import { holdsRun, sureRun } from './run-length.ts'

const least = (pattern: RegExp): number => sureRun(pattern)?.least ?? 0

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
    const run = sureRun(pattern)
    assert.ok(run === null || holdsRun(Buffer.from(text), 0, text.length, run), pattern.source)
  }
})

test('finds a run wherever it stands and no shorter one', () => {
  const run = sureRun(/[a-z]{12}/)!
  for (let at = 0; at < 30; at++) {
    const text = `${'1'.repeat(at)}${'a'.repeat(12)}${'1'.repeat(30 - at)}`
    assert.ok(holdsRun(Buffer.from(text), 0, text.length, run), `at ${at}`)
    assert.ok(!holdsRun(Buffer.from(text.replace('aa', '1a')), 0, text.length, run), `short at ${at}`)
  }
})

test('tells the literal that a pattern begins with', () => {
  const table: [RegExp, string][] = [
    [/\bghp_[a-z]{36}/, 'ghp_'],
    [/(?:(?<![A-Za-z])|(?<=\\n))(?<secret>SG\.[a-z]{22})/, 'SG.'],
    [/(?<secret>xox[bp]-[a-z]{9})/, 'xox'],
    [/ab?c/, 'a'],
    [/abc|abd/, ''],
    [/(?<secret>abc|abd)/, ''],
    [/abc/i, ''],
  ]
  for (const [pattern, expected] of table) assert.equal(literalStart(pattern), expected, pattern.source)
})

test('tells whether every match holds an @', () => {
  assert.equal(requiredSign(/x:\/\/[^@]{1,9}@host/), 64)
  assert.equal(requiredSign(/x(?:@y)?z/), 0)
  assert.equal(requiredSign(/x@?z/), 0)
  assert.equal(requiredSign(/a@b|c/), 0)
})
