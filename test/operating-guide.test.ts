// The guide says what the configuration is: every field with its default, and the examples are accepted.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { settings, toConfig } from '../src/config.ts'
import { parseHcl } from '../src/hcl/index.ts'
import type { Field } from '../src/kit/field.ts'

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')
const guide = read('docs/guides/operating.md')

function shownDefault({ default: value, required }: Field): string {
  if (value === undefined) return required ? 'needed' : ''
  if (typeof value !== 'object') return `\`${value}\``
  return Array.isArray(value) && value.length > 0 ? `\`${JSON.stringify(value)}\`` : ''
}

test('every field stands in the guide as it is declared, and no other', () => {
  const rows = Object.values(settings).flatMap((fields) => Object.entries(fields).map(([name, field]) => `| \`${name}\` | ${shownDefault(field)} | ${field.about} |`))
  const shown = guide.split('\n').filter((line) => /^\| `[a-z_]+` \|/.test(line))
  assert.deepEqual(shown, rows)
})

test('the examples are accepted, every field known', () => {
  const [example] = /```hcl\n([\s\S]*?)```/.exec(guide)!.slice(1)
  const config = toConfig(parseHcl(example!).toObject())
  assert.deepEqual(config.unknown, [])
  assert.equal(config.listeners[0]?.unauthenticated_metrics_access, true)
  assert.deepEqual(config.snapshots, { folder: '/var/lib/strongroom/snapshots', every: 21_600, keep: 28 })
})

test('the systemd unit names what exists', () => {
  const unit = read('deploy/strongroom.service')
  for (const [, path] of unit.matchAll(/\/usr\/lib\/strongroom\/(\S+)/g)) assert.ok(read(path!).length > 0)
  assert.match(unit, /^LoadCredentialEncrypted=seal-key:/m)
})
