// The short form of `test/faults/server-kill.test.ts`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killServers } from '../faults/server-kill.ts'

test('a server that is killed under load has everything that it acknowledged', async () => {
  const { acknowledged, audited } = await killServers(3)
  assert.ok(acknowledged > 0 && audited >= acknowledged)
})
