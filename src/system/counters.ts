// `sys/internal/counters`: how many entities, tokens and clients there are, in the shapes of Vault 1.x
// (developer.hashicorp.com/vault/api-docs/system/internal-counters).
import { type Client, monthOf } from '../core/activity.ts'
import type { Core } from '../core/core.ts'
import { answer } from '../kit/answer.ts'
import { invalid, notFound } from '../kit/errors.ts'
import { choice, integer, text } from '../kit/field.ts'
import { countNames } from '../kit/page.ts'
import { type Context, type Route, route } from '../kit/route.ts'

/** Distinct clients: entities, and tokens without one. */
class Tally {
  readonly #entities = new Set<string>()
  readonly #tokens = new Set<string>()

  add({ id, kind }: Client): void {
    ;(kind === 'entity' ? this.#entities : this.#tokens).add(id)
  }

  has({ id, kind }: Client): boolean {
    return (kind === 'entity' ? this.#entities : this.#tokens).has(id)
  }

  get counts(): Record<string, number> {
    const [entities, tokens] = [this.#entities.size, this.#tokens.size]
    return {
      clients: entities + tokens, distinct_entities: entities, entity_clients: entities, non_entity_clients: tokens, non_entity_tokens: tokens,
      secret_syncs: 0, acme_clients: 0,
    }
  }
}

/** The clients of one or more months, by namespace and by mount. */
class Census {
  readonly total = new Tally()
  readonly #core: Core
  readonly #namespaces = new Map<string, { all: Tally; mounts: Map<string, Tally> }>()

  constructor(core: Core) {
    this.#core = core
  }

  add(client: Client): void {
    this.total.add(client)
    const { all, mounts } = this.#namespaces.get(client.namespaceId) ?? { all: new Tally(), mounts: new Map<string, Tally>() }
    const mount = mounts.get(client.mount) ?? new Tally()
    all.add(client)
    mount.add(client)
    this.#namespaces.set(client.namespaceId, { all, mounts: mounts.set(client.mount, mount) })
  }

  /** Those with most clients first. */
  namespaces(limit = 0): object[] {
    const all = [...this.#namespaces].map(([id, { all: { counts }, mounts }]) => ({
      namespace_id: id,
      namespace_path: this.#core.namespaces.byId(id)?.path ?? `deleted namespace "${id}"`,
      counts,
      mounts: [...mounts].map(([accessor, tally]) => ({ mount_path: this.#mountPath(accessor), counts: tally.counts })),
    }))
    all.sort((one, other) => other.counts.clients! - one.counts.clients!)
    return limit > 0 ? all.slice(0, limit) : all
  }

  #mountPath(accessor: string): string {
    return accessor === '' ? 'auth/token/' : (this.#core.mounts.byAccessor(accessor)?.record.path ?? `deleted mount; accessor "${accessor}"`)
  }
}

interface Report {
  whole: Census
  months: object[]
}

/** What the months from `first` to `last` (`2026-11`) say of the namespace `own` and those below it. */
async function report(core: Core, own: string, first: string, last: string): Promise<Report> {
  const whole = new Census(core)
  const months: object[] = []
  for (const month of (await core.activity.months()).filter((one) => one >= first && one <= last)) {
    const [all, fresh] = [new Census(core), new Census(core)]
    for await (const client of core.activity.clients(month)) {
      if (!(core.namespaces.byId(client.namespaceId)?.path ?? '').startsWith(own)) continue
      if (!whole.total.has(client) || fresh.total.has(client)) fresh.add(client)
      all.add(client)
      whole.add(client)
    }
    const shape = (census: Census): object => ({ counts: census.total.counts, namespaces: census.namespaces() })
    months.push({ timestamp: startOf(month), ...shape(all), new_clients: shape(fresh) })
  }
  return { whole, months }
}

const startOf = (month: string): string => `${month}-01T00:00:00Z`

function endOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number) - 1000).toISOString().replace('.000Z', 'Z')
}

/** A month of a time in seconds since 1970 or in ISO 8601. */
function readMonth(given: string | undefined, name: string, otherwise: number): string {
  if (given === undefined || given === '') return monthOf(otherwise)
  const time = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given)
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) throw invalid(`${name}: expected a time in ISO 8601 or seconds since 1970`)
  return monthOf(time)
}

