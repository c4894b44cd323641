import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toConfig } from './config.ts'
import { parseHcl } from './hcl/index.ts'

const read = (text: string) => toConfig(parseHcl(text).toObject())

test('Vault\'s names for storage', () => {
  assert.deepEqual(read('backend "inmem" {}').storage, { type: 'memory', options: {} })
  for (const type of ['file', 'raft']) assert.deepEqual(read(`storage "${type}" {\n  path = "/srv/vault"\n  node_id = "a"\n}`).storage, { type: 'sqlite', options: { path: '/srv/vault/strongroom.db' } })
  assert.equal(read('storage "postgresql" { connection_url = "postgres://h/d" }').storage.type, 'postgres')
  assert.deepEqual(read('storage "sqlite" { path = "/srv/s.db" }').storage.options, { path: '/srv/s.db' })
  assert.throws(() => read('ui = true'), /no storage is configured/)
})

test('audit files enabled over the API lie in one folder, unless nothing outlives the process', () => {
  assert.equal(read('storage "sqlite" { path = "a" }').audit_folder, '/var/log/vault')
  assert.equal(read('storage "inmem" {}').audit_folder, '*')
  assert.equal(read('storage "inmem" {}\naudit_folder = "/var/audit"').audit_folder, '/var/audit')
})

test('unknown settings are named, not refused; stanzas of Vault\'s that mean nothing here are silent', () => {
  const config = read('storage "inmem" {}\nlistener "tcp" { address = "127.0.0.1:0" }\nservice_registration "kubernetes" {}\ncluster_addr = "http://a"\nnonsense = 1')
  assert.ok(config.unknown.includes('nonsense'))
  assert.ok(!config.unknown.includes('service_registration'))
  assert.equal(config.listeners[0]!.address, '127.0.0.1:0')
})
