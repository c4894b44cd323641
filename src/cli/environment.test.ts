import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Environment, variables } from './environment.ts'

test('the guide names every variable, and no other', () => {
  const guide = readFileSync(new URL('../../docs/guides/command-line.md', import.meta.url), 'utf8')
  const shown = [...guide.matchAll(/^\| `VAULT_(\w+)` \| (.*) \|$/gm)].map(([, name, about]) => [name, about])
  assert.deepEqual(shown, Object.entries(variables))
})

test('our name wins over OpenBao’s, and that over Vault’s; an empty value counts as unset', () => {
  const all = { VAULT_ADDR: 'v', BAO_ADDR: 'b', STRONGROOM_ADDR: 's' }
  assert.equal(new Environment(all).get('ADDR'), 's')
  assert.equal(new Environment({ ...all, STRONGROOM_ADDR: '' }).get('ADDR'), 'b')
  assert.equal(new Environment({ VAULT_ADDR: 'v', BAO_ADDR: '' }).nameOf('ADDR'), 'VAULT_ADDR')
  assert.equal(new Environment({ http_proxy: 'p' }).proxied, true)
  assert.equal(new Environment({ HTTP_PROXY: '', NO_PROXY: '*' }).proxied, false)
})