const yearBefore = (now: number): number => new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() - 1)

export const counterRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'internal/counters/requests',
    about: 'Gone, as in Vault: requests are counted by sys/metrics.',
    takes: {},
    run() {
      throw notFound('The functionality has been removed on this path')
    },
  }),
  route({
    op: 'read',
    path: 'internal/counters/entities',
    about: 'Counts the entities of the namespace.',
    takes: {},
    run: async (context) => ({ counters: { entities: { total: await countNames((page) => core.root.keys(`identity/ns/${namespaceOf(core, context).id}/entity/`, page)) } } }),
  }),
  route({
    op: 'read',
    path: 'internal/counters/tokens',
    about: 'Counts the service tokens of the namespace.',
    takes: {},
    run: async (context) => ({ counters: { service_tokens: { total: await countNames((page) => core.tokens.accessors(namespaceOf(core, context).id, page)) } } }),
  }),
  route({
    op: 'read',
    path: 'internal/counters/activity',
    about: 'Counts the distinct clients of a period, in whole months.',
    takes: {
      start_time: text({ about: 'A time in the first month: ISO 8601 or seconds since 1970; default a year ago.' }),
      end_time: text({ about: 'A time in the last month; default now.' }),
      limit_namespaces: integer({ about: 'At most so many namespaces; default all.', default: 0 }),
    },
    async run(context, input) {
      const first = readMonth(input.start_time, 'start_time', yearBefore(core.now()))
      const last = readMonth(input.end_time, 'end_time', core.now())
      if (first > last) throw invalid('start_time is later than end_time')
      await core.activity.flush()
      const { whole, months } = await report(core, context.mount.namespace, first, last)
      if (months.length === 0) return answer({ status: 204 })
      return { start_time: startOf(first), end_time: endOf(last), by_namespace: whole.namespaces(input.limit_namespaces), months, total: whole.total.counts }
    },
  }),
  route({
    op: 'read',
    path: 'internal/counters/activity/monthly',
    about: 'Counts the distinct clients of this month.',
    takes: {},
    async run(context) {
      await core.activity.flush()
      const month = monthOf(core.now())
      const { whole, months } = await report(core, context.mount.namespace, month, month)
      return { ...whole.total.counts, by_namespace: whole.namespaces(), months }
    },
  }),
]

const namespaceOf = (core: Core, context: Context): { id: string } => core.namespaces.at(context.mount.namespace)!

/** How clients are counted: a matter of the whole server. */
export const counterConfigRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'internal/counters/config',
    about: 'Reads how clients are counted.',
    takes: {},
    async run() {
      const { enabled, retentionMonths } = await core.activity.settings()
      return {
        enabled: enabled ? 'default-enabled' : 'disable', retention_months: retentionMonths, default_report_months: 12,
        queries_available: (await core.activity.months()).length > 0, minimum_retention_months: 0, reporting_enabled: false,
        billing_start_timestamp: null,
      }
    },
  }),
  route({
    op: 'write',
    path: 'internal/counters/config',
    about: 'Sets whether clients are counted, and how long their months are kept.',
    access: 'sudo',
    takes: {
      enabled: choice(['enable', 'disable', 'default'])({ about: 'Whether; default: they are.' }),
      retention_months: integer({ about: 'Whole months that are kept.' }),
      default_report_months: integer({ about: 'Accepted for compatibility.' }),
    },
    async run(_context, input) {
      const present = await core.activity.settings()
      const retentionMonths = input.retention_months ?? present.retentionMonths
      if (retentionMonths < 0 || retentionMonths > 60) throw invalid('retention_months: expected 0 to 60')
      await core.activity.configure({ enabled: input.enabled === undefined ? present.enabled : input.enabled !== 'disable', retentionMonths })
    },
  }),
]
