import { bare, inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, atMost, plain } from './figure.ts'
import type { Load } from './load.ts'
import { prepare, secretPath, serve } from './strongroom.ts'
import { removeFolder } from './process.ts'

export const about = 'audited KV v2 read with a non-root token, 10,000 secrets'

export async function run({ peer, quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets: 10_000 })
  const ours = await serve(prepared)
  const path = '/v1/secret/data/app/%h/%d'
  const sample = await fetch(`${prepared.url}/v1/secret/data/${secretPath(7)}`, { headers: { 'X-Vault-Token': prepared.token } })
  const ceiling = await bare((await sample.text()).length)
  const figures: Figure[] = []
  try {
    for (const connections of [16, 64]) {
      const load: Load = { url: prepared.url, connections, requests: quick ? 5000 : 60_000, method: 'GET', path, spread: 10_000, headers: { 'X-Vault-Token': prepared.token } }
      await inTurn([{ pid: ours.pid, load: { ...load, requests: quick ? 2000 : 20_000 } }], 1)
      const loads = [
        { pid: ours.pid, load },
        { pid: ceiling.pid, load: { ...load, url: ceiling.url } },
        ...(peer ? [{ pid: peer.pid, load: { ...load, url: peer.url, headers: { 'X-Vault-Token': peer.token }, requests: load.requests / 10 } }] : []),
      ]
      const [own, top, other] = await inTurn(loads, quick ? 1 : 3)
      figures.push(
        plain(`${connections} connections: requests a processor second`, own!.perCpu, '1/s'),
        plain(`${connections} connections: p99`, own!.p99, 'ms'),
        atLeast(`${connections} connections: share of the bare server's`, own!.perCpu / top!.perCpu, 0.3),
        ...(other ? [atLeast(`${connections} connections: beside the peer, per processor second`, own!.perCpu / other.perCpu, 12), atMost(`${connections} connections: p99 beside the peer`, own!.p99 / other.p99, 1 / 3)] : []),
      )
    }
  } finally {
    await ours.stop()
    await ceiling.stop()
    removeFolder(prepared.folder)
  }
  return figures
}
