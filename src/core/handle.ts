// The recipe of a request; nothing else knows the order: resolve, identify, allow, audit, do, audit.
import { randomBytes } from 'node:crypto'
import type { Answer } from '../kit/answer.ts'
import { Answer as AnswerClass } from '../kit/answer.ts'
import { Fault } from '../kit/errors.ts'
import { parseFields } from '../kit/field.ts'
import { openedMembers } from '../kit/json.ts'
import type { Context, Operation, Outcome } from '../kit/route.ts'
import { soon } from '../kit/soon.ts'
import { complete, subjectOf } from './audited.ts'
import type { Call, Reply } from './call.ts'
import type { Core } from './core.ts'
import type { Identified, Verdict } from './gate.ts'
import { type Target, routesOf } from './mounts.ts'
import type { Admission } from './quotas.ts'
import { treeOf } from './route-tree.ts'
import { settle } from './settle.ts'
import { warnOfStrays } from './stray.ts'

/** Answers a call. Never throws for what a client did; rejects only when the server itself is broken. */
export function handle(core: Core, call: Call): Promise<Reply> {
  return core.trace === null ? handled(core, call) : traced(core, call, core.trace(call))
}

async function traced(core: Core, call: Call, end: (target: Target | null, reply: Reply) => void): Promise<Reply> {
  let found: Target | null = null
  const reply = await handled(core, call, (target) => (found = target))
  end(found, reply)
  return reply
}

function handled(core: Core, call: Call, resolved?: (target: Target) => void): Promise<Reply> {
  const admission = core.quotas.admission(call)
  return admission === null ? recipe(core, call, null, resolved) : counted(core, call, admission, resolved)
}

/** A request that a rate limit quota counts. */
async function counted(core: Core, call: Call, admission: Admission, resolved?: (target: Target) => void): Promise<Reply> {
  let reply: Reply
  try {
    admission.early()
    reply = await recipe(core, call, admission, resolved)
  } catch (cause) {
    reply = failed(cause)
  }
  try {
    if (admission.audited && !core.barrier.sealed) await auditRefusal(core, call, reply.error!)
  } catch (cause) {
    reply = failed(cause)
  }
  const headers = admission.headers()
  return headers ? { ...reply, headers } : reply
}

/** Written only where the quotas' configuration asks for it: refusing is to stay cheaper than answering. */
async function auditRefusal(core: Core, call: Call, fault: Fault): Promise<void> {
  const nobody: Identified = { session: null, caller: core.contextOf(core.mounts.at('sys/')!).caller, refusal: null }
  const target = core.mounts.resolve(call.operation, call.namespace, call.path)
  await core.audit.request(subjectOf(call, target, nobody, { allowed: false, fault, decision: null, operation: call.operation === 'write' ? 'update' : call.operation }))
}

function recipe(core: Core, call: Call, admission: Admission | null, resolved?: (target: Target) => void): Promise<Reply> {
  try {
    const refreshing = call.caches === 'told' ? undefined : core.refresh(call.caches === 'arriving')
    return refreshing ? refreshing.then(() => routed(core, call, admission, resolved)).catch(failed) : routed(core, call, admission, resolved)
  } catch (cause) {
    return Promise.resolve(failed(cause))
  }
}

function routed(core: Core, call: Call, admission: Admission | null, resolved?: (target: Target) => void): Promise<Reply> {
  const target = core.mounts.resolve(call.operation, call.namespace, call.path)
  resolved?.(target)
  if (core.barrier.sealed || target.match?.route.probe) return ungated(core, call, target).catch(failed)
  if (call.namespace !== '' && !core.namespaces.at(call.namespace)) throw new Fault('not-found', 'namespace not found')
  return gated(core, call, target, admission)
}

/** Without keys there is nobody to identify and no audit: only routes that say `sealed` answer. Probes never ask who calls. */
async function ungated(core: Core, call: Call, target: Target): Promise<Reply> {
  if (core.barrier.sealed && !target.match?.route.sealed) throw new Fault('sealed')
  const nobody: Identified = { session: null, caller: { ...core.contextOf(target.mount!).caller, remote: call.remote.address }, refusal: null }
  return answer(core, call, target, nobody)
}

async function gated(core: Core, call: Call, target: Target, admission: Admission | null): Promise<Reply> {
  try {
    const identified = core.gate.identify(call, target)
    const who = identified instanceof Promise ? await identified : identified
    if (admission?.pending) await admission.late(target, who.caller.entityId, () => core.storeOf(target.mount!))
    const context = target.match && contextOf(core, call, target, who)
    const judged = judge(core, call, target, who, context)
    const verdict = judged instanceof Promise ? await judged : judged
    const entry = subjectOf(call, target, who, verdict)
    const audited = core.audit.request(entry)
    // Awaited before anything that has an effect; a wrapped answer has one. What only reads has both entries taken
    // together, after the read and before anybody sees its outcome.
    if (!target.match?.route.pure || call.wrapTtl > 0) await audited
    let reply: Reply
    try {
      if (!verdict.allowed) throw verdict.fault
      const answered = answer(core, call, target, who, context)
      reply = answered instanceof Promise ? await answered : answered
    } catch (cause) {
      reply = failed(cause)
    }
    const taken = core.audit.response(complete(entry, reply))
    if (taken !== audited) await audited
    await taken
    // The last use of a limited token ends it, whatever came of the request.
    if (verdict.last) await core.revoke(who.session!.token.key)
    return reply
  } catch (cause) {
    return failed(cause)
  }
}

