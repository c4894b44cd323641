import { inTurn } from './compare.ts'
import { type Figure, type Options, atMost, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder, residentMegabytes } from './process.ts'
import { prepare, serve } from './strongroom.ts'

export const about = 'memory, start-up and cost from 10,000 to 1,000,000 secrets and from 1 to 10,000 policies'

export async function run({ quick }: Options): Promise<Figure[]> {
  const figures: Figure[] = []
  const many = quick ? 100_000 : 1_000_000
  const small = await prepare({ secrets: 10_000 })
  const large = await prepare({ secrets: many, leases: many })
  const ruled = await prepare({ secrets: 10_000, policies: 10_000 })
  const began = performance.now()
  const first = await serve(small)
  const afterSmall = performance.now()
  const second = await serve(large)
  const afterLarge = performance.now()
  const third = await serve(ruled)
  try {
    figures.push(atMost('start to first answer, 10,000 secrets', (afterSmall - began) / 1000, 0.35, 's'), atMost(`start to first answer, ${many} secrets and leases`, (afterLarge - afterSmall) / 1000, 1.5, 's'))
    figures.push(atMost('memory, idle', residentMegabytes(first.pid), 100, 'MB'))
    const load = (of: typeof small, spread: number, write: boolean): Load => ({ url: of.url, connections: 16, requests: quick ? 5000 : 40_000, method: write ? 'POST' : 'GET', path: '/v1/secret/data/app/%h/%d', spread, headers: { 'X-Vault-Token': of.token }, ...(write && { body: '{"data":{"username":"application","password":"another-password"}}' }) })
    for (const write of [false, true]) {
      const [a, b, c] = await inTurn([{ pid: first.pid, load: load(small, 10_000, write) }, { pid: second.pid, load: load(large, many, write) }, { pid: third.pid, load: load(ruled, 10_000, write) }], quick ? 1 : 3)
      const word = write ? 'write' : 'read'
      figures.push(plain(`${word}, 10,000 secrets: requests a processor second`, a!.perCpu, '1/s'), atMost(`${word}: cost at ${many} secrets`, a!.perCpu / b!.perCpu, 1.3), atMost(`${word}: cost of a token with 10,000 policies`, a!.perCpu / c!.perCpu, 1.3))
    }
    figures.push(atMost('memory, 10,000 secrets after load', residentMegabytes(first.pid), 130, 'MB'), atMost(`memory, ${many} secrets after load`, residentMegabytes(second.pid), 300, 'MB'))
  } finally {
    for (const one of [first, second, third]) await one.stop()
    for (const one of [small, large, ruled]) removeFolder(one.folder)
  }
  return figures
}
