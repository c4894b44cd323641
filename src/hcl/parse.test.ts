import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../kit/errors.ts'
import { HclBody, type HclValue } from './body.ts'
import { parseHcl } from './parse.ts'

const oracle: { parse(text: string): string } = createRequire(import.meta.url)('js-hcl-parser')

const accepted: [text: string, value: unknown][] = [
  ['', {}],
  ['\uFEFF# nothing but a comment', {}],
  ['a = 1\nb = -2.5\nc = 1e3\nd = 0x1F\ne = 010\nf = .5\ng = -0x10', { a: 1, b: -2.5, c: 1000, d: 31, e: 8, f: 0.5, g: -16 }],
  ['yes = true no = false', { yes: true, no: false }],
  ['"quoted key" = "v", bare-key.x_1 = "w",', { 'quoted key': 'v', 'bare-key.x_1': 'w' }],
  [String.raw`s = "\a\b\f\n\r\t\v\\\"\x41\101\u00e9\U0001F600"`, { s: '\x07\b\f\n\r\t\v\\"AAé😀' }],
  ['s = "${f("x")} and ${\n{}\n} $ end"', { s: '${f("x")} and ${\n{}\n} $ end' }],
  ['l = [1, "two", [true], { a = 1 },]', { l: [1, 'two', [true], { a: 1 }] }],
  ['h = <<EOF\n one\ntwo \n  EOF\nx = 1', { h: ' one\ntwo \n  ', x: 1 }],
  ['h = <<-EOF\n    one\n      two\n    EOF\n', { h: 'one\n  two\n' }],
  ['h = <<-EOF\n    one\n  two\n    EOF\n', { h: '    one\n  two\n' }],
  ['h = <<E\nE', { h: '' }],
  ['h = <<E\r\na\r\nE\r\n', { h: 'a\n' }],
  ['# one\n// two\n/* three\n** / */ a = 1 # four', { a: 1 }],
  ['b { c = 1 d = 2 } b = { c = 3 }', { b: [{ c: 1, d: 2 }, { c: 3 }] }],
  ['audit "file" "NAME" { options { file_path = "/x" } }', { audit: { file: { NAME: { options: { file_path: '/x' } } } } }],
  ['{"a": {"b": [1, null, "\\u0041\\/"]}, "c": 1.5e1, "d": {}}', { a: { b: [1, null, 'A/'] }, c: 15, d: {} }],
  ['__proto__ = 1 constructor { a = 1 }', JSON.parse('{"__proto__": 1, "constructor": {"a": 1}}')],
]

test('what HCL 1 and JSON accept is read', () => {
  for (const [text, value] of accepted) assert.deepEqual(parseHcl(text).toObject(), value, text)
})

