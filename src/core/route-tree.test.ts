import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation, Route } from '../kit/route.ts'
import { RouteTree } from './route-tree.ts'

const route = (op: Operation, path: string): Route => ({ op, path, about: path, takes: {}, run: () => null })
const found = (tree: RouteTree, op: Operation, path: string): [string, Record<string, string>] | null => {
  const match = tree.find(op, path)
  return match && [match.route.path, match.params]
}

test('literals before parameters, parameters before the rest', () => {
  const tree = new RouteTree(['keys/config', 'keys/:name', 'keys/:name/rotate', ':path*'].map((path) => route('read', path)))
  assert.deepEqual(found(tree, 'read', 'keys/config'), ['keys/config', {}])
  assert.deepEqual(found(tree, 'read', 'keys/a'), ['keys/:name', { name: 'a' }])
  assert.deepEqual(found(tree, 'read', 'keys/config/rotate'), ['keys/:name/rotate', { name: 'config' }])
  assert.deepEqual(found(tree, 'read', 'keys/a/b/c'), [':path*', { path: 'keys/a/b/c' }])
  assert.deepEqual(found(tree, 'read', ''), [':path*', { path: '' }])
  assert.equal(found(tree, 'write', 'keys/a'), null)
})

test('optional parameters may be absent from the end on', () => {
  const tree = new RouteTree([route('write', 'random/:source?/:bytes?')])
  assert.deepEqual(found(tree, 'write', 'random'), ['random/:source?/:bytes?', {}])
  assert.deepEqual(found(tree, 'write', 'random/all'), ['random/:source?/:bytes?', { source: 'all' }])
  assert.deepEqual(found(tree, 'write', 'random/all/32'), ['random/:source?/:bytes?', { source: 'all', bytes: '32' }])
  assert.equal(found(tree, 'write', 'random/all/32/more'), null)
})

test('an operation that a literal does not have is looked for further on', () => {
  const tree = new RouteTree([route('read', 'roles/list'), route('write', 'roles/:name')])
  assert.deepEqual(found(tree, 'write', 'roles/list'), ['roles/:name', { name: 'list' }])
})

test('two routes cannot claim the same place', () => {
  assert.throws(() => new RouteTree([route('read', 'a/:x'), route('read', 'a/:x')]), /two routes/)
  assert.throws(() => new RouteTree([route('read', 'a/:x'), route('write', 'a/:y')]), /another route/)
})
