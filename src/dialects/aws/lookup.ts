// Two ways past the usual one: what a mount knows of a name before anybody asks for it, and one call with the rights that
// a policy of the resource, or a grant, gives.
import type { Operation } from '../../kit/route.ts'
import { type Signer, withRights } from './authenticate.ts'
import type { Exchange } from './operation.ts'

/** What a lookup of the engine at `mount` tells; null where there is no such engine. */
export function lookup<T>(exchange: Exchange, mount: string, what: string, name: string): T | null | Promise<T | null> {
  const found = exchange.core.mounts.at(mount)
  return (found?.engine.lookups?.[what]?.(exchange.core.storeOf(found), name) ?? null) as T | null | Promise<T | null>
}

/** Whoever signed, with every right, for one call to `path` (with its namespace), or null where a policy of ours denies that call outright. `because` is written to the audit log. `own`: of another account's resource, the path at home that the caller's policies must allow. */
export async function lift({ core, signer }: Exchange, op: Operation, path: string, because: Record<string, string>, own?: string): Promise<Signer | null> {
  if (!signer) return null
  const { acl } = await core.gate.session(signer.token)
  const operation = op === 'write' ? 'update' : op
  if (acl.allows({ operation, path }).capabilities.includes('deny') || (own !== undefined && !acl.allows({ operation, path: own }).allowed)) return null
  return withRights(signer, { ...signer.token, namespace: '', namespaceId: 'root', policies: ['root'], metadata: { ...signer.token.metadata, ...because } })
}