const refused: [text: string, message: RegExp][] = [
  ['a', /^At 1:2: expected start of object/],
  ['a = b', /^At 1:5: expected a value, found a word/],
  ['\n  a "b" = 1', /^At 2:9: only a block may have labels/],
  ['a = [1 2]', /^At 1:8: expected ',' or '\]'/],
  ['a = [,]', /^At 1:6: expected a value/],
  ['a = "x\ny"', /^At 1:5: literal not terminated/],
  ['a = "x', /^At 1:5: literal not terminated/],
  ['a = "${"', /^At 1:5: literal not terminated/],
  [String.raw`a = "\q"`, /^At 1:6: illegal escape/],
  [String.raw`a = "\uD800"`, /^At 1:6: illegal escape/],
  ['a = 09', /^At 1:5: illegal octal/],
  ['a = 0x', /^At 1:5: illegal/],
  ['a = 1b = 2', /^At 1:5: illegal/],
  ['<<E\nE\n = 1', /^At 1:1: expected a key/],
  ['a = 1e999', /^At 1:5: number out of range/],
  ['a = 99999999999999999999', /^At 1:5: number out of range/],
  ['a = <<EOF\nx\n', /^At 1:5: heredoc not terminated/],
  ['a = <EOF', /^At 1:5: a heredoc opens/],
  ['a = 1 /* x', /^At 1:7: comment not terminated/],
  ['a {', /^At 1:4: expected a key, found the end/],
  ['a { } = 1', /^At 1:7: expected a key/],
  ['}', /^At 1:1: expected a key/],
  ["a = 'x'", /^At 1:5: illegal character/],
  ['a = 1\na = 2', /^At 2:1: the argument "a" was already set/],
  ['a = 1\n\n/*\n*/ b = <<E\n\nE\n c = ?', /^At 7:6: illegal character/],
  ['{"a": 1, "a": 2}', /^At 1:10: the argument "a" was already set/],
  ['{"a": 1,}', /^At 1:9: expected a key/],
  ['{"a": 1 "b": 2}', /^At 1:9: expected ',' or '}'/],
  ['{"a": "x', /^At 1:7: literal not terminated/],
  ['{"a": "x\ny"}', /^At 1:7: illegal escape sequence or control/],
  [String.raw`{"a": "\x41"}`, /^At 1:7: illegal escape sequence or control/],
  ['{"a" = 1}', /^At 1:6: illegal character/],
  ['{"a": 01}', /^At 1:8: expected ','/],
  ['{"a": [1,]}', /^At 1:10: expected a value/],
  ['{} {}', /^At 1:4: expected the end/],
  ['{"a": 1', /^At 1:8: expected ',' or '}'/],
  [`${'a = {'.repeat(65)}${'}'.repeat(65)}`, /nested deeper than 64/],
  [`a = ${'['.repeat(65)}${']'.repeat(65)}`, /nested deeper than 64/],
  [`a ${'"b" '.repeat(70)} {}`, /more than 64 labels/],
  [`a = "${'x'.repeat(1 << 20)}"`, /larger than 1 MiB/],
]

test('what they do not accept is refused with line and column', () => {
  for (const [text, message] of refused) {
    assert.throws(() => parseHcl(text), (error) => error instanceof Fault && error.code === 'invalid' && message.test(error.message), text.slice(0, 60))
  }
})

test('an error never shows a value', () => {
  for (const text of ['a = hunter2', 'a = "hunter2', 'a = ["hunter2" "hunter2"]', '{"a": "hunter2" "hunter2"}', 'a = <<X\nhunter2']) {
    assert.throws(() => parseHcl(text), (error: Error) => !error.message.includes('hunter2'))
  }
})

test('blocks are found however they are written', () => {
  const forms = [
    'path "a" { x = 1 }\npath "b" { x = 2 }',
    'path = { "a" = { x = 1 }, "b" = { x = 2 } }',
    'path { a { x = 1 } b { x = 2 } }',
    '{"path": {"a": {"x": 1}, "b": {"x": 2}}}',
    '{"path": [{"a": {"x": 1}}, {"b": [{"x": 2}]}]}',
    '{"path": {"a": {"x": 1}}, "path": {"b": {"x": 2}}}',
  ]
  for (const text of forms) {
    const found = parseHcl(text).blocks('path', 1).map(({ type, labels, body }) => [type, ...labels, body.get('x')])
    assert.deepEqual(found, [['path', 'a', 1], ['path', 'b', 2]], text)
  }
  const [audit] = parseHcl('audit "file" "main" { options { file_path = "/x" } }').blocks('audit', 2)
  assert.deepEqual([audit!.labels, audit!.body.get('options')], [['file', 'main'], { file_path: '/x' }])
  assert.deepEqual(parseHcl('seal "static" "extra" { a = 1 }').blocks('seal', 1)[0]!.body.toObject(), { extra: { a: 1 } })
  assert.throws(() => parseHcl('\nlistener = "tcp"').blocks('listener', 1), /At 2:1: "listener" must be a block/)
})

test('megabytes of one thing are read or refused in a blink', () => {
  const many = 1 << 19
  for (const unit of ['[', '{', '"', '\\', '$', '${', '<<', '#', '/*', 'a ', '-', '{"', '\n', ' ', 'a{', '{{ ', '0']) {
    for (const text of [unit, `a = ${unit}`, `a = "${unit}`, `{"a": "${unit}`]) {
      try {
        parseHcl(text + unit.repeat(Math.floor(many / unit.length)))
      } catch (error) {
        assert.ok(error instanceof Fault, `${unit}: ${error}`)
      }
    }
  }
  assert.equal(parseHcl(`{"a": "${'x\\n'.repeat(300_000)}"}`).get('a'), 'x\n'.repeat(300_000))
})