/** What the gate says; a refusal where it cannot say anything. */
function judge(core: Core, call: Call, target: Target, who: Identified, context: Context | null): Verdict | Promise<Verdict> {
  const undecided = (cause: unknown): Verdict =>
    ({ allowed: false, fault: cause instanceof Fault ? cause : new Fault('internal', undefined, { cause }), decision: null, operation: call.operation === 'write' ? 'update' : call.operation })
  try {
    const judged = core.gate.allows(who, call, target, () => exists(target, context!, call))
    return judged instanceof Promise ? judged.catch(undecided) : judged
  } catch (cause) {
    return undecided(cause)
  }
}

async function exists(target: Target, context: Context, call: Call): Promise<boolean> {
  const { route, params } = target.match!
  return route.exists!(context, parseFields(route.takes, { ...call.body, ...params }))
}

function answer(core: Core, call: Call, target: Target, who: Identified, context = target.match && contextOf(core, call, target, who)): Reply | Promise<Reply> {
  if (target.mount && call.operation === 'help') return { status: 200, data: core.help(target), mountType: target.mount.record.type }
  if (!target.mount || !context) throw unroutable(call, target)
  const { route, params } = target.match!
  const input = parseFields(route.takes, Object.keys(params).length > 0 ? { ...call.body, ...params } : call.body)
  const run = () => route.run(context, input)
  const changes = call.operation === 'write' || call.operation === 'patch'
  const settled = (outcome: Outcome): Reply | Promise<Reply> => settle(core, call, target, who, changes ? warnOfStrays(route, call.body, params, outcome) : outcome)
  const outcome = target.mount.record.class === 'auth' ? core.lockout.watch(target.mount, route, input, run) : run()
  return soon(outcome, settled)
}

function unroutable(call: Call, target: Target): Fault {
  const path = target.fullPath.slice(target.namespace.path.length)
  if (!target.mount) return new Fault('no-route', `no handler for route "${path}". route entry not found.`)
  const known = treeOf(routesOf(target.mount)).at(target.path.replace(/\/$/, '')).length > 0
  return known ? new Fault('unsupported') : new Fault('no-route', 'unsupported path')
}

const contextOf = (core: Core, call: Call, target: Target, who: Identified): Context => new RequestContext(core, call, target, who)

/** What a route sees of its request; a class, because it is made for each and most of it is never asked for. */
class RequestContext implements Context {
  readonly store: Context['store']
  readonly mount: Context['mount']
  readonly caller: Context['caller']
  readonly presented: string | null
  readonly body: Record<string, unknown>
  readonly operation: Operation
  readonly now: () => number
  readonly random = randomBytes
  readonly upload?: AsyncIterable<Uint8Array>
  readonly #core: Core
  readonly #call: Call
  readonly #target: Target

  constructor(core: Core, call: Call, target: Target, who: Identified) {
    const mount = target.mount!
    this.store = core.storeOf(mount)
    this.mount = mount.info
    this.caller = who.caller
    this.presented = call.credential?.scheme === 'token' ? call.credential.value : null
    this.body = call.body
    this.operation = call.operation as Operation
    this.now = core.now
    if (call.upload) this.upload = call.upload
    this.#core = core
    this.#call = call
    this.#target = target
  }

  get wrapTtl(): number {
    return this.#call.wrapTtl
  }

  get requestId(): string {
    return this.#call.id
  }

  get remotePort(): number {
    return this.#call.remote.port
  }

  get signal(): AbortSignal {
    return this.#call.client.signal
  }

  ask(operation: Operation, path: string, body: Record<string, unknown> = {}): Promise<Answer> {
    return ask(this.#core, this.#call, operation, path, body)
  }

  password(policy: string): Promise<string> {
    return this.#core.password(this.#target.namespace, policy)
  }
}

/** A request that an engine makes for its caller: through the same gate, audited, authorised anew. */
async function ask(core: Core, call: Call, operation: Operation, path: string, body: Record<string, unknown>): Promise<Answer> {
  const { caches: _, ...own } = call
  const reply = await handle(core, { ...own, operation, path, body, wrapTtl: 0 })
  if (reply.error) throw reply.error
  return new AnswerClass({ ...(reply.data && { data: openedMembers(reply.data) }), status: reply.status })
}

function failed(cause: unknown): Reply {
  const error = cause instanceof Fault ? cause : new Fault('internal', undefined, { cause })
  return { status: error.status, error, data: error.data }
}
