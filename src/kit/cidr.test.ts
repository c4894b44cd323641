import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCidrs, isWithinBounds, withinCidrs } from './cidr.ts'

test('addresses are found in their networks, in either form', () => {
  assert.ok(withinCidrs('10.1.2.3', ['192.168.0.0/16', '10.0.0.0/8']))
  assert.ok(withinCidrs('::ffff:10.1.2.3', ['10.0.0.0/8']))
  assert.ok(withinCidrs('127.0.0.1', ['127.0.0.1']))
  assert.ok(withinCidrs('fd00::1', ['fd00::/8']))
  assert.ok(!withinCidrs('11.0.0.1', ['10.0.0.0/8']))
  assert.ok(!withinCidrs('10.0.0.1', []))
  assert.ok(!withinCidrs('not an address', ['0.0.0.0/0']))
  assert.ok(!withinCidrs('fd00::1', ['0.0.0.0/0']))
  assert.ok(isWithinBounds('anything', []))
})

test('what is no network is refused by name', () => {
  checkCidrs(['10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'], 'field')
  for (const odd of ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', 'host', '10.0.0.0/-1']) assert.throws(() => checkCidrs([odd], 'field'), /^Fault: field: /, odd)
})
