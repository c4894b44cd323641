// The life of a request in AWS's words: which operation, who signed it, is the input right, do it, write the answer.
import { randomUUID } from 'node:crypto'
import { settingsIn } from '../../core/access-keys.ts'
import type { Call, DialectNote } from '../../core/call.ts'
import type { Core } from '../../core/core.ts'
import { handle } from '../../core/handle.ts'
import type { Request, Response } from '../../http/listener.ts'
import { Fault } from '../../kit/errors.ts'
import { type Signer, authenticate, refusedCredential, requireSignature } from './authenticate.ts'
import { callerParameter } from './cloudtrail/event.ts'
import { principalIn } from './arn.ts'
import { AwsFault, awsFaultOf } from './errors.ts'
import { sessionAllows } from './iam/session.ts'
import type { Exchange, Operation, Service } from './operation.ts'
import { decodeJson, encodeJson, encodeJsonFault, targetOf } from './protocols/json.ts'
import { decodeQuery, encodeQuery, encodeQueryFault, wantsJson } from './protocols/query.ts'
import { findAction, findOperation, findService } from './services.ts'
import { lower, readInput } from './shape.ts'
import type { Signature } from './sigv4.ts'

interface Asked {
  service: Service | null
  operation: Operation | null
  action: string
  form: URLSearchParams | null
}

/** Which operation a request names, in whichever protocol. */
function askedOf(request: Request): Asked {
  const header = request.headers['x-amz-target']
  const known = typeof header === 'string' ? findAction(header) : undefined
  if (known) return { service: known.service, operation: known.operation, action: known.operation.name, form: null }
  const target = targetOf(request)
  if (target) return { service: findService(target.target), operation: findOperation(target.target, target.action)?.operation ?? null, action: target.action, form: null }
  const mark = request.url.indexOf('?')
  const form = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1))
  if (String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded')) for (const [name, value] of new URLSearchParams(request.body.toString())) form.append(name, value)
  const [action, version] = [form.get('Action') ?? '', form.get('Version') ?? '']
  return { service: findService(version), operation: findOperation(version, action)?.operation ?? null, action, form }
}

/** Requests may not carry more than this; the services' own limits are far below. */
const maxBody = 1_048_576

export async function answerAws(core: Core, request: Request): Promise<Response> {
  const requestId = randomUUID()
  const asked = askedOf(request)
  const { service, form } = asked
  const xml = form !== null && service?.protocol !== 'json'
  let exchange: Exchange | null = null
  try {
    if (request.body.length > maxBody) throw new AwsFault('RequestEntityTooLargeException', 'The request is larger than 1 MiB.')
    const refreshing = core.refresh(true)
    if (refreshing) await refreshing
    const { operation, signer, region } = await admit(core, request, requestId, asked)
    const settings = settingsIn(signer?.settings ?? (await core.accessKeys.settings(core.namespaces.at('')!)), region)
    exchange = open(core, request, requestId, { service: service!, action: operation.name, signer, region, settings })
    const input = readInput(operation.input, form ? decodeQuery(operation.input, form) : decodeJson(request.body))
    exchange.input = input
    for (const name of operation.shows) if (input[name] !== undefined) exchange.parameters[lower(name)] = input[name]
    if (signer?.key.sessionPolicy !== undefined) await checkSession(exchange)
    const output = await operation.run(exchange, input)
    if (signer && !exchange.audited()) await auditAlone(exchange)
    return xml ? encodeQuery(service!, operation.name, requestId, output, wantsJson(request)) : encodeJson(request, requestId, output)
  } catch (cause) {
    if (exchange && cause instanceof Fault && !exchange.audited()) await exchange.refuse(cause).catch(() => {})
    const fault = await explained(cause, service, asked.action, exchange)
    if (fault.status >= 500 && !(cause instanceof Fault && cause.code !== 'internal')) core.report(requestId, cause instanceof Fault ? cause.cause : cause)
    return xml ? encodeQueryFault(requestId, fault, service, wantsJson(request)) : encodeJsonFault(request, requestId, fault, service)
  }
}

/** Finds the operation and who signed the request. What is refused here is audited as a refused request. */
async function admit(core: Core, request: Request, requestId: string, { service, operation, action }: Asked): Promise<{ operation: Operation; signer: Signer | null; region: string }> {
  let signature: Signature | null = null
  try {
    if (operation?.anonymous && request.headers.authorization === undefined) return { operation, signer: null, region: 'us-east-1' }
    signature = requireSignature(request)
    const signer = await authenticate(core, request, signature, service?.name ?? signature.service)
    if (!operation) throw new AwsFault('UnknownOperationException', service?.protocol === 'query' ? `Could not find operation ${action.slice(0, 128)} for version ${service.version}` : '')
    core.accessKeys.noteUse(signer.key, signature.service, signature.region)
    return { operation, signer, region: signature.region }
  } catch (cause) {
    if (!core.barrier.sealed && cause instanceof AwsFault && cause.type !== 'UnknownOperationException') {
      const note = noteOf(request, requestId, service?.source ?? '', action, signature?.region ?? '')
      await auditRefusal(core, request, signature?.keyId ?? '', cause, note)
    }
    throw cause
  }
}

