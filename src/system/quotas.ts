// `sys/quotas/*`: limits on requests and leases. https://openbao.org/api-docs/system/rate-limit-quotas, and for groups of
// clients and lease counts https://developer.hashicorp.com/vault/api-docs/system/rate-limit-quotas
import type { Core } from '../core/core.ts'
import { type Grouping, type LeaseQuota, type QuotaKind, type RateQuota, type Scoped, groupings, isByEntity } from '../core/quotas.ts'
import { listing } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { type Fields, type Values, any, boolean, duration, integer, list, text } from '../kit/field.ts'
import { listChildren, pageFields } from '../kit/page.ts'
import { type AuthMethod, type Context, type Route, route } from '../kit/route.ts'

const name = text({ about: 'Name of the quota.', required: true })
const path = text({ about: 'What it is for: empty for everything, a namespace, a mount, or a path below one, which may end in *.', default: '' })
const inheritable = boolean({ about: 'Whether one for a namespace counts those below too; by default the one for everything does.' })
const role = text({ about: 'Counts logins by this role of the auth mount at `path` alone.', default: '' })

type Own<Q extends Scoped> = Omit<Q, keyof Scoped>

interface Kind<F extends Fields, Q extends Scoped> {
  base: QuotaKind
  noun: string
  fields: F
  make(input: Values<F>): Own<Q>
  view(quota: Q): Record<string, unknown>
}

const rateFields = {
  rate: any({ about: 'Requests per interval and client.' }),
  interval: duration({ about: 'The interval.', default: 1 }),
  block_interval: duration({ about: 'How long a client that exceeds it is shut out.', default: 0 }),
  group_by: text({ about: `Whose requests are counted together: ${groupings.join(', ')}.`, default: 'ip' }),
  secondary_rate: any({ about: 'Requests per interval of clients without an entity, where entities are counted; by default as `rate`.' }),
} satisfies Fields

function groupingOf(raw: string): Grouping {
  const found = groupings.find((one) => one === (raw || 'ip'))
  if (!found) throw invalid(`invalid grouping mode "${raw}"`)
  return found
}

function secondaryRateOf(raw: unknown, rate: number, groupBy: Grouping): number {
  const wanted = Number(raw ?? 0)
  if (!(wanted >= 0)) throw invalid('secondary rate must be greater than or equal to 0')
  if (isByEntity(groupBy)) return wanted || rate
  if (wanted > 0) throw invalid('secondary rate is only valid when using entity-based grouping')
  return 0
}

const rates: Kind<typeof rateFields, RateQuota> = {
  base: 'rate-limit',
  noun: 'rate limit',
  fields: rateFields,
  make(input) {
    const rate = Number(input.rate)
    if (!(rate > 0 && rate < Infinity)) throw invalid("'rate' is invalid: it must be greater than 0")
    for (const name of ['interval', 'block_interval'] as const) if (input[name] < 0) throw invalid(`${name}: expected no negative duration`)
    const groupBy = groupingOf(input.group_by)
    return { rate, interval: input.interval || 1, blockInterval: input.block_interval, groupBy, secondaryRate: secondaryRateOf(input.secondary_rate, rate, groupBy) }
  },
  view: ({ rate, interval, blockInterval, groupBy, secondaryRate }) => ({ rate, interval, block_interval: blockInterval, group_by: groupBy ?? 'ip', secondary_rate: secondaryRate ?? 0 }),
}

const leaseFields = { max_leases: integer({ about: 'Leases at the most.', required: true }) } satisfies Fields
const leases: Kind<typeof leaseFields, LeaseQuota> = {
  base: 'lease-count',
  noun: 'lease count',
  fields: leaseFields,
  make(input) {
    if (input.max_leases < 1) throw invalid("'max_leases' must be greater than 0")
    return { maxLeases: input.max_leases }
  },
  view: (quota) => ({ max_leases: quota.maxLeases }),
}

