// Vault's HTTP API, outwards: a Reply becomes status and body. Pure.
import type { AuthReply, Call, Reply, WrapReply } from '../../core/call.ts'
import { type Fault, type FaultCode, faults } from '../../kit/errors.ts'
import { parseExactly, stringifyMembers } from '../../kit/json.ts'

export interface Sent {
  status: number
  contentType: string
  body: string | Uint8Array | AsyncIterable<Uint8Array>
  headers?: Record<string, string>
}

const json = 'application/json'

type Encoded = Pick<Call, 'id' | 'path'> & Partial<Pick<Call, 'operation'>>

export function encode(call: Encoded, reply: Reply): Sent {
  const sent = bodied(call, reply)
  return reply.headers ? { ...sent, headers: { ...sent.headers, ...reply.headers } } : sent
}

function bodied(call: Encoded, reply: Reply): Sent {
  if (reply.raw) return reply.raw
  if (call.operation === 'help' && !reply.error) return { status: reply.status, contentType: json, body: `${JSON.stringify({ see_also: null, ...reply.data })}\n` }
  if (reply.error && !reply.data) return { status: reply.status, contentType: json, body: `${JSON.stringify({ errors: messagesOf(reply.error) })}\n` }
  if (reply.status === 204) return { status: 204, contentType: json, body: '' }
  if (reply.status === 404 && !reply.data && !reply.warnings) return { status: 404, contentType: json, body: '{"errors":[]}\n' }
  return { status: reply.status, contentType: json, body: `${envelope(call, reply)}\n` }
}

/** What Vault answers through its list of errors, by code: whoever compares texts knows them so. */
const framed: Partial<Record<FaultCode, string>> = { denied: faults.denied.message, unsupported: faults.unsupported.message, 'no-route': 'unsupported path' }
const messagesOf = ({ code, messages }: Fault): string[] => (messages.length === 1 && messages[0] === framed[code] ? [`1 error occurred:\n\t* ${messages[0]}\n\n`] : messages)

/** Paths whose data is shown twice, under `data` and beside it, as the oldest clients expect: Vault's `injectDataIntoTopRoutes`. */
const shownTwice =
  /^sys\/(?:audit(?:\/.*)?|audit-hash\/.*|auth(?:\/.*)?|mounts(?:\/.*)?|policy(?:\/.*)?|config\/cors|config\/auditing\/request-headers(?:\/.*)?|capabilities(?:-accessor|-self)?|ha-status|key-status|rekey\/(?:backup|recovery-key-backup)|remount|rotate|wrapping\/wrap)$/

const quote = JSON.stringify as (value: unknown) => string

/** The members of every answer, in Vault's order: a template, because most of them nearly always say nothing. */
function envelope(call: Pick<Call, 'id' | 'path'>, reply: Reply): string {
  const { data, wrap, warnings, auth, error } = reply
  const text =
    `{"request_id":${quote(call.id)},"lease_id":${quote(reply.leaseId ?? '')},"renewable":${reply.renewable ?? false},"lease_duration":${reply.leaseDuration ?? 0}`
    + `,"data":${data ? stringifyMembers(data) : 'null'},"wrap_info":${wrap ? quote(wrapView(wrap)) : 'null'},"warnings":${warnings && warnings.length > 0 ? quote(warnings) : 'null'}`
    + `,"auth":${auth ? quote(authView(auth)) : 'null'},"mount_type":${quote(reply.mountType ?? '')}${error ? `,"errors":${quote(messagesOf(error))}` : ''}}`
  return reply.mountType === 'system' && data && shownTwice.test(call.path) ? quote({ ...data, ...(parseExactly(text) as object) }) : text
}

export const wrapView = (wrap: WrapReply): Record<string, unknown> => ({
  token: wrap.token,
  accessor: wrap.accessor,
  ttl: wrap.ttl,
  creation_time: wrap.creationTime,
  creation_path: wrap.creationPath,
  ...(wrap.wrappedAccessor !== undefined && { wrapped_accessor: wrap.wrappedAccessor }),
})

export const authView = (auth: AuthReply): Record<string, unknown> => ({
  client_token: auth.clientToken,
  accessor: auth.accessor,
  policies: auth.policies,
  token_policies: auth.tokenPolicies,
  ...(auth.identityPolicies.length > 0 && { identity_policies: auth.identityPolicies }),
  metadata: Object.keys(auth.metadata).length > 0 ? auth.metadata : null,
  lease_duration: auth.leaseDuration,
  renewable: auth.renewable,
  entity_id: auth.entityId,
  token_type: auth.tokenType,
  orphan: auth.orphan,
  mfa_requirement: auth.mfaRequirement ?? null,
  num_uses: auth.uses,
})
