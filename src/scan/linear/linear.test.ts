import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ScanError } from '../scan-error.ts'
import { LinearPattern } from './index.ts'

const all = (pattern: string, text: string): string[] => {
  const bytes = Buffer.from(text)
  return [...new LinearPattern(pattern).findAll(bytes)].map((match) => bytes.toString('utf8', match.start, match.end))
}
const groups = (pattern: string, text: string): (string | null)[] => {
  const bytes = Buffer.from(text)
  return new LinearPattern(pattern).find(bytes)!.groups.map((group) => (group ? bytes.toString('utf8', group.start, group.end) : null))
}

test('matches as RE2 does', () => {
  assert.deepEqual(all('a+?', 'aaa'), ['a', 'a', 'a'])
  assert.deepEqual(all('(?i)key|keys', 'KEYS keys'), ['KEY', 'key'])
  assert.deepEqual(all('(?i:k)ey', 'Key kEy'), ['Key'])
  assert.deepEqual(all('[[:alpha:]_]{2,3}', 'ab1cdef'), ['ab', 'cde'])
  assert.deepEqual(all('[^\\s"]+', 'ab "ü"'), ['ab', 'ü'])
  assert.deepEqual(all('\\bfoo\\b', 'foo foobar foo'), ['foo', 'foo'])
  assert.deepEqual(all('^a$', 'a\na'), [])
  assert.deepEqual(all('(?m)^a$', 'a\na'), ['a', 'a'])
  assert.deepEqual(all('a.b', 'a\nb'), [])
  assert.deepEqual(all('(?s)a.b\\z', 'a\nb'), ['a\nb'])
  assert.deepEqual(all('\\Qa.b\\E', 'axb a.b'), ['a.b'])
  assert.deepEqual(all('\\x41\\x{42}\\.', 'AB.'), ['AB.'])
  assert.deepEqual(all('“(\\w+)”', 'so “word” it is'), ['“word”'])
  assert.deepEqual(all('a{,2}', 'a{,2}'), ['a{,2}'])
  assert.deepEqual(all('x*', 'aab'), [])
  assert.deepEqual(all('a(?:\\b)?b(?:(?:c{0}){1000}){1000}', 'ab'), ['ab'])
  assert.deepEqual(groups('(?P<name>\\w+)=(?:"([^"]*)"|(\\w+))', 'k="v w"'), ['k', 'v w', null])
  assert.deepEqual(groups('(a)(b)?', 'a'), ['a', null])
  assert.equal(new LinearPattern('(?P<name>a)').names.get('name'), 1)
})

test('the document’s patterns', () => {
  const aws = 'AK' + 'IA' + 'ABCDEFGHIJKLMNOP'
  assert.deepEqual(all('(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}', `x ${aws} y`), [aws])
  assert.equal(all(`(?i)(api_key|apikey|api-key)['"\\s]*[:=]\\s*['"]([0-9a-zA-Z\\-_]{20,})['"]`, `API_KEY = "${'a1'.repeat(16)}"`).length, 1)
})

test('what is not RE2 is refused', () => {
  for (const pattern of ['(', ')', '[a', '*a', 'a{2,1}', 'a{1001}', '(?=a)', '(?<!a)', '(a)\\1', '\\', '(?z)', '[b-a]', '\\k', '(((a{100}){100}){100})', '[[:nope:]]', 'a*****', '(a)'.repeat(300), '('.repeat(500)]) {
    assert.throws(() => new LinearPattern(pattern), ScanError, pattern)
  }
})

test('hostile patterns stay linear', () => {
  const text = Buffer.from('a'.repeat(100_000))
  for (const pattern of ['(a+)+$b', '(a|a)*b', '(a*)*b', '(.*)(.*)(.*)(.*)(.*)b', '(a|aa)+b', '(x+x+)+y', '(?:a?){50}a{50}b', '[ab]*a[ab]{12}c']) {
    assert.equal(new LinearPattern(pattern).find(text), null)
  }
})

test('agrees with the runtime’s expressions', () => {
  const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', 'ab', '(?:a|b)', '(?:ab|a)', '(a|ab)', '(b+)', '\\b', '\\w')
  const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '*?', '{1,2}', '{2}', '{0,2}?')).map(([one, times]) => (one === '\\b' ? one : one + times))
  const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 12 })
  fc.assert(
    fc.property(fc.oneof(pattern, fc.tuple(pattern, pattern).map((two) => two.join('|'))), text, (source, input) => {
      const expected = input.match(new RegExp(source))
      const places = new LinearPattern(source)
      assert.equal(places.test(input), expected !== null)
      if (!expected || expected[0] === '') return
      const match = places.find(Buffer.from(input), expected.index)!
      assert.deepEqual([match.start, match.end - match.start], [expected.index, expected[0].length])
    }),
    { numRuns: 3000 },
  )
})

test('nothing but a ScanError leaves the reader', () => {
  const unit = fc.constantFrom(...'ab()[]{}|*+?^$.\\-:,0123PidswbzQEpxLü<>!=&')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), fc.string({ maxLength: 20 }), (source, input) => {
      try {
        new LinearPattern(source).test(input)
      } catch (error) {
        assert.ok(error instanceof ScanError, `${source}: ${error}`)
      }
    }),
    { numRuns: 5000 },
  )
})
