import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Finding } from '../finding.ts'
import { ScanError } from '../scan-error.ts'
import { formatReport } from './index.ts'
import { redacted } from './redact.ts'
import { render } from './template.ts'

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('=1+1', '"', 'a,b', 'x\ny', ']]>', '%0A::', '</x>', 'ü'))
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    rule: fc.constantFrom('aws-access-key-id', 'one'), about: text, file: text, line: fc.integer({ min: 1, max: 9 }), column: fc.integer({ min: 1, max: 9 }), endLine: fc.integer({ min: 9, max: 12 }),
    secret: fc.string({ minLength: 8, unit: fc.constantFrom(...'ABCDEFGH') }), match: text, fingerprint: fc.constant('f'.repeat(32)), confidence: fc.constantFrom('high', 'medium', 'low'), verified: fc.constant(null),
    commit: fc.record({ id: fc.constant('c'.repeat(40)), author: text, email: text, date: fc.constant('2024-01-02T03:04:05Z'), message: text }),
  },
  { requiredKeys: ['rule', 'about', 'file', 'line', 'column', 'endLine', 'secret', 'match', 'fingerprint', 'confidence', 'verified'], noNullPrototype: true },
)
const findings = fc.array(finding, { maxLength: 4 })
const names = ['text', 'json', 'jsonl', 'sarif', 'csv', 'junit', 'github', 'gitlab', 'gitleaks', 'detect-secrets']

test('no form shows a secret', async () => {
  await fc.assert(
    fc.asyncProperty(findings, async (list) => {
      const whole = list.map((one) => ({ ...one, match: `x=${one.secret}` }))
      for (const name of names) {
        const report = await formatReport(name, whole, redacted)
        for (const { secret } of whole) assert.ok(!report.includes(secret), name)
      }
    }),
  )
})

test('SARIF has the shape of version 2.1.0', async () => {
  await fc.assert(
    fc.asyncProperty(findings, async (list) => {
      const log = JSON.parse(await formatReport('sarif', list, redacted))
      assert.equal(log.version, '2.1.0')
      const [run] = log.runs
      const { driver } = run.tool
      assert.ok(driver.name && driver.version)
      assert.equal(new Set(driver.rules.map((rule: { id: string }) => rule.id)).size, driver.rules.length)
      assert.equal(run.results.length, list.length)
      for (const result of run.results) {
        assert.equal(driver.rules[result.ruleIndex].id, result.ruleId)
        assert.ok(['none', 'note', 'warning', 'error'].includes(result.level))
        assert.equal(typeof result.message.text, 'string')
        const { artifactLocation, region } = result.locations[0].physicalLocation
        assert.match(artifactLocation.uri, /^[\w\-.~!*'()%/]*$/)
        assert.ok(Object.hasOwn(run.originalUriBaseIds, artifactLocation.uriBaseId))
        assert.ok(region.startLine >= 1 && region.startColumn >= 1 && region.endLine >= region.startLine)
        assert.ok(Object.values(result.partialFingerprints).every((value) => typeof value === 'string'))
      }
    }),
  )
})

test('CSV keeps its columns, and no cell is a formula', async () => {
  await fc.assert(
    fc.asyncProperty(findings, async (list) => {
      const rows = parseCsv(await formatReport('csv', list, (one) => one))
      assert.equal(rows.length, list.length + 1)
      for (const [at, row] of rows.entries()) {
        assert.equal(row.length, rows[0]!.length)
        if (at > 0) assert.ok(row.every((cell) => !/^[=+@\t\r]/.test(cell)))
      }
    }),
  )
})

function parseCsv(report: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, cell, end] of report.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    rows.at(-1)!.push(cell!.startsWith('"') ? cell!.slice(1, -1).replaceAll('""', '"') : cell!)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

test('annotations stay in one line each; JUnit holds only what XML allows', async () => {
  await fc.assert(
    fc.asyncProperty(findings, async (list) => {
      const lines = (await formatReport('github', list, redacted)).split('\n')
      assert.equal(lines.length, list.length + 1)
      for (const line of lines.slice(0, -1)) assert.match(line, /^::(?:error|warning|notice) file=[^,:]*,line=\d+,endLine=\d+,col=\d+,title=[\w-]+::/)
      const xml = await formatReport('junit', list, redacted)
      assert.equal(xml.match(/<failure /g)?.length ?? 0, list.length)
      assert.doesNotMatch(xml, /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&(?!amp;|lt;|gt;|quot;|#10;)/)
    }),
  )
})

test('templates', async () => {
  assert.equal(render('{{count}}: {{#list}}[{{a}}{{^b}}-{{/b}} {{{h}}}{{! note }}]{{/list}}{{^none}}no{{/none}}', { count: 2, list: [{ a: 1, b: 1 }, { a: '<', h: '<' }] }), '2: [1 ][&lt;- <]no')
  const folder = mkdtempSync(join(tmpdir(), 'scan-'))
  const file = join(folder, 't')
  writeFileSync(file, '{{#findings}}{{file}}:{{line}} {{rule}}\n{{/findings}}{{count}}')
  assert.equal(await formatReport('text', [], redacted, file), '0')
  rmSync(folder, { recursive: true })
  await assert.rejects(formatReport('text', [], redacted, file), ScanError)
  await assert.rejects(formatReport('nonsense', [], redacted), ScanError)
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{{', '}}', '{{#a}}', '{{/a}}', '{{^a}}', '{{{b}}}', 'x', '#', ' '), maxLength: 20 }), (template) => {
      try {
        render(template, { a: [{ b: 1 }], b: 2 })
      } catch (error) {
        assert.ok(error instanceof ScanError)
      }
    }),
  )
})
