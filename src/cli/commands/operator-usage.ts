// strongroom operator usage
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { show } from '../text.ts'
import { UsageError } from '../usage.ts'

/** Columns and the field of each, as the API names it. */
const columns = [
  ['Distinct entities', 'entity_clients'],
  ['Non-Entity tokens', 'non_entity_clients'],
  ['Secret syncs', 'secret_syncs'],
  ['ACME clients', 'acme_clients'],
  ['Active clients', 'clients'],
] as const

const countsOf = (counts: unknown): string[] => columns.map(([, field]) => show((counts as Data)[field] ?? 0))

/** `2026-11`, `2026-11-05` or ISO 8601, as the API reads it. */
function timeOf(text: string, flagName: string): string {
  const time = Date.parse(text)
  if (!/^\d{4}-\d{2}/.test(text) || Number.isNaN(time)) throw new UsageError(`-${flagName}: expected YYYY-MM, YYYY-MM-DD or a time in ISO 8601`)
  return new Date(time).toISOString()
}

export const commands = [
  command({
    name: 'operator usage',
    about: 'Lists historical client counts',
    arity: [0, 0],
    detail: 'Distinct clients of whole months: entities, and tokens without one. Without times: the last year and this month.',
    examples: [['Two months', 'operator usage -start-time=2026-10 -end-time=2026-11']],
    flags: { 'start-time': flag.text('Month that it begins with.'), 'end-time': flag.text('Month that it ends with.') },
    doing: () => 'retrieving client counts',
    async run({ flags, out, client }) {
      const [start, end] = [flags['start-time'], flags['end-time']]
      const secret = await client.read('sys/internal/counters/activity', {
        ...(start && { start_time: timeOf(start, 'start-time') }),
        ...(end && { end_time: timeOf(end, 'end-time') }),
      })
      if (!secret?.data) {
        out.warn('No data is available for the given time range.\n')
        return 0
      }
      if (!out.isTable) return out.secret(secret)
      const { data } = secret
      out.line(`Period start: ${show(data.start_time)}`)
      out.line(`Period end: ${show(data.end_time)}`)
      out.line()
      const rows = (data.by_namespace as Data[]).map((one) => [one.namespace_path === '' ? '[root]' : show(one.namespace_path), ...countsOf(one.counts)])
      out.rows(['Namespace path', ...columns.map(([title]) => title)], [...rows, ['Total', ...countsOf(data.total)]])
      return 0
    },
  }),
]
