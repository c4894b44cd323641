import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesGlob } from './glob.ts'

test('a star stands for any text, everything else for itself', () => {
  const yes: [string, string][] = [['a', 'a'], ['*', ''], ['*', 'x'], ['a*', 'a'], ['a*', 'abc'], ['*c', 'abc'], ['a*c', 'ac'], ['a*b*c', 'a1b2c'], ['a**c', 'abc'], ['*b*b*', 'abab']]
  const no: [string, string][] = [['a', 'A'], ['a', 'ab'], ['a*', 'ba'], ['a*a', 'a'], ['*c', 'cb'], ['a*b*c', 'acb'], ['ab*bc', 'abc'], ['*b*b*', 'ab'], ['', 'a'], ['a.c', 'abc']]
  for (const [pattern, name] of yes) assert.ok(matchesGlob(pattern, name), `${pattern} covers ${name}`)
  for (const [pattern, name] of no) assert.ok(!matchesGlob(pattern, name), `${pattern} does not cover ${name}`)
})
