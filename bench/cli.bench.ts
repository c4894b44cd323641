import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Figure, type Options, atMost, plain } from './figure.ts'
import { removeFolder, root } from './process.ts'
import { prepare, secretPath, serve } from './strongroom.ts'

export const about = 'the command line: kv get beside starting the bare runtime'

export async function run({ quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets: 10_000 })
  const server = await serve(prepared)
  const env = { PATH: process.env.PATH, HOME: prepared.folder, VAULT_ADDR: prepared.url, VAULT_TOKEN: prepared.rootToken }
  const time = (command: string, args: string[]): number => {
    const began = performance.now()
    const { status, stderr } = spawnSync(command, args, { env })
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr.toString()}`)
    return performance.now() - began
  }
  const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.trunc(all.length / 2)]!
  try {
    const own: number[] = []
    const bare: number[] = []
    time(join(root, 'bin/strongroom'), ['kv', 'get', `secret/${secretPath(7)}`])
    for (let round = 0; round < (quick ? 5 : 25); round++) {
      own.push(time(join(root, 'bin/strongroom'), ['kv', 'get', `secret/${secretPath(7)}`]))
      bare.push(time(process.execPath, ['-e', '0']))
    }
    return [plain('kv get', median(own), 'ms'), plain('bare runtime', median(bare), 'ms'), atMost('kv get beside the bare runtime', median(own) / median(bare), 1.6)]
  } finally {
    await server.stop()
    removeFolder(prepared.folder)
  }
}
