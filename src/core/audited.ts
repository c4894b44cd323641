// What audit is told of a request: built once, completed with the response.
import type { AuditMount, AuditSubject, AuditToken } from './audit/entry.ts'
import { stamp } from './audit/entry.ts'
import type { AuthReply, Call, DialectNote, Reply } from './call.ts'
import type { Identified, Session, Verdict } from './gate.ts'
import type { Mount, MountRecord, Target } from './mounts.ts'

const mounts = new WeakMap<MountRecord, AuditMount>()
const tokens = new WeakMap<Session, AuditToken>()

function mountOf(mount: Mount): AuditMount {
  const ready = mounts.get(mount.record)
  if (ready) return ready
  const { path, type, accessor, config } = mount.record
  const made: AuditMount = { path, type, accessor, class: mount.record.class, clearRequestKeys: config.auditNonHmacRequestKeys, clearResponseKeys: config.auditNonHmacResponseKeys }
  mounts.set(mount.record, made)
  return made
}

function tokenOf(session: Session, presented: string | null): AuditToken {
  const ready = tokens.get(session)
  if (ready && ready.clientToken === presented) return ready
  const { token, identity, policies } = session
  const made: AuditToken = {
    clientToken: presented,
    accessor: token.accessor,
    displayName: token.displayName,
    policies,
    tokenPolicies: token.policies,
    identityPolicies: identity?.policies.flatMap((set) => set.names) ?? [],
    entityId: token.entityId,
    tokenType: token.type,
    tokenTtl: token.ttl,
    tokenIssueTime: stamp(token.createdAt * 1000),
    metadata: token.metadata,
    clientId: token.entityId,
    noDefaultPolicy: token.noDefaultPolicy,
    numUses: token.uses,
  }
  tokens.set(session, made)
  return made
}

export function subjectOf(call: Call, target: Target, who: Identified, verdict: Verdict): AuditSubject {
  const presented = call.credential?.scheme === 'token' ? call.credential.value : null
  return {
    requestId: call.id,
    operation: verdict.operation,
    path: target.fullPath.slice(target.namespace.path.length),
    namespace: target.namespace,
    mount: target.mount && mountOf(target.mount),
    token: who.session ? tokenOf(who.session, presented) : null,
    ...(verdict.decision && { allowed: verdict.allowed, granting: verdict.decision.granting.map((name) => ({ name, type: 'acl' })) }),
    ...(who.session && who.session.token.uses > 0 && { remainingUses: who.session.token.uses - 1 }),
    remote: call.remote,
    headers: call.headers as AuditSubject['headers'],
    data: Object.keys(call.body).length > 0 ? call.body : null,
    wrapTtl: call.wrapTtl,
    ...(call.dialect && { dialect: noteOf(call.dialect) }),
    ...(verdict.fault && { error: verdict.fault.message }),
  }
}

const noteOf = ({ name, service, action, region, parameters, eventId, userAgent }: DialectNote): object => ({ name, service, action, region, parameters, event_id: eventId, user_agent: userAgent })

/** Adds the outcome to a subject. */
export function complete(subject: AuditSubject, reply: Reply): AuditSubject {
  if (reply.error) subject.error = reply.error.message
  subject.response = {
    ...(reply.data && { data: reply.data }),
    ...(reply.leaseId !== undefined && { leaseId: reply.leaseId }),
    ...(reply.auth && { auth: authOf(reply.auth) }),
    ...(reply.wrap && { wrapInfo: reply.wrap }),
    ...(reply.warnings && { warnings: reply.warnings }),
  }
  return subject
}

const authOf = (auth: AuthReply): AuditToken => ({
  clientToken: auth.clientToken,
  accessor: auth.accessor,
  displayName: '',
  policies: auth.policies,
  tokenPolicies: auth.tokenPolicies,
  identityPolicies: auth.identityPolicies,
  entityId: auth.entityId,
  tokenType: auth.tokenType,
  tokenTtl: auth.leaseDuration,
  tokenIssueTime: '',
  metadata: auth.metadata,
  numUses: auth.uses,
})
