import { inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder } from './process.ts'
import { prepare, serve } from './strongroom.ts'
import { startPostgres } from '../src/storage/postgres/server.test-aid.ts'

export const about = 'PostgreSQL storage beside the embedded one'

export async function run({ quick }: Options): Promise<Figure[]> {
  const database = await startPostgres()
  try {
    const embedded = await prepare({ secrets: 10_000 })
    const remote = await prepare({ secrets: 10_000, storage: { type: 'postgres', options: { connection_url: await database.createDatabase() } } })
    const running = [await serve(embedded), await serve(remote)]
    try {
      const load = (url: string, token: string, write: boolean): Load => ({ url, connections: 64, requests: quick ? 10_000 : 30_000, method: write ? 'POST' : 'GET', path: '/v1/secret/data/app/%h/%d', spread: 10_000, headers: { 'X-Vault-Token': token }, ...(write && { body: '{"data":{"password":"another-password"}}' }) })
      const both = (write: boolean) => inTurn([{ pid: running[0]!.pid, load: load(embedded.url, embedded.token, write) }, { pid: running[1]!.pid, load: load(remote.url, remote.token, write) }], quick ? 1 : 3)
      // Once to warm both: each secret's first read asks the database.
      await both(false)
      const [a, b] = await both(false)
      const [, d] = await both(true)
      return [plain('read: requests a processor second', b!.perCpu, '1/s'), atLeast('read beside the embedded store', b!.perCpu / a!.perCpu, 0.9), plain('write, 64 connections: requests a second', d!.perSecond, '1/s')]
    } finally {
      for (const one of running) await one.stop()
      for (const one of [embedded, remote]) removeFolder(one.folder)
    }
  } finally {
    await database.end()
  }
}
