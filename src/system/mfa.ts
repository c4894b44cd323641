// `sys/mfa/validate`: the second phase of a login that waits for a code.
import type { Core } from '../core/core.ts'
import { mint } from '../core/settle.ts'
import { answer } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { object, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'

/** The first code of each method; a code may come alone or in a list. */
function codesOf(payload: Record<string, unknown>): Map<string, string> {
  const codes = new Map<string, string>()
  for (const [method, given] of Object.entries(payload)) {
    const code: unknown = Array.isArray(given) ? given[0] : given
    if (typeof code !== 'string' && typeof code !== 'number') throw invalid('invalid mfa payload')
    codes.set(method, String(code).replace(/^passcode=/, ''))
  }
  return codes
}

export function mfaRoutes(core: Core): Route[] {
  return [
    route({
      op: 'write',
      path: 'mfa/validate',
      about: 'Gives the token of a login that waited for codes.',
      access: 'open',
      takes: {
        mfa_request_id: text({ about: 'Id that the login gave.', required: true, secret: true }),
        mfa_payload: object({ about: 'Codes by method id: {"<id>": ["123456"]}.', required: true, secret: true }),
      },
      async run(context, input) {
        const namespaceId = core.namespaces.at(context.mount.namespace)!.id
        const pending = await core.mfa.validate(namespaceId, input.mfa_request_id, codesOf(input.mfa_payload))
        const mount = core.mounts.byUuid(pending.mountUuid)
        if (!mount) throw invalid('the auth method of this login is gone')
        return answer({ settled: { status: 200, ...(await mint(core, mount, pending.grant, pending.entityId, pending.path)), mountType: 'system' } })
      },
    }),
  ]
}
