// The life of a request in AWS's words: which operation, who signed it, is the input right, do it, write the answer.
import { randomUUID } from 'node:crypto'
import type { Call, DialectNote } from '../../core/call.ts'
import type { Core } from '../../core/core.ts'
import { handle } from '../../core/handle.ts'
import type { Request, Response } from '../../http/listener.ts'
import { Fault } from '../../kit/errors.ts'
import { type Signer, authenticate, credentialOf, refusedCredential, requireSignature } from './authenticate.ts'
import { AwsFault, awsFaultOf } from './errors.ts'
import type { Exchange, Operation, Service } from './operation.ts'
import { decodeJson, encodeJson, encodeJsonFault, targetOf } from './protocols/json.ts'
import { decodeQuery, encodeQuery, encodeQueryFault } from './protocols/query.ts'
import { findOperation, findService } from './services.ts'
import { sessionAllows } from './session-policy.ts'
import { readInput } from './shape.ts'
import type { Signature } from './sigv4.ts'

interface Asked {
  service: Service | null
  operation: Operation | null
  action: string
  form: URLSearchParams | null
}

/** Which operation a request names, in whichever protocol. */
function askedOf(request: Request): Asked {
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
  let resource = '*'
  try {
    if (request.body.length > maxBody) throw new AwsFault('RequestEntityTooLargeException', 'The request is larger than 1 MiB.')
    await core.refresh()
    const { operation, signer, region } = await admit(core, request, requestId, asked)
    exchange = await open(core, request, requestId, { service: service!, action: operation.name, signer, region })
    const input = readInput(operation.input, form ? decodeQuery(operation.input, form) : decodeJson(request.body))
    exchange.note(Object.fromEntries(operation.shows.filter((name) => input[name] !== undefined).map((name) => [name.charAt(0).toLowerCase() + name.slice(1), input[name]])))
    resource = (await service!.resourceOf?.(exchange, input)) ?? '*'
    await checkSession(core, request, exchange, resource)
    const output = await operation.run(exchange, input)
    return xml ? encodeQuery(service!, operation.name, requestId, output) : encodeJson(request, requestId, output)
  } catch (cause) {
    const fault = explained(cause, service, asked.action, exchange, resource)
    if (fault.status >= 500 && !(cause instanceof Fault && cause.code !== 'internal')) core.report(requestId, cause instanceof Fault ? cause.cause : cause)
    return xml ? encodeQueryFault(requestId, fault, service) : encodeJsonFault(request, requestId, fault, service)
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
  await handle(core, { ...callOf(request, 'read', 'auth/aws/refused', {}), credential: refusedCredential(keyId, refusal), dialect })
}

const callOf = (request: Request, operation: Call['operation'], path: string, body: Record<string, unknown>): Call => ({
  id: randomUUID(), operation, namespace: '', path, body, credential: null, wrapTtl: 0, remote: request.remote, headers: request.headers, client: request,
})

async function open(core: Core, request: Request, requestId: string, { service, action, signer, region }: Pick<Exchange, 'service' | 'action' | 'signer' | 'region'>): Promise<Exchange> {
  const credential = signer && credentialOf(signer)
  const dialect = noteOf(request, requestId, service.source, action, region)
  const exchange: Exchange = {
    core, service, action, region, signer, requestId,
    namespace: signer?.key.namespace ?? '',
    settings: signer?.settings ?? (await core.accessKeys.settings(core.namespaces.at('')!)),
    remote: request.remote.address,
    note: (parameters) => void (dialect.parameters = { ...dialect.parameters, ...parameters }),
    async ask(op, path, body = {}, namespace = exchange.namespace, by = signer) {
      const reply = await handle(core, { ...callOf(request, op, path, body), namespace, credential: by === signer ? credential : by && credentialOf(by), dialect })
      if (reply.error?.code === 'internal') core.report(requestId, reply.error.cause)
      if (reply.error) throw reply.error
      if (reply.status === 404) throw new Fault('not-found')
      return reply.data ?? {}
    },
  }
  return exchange
}

/** A temporary key may have been given out for less than its role allows. */
async function checkSession(core: Core, request: Request, { signer, service, action, requestId, region }: Exchange, resource: string): Promise<void> {
  const policy = signer?.key.sessionPolicy
  if (policy === undefined || action === 'GetCallerIdentity' || sessionAllows(policy, `${service.name}:${action}`, resource)) return
  const refusal = new Fault('denied')
  await auditRefusal(core, request, signer!.key.id, refusal, noteOf(request, requestId, service.source, action, region))
  throw refusal
}

/** A fault in the service's own words; a refusal by policy says who may not do what, as IAM does. */
function explained(cause: unknown, service: Service | null, action: string, exchange: Exchange | null, resource: string): AwsFault {
  const arn = exchange?.signer?.arn
  if (arn === undefined) return awsFaultOf(cause, service?.faults)
  const on = resource === '*' ? '' : ` on resource: ${resource}`
  const denied = `User: ${arn} is not authorized to perform: ${service!.name}:${action}${on} because no identity-based policy allows the ${service!.name}:${action} action`
  // Who signed is known: where the gate knows nobody, it is another namespace that is closed.
  return awsFaultOf(cause, { ...service?.faults, unauthenticated: 'AccessDeniedException' }, { denied, unauthenticated: denied })
}
