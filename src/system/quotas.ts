// `sys/quotas/*`: limits on requests and leases.
import type { Core } from '../core/core.ts'
import type { LeaseQuota, RateQuota } from '../core/quotas.ts'
import { listing } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { type Fields, type Values, any, boolean, duration, integer, list, text } from '../kit/field.ts'
import { listChildren, pageFields } from '../kit/page.ts'
import { type Context, type Route, route } from '../kit/route.ts'

const name = text({ about: 'Name of the quota.', required: true })
const path = text({ about: 'What it is for: empty for everything, a namespace, a mount or a path.', default: '' })
const inheritable = boolean({ about: 'Whether namespaces below are counted too; one for everything always is.', default: false })
const role = text({ about: 'Refused: quotas of a login role are not kept.', default: '' })

interface Kind<F extends Fields, Q> {
  base: 'rate-limit' | 'lease-count'
  noun: string
  fields: F
  make(input: Values<F>): Omit<Q, 'name' | 'path' | 'inheritable'>
  view(quota: Q): Record<string, unknown>
}

const rateFields = {
  rate: any({ about: 'Requests per interval and client.' }),
  interval: duration({ about: 'The interval.', default: 1 }),
  block_interval: duration({ about: 'How long a client that exceeds it is shut out.', default: 0 }),
} satisfies Fields

const rates: Kind<typeof rateFields, RateQuota> = {
  base: 'rate-limit',
  noun: 'rate limit',
  fields: rateFields,
  make(input) {
    const rate = Number(input.rate)
    if (!(rate > 0)) throw invalid("'rate' is invalid: it must be greater than 0")
    return { rate, interval: input.interval || 1, blockInterval: input.block_interval }
  },
  view: (quota) => ({ rate: quota.rate, interval: quota.interval, block_interval: quota.blockInterval, inheritable: quota.inheritable, role: '' }),
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
  view: (quota) => ({ max_leases: quota.maxLeases, inheritable: quota.inheritable, role: '' }),
}

/** A quota is for everything, for a namespace, or for something below a mount; never for one login role. */
function refuseUnknown(core: Core, full: string, role: string): void {
  const folder = `${full.replace(/[/*]+$/, '')}/`
  if (full !== '' && !core.namespaces.at(folder) && !core.mounts.resolve('read', '', folder).mount) throw invalid(`invalid mount path "${full}"`)
  if (role !== '') throw invalid(`Mount path "${full}" does not support use with role-based quotas`)
}

const sameScope = (one: string | undefined, other: string): boolean => one?.replace(/\/+$/, '') === other.replace(/\/+$/, '')

function kindRoutes<F extends Fields, Q extends { name: string; path: string; inheritable: boolean }>(core: Core, kind: Kind<F, Q>): Route[] {
  const { view } = core.quotas
  const key = (quota: string): string => `${kind.base}/${quota}`
  const shown = (quota: Q): Record<string, unknown> => ({ name: quota.name, path: quota.path, type: kind.base, ...kind.view(quota) })
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
        const given = input as Values<F> & { name: string; path: string; inheritable: boolean; role: string }
        const made = kind.make(given)
        const full = context.mount.namespace + given.path.replace(/^\/+/, '')
        refuseUnknown(core, full, given.role)
        for (const name of await listChildren(view, `${kind.base}/`)) {
          if (name !== given.name && sameScope((await view.read<Q>(key(name)))?.path, full)) throw invalid(`quota rule with similar properties exists under the name "${name}"`)
        }
        await view.write(key(given.name), { name: given.name, path: full, inheritable: full === '' || given.inheritable, ...made })
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