/** The path of a quota as it is kept; refuses what is nowhere, and a role where there are none. */
function placed(core: Core, full: string, role: string): string {
  const bare = full.replace(/\/+$/, '')
  const folder = `${full.replace(/[/*]+$/, '')}/`
  const namespace = full === '' || (!full.endsWith('*') && core.namespaces.at(folder) !== undefined)
  const { mount } = core.mounts.resolve('read', '', folder)
  if (!namespace && !mount && !core.namespaces.at(folder)) throw invalid(`invalid mount path "${folder}"`)
  const whole = !full.endsWith('*') && mount?.fullPath === folder
  if (role !== '') {
    if (!namespace && !whole) throw invalid('Quotas cannot contain both a path suffix and a role. If a role is provided, path must be a valid auth mount with a concept of roles')
    const at = namespace || !mount ? '' : mount.record.path
    if (namespace || mount?.record.class !== 'auth') throw invalid(`Mount path "${at}" is not a valid auth method and therefore unsuitable for use with role-based quotas`)
    if (!(mount.engine as AuthMethod).roles) throw invalid(`Mount path "${at}" does not support use with role-based quotas`)
  }
  return full === '' ? '' : namespace || whole ? folder : bare
}

const sameScope = (one: Scoped | null, path: string, role: string): boolean =>
  one !== null && one.path.replace(/\/+$/, '') === path.replace(/\/+$/, '') && (one.role ?? '').toLowerCase() === role.toLowerCase()

function kindRoutes<F extends Fields, Q extends Scoped>(core: Core, kind: Kind<F, Q>): Route[] {
  const { view } = core.quotas
  const key = (quota: string): string => `${kind.base}/${quota}`
  const shown = (quota: Q): Record<string, unknown> => ({ name: quota.name, path: quota.path, role: quota.role ?? '', inheritable: quota.inheritable, type: kind.base, ...kind.view(quota) })
  return [
    route({
      op: 'list',
      path: `quotas/${kind.base}`,
      about: `Lists the ${kind.noun} quotas.`,
      takes: pageFields,
      run: async (_context, input) => listing(await listChildren(view, `${kind.base}/`, input)),
    }),
    route({
      op: 'read',
      path: `quotas/${kind.base}/:name`,
      about: `Reads a ${kind.noun} quota.`,
      takes: { name },
      async run(_context, input) {
        const found = await view.read<Q>(key(input.name))
        return found && shown(found)
      },
    }),
    route({
      op: 'write',
      path: `quotas/${kind.base}/:name`,
      about: `Sets a ${kind.noun} quota.`,
      takes: { name, path, inheritable, role, ...kind.fields },
      async run(context: Context, input) {
        const given = input as Values<F> & { name: string; path: string; inheritable: boolean | undefined; role: string }
        const made = kind.make(given)
        const path = placed(core, context.mount.namespace + given.path.replace(/^\/+/, ''), given.role)
        for (const name of await listChildren(view, `${kind.base}/`)) {
          if (name !== given.name && sameScope(await view.read<Q>(key(name)), path, given.role)) throw invalid(`quota rule with similar properties exists under the name "${name}"`)
        }
        const quota: Scoped = { name: given.name, path, role: given.role, inheritable: given.inheritable ?? path === '' }
        await view.write(key(given.name), { ...quota, ...made })
        await core.quotas.load()
      },
    }),
    route({
      op: 'delete',
      path: `quotas/${kind.base}/:name`,
      about: `Removes a ${kind.noun} quota.`,
      takes: { name },
      async run(_context, input) {
        await view.delete(key(input.name))
        await core.quotas.load()
      },
    }),
  ]
}

export const quotaRoutes = (core: Core): Route[] => [
  ...kindRoutes(core, rates),
  ...kindRoutes(core, leases),
  route({
    op: 'read',
    path: 'quotas/config',
    about: 'Reads what holds for all rate limit quotas.',
    takes: {},
    run: () => ({ rate_limit_exempt_paths: core.quotas.config.exemptPaths, enable_rate_limit_audit_logging: core.quotas.config.auditLogging, enable_rate_limit_response_headers: core.quotas.config.responseHeaders }),
  }),
  route({
    op: 'write',
    path: 'quotas/config',
    about: 'Sets what holds for all rate limit quotas.',
    takes: {
      rate_limit_exempt_paths: list({ about: 'Paths that are never counted.' }),
      enable_rate_limit_audit_logging: boolean({ about: 'Whether refused requests are audited.' }),
      enable_rate_limit_response_headers: boolean({ about: 'Whether answers carry rate limit headers.' }),
    },
    async run(_context, input) {
      const present = core.quotas.config
      await core.quotas.view.write('config', {
        exemptPaths: input.rate_limit_exempt_paths ?? present.exemptPaths,
        auditLogging: input.enable_rate_limit_audit_logging ?? present.auditLogging,
        responseHeaders: input.enable_rate_limit_response_headers ?? present.responseHeaders,
      })
      await core.quotas.load()
    },
  }),
]
