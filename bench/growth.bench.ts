import { type Cost, inTurn } from './compare.ts'
import { type Figure, type Options, atMost, plain } from './figure.ts'
import type { Load } from './load.ts'
import { type Running, removeFolder, residentMegabytes } from './process.ts'
import { type Prepared, prepare, serve } from './strongroom.ts'

export const about = 'memory, start-up and cost from 10,000 to 1,000,000 secrets and from 1 to 10,000 policies'

/** Seconds from the start of the process to its first answered read, least of some; the first of all fills the cache of compiled code. */
async function startOf(prepared: Prepared): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 4; round++) {
    const began = performance.now()
    const server = await serve(prepared)
    times.push((performance.now() - began) / 1000)
    await server.stop()
  }
  return Math.min(...times.slice(1))
}

export async function run({ quick }: Options): Promise<Figure[]> {
  const figures: Figure[] = []
  const many = quick ? 50_000 : 1_000_000
  const sizes = [{ secrets: 10_000 }, { secrets: many, leases: many }, { secrets: 10_000, policies: quick ? 1000 : 10_000 }]
  const stores: Prepared[] = []
  const running: Running[] = []
  try {
    for (const size of sizes) stores.push(await prepare(size))
    figures.push(atMost('start to first answered read, 10,000 secrets', await startOf(stores[0]!), 0.35, 's'), atMost(`start to first answered read, ${many} secrets and leases`, await startOf(stores[1]!), 1.5, 's'))
    for (const store of stores) running.push(await serve(store))
    const memory = (index: number): number => residentMegabytes(running[index]!.pid)
    figures.push(atMost('memory, idle', memory(0), 100, 'MB'))
    const load = (index: number, write: boolean): Load => ({ url: stores[index]!.url, connections: 16, requests: quick ? 5000 : 30_000, method: write ? 'POST' : 'GET', path: '/v1/secret/data/app/%h/%d', spread: sizes[index]!.secrets, headers: { 'X-Vault-Token': stores[index]!.token }, ...(write && { body: '{"data":{"username":"application","password":"another-password"}}' }) })
    const all = (write: boolean): Promise<Cost[]> => inTurn(running.map(({ pid }, index) => ({ pid, load: load(index, write) })), quick ? 1 : 3)
    const compared = (word: string, [few, lots, ruled]: Cost[]): Figure[] => [
      plain(`${word}, 10,000 secrets: requests a processor second`, few!.perCpu, '1/s'),
      atMost(`${word}: cost at ${many} secrets`, few!.perCpu / lots!.perCpu, 1.3),
      atMost(`${word}: cost with ${sizes[2]!.policies} policies, 100 of them the token's`, few!.perCpu / ruled!.perCpu, 1.3),
    ]
    figures.push(...compared('read', await all(false)))
    figures.push(atMost('memory, 10,000 secrets read', memory(0), 130, 'MB'), atMost(`memory, ${many} secrets`, memory(1), 300, 'MB'))
    figures.push(...compared('write', await all(true)))
    figures.push(plain('memory, 10,000 secrets after writes', memory(0), 'MB'), atMost(`memory, ${many} secrets after writes`, memory(1), 300, 'MB'))
  } finally {
    for (const one of running) await one.stop()
    for (const { folder } of stores) removeFolder(folder)
  }
  return figures
}
