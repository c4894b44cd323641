// Tokens seen as leases: each that will end has one, named by the path that made it and its accessor, as `sys/leases` shows them.
import type { Core } from './core.ts'
import type { Token } from './tokens.ts'

const page = 500

/** The token behind a lease id `auth/…/ACCESSOR` of a namespace, or null. */
export async function tokenOfLease(core: Core, namespaceId: string, id: string): Promise<Token | null> {
  const at = id.lastIndexOf('/')
  if (!id.startsWith('auth/')) return null
  const token = await core.tokens.byAccessor(id.slice(at + 1))
  return token && token.expiresAt > 0 && token.namespaceId === namespaceId && token.path === id.slice(0, at) ? token : null
}

/** Tokens of a namespace whose lease id begins with `prefix`, one page of accessors at a time. */
async function* tokensBelow(core: Core, namespaceId: string, prefix: string): AsyncGenerator<Token> {
  for (let after: string | undefined; ; ) {
    const accessors = await core.tokens.accessors(namespaceId, after === undefined ? { limit: page } : { after, limit: page })
    for (const accessor of accessors) {
      const token = await core.tokens.byAccessor(accessor)
      if (token && token.expiresAt > 0 && `${token.path}/${accessor}`.startsWith(prefix)) yield token
    }
    after = accessors.at(-1)
    if (accessors.length < page) return
  }
}

/** Names below a prefix of lease ids (empty, or ending in a slash), folders with their slash; at most `limit`, unordered. */
export async function listTokenLeases(core: Core, namespaceId: string, prefix: string, limit: number): Promise<string[]> {
  const found = new Set<string>()
  if (!'auth/'.startsWith(prefix) && !prefix.startsWith('auth/')) return []
  for await (const token of tokensBelow(core, namespaceId, prefix)) {
    const [name, ...below] = `${token.path}/${token.accessor}`.slice(prefix.length).split('/')
    found.add(below.length > 0 ? `${name}/` : name!)
    if (found.size >= limit || prefix === '') break
  }
  return [...found]
}

/** Ends the tokens whose lease id begins with `prefix`, which lies below `auth/`. */
export async function revokeTokenLeases(core: Core, namespaceId: string, prefix: string): Promise<void> {
  if (!prefix.startsWith('auth/')) return
  for await (const token of tokensBelow(core, namespaceId, prefix)) await core.revoke(token.key)
}
