// The seal's routes over a store in memory, asked without HTTP.
import assert from 'node:assert/strict'
import { Barrier } from '../barrier/barrier.ts'
import { SealKeeper } from '../core/seal/keeper.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import { Answer } from '../kit/answer.ts'
import { Fault } from '../kit/errors.ts'
import { parseFields } from '../kit/field.ts'
import type { Context, Operation } from '../kit/route.ts'
import type { AutoSeal } from '../kit/seal.ts'
import { openMemory } from '../storage/memory/index.ts'
import { sealRoutes } from './seal.ts'

export type Body = Record<string, any>
export const token = 'hvs.' + 'T'.repeat(24)
export const autoSeal: AutoSeal = { type: 'static', wrap: async (key) => key.map((byte) => byte ^ 0xff), unwrap: async (key) => key.map((byte) => byte ^ 0xff) }

export function serve({ seal = null, unauthenticated = true }: { seal?: AutoSeal | null; unauthenticated?: boolean } = {}) {
  const storage = openMemory()
  const barrier = new Barrier(storage)
  const keeper = new SealKeeper({ storage, barrier, seal, opened: async () => {}, closing: async () => {}, mintRootToken: async () => token })
  const facts: NodeFacts = {
    version: '1.2.3', buildDate: '2026-01-01T00:00:00Z', storageType: 'inmem', apiAddress: 'http://127.0.0.1:8200', clusterAddress: '',
    haEnabled: false, activeSince: () => null, cluster: () => ({ name: 'house', id: 'c-1' }), nodes: async () => [],
  }
  const routes = sealRoutes(keeper, facts, { unauthenticated, isRoot: async ({ caller }) => caller.policies.includes('root') })
  const ask = async (op: Operation, path: string, body: Body = {}, policies: string[] = []): Promise<Body | undefined> => {
    const found = routes.find((candidate) => candidate.op === op && candidate.path === path)
    assert.ok(found, `${op} ${path}`)
    const context = { caller: { policies } } as unknown as Context
    const outcome = await found.run(context, parseFields(found.takes, body))
    if (outcome instanceof Answer) return JSON.parse(String(outcome.parts.raw!.body)) as Body
    return outcome ?? undefined
  }
  return { ask, routes, barrier }
}

export async function serveUnsealed(shares = 3, threshold = 2) {
  const server = serve()
  const { keys } = (await server.ask('write', 'init', { secret_shares: shares, secret_threshold: threshold }))!
  for (const key of keys.slice(0, threshold)) await server.ask('write', 'unseal', { key })
  return { ...server, keys: keys as string[] }
}

export const invalid = (message: RegExp) => (error: unknown) => error instanceof Fault && error.status === 400 && message.test(error.message)
