import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killServers } from './server-kill.ts'

test('fifty kills of the server under load lose nothing that was acknowledged', { timeout: 600_000 }, async () => {
  const { acknowledged, audited } = await killServers(50)
  assert.ok(acknowledged > 0 && audited >= acknowledged)
})
