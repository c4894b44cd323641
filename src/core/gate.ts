// The gate: who asks, and may they. Every request passes here, whatever dialect it came in.
import { isWithinBounds } from '../kit/cidr.ts'
import { Fault } from '../kit/errors.ts'
import type { Caller } from '../kit/route.ts'
import { soon } from '../kit/soon.ts'
import type { Call, Credential } from './call.ts'
import type { ResolvedIdentity } from './identity/shape.ts'
import type { Target } from './mounts.ts'
import type { Namespaces } from './namespaces.ts'
import type { Policies, PolicySet } from './policies.ts'
import { Acl, type AclRequest, type Decision } from './policy/index.ts'
import type { Token, Tokens } from './tokens.ts'

/** What a token stands for right now; kept until the token, a policy or an identity changes. */
export interface Session {
  token: Token
  acl: Acl
  identity: ResolvedIdentity | null
  /** Token and identity policies together, without duplicates, in order. */
  policies: string[]
}

export interface Identified {
  session: Session | null
  caller: Caller
  /** Why nobody was recognised; the answer to every route that is not open. */
  refusal: Fault | null
}

export interface Verdict {
  allowed: boolean
  fault: Fault | null
  decision: Decision | null
  /** As policies and audit call it: create, update, read … */
  operation: AclRequest['operation'] | 'help'
  /** The request took the last use of its token. */
  last?: boolean
}

/** Checks a credential that is not a token and says which token's rights it has. */
export type Scheme = (call: Call, credential: Credential) => Token | Promise<Token>

export interface GateParts {
  tokens: Tokens
  policies: Policies
  namespaces: Namespaces
  resolveIdentity(entityId: string): Promise<ResolvedIdentity | null>
  /** Told who came, whenever that is worked out anew. */
  note(token: Token): void
}

/** Made once: most requests without a token are logins, which never throw it, and a stack trace costs more than the rest of the gate. */
const unauthenticated = new Fault('unauthenticated')

const nobody: Omit<Caller, 'remote'> = { displayName: '', policies: [], entityId: '', namespace: '', tokenKey: null, accessor: '', metadata: {} }

const anonymous = (remote: string, refusal: Fault): Identified => ({ session: null, caller: { ...nobody, remote }, refusal })

export class Gate {
  readonly #parts: GateParts
  readonly schemes = new Map<string, Scheme>()
  #sessions = new WeakMap<Token, Session>()

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  /** Drops what was derived of policies and identities; called when one changed anywhere. */
  forget(): void {
    this.#sessions = new WeakMap()
  }

