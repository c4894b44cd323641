// What the rest of the core asks identity for.
import type { PolicySet } from '../policies.ts'
import type { PolicyIdentity } from '../policy/index.ts'

/** An entity as the gate sees it: its policies, its groups' policies, and what templates may name. */
export interface ResolvedIdentity {
  disabled: boolean
  policies: PolicySet[]
  identity: PolicyIdentity
}

export interface LoginAlias {
  mountAccessor: string
  mountType: string
  namespaceId: string
  namespace: string
  name: string
  metadata: Record<string, string>
  /** External groups that the login method vouches for; replaces those of the last login by this alias. */
  groups: string[]
}

export interface IdentitySource {
  /** By entity id; merged entities resolve to the one that took them in. Null: no such entity. */
  resolve(entityId: string): Promise<ResolvedIdentity | null>
  /** The entity behind an alias, made on the first login. */
  login(alias: LoginAlias): Promise<string>
}
