// The Go clients of Vault and of OpenBao, and two providers of External Secrets Operator, against a development server.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startDev } from '../process.test-aid.ts'
import { type Made, goProgram, run } from './toolchain.test-aid.ts'

/** Runs a built program against a server of its own; each of its lines that begins with FAIL is a failure. */
async function drive(t: TestContext, made: Made): Promise<void> {
  if (made.missing !== undefined) return t.skip(made.missing)
  const home = await mkdtemp(join(tmpdir(), 'strongroom-go-'))
  const server = await startDev(home)
  t.after(async () => {
    await server.kill()
    await rm(home, { recursive: true, force: true })
  })
  // A cluster that nobody asks: the provider only wants to know where it would be.
  const kubeconfig = join(home, 'kubeconfig')
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'none', contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }], clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:1' } }], users: [{ name: 'none', user: {} }] }))
  const env = { HOME: home, KUBECONFIG: kubeconfig, VAULT_ADDR: server.address, VAULT_TOKEN: 'root', BAO_ADDR: server.address, BAO_TOKEN: 'root' }
  const { code, output } = await run(made.path, [], { env, seconds: 120 })
  assert.deepEqual(output.split('\n').filter((line) => line.startsWith('FAIL')), [])
  assert.match(output, /^[1-9]\d* passed, 0 failed$/m)
  assert.equal(code, 0)
}

test('github.com/hashicorp/vault/api', async (t) => drive(t, await goProgram('go', 'vault-api', 200)))

test('github.com/openbao/openbao/api/v2', async (t) => {
  const swap = (text: string): string => text.replaceAll('github.com/hashicorp/vault/api v1.23.0', 'github.com/openbao/openbao/api/v2 v2.7.1').replaceAll('github.com/hashicorp/vault/api', 'github.com/openbao/openbao/api/v2')
  await drive(t, await goProgram('go', 'openbao-api', 200, { swap }))
})

// It brings Kubernetes' client with it: the first build may outlast its time, a later run goes on from there.
test('the Vault provider of External Secrets Operator', async (t) => drive(t, await goProgram('external-secrets', 'external-secrets', 150, { part: 'vault' })))

test('the AWS provider of External Secrets Operator', async (t) => drive(t, await goProgram('external-secrets', 'external-secrets-aws', 150, { part: 'aws' })))