/** Our values in the oracle's form, where every object is a list of objects. */
function asOracle(value: HclValue): unknown {
  if (value instanceof HclBody) return [members(value)]
  return Array.isArray(value) ? value.map((item) => (item instanceof HclBody ? members(item) : asOracle(item))) : value
}

function members(body: HclBody): Record<string, unknown> {
  const values = new Map<string, unknown>()
  for (const { keys: [first, ...rest], value } of body.items) {
    const nested = rest.reduceRight<unknown>((inner, key) => [{ [key]: inner }], asOracle(value))
    const present = values.get(first!)
    values.set(first!, Array.isArray(present) && Array.isArray(nested) ? [...present, ...nested] : nested)
  }
  return Object.fromEntries(values)
}

function expectAgreement(text: string): boolean {
  const theirs = oracle.parse(text)
  if (!/^\s*\{/.test(theirs)) return false
  let ours: HclBody
  try {
    ours = parseHcl(text)
  } catch (error) {
    assert.ok(error instanceof Fault, `${error}`)
    return false
  }
  assert.deepEqual(members(ours), JSON.parse(theirs), text)
  return true
}

const key = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,5}$/).filter((word) => word !== 'true' && word !== 'false')
const quoted = fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text.replaceAll('$', '')))
const scalar = fc.oneof(
  quoted, fc.integer().map(String), fc.boolean().map(String), fc.constantFrom('0x1F', '017', '1.5', '2e3', '-0.25'),
  fc.stringMatching(/^[ a-z]{0,9}$/).map((line) => `<<-EOF\n    ${line}\n  x\n  EOF\n`),
)
const gap = fc.constantFrom(' ', '\n', '\n# note\n', ' /* note */ ', ', ', '\t')
const { items } = fc.letrec<{ value: string; items: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(scalar, { maxLength: 3 }).map((all) => `[${all.join(', ')}]`), tie('items').map((body) => `{\n${body}\n}`)),
  items: fc.uniqueArray(fc.tuple(key, fc.array(quoted, { maxLength: 2 }), tie('value'), gap), { maxLength: 4, selector: ([name]) => name }).map((all) =>
    all.map(([name, labels, value, end]) => (value.startsWith('{') ? `${name} ${labels.join(' ')} ${value}${end}` : `${name} = ${value}${end}`)).join('')),
}))

test('HCL that both read means the same to us and to the reference', () => {
  let agreed = 0
  fc.assert(fc.property(items, (text) => void (agreed += Number(expectAgreement(text)))), { numRuns: 300 })
  assert.ok(agreed > 200, `only ${agreed} of 300 were read by both`)
})

test('JSON reads as JSON.parse reads it', () => {
  const json = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  fc.assert(fc.property(json, (value) => {
    const text = JSON.stringify(value, null, 1).replace(/\d{16,}/g, '7')
    assert.deepEqual(parseHcl(text).toObject(), JSON.parse(text))
  }), { numRuns: 300 })
})

test('no text makes the parser throw anything but a Fault', () => {
  const shard = fc.constantFrom('a', '"', '{', '}', '[', ']', '=', ',', ':', '\n', ' ', '\\', '$', '${', '<<E\n', '<<-E\n', 'E', '#', '/*', '*/', '1', '-', '.', 'e', '0x', 'true', '\u0000', 'é', '\ud800')
  const text = fc.oneof(fc.array(shard, { maxLength: 30 }).map((all) => all.join('')), fc.string({ unit: 'binary', maxLength: 40 }), items.chain((whole) => fc.nat(whole.length).map((at) => whole.slice(0, at))))
  fc.assert(fc.property(text, (given) => {
    try {
      parseHcl(given).toObject()
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'invalid', `${error}`)
    }
  }), { numRuns: 3000 })
})
