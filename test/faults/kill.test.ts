import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killWriters } from './kill.ts'

test('every acknowledged write survives a kill', async () => {
  const { acknowledged } = await killWriters(3)
  assert.ok(acknowledged > 0)
})