const noteOf = (request: Request, requestId: string, service: string, action: string, region: string): DialectNote => ({
  name: 'aws', service, action, region, parameters: {}, eventId: requestId, userAgent: String(request.headers['user-agent'] ?? ''),
})

/** Lets the audit log say who was refused what, where no call was made. */
async function auditRefusal(core: Core, request: Request, keyId: string, refusal: Fault, dialect: DialectNote): Promise<void> {
  await handle(core, {
    id: randomUUID(), operation: 'read', namespace: '', path: 'auth/aws/refused', body: {}, credential: refusedCredential(keyId, refusal), wrapTtl: 0,
    remote: request.remote, headers: request.headers, client: request, dialect, caches: 'told',
  })
}

function open(core: Core, request: Request, requestId: string, { service, action, signer, region, settings }: Pick<Exchange, 'service' | 'action' | 'signer' | 'region' | 'settings'>): Exchange {
  const dialect = noteOf(request, requestId, service.source, action, region)
  const namespace = signer?.key.namespace ?? ''
  let audited = false
  return {
    core, service, action, region, signer, requestId, namespace, settings, request,
    input: {},
    parameters: dialect.parameters,
    audited: () => audited,
    async refuse(refusal) {
      audited = true
      // The entry of a refused credential names nobody.
      const { aws_account, aws_arn, aws_access_key_id } = signer?.token.metadata ?? {}
      await auditRefusal(core, request, signer?.key.id ?? '', refusal, { ...dialect, parameters: { ...dialect.parameters, ...(signer && { [callerParameter]: { aws_account, aws_arn, aws_access_key_id } }) } })
      throw refusal
    },
    async ask<T>(op: Call['operation'], path: string, body: Record<string, unknown> = {}, where = namespace, by = signer) {
      const call: Call = { id: audited ? randomUUID() : requestId, operation: op, namespace: where, path, body, credential: by && by.credential, wrapTtl: 0, remote: request.remote, headers: request.headers, client: request, dialect, caches: 'told' }
      audited = true
      const reply = await handle(core, call)
      if (reply.error?.code === 'internal') core.report(requestId, reply.error.cause)
      if (reply.error) throw reply.error
      if (reply.status === 404) throw new Fault('not-found')
      return (reply.data ?? {}) as T
    },
  }
}

/** An operation that called nothing is in the audit log all the same. */
async function auditAlone(exchange: Exchange): Promise<void> {
  await exchange.ask('read', 'auth/aws/identity').catch((cause: unknown) => {
    // Where nothing is mounted there, the attempt was audited.
    if (!(cause instanceof Fault && ['no-route', 'not-found', 'unauthenticated'].includes(cause.code))) throw cause
  })
}

/** A temporary key may have been given out for less than its role allows. */
async function checkSession(exchange: Exchange): Promise<void> {
  if (exchange.action === 'GetCallerIdentity' || sessionAllows(exchange, `${exchange.service.name}:${exchange.action}`, await resourceOf(exchange))) return
  await exchange.refuse(new Fault('denied', undefined, { reason: ['session'] }))
}

const resourceOf = async (exchange: Exchange): Promise<string> => (await exchange.service.resourceOf?.(exchange, exchange.input)) ?? '*'

/** A fault in the service's own words; a refusal by policy says who may not do what, as IAM does. */
async function explained(cause: unknown, service: Service | null, action: string, exchange: Exchange | null): Promise<AwsFault> {
  const arn = exchange?.signer ? principalIn(exchange.signer.arn, exchange.region) : null
  if (arn === null || !(cause instanceof Fault && (cause.code === 'denied' || cause.code === 'unauthenticated'))) return awsFaultOf(cause, service?.faults)
  const resource = await resourceOf(exchange!).catch(() => '*')
  const on = resource === '*' ? '' : ` on resource: ${resource}`
  const denied = `User: ${arn} is not authorized to perform: ${service!.name}:${action}${on} ${reasons[cause.reason?.[0] ?? '']?.(`${service!.name}:${action}`) ?? `because no identity-based policy allows the ${service!.name}:${action} action`}`
  // Who signed is known: where the gate knows nobody, it is another namespace that is closed.
  return awsFaultOf(cause, { ...service?.faults, unauthenticated: 'AccessDeniedException' }, { denied, unauthenticated: denied })
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const reasons: Record<string, (action: string) => string> = {
  session: (action) => `because no session policy allows the ${action} action`,
  'resource-deny': () => 'with an explicit deny in a resource-based policy',
  'resource-none': (action) => `because no resource-based policy allows the ${action} action`,
}
