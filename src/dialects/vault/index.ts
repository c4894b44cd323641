// The dialect of Vault's clients: every request that no other dialect claims.
import type { Core } from '../../core/core.ts'
import { handle } from '../../core/handle.ts'
import { Fault } from '../../kit/errors.ts'
import type { Request, Response } from '../../http/listener.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'

export async function answerVault(core: Core, request: Request): Promise<Response> {
  let call
  try {
    call = decode(request)
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    return encode({ id: '', path: '' }, { status: cause.status, error: cause })
  }
  const reply = await handle(core, call)
  if (reply.error?.code === 'internal') core.report(call.id, reply.error.cause)
  return encode(call, reply)
}
