import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches, parseFilter } from './filter.ts'
import { sampleSubject } from './fixture.ts'

const asked = (filter: string): boolean => matches(parseFilter(filter), sampleSubject())

test('filters compare the properties of a request', () => {
  assert.ok(asked('mount_type == kv'))
  assert.ok(asked('mount_type == "kv" and operation == read'))
  assert.ok(!asked('mount_type != "kv"'))
  assert.ok(asked('path contains "data/"'))
  assert.ok(asked('"data" in path'))
  assert.ok(asked('"other" not in path'))
  assert.ok(asked('namespace is empty'))
  assert.ok(!asked('namespace is not empty'))
  assert.ok(asked('mount_point == `secret/`'))
})

test('not binds closer than and, and closer than or', () => {
  assert.ok(asked('operation == read or operation == list and mount_type == ssh'))
  assert.ok(!asked('(operation == read or operation == list) and mount_type == ssh'))
  assert.ok(asked('not operation == list and mount_type == kv'))
  assert.ok(!asked('not (operation == read or mount_type == ssh)'))
})

test('what cannot be read is refused, within bounds', () => {
  for (const bad of ['', 'mount_type', 'mount_type ==', 'unknown == "x"', 'path == "x" and', '(path == "x"', 'path == "x" path', 'path matches "x"', '"x" of path', 'path == "open', '== ==', '\u0000']) {
    assert.throws(() => parseFilter(bad), /filter:/, bad)
  }
  assert.throws(() => parseFilter('('.repeat(2000)), /deeply/)
  assert.throws(() => parseFilter('not '.repeat(500)), /deeply/)
  assert.throws(() => parseFilter('x'.repeat(3000)), /at most/)
})
