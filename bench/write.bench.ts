import { inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, atMost, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder } from './process.ts'
import { prepare, serve } from './strongroom.ts'

export const about = 'durable, audited KV v2 write'

export async function run({ peer, quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets: 10_000 })
  const ours = await serve(prepared)
  const figures: Figure[] = []
  try {
    for (const connections of [16, 64]) {
      const load: Load = { url: prepared.url, connections, requests: quick ? 2000 : 20_000, method: 'POST', path: '/v1/secret/data/app/%h/%d', spread: 10_000, headers: { 'X-Vault-Token': prepared.token, 'Content-Type': 'application/json' }, body: JSON.stringify({ data: { username: 'application', password: 'another-password' } }) }
      const loads = [{ pid: ours.pid, load }, ...(peer ? [{ pid: peer.pid, load: { ...load, url: peer.url, headers: { ...load.headers, 'X-Vault-Token': peer.token }, requests: load.requests / 10 } }] : [])]
      const [own, other] = await inTurn(loads, quick ? 1 : 3)
      figures.push(
        plain(`${connections} connections: requests a second`, own!.perSecond, '1/s'),
        plain(`${connections} connections: requests a processor second`, own!.perCpu, '1/s'),
        atMost(`${connections} connections: written to disk`, own!.written / 1000, 12, 'kB a write'),
        ...(other ? [atLeast(`${connections} connections: beside the peer, per processor second`, own!.perCpu / other.perCpu, 12), atLeast(`${connections} connections: beside the peer, per second`, own!.perSecond / other.perSecond, 6)] : []),
      )
    }
  } finally {
    await ours.stop()
    removeFolder(prepared.folder)
  }
  return figures
}
