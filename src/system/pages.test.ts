import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Trial, startTrial } from '../../test/server.test-aid.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.stop())

test('whatever is listed is listed by pages where that is asked', async () => {
  const made: [folder: string, path: (name: string) => string, body: object | ((name: string) => object)][] = [
    ['cubbyhole/f', (name) => `cubbyhole/f/${name}`, { a: 1 }],
    ['identity/oidc/scope', (name) => `identity/oidc/scope/${name}`, {}],
    ['identity/oidc/key', (name) => `identity/oidc/key/${name}`, { algorithm: 'EdDSA' }],
    ['identity/oidc/role', (name) => `identity/oidc/role/${name}`, { key: 'default' }],
    ['identity/entity/name', (name) => `identity/entity/name/${name}`, {}],
    ['sys/quotas/rate-limit', (name) => `sys/quotas/rate-limit/${name}`, (name) => ({ rate: 100_000, path: `secret/${name}` })],
    ['sys/config/ui/headers', (name) => `sys/config/ui/headers/${name}`, { values: ['x'] }],
    ['sys/policies/acl', (name) => `sys/policies/acl/${name}`, { policy: 'path "a" { capabilities = ["read"] }' }],
  ]
  for (const [folder, path, body] of made) {
    for (const name of ['b1', 'b2', 'b3']) await trial.must('POST', path(name), typeof body === 'function' ? body(name) : body)
    assert.deepEqual((await trial.must('LIST', `${folder}?after=b1&limit=1`)).data.keys, ['b2'], folder)
    assert.deepEqual((await trial.must('GET', `${folder}?list=true&after=b1`)).data.keys.filter((name: string) => name.startsWith('b')), ['b2', 'b3'], folder)
    assert.equal((await trial.ask('LIST', `${folder}?after=zz`)).body.data?.keys.length ?? 0, 0, folder)
  }
  const all = (await trial.must('LIST', 'sys/plugins/catalog/secret')).data.keys
  assert.deepEqual((await trial.must('LIST', 'sys/plugins/catalog/secret?limit=1')).data.keys, all.slice(0, 1))
  const { method_id } = (await trial.must('POST', 'identity/mfa/method/totp', { issuer: 'x' })).data
  assert.deepEqual((await trial.must('LIST', 'identity/mfa/method?limit=1')).data.keys, [method_id])
  assert.equal((await trial.ask('LIST', `identity/mfa/method?after=${method_id}`)).status, 404)
})
