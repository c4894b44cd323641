// Turns what a route gave into a reply: logins become tokens, leases are stored, answers are wrapped.
import { Answer } from '../kit/answer.ts'
import { nextSecond } from '../kit/duration.ts'
import { Fault } from '../kit/errors.ts'
import type { AuthMethod, Grant, Outcome } from '../kit/route.ts'
import type { AuthReply, Call, Reply } from './call.ts'
import type { Core } from './core.ts'
import type { Identified } from './gate.ts'
import { lifetimeOf } from './lifetime.ts'
import type { Mount, Target } from './mounts.ts'
import type { NewToken, Token } from './tokens.ts'

export function settle(core: Core, call: Call, target: Target, who: Identified, outcome: Outcome): Reply | Promise<Reply> {
  const mount = target.mount!
  const parts = outcome instanceof Answer ? outcome.parts : outcome ? { data: outcome } : {}
  if (parts.settled) return wrapIfAsked(core, call, target, parts.settled as Reply)
  if (parts.raw) return { status: parts.raw.status, raw: parts.raw, mountType: mount.record.type }
  const reply: Reply = { status: parts.status ?? 200, data: parts.data, warnings: parts.warnings, mountType: mount.record.type }
  if (parts.basis) reply.basis = parts.basis
  if (parts.leaseDuration !== undefined) reply.leaseDuration = parts.leaseDuration
  if (parts.grant) return login(core, call, mount, parts.grant).then(({ auth, warnings }) => wrapIfAsked(core, call, target, { ...reply, auth, warnings: [...warnings, ...(parts.warnings ?? [])] }))
  if (parts.lease) return lease(core, target, who, parts, reply).then(() => wrapIfAsked(core, call, target, reply))
  if (parts.data === undefined && parts.warnings === undefined && parts.status === undefined) reply.status = emptyStatus(call)
  return wrapIfAsked(core, call, target, reply)
}

const wrapIfAsked = (core: Core, call: Call, target: Target, reply: Reply): Reply | Promise<Reply> =>
  call.wrapTtl > 0 && reply.status === 200 && !reply.wrap && !reply.auth?.mfaRequirement ? wrapped(core, call, target, reply) : reply

const emptyStatus = (call: Call): number => (call.operation === 'read' || call.operation === 'list' || call.operation === 'scan' ? 404 : 204)

async function lease(core: Core, target: Target, who: Identified, parts: Answer['parts'], reply: Reply): Promise<void> {
  const token = who.session?.token
  const path = target.fullPath.slice(target.namespace.path.length)
  const made = await core.leases.create(target.mount!, path, parts.lease!, token?.type === 'service' ? token.key : '', token?.expiresAt ?? 0)
  reply.leaseId = made.id
  reply.leaseDuration = made.ttl
  reply.renewable = made.renewable
}

async function wrapped(core: Core, call: Call, target: Target, reply: Reply): Promise<Reply> {
  if (call.operation === 'list' && reply.data === undefined) return reply
  const path = target.fullPath.slice(target.namespace.path.length)
  return { status: 200, wrap: await core.wrapping.wrap(JSON.stringify(reply), call.wrapTtl, path, target.namespace, reply.auth?.accessor), mountType: reply.mountType ?? '' }
}

const waiting = 'A login request was issued that is subject to MFA validation. Please make sure to validate the login by sending another request to mfa/validate endpoint.'

async function login(core: Core, call: Call, mount: Mount, grant: Grant): Promise<Minted> {
  const namespace = mount.namespace
  const entityId = grant.alias
    ? await core.identity.login({
        mountAccessor: mount.record.accessor,
        mountType: mount.record.type,
        namespaceId: namespace.id,
        namespace: namespace.path,
        name: grant.alias.name,
        metadata: grant.alias.metadata ?? {},
        groups: grant.groups ?? [],
      })
    : ''
  if (entityId !== '' && (await core.identity.resolve(entityId))?.disabled) throw new Fault('denied')
  const pending = await core.mfa.guard(call, mount, grant, entityId)
  if (pending) return { auth: pending, warnings: [waiting] }
  return mint(core, mount, grant, entityId, loginPath(call, mount))
}

/** Path of a login below its mount. */
const loginPath = (call: Call, mount: Mount): string => `${call.namespace}${call.path}`.slice(mount.fullPath.length)

/** The token of a login, and where its lifetime was cut. */
export interface Minted {
  auth: AuthReply
  warnings: string[]
}

