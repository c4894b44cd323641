import { bare, inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, plain } from './figure.ts'
import type { Load } from './load.ts'
import { type Peer } from './figure.ts'
import { removeFolder } from './process.ts'
import { addAppRole, prepare, serve } from './strongroom.ts'

export const about = 'AppRole login, token lookup-self, health'

export async function run({ peer, quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets: 100 })
  const ours = await serve(prepared)
  const ceiling = await bare(400)
  const figures: Figure[] = []
  try {
    const own = await addAppRole(prepared)
    const theirs = peer ? await addAppRole({ ...prepared, url: peer.url, rootToken: peer.token }) : null
    const body = (role: { roleId: string; secretId: string }): string => JSON.stringify({ role_id: role.roleId, secret_id: role.secretId })
    const cases: { name: string; target: number; load: Load; peerLoad?: (peer: Peer) => Load }[] = [
      { name: 'AppRole login', target: 12, load: { url: prepared.url, connections: 16, requests: quick ? 500 : 5000, method: 'POST', path: '/v1/auth/approle/login', spread: 1, headers: {}, body: body(own) }, peerLoad: (other) => ({ url: other.url, connections: 16, requests: 500, method: 'POST', path: '/v1/auth/approle/login', spread: 1, headers: {}, body: body(theirs!) }) },
      { name: 'token lookup-self', target: 12, load: { url: prepared.url, connections: 16, requests: quick ? 2000 : 30_000, method: 'GET', path: '/v1/auth/token/lookup-self', spread: 1, headers: { 'X-Vault-Token': prepared.token } }, peerLoad: (other) => ({ url: other.url, connections: 16, requests: 2000, method: 'GET', path: '/v1/auth/token/lookup-self', spread: 1, headers: { 'X-Vault-Token': other.token } }) },
      { name: 'health', target: 1.5, load: { url: prepared.url, connections: 16, requests: quick ? 2000 : 30_000, method: 'GET', path: '/v1/sys/health', spread: 1, headers: {} }, peerLoad: (other) => ({ url: other.url, connections: 16, requests: 10_000, method: 'GET', path: '/v1/sys/health', spread: 1, headers: {} }) },
    ]
    for (const one of cases) {
      const loads = [{ pid: ours.pid, load: one.load }, { pid: ceiling.pid, load: { ...one.load, url: ceiling.url } }, ...(peer ? [{ pid: peer.pid, load: one.peerLoad!(peer) }] : [])]
      const [mine, top, other] = await inTurn(loads, quick ? 1 : 3)
      figures.push(plain(`${one.name}: requests a processor second`, mine!.perCpu, '1/s'), plain(`${one.name}: share of the bare server's`, mine!.perCpu / top!.perCpu, '×'), ...(other ? [atLeast(`${one.name}: beside the peer, per processor second`, mine!.perCpu / other.perCpu, one.target)] : []))
    }
  } finally {
    await ours.stop()
    await ceiling.stop()
    removeFolder(prepared.folder)
  }
  return figures
}
