// `sys/leases/*`: looking leases up, extending and ending them.
import type { Core } from '../core/core.ts'
import type { Lease } from '../core/leases.ts'
import { listTokenLeases, revokeTokenLeases, tokenOfLease } from '../core/token-leases.ts'
import { answer, listing } from '../kit/answer.ts'
import { nextSecond } from '../kit/duration.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { boolean, duration, integer, text } from '../kit/field.ts'
import { type Context, type Route, route } from '../kit/route.ts'

const iso = (seconds: number): string | null => (seconds > 0 ? new Date(seconds * 1000).toISOString() : null)

export function leaseRoutes(core: Core): Route[] {
  const namespaceId = (context: Context): string => core.namespaces.at(context.mount.namespace)!.id
  const leaseId = { lease_id: text({ about: 'Id of the lease.' }), url_lease_id: text({ about: 'Id of the lease, in the path.' }) }
  const idOf = (input: { lease_id?: string | undefined; url_lease_id?: string | undefined }): string => {
    const id = input.url_lease_id || input.lease_id
    if (!id) throw invalid('lease_id must be specified')
    return id
  }
  const now = (): number => nextSecond(core.now())
  const view = (lease: Pick<Lease, 'id' | 'issuedAt' | 'expiresAt' | 'renewedAt' | 'renewable'>): Record<string, unknown> => ({
    id: lease.id,
    issue_time: iso(lease.issuedAt),
    expire_time: iso(lease.expiresAt),
    last_renewal: iso(lease.renewedAt),
    renewable: lease.renewable,
    ttl: Math.max(0, lease.expiresAt - now()),
  })
  const renew = async (context: Context, input: { increment?: number | undefined } & Parameters<typeof idOf>[0]) => {
    if (await tokenOfLease(core, namespaceId(context), idOf(input))) throw invalid('tokens cannot be renewed through this endpoint')
    const lease = await core.leases.renew(namespaceId(context), idOf(input), input.increment ?? 0)
    const reply = { status: 200, leaseId: lease.id, leaseDuration: lease.expiresAt - now(), renewable: lease.renewable, mountType: 'system' }
    return answer({ settled: reply })
  }
  const revoke = async (context: Context, input: { sync?: boolean | undefined } & Parameters<typeof idOf>[0]) => {
    const token = await tokenOfLease(core, namespaceId(context), idOf(input))
    if (token) await core.revoke(token.key)
    else if (input.sync === false) await core.leases.revokeSoon(namespaceId(context), idOf(input))
    else await core.leases.revoke(namespaceId(context), idOf(input))
  }
  const prefix = text({ about: 'Ids begin so.', default: '' })
  const sync = boolean({ about: 'Whether to wait until the far end has ended them.' })
  const folder = (path: string): string => (path === '' ? '' : `${path.replace(/\/+$/, '')}/`)
  const increment = duration({ about: 'Wanted time from now on; 0: as the lease was made.' })
  return [
    // Both spellings are in use: `sys/renew` since the first clients, `sys/leases/renew` since 0.8.
    ...['leases/renew', 'renew'].map((path) => route({ op: 'write', path: `${path}/:url_lease_id*`, about: 'Extends a lease.', takes: { ...leaseId, increment }, run: renew })),
    ...['leases/revoke', 'revoke'].map((path) => route({ op: 'write', path: `${path}/:url_lease_id*`, about: 'Ends a lease.', takes: { ...leaseId, sync }, run: revoke })),
    ...['leases/revoke-prefix', 'revoke-prefix', 'leases/revoke-force', 'revoke-force'].map((path) =>
      route({
        op: 'write',
        path: `${path}/:prefix*`,
        about: path.endsWith('force') ? 'Ends leases below a prefix here, even where the far end fails.' : 'Ends leases below a prefix.',
        access: 'sudo',
        takes: { prefix, sync },
        async run(context, input) {
          // Without a prefix everything would end: nobody means that.
          if (input.prefix === '') throw new Fault('no-route', 'unsupported path')
          const own = namespaceId(context)
          const force = path.endsWith('force')
          // The whole name of a lease counts too; `kv/a` never means `kv/ab`.
          await core.leases.revoke(own, input.prefix, force)
          await core.leases.revokePrefix(own, folder(input.prefix), force)
          await revokeTokenLeases(core, own, folder(input.prefix))
        },
      }),
    ),
    route({
      op: 'write',
      path: 'leases/lookup',
      about: 'Tells when a lease began and will end.',
      takes: leaseId,
      async run(context, input) {
        const lease = await core.leases.get(namespaceId(context), idOf(input))
        if (lease) return view(lease)
        const token = await tokenOfLease(core, namespaceId(context), idOf(input))
        if (!token) throw invalid('invalid lease')
        return view({ ...token, id: idOf(input), issuedAt: token.createdAt })
      },
    }),
    route({
      op: 'list',
      path: 'leases/lookup/:prefix*',
      about: 'Lists ids below a prefix.',
      access: 'sudo',
      takes: { prefix, after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) },
      async run(context, input) {
        const limit = input.limit && input.limit > 0 ? input.limit : 100_000
        const keys = await core.leases.list(namespaceId(context), folder(input.prefix), input.after === undefined ? { limit } : { after: input.after, limit })
        const tokens = (await listTokenLeases(core, namespaceId(context), folder(input.prefix), limit)).filter((name) => input.after === undefined || name > input.after)
        const all = [...new Set([...keys, ...tokens])].sort().slice(0, limit)
        return listing(all)
      },
    }),
    route({
      op: 'read',
      path: 'leases/count',
      about: 'Counts leases by mount.',
      takes: { type: text({ about: '"irrevocable" counts only those that could not be ended.', default: '' }), include_child_namespaces: boolean({ about: 'Whether to count below, too.', default: false }) },
      async run(context, input) {
        const counts: Record<string, number> = {}
        let total = 0
        for await (const lease of walk(core, context, input.include_child_namespaces)) {
          if (input.type === 'irrevocable' && lease.irrevocable === undefined) continue
          const mount = core.mounts.byUuid(lease.mountUuid)?.record.path ?? 'deleted mount'
          counts[mount] = (counts[mount] ?? 0) + 1
          total++
        }
        return { lease_count: total, counts }
      },
    }),
    route({
      op: 'read',
      path: 'leases',
      about: 'Lists leases that could not be ended, with the reason.',
      access: 'sudo',
      takes: { type: text({ about: 'Must be "irrevocable".', default: '' }), limit: integer({ about: 'At most this many.', default: 10_000 }) },
      async run(context, input) {
        if (input.type !== 'irrevocable') throw invalid('unknown type: only "irrevocable" is known')
        const leases: Record<string, unknown>[] = []
        for await (const lease of walk(core, context, false)) {
          if (lease.irrevocable !== undefined && leases.length < input.limit) leases.push({ lease_id: lease.id, error: lease.irrevocable, ...view(lease) })
        }
        return { lease_count: leases.length, leases }
      },
    }),
    route({
      op: 'write',
      path: 'leases/tidy',
      about: 'Removes leases whose mount is gone.',
      takes: {},
      async run(context) {
        for await (const lease of walk(core, context, true)) if (!core.mounts.byUuid(lease.mountUuid)) await core.leases.revoke(lease.namespaceId, lease.id, true)
        return answer({ warnings: ['Tidy operation successfully started. Any information from the operation will be printed to Vault\'s server logs.'], status: 202 })
      },
    }),
  ]
}

async function* walk(core: Core, context: Context, below: boolean): AsyncGenerator<Lease> {
  const own = core.namespaces.at(context.mount.namespace)
  if (!own) throw new Fault('not-found')
  for (const namespace of [own, ...(below ? core.namespaces.below(own.path) : [])]) {
    for (let after: string | undefined; ; ) {
      const ids = await core.leases.ids(namespace.id, '', after === undefined ? { limit: 500 } : { after, limit: 500 })
      for (const id of ids) {
        const lease = await core.leases.get(namespace.id, id)
        if (lease) yield lease
      }
      after = ids.at(-1)
      if (ids.length < 500) break
    }
  }
}