/** Mints the token of a login that every guard has let pass; `path`: of the login, below its mount. */
export async function mint(core: Core, mount: Mount, grant: Grant, entityId: string, path: string): Promise<Minted> {
  const limits = lifetimeOf(grant, mount.info)
  const names = grant.policies.map((name) => name.toLowerCase().trim()).filter((name) => name !== '')
  if (names.includes('root')) throw new Fault('invalid', 'auth methods cannot create root tokens')
  const policies = ordered(grant.noDefaultPolicy ? names : [...names, 'default'])
  const type = tokenType(mount, grant)
  if (type === 'batch' && (grant.uses ?? 0) > 0) throw new Fault('invalid', 'batch tokens cannot have a limited number of uses')
  const wanted: NewToken = {
    parent: null,
    type,
    namespace: mount.namespace.path,
    namespaceId: mount.namespace.id,
    policies,
    path: mount.record.path + path,
    metadata: grant.metadata ?? {},
    displayName: `${mount.record.path.slice('auth/'.length, -1)}-${grant.displayName}`.replace(/-$/, ''),
    uses: grant.uses ?? 0,
    ttl: limits.ttl,
    explicitMaxTtl: grant.explicitMaxTtl ?? 0,
    maxTtl: limits.maxTtl,
    period: limits.period,
    renewable: type === 'service' && (grant.renewable ?? true),
    entityId,
    role: '',
    boundCidrs: grant.boundCidrs ?? [],
    noDefaultPolicy: grant.noDefaultPolicy ?? false,
    mountAccessor: mount.record.accessor,
    grant,
  }
  const bounded = core.quotas.admitLogin(core.tokens, mount, grant)
  if (bounded) await bounded
  const { token, record } = await core.tokens.create(wanted)
  return { auth: await authReply(core, token, record), warnings: limits.warnings }
}

function tokenType(mount: Mount, grant: Grant): 'service' | 'batch' {
  const configured = mount.record.config.tokenType
  if (configured === 'service' || configured === 'batch') return configured
  if (grant.type === 'batch' || grant.type === 'service') return grant.type
  return configured === 'default-batch' ? 'batch' : 'service'
}

export async function authReply(core: Core, token: string, record: Token): Promise<AuthReply> {
  const identity = record.entityId === '' ? null : await core.identity.resolve(record.entityId)
  const identityPolicies = ordered(identity?.policies.flatMap((set) => set.names) ?? [])
  core.activity.note(record)
  return {
    clientToken: token,
    accessor: record.accessor,
    policies: ordered([...record.policies, ...identityPolicies]),
    tokenPolicies: record.policies,
    identityPolicies,
    metadata: record.metadata,
    leaseDuration: record.ttl,
    renewable: record.renewable,
    entityId: record.entityId,
    tokenType: record.type,
    orphan: record.parent === null,
    uses: record.uses,
  }
}

/** Names in order, each once. Most come so, and sorting takes 1.5 kB of memory however few they are. */
const ordered = (names: string[]): string[] => (names.every((name, at) => at === 0 || names[at - 1]! < name) ? names : [...new Set(names)].sort())

/** Asks the login method again and extends a token; `increment` in seconds, 0 for what it was made with. */
export async function renewToken(core: Core, record: Token, increment: number): Promise<Token> {
  if (record.type === 'batch') throw new Fault('invalid', 'batch tokens cannot be renewed')
  if (!record.renewable) throw new Fault('invalid', 'lease is not renewable')
  const mount = record.mountAccessor === '' ? undefined : core.mounts.byAccessor(record.mountAccessor)
  if (record.mountAccessor !== '' && (!mount || !record.grant)) throw new Fault('invalid', 'the auth method of this token is gone')
  const grant = mount && record.grant ? await (mount.engine as AuthMethod).renew(core.contextOf(mount), record.grant) : null
  const limits = mount && grant ? lifetimeOf(grant, mount.info) : { ttl: record.ttl, maxTtl: record.maxTtl || core.defaults.maxTtl, period: record.period }
  const { period } = limits
  const now = nextSecond(core.now())
  const wanted = period > 0 ? period : increment > 0 ? increment : grant ? limits.ttl : record.ttl
  const ends = [
    record.explicitMaxTtl > 0 ? record.createdAt + record.explicitMaxTtl : Infinity,
    period > 0 ? Infinity : record.createdAt + limits.maxTtl,
  ]
  const ttl = Math.min(wanted, ...ends.map((end) => end - now))
  if (ttl <= 0) throw new Fault('invalid', 'past the max TTL, cannot renew')
  return core.tokens.extend(record, ttl)
}
