// A real server for a test of this dialect: in memory, unsealed, on a free port of loopback, with the usual mounts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { listenerDefaults, toConfig } from '../../config.ts'
import { makeLog } from '../../log.ts'
import { type Server, startServer } from '../../server.ts'
import { mountDefaults } from '../../system/default-mounts.ts'

export interface Keys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface AwsServer {
  server: Server
  address: string
  folder: string
  /** As root over Vault's API; throws the status and body of a failure. */
  vault(method: string, path: string, body?: object, token?: string): Promise<any>
  /** What an SDK's client needs to reach this server. */
  options(keys?: Keys): { endpoint: string; region: string; credentials: Keys; maxAttempts: number }
  secrets(keys?: Keys): SecretsManagerClient
  sts(keys?: Keys): STSClient
  /** A key of a user with these policies, given as rules. */
  keyWith(rules: string, more?: object): Promise<Keys>
  audit(): any[]
  stop(): Promise<void>
}

const testKeys: Keys = { accessKeyId: 'test', secretAccessKey: 'test' }

export async function startAws(options: { development?: boolean; settings?: Record<string, unknown> } = {}): Promise<AwsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-aws-'))
  const log = join(folder, 'audit.log')
  const config = toConfig({ storage: { memory: {} }, audit_folder: '*', audit: { file: { file: { options: { file_path: log } } } }, ...options.settings })
  const server = await startServer({ ...config, listeners: [{ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true }] }, makeLog('error', 'standard', (line) => process.stderr.write(`${line}\n`)), { development: options.development ?? true })
  const { keys, rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
  await server.keeper.unseal(Buffer.from(keys[0]!), false)
  await mountDefaults(server.core, server.core.namespaces.at('')!)
  const address = server.listening[0]!.address
  const clients: { destroy(): void }[] = []
  const keep = <T extends { destroy(): void }>(client: T): T => {
    clients.push(client)
    return client
  }
  let policies = 0
  const made: AwsServer = {
    server,
    address,
    folder,
    async vault(method, path, body, token = rootToken) {
      const response = await fetch(`${address}/v1/${path}`, { method, headers: { 'x-vault-token': token, 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }, ...(body && { body: JSON.stringify(body) }) })
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status} ${text}`)
      return text === '' ? null : JSON.parse(text)
    },
    options: (credentials = testKeys) => ({ endpoint: address, region: 'us-east-1', credentials, maxAttempts: 1 }),
    secrets: (credentials) => keep(new SecretsManagerClient(made.options(credentials))),
    sts: (credentials) => keep(new STSClient(made.options(credentials))),
    async keyWith(rules, more = {}) {
      const name = `aws-test-${policies++}`
      await made.vault('PUT', `sys/policies/acl/${name}`, { policy: rules })
      const { data } = await made.vault('POST', 'auth/aws/key', { name, policies: [name], ...more })
      return { accessKeyId: data.access_key, secretAccessKey: data.secret_key, ...(data.session_token && { sessionToken: data.session_token }) }
    },
    audit: () => readFileSync(log, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)),
    async stop() {
      for (const client of clients) client.destroy()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return made
}
