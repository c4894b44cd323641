// Routes, and the shapes that a plugin declares. One declaration drives policy checks, validation, audit
// redaction, OpenAPI, path help and the command line.
import type { Answer } from './answer.ts'
import type { Fields, Values } from './field.ts'
import type { View } from './view.ts'

export type Operation = 'read' | 'write' | 'patch' | 'delete' | 'list' | 'scan'

/** Who asks. Present on every request; `token` is absent on open routes and for work that the server starts itself. */
export interface Caller {
  displayName: string
  policies: readonly string[]
  entityId: string
  /** The namespace of the token, `''` for the root namespace, else with a trailing slash. */
  namespace: string
  /** Stable identifier of the token's private folder (cubbyhole) and of its leases; never the token itself. */
  tokenKey: string | null
  accessor: string
  metadata: Readonly<Record<string, string>>
  /** Address of the client without its port. */
  remote: string
}

export interface MountInfo {
  /** Path below its namespace with a trailing slash: `secret/`, `auth/userpass/`. */
  path: string
  type: string
  accessor: string
  uuid: string
  namespace: string
  options: Readonly<Record<string, string>>
  /** Seconds, with the system's defaults applied. */
  defaultTtl: number
  maxTtl: number
}

export interface Context {
  store: View
  mount: MountInfo
  caller: Caller
  /** The token as the client sent it, for routes that act on it (look-up, unwrapping); null where it came as something else. */
  presented: string | null
  /** Seconds for which the client wants the answer wrapped; absent or 0: not. */
  wrapTtl?: number
  /** The request's id and the client's port; absent for work that nobody asked for. */
  requestId?: string
  remotePort?: number
  /** The body as it came, for routes whose body is free (KV v1). */
  body: Record<string, unknown>
  /** The body as it arrives, where the route takes more than memory should hold (snapshots). */
  upload?: AsyncIterable<Uint8Array>
  /** The operation that the client asked for; routes shared by create and update see `write`. */
  operation: Operation
  /** A request of its own through the same gate, as the same caller. Paths are relative to the caller's request namespace. */
  ask(op: Operation, path: string, body?: Record<string, unknown>): Promise<Answer>
  /** A password by a named policy of the mount's namespace, whoever asks: the administrator who set up the role chose the policy. */
  password?(policy: string): Promise<string>
  /** Milliseconds since 1970. */
  now(): number
  random(bytes: number): Buffer
  signal: AbortSignal
}

/** What `run` may return: data, an `Answer` that says more, or nothing (204 for a write, 404 for a read). */
export type Outcome = Answer | Record<string, unknown> | null | void

export interface Route<T extends Fields = any> {
  op: Operation
  /**
   * A template, never a regular expression. `:name` is one segment, `:name?` may be absent,
   * `:name*` the rest of the path, absent included. The parameter is a field of `takes`.
   */
  path: string
  about: string
  takes: T
  gives?: Fields
  /** Default `policy`; `sudo` needs that capability too; `open` is answered without a token. */
  access?: 'policy' | 'sudo' | 'open'
  /** Answered while the server is sealed. */
  sealed?: true
  /** Tells only how this node is, to load balancers and people before a login: answered without gate and audit, as Vault does. */
  probe?: true
  /** Its body is the caller's own: any parameter is meant. */
  free?: true
  /** Changes nothing anywhere, so that its work may begin while audit still takes the request; the answer waits for both. */
  pure?: true
  /** Asked only where create and update differ in policy. */
  exists?(context: Context, input: Values<T>): Promise<boolean>
  run(context: Context, input: Values<T>): Promise<Outcome> | Outcome
}

/** Declares a route; infers the types of its input from `takes`. */
export const route = <T extends Fields>(declared: Route<T>): Route => declared as Route

export interface LeaseHandler {
  /** Called before the core extends the lease, with what the lease stored. */
  renew?(context: Context, data: Record<string, unknown>, increment: number): Promise<void>
  /** Ends what the lease stands for at its far end; safe to repeat; throws to be tried again. */
  revoke(context: Context, data: Record<string, unknown>): Promise<void>
}

export interface Chore {
  name: string
  /** Seconds between two runs. */
  every: number
  run(context: Context): Promise<void>
}

/** A change of a secret, without anything secret. */
export interface Announcement {
  kind: 'created' | 'updated' | 'rotated' | 'deleted' | 'restored' | 'label-moved'
  /** Below the mount: the path at which a policy guards the value. */
  path: string
  /** The secret's own name. */
  name: string
  version?: number
  versionId?: string
  labels?: string[]
}

export interface Engine {
  type: string
  about: string
  routes: Route[]
  /** Where a name leads or what a dialect keeps beside it, for a dialect that must know it before it can ask: it decides by it, and answers nothing of it. */
  lookups?: Record<string, (store: View, name: string) => unknown>
  /** By the `kind` that `leased` was given. */
  leases?: Record<string, LeaseHandler>
  /** What it means that the JSON value under `key` of the mount's store changed; null: there was or is none. Changes are written with what was read before in the same `update`. */
  announces?(key: string, before: unknown, after: unknown): Announcement[]
  chores?: Chore[]
  /** Refuses mount options with a Fault; called before a mount is made or tuned. */
  check?(options: Readonly<Record<string, string>>): void
  /** Routes of a mount may depend on its options (KV versions); default `routes`. */
  variant?(options: Readonly<Record<string, string>>): Route[]
}

/** What a login gives: core turns it into a token. Seconds; 0 means the mount's default. */
export interface Grant {
  displayName: string
  policies: string[]
  /** The name by which identity knows who logged in (a user name, a role id). */
  alias?: { name: string; metadata?: Record<string, string> }
  /** External groups that the method vouches for. */
  groups?: string[]
  metadata?: Record<string, string>
  ttl?: number
  maxTtl?: number
  explicitMaxTtl?: number
  period?: number
  uses?: number
  type?: 'service' | 'batch' | 'default'
  noDefaultPolicy?: boolean
  boundCidrs?: string[]
  renewable?: boolean
  /** Kept with the token and handed to `renew`. */
  internal?: Record<string, unknown>
}

export interface AuthMethod extends Engine {
  /** Says again, before a token is renewed, what the login gave; throws where it no longer would. */
  renew(context: Context, grant: Grant): Promise<Grant>
  /** Where logins are by roles, which quotas may name: that which a login's input names (undefined: none there is), and that which gave a grant. */
  roles?: { ofLogin(store: View, input: Record<string, unknown>): Promise<string | undefined>; ofGrant(grant: Grant): string | undefined }
  /** The canonical user name that a failed login counts against (user lockout), from the login's input. */
  loginName?(input: Record<string, unknown>): string | undefined
}
