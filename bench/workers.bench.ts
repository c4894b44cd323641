import { inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, plain } from './figure.ts'
import { removeFolder } from './process.ts'
import { prepare, serve } from './strongroom.ts'

export const about = 'two processes over one store beside the load on the same machine'

export async function run({ quick }: Options): Promise<Figure[]> {
  const stores = [await prepare({ secrets: 10_000 }), await prepare({ secrets: 10_000, workers: 2 })]
  const running = [await serve(stores[0]!), await serve(stores[1]!)]
  try {
    const loads = stores.map(({ url, token }, index) => ({
      pid: running[index]!.pid,
      load: { url, connections: 64, requests: quick ? 5000 : 60_000, method: 'GET', path: '/v1/secret/data/app/%h/%d', spread: 10_000, headers: { 'X-Vault-Token': token } },
    }))
    await inTurn(loads, 1)
    const [one, two] = await inTurn(loads, quick ? 1 : 3)
    return [
      plain('one process: reads a second', one!.perSecond, '1/s'),
      plain('two processes: reads a second', two!.perSecond, '1/s'),
      plain('two beside one: processor time of a read', one!.perCpu / two!.perCpu, '×'),
      atLeast('two beside one: reads a second', two!.perSecond / one!.perSecond, 1.35),
    ]
  } finally {
    for (const one of running) await one.stop()
    for (const one of stores) removeFolder(one.folder)
  }
}
