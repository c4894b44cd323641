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
  const subject: AuditSubject = {
    requestId: call.id,
    operation: verdict.operation,
    path: target.fullPath.slice(target.namespace.path.length),
    namespace: target.namespace,
    mount: target.mount && mountOf(target.mount),
    token: who.session ? tokenOf(who.session, presented) : null,
    remote: call.remote,
    headers: call.headers as AuditSubject['headers'],
    data: isEmpty(call.body) ? null : call.body,
    wrapTtl: call.wrapTtl,
  }
  if (verdict.decision) {
    subject.allowed = verdict.allowed
    subject.granting = verdict.decision.granting
  }
  if (who.session && who.session.token.uses > 0) subject.remainingUses = who.session.token.uses - 1
  if (call.dialect) subject.dialect = noteOf(call.dialect)
  if (verdict.fault) subject.error = verdict.fault.message
  return subject
}

function isEmpty(body: object): boolean {
  for (const _ in body) return false
  return true
}

const noteOf = ({ name, service, action, region, parameters, eventId, userAgent }: DialectNote): object => ({ name, service, action, region, parameters, event_id: eventId, user_agent: userAgent })

/** Adds the outcome to a subject. */
export function complete(subject: AuditSubject, reply: Reply): AuditSubject {
  if (reply.error) subject.error = reply.error.message
  const response: AuditSubject['response'] = (subject.response = {})
  if (reply.data) response.data = reply.data
  if (reply.basis) response.basis = reply.basis
  if (reply.leaseId !== undefined) response.leaseId = reply.leaseId
  if (reply.auth) response.auth = authOf(reply.auth)
  if (reply.wrap) response.wrapInfo = reply.wrap
  if (reply.warnings) response.warnings = reply.warnings
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
