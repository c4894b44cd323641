// Our own server for measurements: a store filled beside it, then the real program over it.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { toConfig } from '../src/config.ts'
import { type NewToken } from '../src/core/tokens.ts'
import { addVersion, newSecret, noSettings } from '../src/engines/kv/secret.ts'
import { makeLog } from '../src/log.ts'
import { startServer } from '../src/server.ts'
import { type Running, freePort, newFolder, root, start, writeSecret } from './process.ts'

export interface Prepared {
  folder: string
  rootToken: string
  /** A token with the policy `bench`: reads and writes below `secret/data/`, looks itself up. */
  token: string
  roleId: string
  secretId: string
  config: string
  url: string
}

export interface Wanted {
  secrets: number
  leases?: number
  policies?: number
  workers?: number
  storage?: { type: string; options: Record<string, string> }
  audit?: boolean
}

const payload = Buffer.from(JSON.stringify({ username: 'application', password: 'a-password-of-usual-length', host: 'database.internal' }))
/** An audit line names every policy of its token, as Vault's does: its cost grows with them, whatever the store does. */
const tokenPolicies = 100
export const secretPath = (index: number): string => `app/${index % 100}/${index}`

/** Fills a new store: mounts, policies, a token, an AppRole, secrets, leases. */
export async function prepare(wanted: Wanted): Promise<Prepared> {
  const folder = newFolder()
  const port = await freePort()
  const key = writeSecret(join(folder, 'key'), randomBytes(32).toString('hex'))
  const storage = wanted.storage ?? { type: 'sqlite', options: { path: join(folder, 'strongroom.db') } }
  const settings = {
    storage: { [storage.type]: storage.options },
    seal: { static: { current_key: `file://${key}` } },
    listener: { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
    workers: String(wanted.workers ?? 1),
    log_level: 'error',
    ...(wanted.audit !== false && { audit: { file: { file: { options: { file_path: join(folder, 'audit.log') } } } } }),
  }
  const server = await startServer({ ...toConfig(settings), listeners: [] }, makeLog('error', 'standard', (line) => console.error(line)))
  const { core, keeper } = server
  const { rootToken } = await keeper.initialize({ shares: 1, threshold: 1 })
  await core.refresh()
  const namespace = core.namespaces.at('')!
  const mount = await core.mounts.create(namespace, { class: 'secret', path: 'secret/', type: 'kv', options: { version: '2' } })
  const names = ['bench', ...Array.from({ length: (wanted.policies ?? 1) - 1 }, (_, index) => `policy-${index}`)]
  await core.policies.put('root', 'bench', { text: 'path "secret/data/*" { capabilities = ["create", "update", "read"] }' })
  await inBatches(names.length, (from, to) => Promise.all(names.slice(Math.max(1, from), to).map((name) => core.policies.put('root', name, { text: `path "secret/data/${name}/*" { capabilities = ["read"] }` }))))
  const wish: NewToken = { parent: null, type: 'service', namespace: '', namespaceId: 'root', policies: ['default', ...names.slice(0, tokenPolicies)], path: 'auth/token/create', metadata: {}, displayName: 'token-bench', uses: 0, ttl: 2_764_800, explicitMaxTtl: 0, maxTtl: 0, period: 0, renewable: true, entityId: '', role: '', boundCidrs: [], noDefaultPolicy: false, mountAccessor: '' }
  const { token } = await core.tokens.create(wish)
  const store = core.storeOf(mount)
  await inBatches(wanted.secrets, (from, to) =>
    store.update((tx) => {
      const now = Date.now()
      for (let index = from; index < to; index++) addVersion(tx, secretPath(index), newSecret(now), noSettings, payload, now)
    }),
  )
  const later = Math.trunc(Date.now() / 1000) + 86_400
  await inBatches(wanted.leases ?? 0, (from, to) =>
    core.root.update((tx) => {
      for (let index = from; index < to; index++) {
        const id = `database/creds/app/${index}`
        tx.write(`lease/id/root/${id}`, { id, namespaceId: 'root', mountUuid: mount.record.uuid, kind: 'creds', data: {}, tokenKey: '', issuedAt: 0, renewedAt: 0, expiresAt: later + (index % 3600), ttl: 86_400, maxTtl: 86_400, renewable: true })
        core.due.add(tx, { second: later + (index % 3600), kind: 'lease', id: `root/${id}` })
      }
    }),
  )
  await server.stop()
  const config = writeSecret(join(folder, 'config.json'), JSON.stringify(settings))
  return { folder, rootToken, token, roleId: '', secretId: '', config, url: `http://127.0.0.1:${port}` }
}

async function inBatches(count: number, write: (from: number, to: number) => Promise<unknown>): Promise<void> {
  const size = 2000
  for (let from = 0; from < count; from += size) await write(from, Math.min(count, from + size))
}

/** Starts the built program over a prepared store; ready when it has answered a read. */
export function serve(prepared: Prepared): Promise<Running> {
  const read = async (): Promise<boolean> => (await fetch(`${prepared.url}/v1/secret/data/${secretPath(7)}`, { headers: { 'X-Vault-Token': prepared.token } })).status === 200
  return start(['server', `-config=${prepared.config}`], prepared.url, prepared.folder, read, {}, join(root, 'bin/strongroom'))
}

/** Lets AppRole logins in; through the API, as an administrator would. */
export async function addAppRole(prepared: Prepared): Promise<{ roleId: string; secretId: string }> {
  const ask = async (method: string, path: string, body?: object): Promise<{ data?: Record<string, string> }> => {
    const answer = await fetch(`${prepared.url}/v1/${path}`, { method, headers: { 'X-Vault-Token': prepared.rootToken }, ...(body && { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? {} : ((await answer.json()) as { data?: Record<string, string> })
  }
  await ask('POST', 'sys/auth/approle', { type: 'approle' })
  await ask('POST', 'auth/approle/role/bench', { token_policies: 'bench' })
  const roleId = (await ask('GET', 'auth/approle/role/bench/role-id')).data!.role_id!
  const secretId = (await ask('POST', 'auth/approle/role/bench/secret-id')).data!.secret_id!
  return { roleId, secretId }
}
