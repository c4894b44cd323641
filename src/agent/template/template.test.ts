import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kit/errors.ts'
import { renderTemplate } from './evaluate.ts'
import { parseTemplate } from './parse.ts'

const render = (source: string, data: unknown = {}, strict = false): Promise<string> => renderTemplate(parseTemplate(source), { data, missingKeyFails: strict })

/** Template, what it prints for `sample`. */
const sample = { name: 'app', none: '', zero: 0, list: ['b', 'a'], map: { z: 1, a: 'x' }, deep: { data: { 'api-key': 'k', user: 'u' } } }
const rows: [string, string][] = [
  ['plain', 'plain'],
  ['a {{ .name }} b', 'a app b'],
  ['a {{- .name -}} b', 'aappb'],
  ['a\n{{- /* why */ -}}\n b', 'ab'],
  ['{{ .deep.data.user }}{{ (.deep.data).user }}', 'uu'],
  ['{{ index .deep.data "api-key" }}', 'k'],
  ['{{ (index .list 1) }}', 'a'],
  ['{{ range .list }}[{{ . }}]{{ end }}', '[b][a]'],
  ['{{ range $i, $e := .list }}{{ $i }}{{ $e }}{{ end }}', '0b1a'],
  ['{{ range $k, $v := .map }}{{ $k }}={{ $v }};{{ end }}', 'a=x;z=1;'],
  ['{{ range .none }}x{{ else }}empty{{ end }}'.replace('.none', '.missing'), 'empty'],
  ['{{ range .list }}{{ if eq . "a" }}{{ continue }}{{ end }}{{ . }}{{ break }}{{ end }}', 'b'],
  ['{{ if .none }}1{{ else if .zero }}2{{ else }}3{{ end }}', '3'],
  ['{{ with .deep }}{{ .data.user }}{{ $.name }}{{ end }}', 'uapp'],
  ['{{ with .none }}1{{ else }}2{{ end }}', '2'],
  ['{{ $x := .name }}{{ if true }}{{ $x = "new" }}{{ $y := 1 }}{{ end }}{{ $x }}', 'new'],
  ['{{ .name | toUpper | printf "%-5s|%03d|%q" "x" 7 }}', 'x    |007|"APP"'],
  ['{{ printf "%s %v %.2f %t %x %%" "a" .list 1.5 true 255 }}', 'a [b a] 1.50 true ff %'],
  ['{{ and .name .zero }}{{ or .none "d" }}{{ not .zero }}', '0dtrue'],
  ['{{ eq .name "x" "app" }}{{ ne 1 2 }}{{ lt 1 2 }}{{ ge "b" "a" }}', 'truetruetruetrue'],
  ['{{ .map }} {{ .list }} {{ .nothing }}', 'map[a:x z:1] [b a] <no value>'],
  ['{{ toJSON .map }}', '{"a":"x","z":1}'],
  ['{{ "aGk=" | base64Decode }}{{ base64Encode "hi" }}', 'hiaGk='],
  ['{{ "a,b" | split "," | join "-" }}{{ " x " | trimSpace }}', 'a-bx'],
  ['{{ "}}" }}{{ `raw "}}"` }}{{ "\\u00e9\\n" }}', '}}raw "}}"é\n'],
  ['{{ define "row" }}<{{ . }}>{{ end }}{{ range .list }}{{ template "row" . }}{{ end }}', '<b><a>'],
  ['{{ len .list }}{{ add 2 3 }}{{ 7 | divide 2 }}{{ 7 | modulo 4 }}', '2533'],
  ['{{ range loop 3 }}{{ . }}{{ end }}', '012'],
  ['{{ ("{\\"a\\":1}" | parseJSON).a }}', '1'],
]

for (const [source, printed] of rows) test(`renders ${JSON.stringify(source)}`, async () => assert.equal(await render(source, sample), printed))

test('the delimiters may be others', async () => {
  assert.equal(await renderTemplate(parseTemplate('<< .a >> {{ b }}', { left: '<<', right: '>>' }), { data: { a: 1 } }), '1 {{ b }}')
})

for (const source of ['{{', '{{ .a', '{{ if .a }}', '{{ end }}', '{{ else }}', '{{ nothing 1 }}', '{{ $x }}', '{{ .a.b c }}', '{{ "a }}', '{{ (1 }}', '{{ break }}', '{{ len }}', '{{ key "a" }}', '{{ template "none" }}', '{{/* a }}', '{{ 1 | .a }}'])
  test(`refuses ${source}`, async () => {
    await assert.rejects(async () => render(source), (error: unknown) => error instanceof Fault && error.code === 'invalid' && /line 1/.test(error.message))
  })

test('a missing key fails where told so', async () => {
  await assert.rejects(render('a\n{{ .deep.data.pass }}', sample, true), /line 2: there is no "pass"/)
})

test('members of the language itself are not data', async () => {
  assert.equal(await render('{{ .constructor }}{{ .list.length }}{{ .name.length }}{{ index .map "__proto__" }}', sample), '<no value>'.repeat(4))
  await assert.rejects(render('{{ constructor }}'), /not known/)
})

test('work is bounded', async () => {
  await assert.rejects(render('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}'), /too deeply/)
  await assert.rejects(render('{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}.{{ end }}{{ end }}{{ end }}'), /too many steps/)
  await assert.rejects(async () => render(`${'{{ if 1 }}'.repeat(5000)}`), /nested deeper/)
  await assert.rejects(async () => render(`{{ ${'('.repeat(5000)} }}`), /nested deeper/)
})

test('an error never shows a value', async () => {
  const value = 'a-value-of-a-secret'
  for (const source of ['{{ parseInt .v }}', '{{ parseJSON .v }}', '{{ index .v 1 }}', '{{ lt .v 1 }}', '{{ join "," .v }}', '{{ range .v }}{{ end }}'])
    await assert.rejects(render(source, { v: value }), (error: Error) => !error.message.includes(value))
})

test('whatever the text is, it renders or is refused', async () => {
  const piece = fc.oneof(fc.constantFrom('{{', '}}', '{{-', '-}}', ' ', 'if', 'range', 'end', 'else', 'with', '.', '.a', '$x', ':=', '|', '(', ')', '"', '`', '/*', '*/', '1', 'eq', 'define'), fc.string({ maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 24 }), async (pieces) => {
      try {
        await render(pieces.join(''), sample)
      } catch (error) {
        assert.ok(error instanceof Fault, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
