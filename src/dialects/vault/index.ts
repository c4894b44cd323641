// The dialect of Vault's clients: every request that no other dialect claims.
import type { Call } from '../../core/call.ts'
import type { Core } from '../../core/core.ts'
import { handle } from '../../core/handle.ts'
import { Fault } from '../../kit/errors.ts'
import type { Request, Response } from '../../http/listener.ts'
import { crossOrigin } from './cors.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'

export function answerVault(core: Core, request: Request): Promise<Response> {
  return request.headers.origin === undefined ? answerCall(core, request) : answerBrowser(core, request)
}

async function answerBrowser(core: Core, request: Request): Promise<Response> {
  if (core.barrier.sealed) return answerCall(core, request)
  try {
    await core.refresh(true)
    const cors = await crossOrigin(core, request)
    if (cors?.answer) return cors.answer
    const sent = await answerCall(core, request, 'told')
    return cors ? { ...sent, headers: { ...sent.headers, ...cors.headers } } : sent
  } catch (cause) {
    return refused(cause)
  }
}

function refused(cause: unknown): Response {
  if (!(cause instanceof Fault)) throw cause
  return encode({ id: '', path: '' }, { status: cause.status, error: cause })
}

async function answerCall(core: Core, request: Request, caches?: Call['caches']): Promise<Response> {
  let call
  try {
    call = decode(request, caches)
  } catch (cause) {
    return refused(cause)
  }
  const reply = await handle(core, call)
  if (reply.error?.code === 'internal') core.report(call.id, reply.error.cause)
  const sent = encode(call, reply)
  return call.namespace === '' ? sent : { ...sent, headers: { ...sent.headers, 'x-vault-namespace': call.namespace } }
}
