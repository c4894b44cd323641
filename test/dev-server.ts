// A real server in this process for a test: in memory, unsealed, on a free port of loopback, KV version 2 at secret/.
import { type Config, listenerDefaults, toConfig } from '../src/config.ts'
import { rootNamespace } from '../src/core/namespaces.ts'
import { type Log, makeLog } from '../src/log.ts'
import { Client } from '../src/sdk/index.ts'
import { type Server, startServer } from '../src/server.ts'

export interface DevServer {
  server: Server
  address: string
  token: string
  /** As root. */
  client: Client
  /** What was logged. */
  lines: string[]
  log: Log
  unsealKeys: Buffer[]
  stop(): Promise<void>
}

/** `raw` and `listener` override what the configuration would be. */
export async function startDev(raw: Record<string, unknown> = {}, listener: Partial<Config['listeners'][number]> = {}): Promise<DevServer> {
  const lines: string[] = []
  const log: Log = makeLog('warn', 'standard', (line) => lines.push(line))
  const config = toConfig({ storage: { memory: {} }, audit_folder: '*', ...raw })
  const server = await startServer({ ...config, listeners: [{ ...listenerDefaults(), address: '127.0.0.1:0', tls_disable: true, ...listener }] }, log)
  const { keys, rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
  if (keys.length > 0) await server.keeper.unseal(Buffer.from(keys[0]!), false)
  await server.core.refresh()
  await server.core.mounts.create(rootNamespace, { class: 'secret', path: 'secret/', type: 'kv', options: { version: '2' }, description: '' })
  const address = server.listening[0]!.address
  return { server, address, token: rootToken, client: new Client({ address, token: rootToken, retries: 0 }), lines, log, unsealKeys: keys, stop: () => server.stop() }
}
