import { inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder } from './process.ts'
import { prepare, serve } from './strongroom.ts'
import { startPostgres } from '../src/storage/postgres/server.test-aid.ts'

export const about = 'PostgreSQL storage beside the embedded one'

export async function run({ peer, postgres, quick }: Options): Promise<Figure[]> {
  const database = postgres === null ? await startPostgres() : null
  try {
    const embedded = await prepare({ secrets: 10_000 })
    const remote = await prepare({ secrets: 10_000, storage: { type: 'postgres', options: { connection_url: postgres ?? (await database!.createDatabase()) } } })
    const running = [await serve(embedded), await serve(remote)]
    try {
      const load = (url: string, token: string, write: boolean): Load => ({ url, connections: 64, requests: quick ? 10_000 : 30_000, method: write ? 'POST' : 'GET', path: '/v1/secret/data/app/%h/%d', spread: 10_000, headers: { 'X-Vault-Token': token }, ...(write && { body: '{"data":{"password":"another-password"}}' }) })
      const reads = () => inTurn([{ pid: running[0]!.pid, load: load(embedded.url, embedded.token, false) }, { pid: running[1]!.pid, load: load(remote.url, remote.token, false) }], quick ? 1 : 3)
      // Once to warm both: each secret's first read asks the database.
      await reads()
      const [a, b] = await reads()
      const [, d, other] = await inTurn(
        [
          { pid: running[0]!.pid, load: load(embedded.url, embedded.token, true) },
          { pid: running[1]!.pid, load: load(remote.url, remote.token, true) },
          ...(peer ? [{ pid: peer.pid, load: { ...load(peer.url, peer.token, true), requests: quick ? 1000 : 3000 } }] : []),
        ],
        quick ? 1 : 3,
      )
      return [
        plain('read: requests a processor second', b!.perCpu, '1/s'),
        atLeast('read beside the embedded store', b!.perCpu / a!.perCpu, 0.9),
        plain('write, 64 connections: requests a second', d!.perSecond, '1/s'),
        ...(other ? [atLeast('write, 64 connections: beside the peer, per second', d!.perSecond / other.perSecond, 5), plain('write, 64 connections: beside the peer, per processor second', d!.perCpu / other.perCpu, '×')] : []),
      ]
    } finally {
      for (const one of running) await one.stop()
      for (const one of [embedded, remote]) removeFolder(one.folder)
    }
  } finally {
    await database?.end()
  }
}
