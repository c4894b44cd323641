// Two ways past the usual one: what a mount knows of a name before anybody asks for it, and one call with the rights that
// a policy of the resource, or a grant, gives.
import type { Operation } from '../../kit/route.ts'
import { type Signer, withRights } from './authenticate.ts'
import type { Exchange } from './operation.ts'

/** What a lookup of the engine at `mount` tells; null where there is no such engine. */
export async function lookup<T>(exchange: Exchange, mount: string, what: string, name: string): Promise<T | null> {
  const found = exchange.core.mounts.at(mount)
  return found ? ((await found.engine.lookups?.[what]?.(exchange.core.storeOf(found), name)) as T | null) : null
}

/** Whoever signed, with every right, for one call to `path` (with its namespace), or null where a policy of ours denies that call outright. `because` is written to the audit log. */
export async function lift({ core, signer }: Exchange, op: Operation, path: string, because: Record<string, string>): Promise<Signer | null> {
  if (!signer) return null
  const session = await core.gate.session(signer.token)
  const decision = session.acl.allows({ operation: op === 'write' ? 'update' : op, path })
  if (decision.capabilities.includes('deny')) return null
  return withRights(signer, { ...signer.token, namespace: '', namespaceId: 'root', policies: ['root'], metadata: { ...signer.token.metadata, ...because } })
}
