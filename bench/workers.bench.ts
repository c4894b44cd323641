import { type Figure, type Options, atLeast, plain } from './figure.ts'
import { type Load, send } from './load.ts'
import { removeFolder } from './process.ts'
import { prepare, serve } from './strongroom.ts'

export const about = 'two processes over one store beside the load on the same machine'

export async function run({ quick }: Options): Promise<Figure[]> {
  const perSecond: number[][] = [[], []]
  const stores = [await prepare({ secrets: 10_000 }), await prepare({ secrets: 10_000, workers: 2 })]
  const running = [await serve(stores[0]!), await serve(stores[1]!)]
  try {
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const [index, of] of stores.entries()) {
        const load: Load = { url: of.url, connections: 64, requests: quick ? 5000 : 60_000, method: 'GET', path: '/v1/secret/data/app/%h/%d', spread: 10_000, headers: { 'X-Vault-Token': of.token } }
        const measured = await send(load)
        perSecond[index]!.push(measured.requests / measured.seconds)
      }
    }
  } finally {
    for (const one of running) await one.stop()
    for (const one of stores) removeFolder(one.folder)
  }
  const [one, two] = perSecond.map((all) => all.toSorted((a, b) => a - b)[Math.trunc(all.length / 2)]!) as [number, number]
  return [plain('one process: reads a second', one, '1/s'), plain('two processes: reads a second', two, '1/s'), atLeast('two beside one', two / one, 1.35)]
}
