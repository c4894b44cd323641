// `auth/token/`: what tokens can do with themselves and with each other, in every namespace.
import { authReply, renewToken } from '../core/settle.ts'
import type { Core } from '../core/core.ts'
import type { Session } from '../core/gate.ts'
import type { Token } from '../core/tokens.ts'
import { type Answer, answer, listing } from '../kit/answer.ts'
import { formatDuration, nextSecond } from '../kit/duration.ts'
import { denied, invalid } from '../kit/errors.ts'
import { duration, integer, text } from '../kit/field.ts'
import { type AuthMethod, type Context, type Route, route } from '../kit/route.ts'
import { callersToken, tokenCreateRoutes } from './token-create.ts'
import { findTokenRole, tokenRoleRoutes } from './token-roles.ts'

const token = text({ about: 'The token.', secret: true })
const accessor = text({ about: 'Accessor of the token.', required: true })
const increment = duration({ about: 'Wanted time from now on; 0: as the token was made.', default: 0 })
const instant = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`

export function tokenEngine(core: Core): AuthMethod {
  return {
    type: 'token',
    about: 'Token based credentials',
    routes: [...tokenCreateRoutes(core), ...lookupRoutes(core), ...renewRoutes(core), ...revokeRoutes(core), ...tokenRoleRoutes()],
    renew: async (_context, grant) => grant,
  }
}

/** A token of this namespace, or of one below it: others do not exist here. */
const visible = (context: Context, record: Token | null): Token | null => (record && record.namespace.startsWith(context.mount.namespace) ? record : null)

const given = async (core: Core, context: Context, value: string | undefined): Promise<Token | null> => visible(context, await core.tokens.lookup(value ?? ''))

async function byAccessor(core: Core, context: Context, wanted: string): Promise<Token> {
  if (wanted === '') throw invalid('missing accessor')
  const record = visible(context, await core.tokens.byAccessor(wanted))
  if (!record) throw invalid('invalid accessor')
  return record
}

const shown = new WeakMap<Session, { now: number; id: string; answer: Answer }>()

/** What is shown of a token: the same until the second is over or something about it changes. */
async function view(core: Core, record: Token, id: string): Promise<Answer> {
  const session = await core.gate.session(record)
  const now = nextSecond(core.now())
  const ready = shown.get(session)
  if (ready && ready.now === now && ready.id === id) return ready.answer
  const data = viewAt(session, now, id)
  const made = answer({ data, basis: data })
  shown.set(session, { now, id, answer: made })
  return made
}

function viewAt({ token: record, identity }: Session, now: number, id: string): Record<string, unknown> {
  const foreign = identity?.policies.filter((set) => set.namespaceId !== record.namespaceId) ?? []
  const own = identity?.policies.filter((set) => set.namespaceId === record.namespaceId).flatMap((set) => set.names) ?? []
  return {
    accessor: record.accessor,
    creation_time: record.createdAt,
    creation_ttl: record.ttl,
    display_name: record.displayName,
    entity_id: record.entityId,
    expire_time: record.expiresAt > 0 ? instant(record.expiresAt) : null,
    explicit_max_ttl: record.explicitMaxTtl,
    ...(identity && { external_namespace_policies: Object.fromEntries(foreign.map((set) => [set.namespaceId, set.names])) }),
    id,
    ...(own.length > 0 && { identity_policies: [...new Set(own)].sort() }),
    issue_time: instant(record.createdAt),
    ...(record.renewedAt > 0 && { last_renewal: instant(record.renewedAt), last_renewal_time: record.renewedAt }),
    meta: Object.keys(record.metadata).length > 0 ? record.metadata : null,
    ...(record.namespace !== '' && { namespace_path: record.namespace }),
    num_uses: Math.max(0, record.uses),
    orphan: record.parent === null,
    path: record.path,
    ...(record.period > 0 && { period: record.period }),
    policies: record.policies,
    renewable: record.renewable,
    ...(record.role !== '' && { role: record.role }),
    ...(record.boundCidrs.length > 0 && { bound_cidrs: record.boundCidrs }),
    ttl: record.expiresAt > 0 ? Math.max(0, record.expiresAt - now) : 0,
    type: record.type,
  }
}

function lookupRoutes(core: Core): Route[] {
  const self = async (context: Context) => view(core, await callersToken(core, context), context.presented ?? '')
  const other = async (context: Context, input: { token?: string | undefined }) => {
    if (input.token === undefined || input.token === '') return self(context)
    const record = await given(core, context, input.token)
    if (!record) throw denied('bad token')
    return view(core, record, input.token)
  }
  const about = { self: 'Tells what the caller\'s own token is.', other: 'Tells what a token is.' }
  return [
    route({ op: 'read', path: 'lookup-self', about: about.self, pure: true, takes: {}, run: self }),
    route({ op: 'write', path: 'lookup-self', about: about.self, pure: true, takes: {}, run: self }),
    route({ op: 'read', path: 'lookup', about: about.other, takes: { token }, run: other }),
    route({ op: 'write', path: 'lookup', about: about.other, takes: { token }, run: other }),
    route({
      op: 'write',
      path: 'lookup-accessor',
      about: 'Tells what the token behind an accessor is, without showing it.',
      takes: { accessor },
      run: async (context, input) => view(core, await byAccessor(core, context, input.accessor), ''),
    }),
    route({
      op: 'list',
      path: 'accessors',
      about: 'Lists the accessors of all tokens of the namespace.',
      access: 'sudo',
      takes: { after: text({ about: 'Begin after this accessor.' }), limit: integer({ about: 'At most this many.', default: 0 }) },
      run: async (context, input) => {
        const page = { limit: input.limit > 0 ? input.limit : 1_000_000, ...(input.after !== undefined && { after: input.after }) }
        return listing(await core.tokens.accessors(core.namespaces.at(context.mount.namespace)!.id, page))
      },
    }),
  ]
}

async function renew(core: Core, record: Token, id: string, wanted: number) {
  const home = core.mounts.at(`${record.namespace}auth/token/`)
  if (record.role !== '' && !(home && (await findTokenRole(core.storeOf(home), record.role)))) throw invalid(`original token role "${record.role}" could not be found, not renewing`)
  const renewed = await renewToken(core, record, wanted)
  const left = renewed.expiresAt - nextSecond(core.now())
  const auth = { ...(await authReply(core, id, renewed)), leaseDuration: left }
  const warnings = renewed.period === 0 && wanted > left ? [`TTL of "${formatDuration(wanted)}" exceeded the effective max_ttl of "${formatDuration(left)}"; TTL value is capped accordingly`] : []
  return answer({ settled: { status: 200, auth, mountType: 'token', ...(warnings.length > 0 && { warnings }) } })
}

function renewRoutes(core: Core): Route[] {
  return [
    route({
      op: 'write',
      path: 'renew-self',
      about: 'Extends the caller\'s own token.',
      takes: { increment },
      run: async (context, input) => renew(core, await callersToken(core, context), context.presented ?? '', input.increment),
    }),
    route({
      op: 'write',
      path: 'renew',
      about: 'Extends a token.',
      takes: { token, increment },
      async run(context, input) {
        const id = input.token
        if (!id) throw invalid('missing token ID')
        const record = await given(core, context, id)
        if (!record) throw invalid('token not found')
        return renew(core, record, id, input.increment)
      },
    }),
    route({
      op: 'write',
      path: 'renew-accessor',
      about: 'Extends the token behind an accessor.',
      takes: { accessor, increment },
      run: async (context, input) => renew(core, await byAccessor(core, context, input.accessor), '', input.increment),
    }),
  ]
}

function revokeRoutes(core: Core): Route[] {
  const revoke = async (record: Token | null): Promise<void> => {
    if (record?.type === 'batch') throw invalid('batch tokens cannot be revoked')
    if (record) await core.revoke(record.key)
  }
  return [
    route({ op: 'write', path: 'revoke-self', about: 'Ends the caller\'s own token with all its children.', takes: {}, run: async (context) => revoke(await callersToken(core, context)) }),
    route({
      op: 'write',
      path: 'revoke',
      about: 'Ends a token with all its children.',
      takes: { token },
      async run(context, input) {
        if (!input.token) throw invalid('missing token ID')
        await revoke(await given(core, context, input.token))
      },
    }),
    route({
      op: 'write',
      path: 'revoke-accessor',
      about: 'Ends the token behind an accessor with all its children.',
      takes: { accessor },
      async run(context, input) {
        const record = visible(context, await core.tokens.byAccessor(input.accessor))
        if (!record) return answer({ warnings: ['No token found with this accessor'] })
        await revoke(record)
      },
    }),
    route({
      op: 'write',
      path: 'revoke-orphan',
      about: 'Ends a token and lets its children live on.',
      access: 'sudo',
      takes: { token },
      async run(context, input) {
        if (!input.token) throw invalid('missing token ID')
        const record = await given(core, context, input.token)
        if (!record) throw invalid('token to revoke not found')
        if (record.type === 'batch') throw invalid('batch tokens cannot be revoked')
        await core.revoke(record.key, { orphanChildren: true })
      },
    }),
    route({
      op: 'write',
      path: 'tidy',
      about: 'Accepted for compatibility: tokens leave nothing behind that would have to be tidied.',
      takes: {},
      run: () => answer({ status: 202, warnings: ['Tidy operation successfully started. Any information from the operation will be printed to Vault\'s server logs.'] }),
    }),
  ]
}
