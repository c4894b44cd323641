// Who asks, for the routes that answer everybody and yet tell or let more to those who are known.
import type { Core } from '../core/core.ts'
import { Acl } from '../core/policy/index.ts'
import type { Context } from '../kit/route.ts'

/** What the token that was sent with the request may do; null without a live one. */
export async function aclOf(core: Core, context: Context): Promise<Acl | null> {
  const token = context.presented === null ? null : await core.tokens.lookup(context.presented)
  return token && (await core.gate.session(token)).acl
}

/** Whether it is a root token: of the root policy itself, not of a policy that has its name. */
export const isRoot = async (core: Core, context: Context): Promise<boolean> => (await aclOf(core, context)) === Acl.root