  /** At once where everything that it needs is in memory: most requests come with a token that was seen before. */
  identify(call: Call, target: Target): Identified | Promise<Identified> {
    const { address } = call.remote
    if (call.credential === null) return anonymous(address, unauthenticated)
    const refused = (cause: unknown): Identified => {
      if (cause instanceof Fault) return anonymous(address, cause)
      throw cause
    }
    const recognized = (token: Token | null): Identified | Promise<Identified> => {
      if (!token || !this.#holdsHere(token, address, target)) return anonymous(address, new Fault('unauthenticated'))
      return soon(this.#sessions.get(token) ?? this.session(token), (session) => admitted(session, address))
    }
    try {
      const identified = soon(this.#token(call, call.credential), recognized)
      return identified instanceof Promise ? identified.catch(refused) : identified
    } catch (cause) {
      return refused(cause)
    }
  }

  #holdsHere(token: Token, address: string, target: Target): boolean {
    if (!isWithinBounds(address, token.boundCidrs) || !target.namespace.path.startsWith(token.namespace)) return false
    // A namespace made anew under the same path knows nothing of its namesake's tokens.
    return token.namespaceId === 'root' || this.#parts.namespaces.at(token.namespace)?.id === token.namespaceId
  }

  #token(call: Call, credential: Credential): Token | null | Promise<Token | null> {
    if (credential.scheme === 'token') return this.#parts.tokens.lookup(credential.value)
    const scheme = this.schemes.get(credential.scheme)
    if (!scheme) throw new Fault('unauthenticated')
    return scheme(call, credential)
  }

  /** What a token may do, derived once and kept while nothing that it depends on changes. */
  async session(token: Token): Promise<Session> {
    const ready = this.#sessions.get(token)
    if (ready) return ready
    const identity = token.entityId === '' ? null : await this.#parts.resolveIdentity(token.entityId)
    const own: PolicySet = { namespace: token.namespace, namespaceId: token.namespaceId, names: token.policies }
    const sets = identity ? [own, ...identity.policies] : [own]
    const acl = await this.#parts.policies.acl(sets, identity?.identity ?? null)
    const session: Session = { token, acl, identity, policies: [...new Set(sets.flatMap((set) => set.names))].sort() }
    this.#sessions.set(token, session)
    this.#parts.note(token)
    return session
  }

  /** Whether the caller may do what the call asks. Spends one use of a limited token. */
  allows(who: Identified, call: Call, target: Target, exists: () => Promise<boolean>): Verdict | Promise<Verdict> {
    const route = target.match?.route
    const operation: Verdict['operation'] = call.operation === 'write' ? 'update' : call.operation
    if (route?.access === 'open') return { allowed: true, fault: null, decision: null, operation }
    if (!who.session) return { allowed: false, fault: who.refusal ?? new Fault('unauthenticated'), decision: null, operation }
    if (target.namespace.lock !== undefined && who.session.acl !== Acl.root && !target.fullPath.slice(target.namespace.path.length).startsWith('sys/namespaces/api-lock/')) {
      return { allowed: false, fault: new Fault('unavailable', `API access to this namespace has been locked by an administrator - "${target.namespace.path}" must be unlocked to gain access.`), decision: null, operation }
    }
    const decided = this.#decide(who.session, call, target, operation, route?.exists ? exists : null)
    const { token } = who.session
    const sudo = route?.access === 'sudo'
    if (token.uses === 0 && !(decided instanceof Promise)) return verdictOf(call, decided, sudo)
    return this.#spend(token, call, decided, sudo)
  }

  async #spend(token: Token, call: Call, decided: Decided | Promise<Decided>, sudo: boolean): Promise<Verdict> {
    const verdict = verdictOf(call, await decided, sudo)
    return token.uses > 0 ? { ...verdict, last: (await this.#parts.tokens.use(token)).uses < 0 } : verdict
  }

  #decide(session: Session, call: Call, target: Target, operation: Verdict['operation'], exists: (() => Promise<boolean>) | null): Decided | Promise<Decided> {
    const asked: AclRequest = { operation: operation === 'help' ? 'read' : operation, path: target.fullPath, data: call.body, wrapTtl: call.wrapTtl }
    const decision = session.acl.allows(asked)
    if (operation === 'help') return { decision: { ...decision, allowed: session.acl.capabilities(target.fullPath)[0] !== 'deny' }, operation }
    if (call.operation !== 'write' || !exists || decision.root) return { decision, operation }
    // Only where the two differ does it matter which of them this is.
    const created = session.acl.allows({ ...asked, operation: 'create' })
    if (created.allowed === decision.allowed) return { decision, operation }
    return exists().then((there) => (there ? { decision, operation } : { decision: created, operation: 'create' }))
  }
}

type Decided = { decision: Decision; operation: Verdict['operation'] }

function verdictOf(call: Call, { decision, operation }: Decided, sudo: boolean): Verdict {
  const allowed = decision.allowed && (!sudo || decision.sudo)
  if (allowed && decision.paginationLimit > 0) limitPage(call, decision.paginationLimit)
  return { allowed, fault: allowed ? null : new Fault('denied'), decision, operation }
}

/** A policy's limit on pages counts where the request has none, or a larger one. */
function limitPage(call: Call, most: number): void {
  const wanted = Number(call.body.limit)
  if (!(wanted > 0 && wanted <= most)) call.body.limit = most
}

function admitted(session: Session, address: string): Identified {
  // Also where the entity is gone: its token outlived it.
  if (session.token.entityId !== '' && (session.identity?.disabled ?? true)) return anonymous(address, new Fault('denied'))
  return { session, refusal: null, caller: callerOf(session, address) }
}

export const callerOf = ({ token, policies }: Session, remote: string): Caller => ({
  displayName: token.displayName,
  policies,
  entityId: token.entityId,
  namespace: token.namespace,
  tokenKey: token.type === 'batch' ? null : token.key,
  accessor: token.accessor,
  metadata: token.metadata,
  remote,
})
