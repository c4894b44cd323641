import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fillStatement, statements } from './statement.ts'
import { compileUsername } from './username.ts'

const values = { name: 'v-"a"', password: `it's $x \\ "q"` }

test('values are quoted for the place where they stand', () => {
  const filled = fillStatement(`CREATE ROLE "{{name}}" PASSWORD '{{password}}' COMMENT E'{{ password }}' -- '{{password}}\n/* {{name}} */ {{other}}`, values)
  assert.equal(filled, `CREATE ROLE "v-""a""" PASSWORD 'it''s $x \\ "q"' COMMENT E'it''s $x \\\\ "q"' -- '{{password}}\n/* {{name}} */ {{other}}`)
})

test('outside of quotes only words are let in', () => {
  assert.equal(fillStatement('DROP ROLE {{name}}', { name: 'app_1' }), 'DROP ROLE app_1')
  for (const name of ['a b', 'a;b', 'v-x', '', "a'b", 'ä']) assert.throws(() => fillStatement('DROP ROLE {{name}}', { name }), /has to stand in quotes/)
})

test('a dollar-quoted body cannot be left by a value', () => {
  const body = `DO $do$ BEGIN EXECUTE 'x {{name}}'; PERFORM "{{name}}"; END $do$; SELECT '{{name}}'`
  assert.equal(fillStatement(body, { name: "a'b" }), `DO $do$ BEGIN EXECUTE 'x a''b'; PERFORM "a'b"; END $do$; SELECT 'a''b'`)
  for (const name of ['$do$', '$', 'x$']) assert.throws(() => fillStatement(body, { name }), /dollar-quoted/)
  assert.throws(() => fillStatement(`$a$ 'open $a$ {{name}}`, { name: 'a b' }), /has to stand in quotes/)
})

test('no value changes where a text ends', () => {
  // Reads standard SQL texts back: what was put in must come out, and what follows must still be there.
  const read = (sql: string): [string, string] => {
    let at = 1
    let text = ''
    for (; at < sql.length; at++) {
      if (sql[at] !== "'") text += sql[at]
      else if (sql[at + 1] === "'") text += sql[at++]
      else break
    }
    return [text, sql.slice(at + 1)]
  }
  fc.assert(fc.property(fc.string(), (password) => {
    assert.deepEqual(read(fillStatement(`'{{password}}'; rest`, { password })), [password, '; rest'])
  }))
})

test('statements come as a list, a text, JSON or base64 of them', () => {
  const field = statements({ about: 'test' })
  const list = ['SELECT 1, 2;', 'SELECT 3']
  assert.deepEqual(field.parse(list, 's'), list)
  assert.deepEqual(field.parse(list[0], 's'), [list[0]])
  assert.deepEqual(field.parse(JSON.stringify(list), 's'), list)
  assert.deepEqual(field.parse(Buffer.from(JSON.stringify(list)).toString('base64'), 's'), list)
  assert.deepEqual(field.parse(Buffer.from(list[0]!).toString('base64'), 's'), [list[0]])
  assert.deepEqual(field.parse('', 's'), [])
  for (const bad of [1, [1], {}, [[]]]) assert.throws(() => field.parse(bad, 's'), /expected statements/)
})

const name = (template: string, display = 'Token', role = 'read-only-role'): string =>
  compileUsername(template)({ DisplayName: display, RoleName: role, now: Date.UTC(2026, 0, 31, 23, 59, 58) })

test('templates of user names', () => {
  assert.match(name('{{ printf "v-%s-%s-%s-%s" (.DisplayName | truncate 8) (.RoleName | truncate 8) (random 20) (unix_time) | truncate 63 }}'), /^v-Token-read-onl-[A-Za-z0-9]{20}-1769903998$/)
  assert.equal(name('a_{{.RoleName | uppercase | replace "-" "_"}}_{{ unix_time_millis }}'), 'a_READ_ONLY_ROLE_1769903998000')
  assert.equal(name('{{ timestamp "2006-01-02T15:04:05Z" }}'), '2026-01-31T23:59:58Z')
  assert.equal(name('{{- lowercase .DisplayName -}}'), 'token')
  assert.match(name('{{ truncate_sha256 12 .RoleName }}'), /^read[0-9a-f]{8}$/)
  assert.match(name('{{ uuid }}'), /^[0-9a-f-]{36}$/)
  assert.equal(name('{{ .DisplayName }}', `bob's "x"; \\`), 'bob_s__x____')
  for (const bad of ['{{ nothing }}', '{{ .Secret }}', '{{ random }}', '{{ random 9999 }}', '{{ ( }}', '{{ "a }}', '{{ constructor 1 }}', '{{ | truncate 1 }}', '{{ 1 2 }}']) {
    assert.throws(() => name(bad), /username_template/, bad)
  }
})

test('no template or statement, however odd, breaks out of a clear refusal', () => {
  const odd = fc.array(fc.constantFrom('{{', '}}', '(', ')', '|', '"', "'", '`', '$', '$$', '$a$', '--', '/*', '*/', '\\', ' ', '.RoleName', 'random', 'truncate', 'name', '9', 'e\'', '\n'), { maxLength: 30 })
  fc.assert(fc.property(odd.map((parts) => parts.join('')), (source) => {
    for (const run of [() => name(source), () => fillStatement(source, { name: `'"$\\` })]) {
      try {
        run()
      } catch (error) {
        assert.equal((error as { code: string }).code, 'invalid', source)
      }
    }
  }), { numRuns: 2000 })
})
