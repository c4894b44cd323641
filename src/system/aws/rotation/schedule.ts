// When a secret rotates next: after some days, `rate(…)` or `cron(…)`, in UTC.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
import type { Cron } from 'croner'
import { invalid } from '../../../kit/errors.ts'

export interface RotationRules {
  AutomaticallyAfterDays?: number
  ScheduleExpression?: string
  Duration?: string
}

const hour = 3_600_000
const day = 24 * hour
const shortestRate = 4 * hour

const bad = (): Error => invalid('Invalid ScheduleExpression.')

/** Days of the week count from 1 (Sunday) at AWS and from 0 elsewhere; the last one of a month is `5L`, elsewhere `4#L`. */
const weekdays = (field: string): string => field.replace(/(?<![#\d])([1-7])(?!\d)/g, (digit) => String(Number(digit) - 1)).replace(/([0-6]|[A-Z]{3})L\b/g, '$1#L')

async function cronOf(fields: string): Promise<Cron> {
  const parts = fields.trim().split(/\s+/)
  if (parts.length !== 6) throw bad()
  const [minute, hours, date, month, weekday, year] = parts.map((part) => (part === '?' ? '*' : part.replace(/^\//, '*/'))) as [string, string, string, string, string, string]
  const { Cron } = await import('croner')
  try {
    return new Cron(`0 ${minute} ${hours} ${date} ${month} ${weekdays(weekday)} ${year}`, { timezone: 'UTC', paused: true })
  } catch {
    throw bad()
  }
}

/** Refuses rules that contradict each other or that nobody understands. */
export async function checkRules(rules: RotationRules): Promise<void> {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules
  if (days !== undefined && expression !== undefined) throw invalid("You can't specify both AutomaticallyAfterDays and ScheduleExpression in the same request.")
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= 1000)) throw invalid('AutomaticallyAfterDays must be between 1 and 1000.')
  if (duration !== undefined && !/^\d{1,2}h$/.test(duration)) throw invalid('Invalid Duration.')
  if (expression !== undefined) await nextRotation(rules, 0, 0)
}

/** Milliseconds since 1970 of the next rotation after `now`, given when the last one was; null: there is none. */
export async function nextRotation(rules: RotationRules, last: number, now: number): Promise<number | null> {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules
  if (days !== undefined) return Math.max(last + days * day, now)
  if (expression === undefined) return null
  const [, kind, fields] = /^(rate|cron)\((.+)\)$/.exec(expression.trim()) ?? []
  if (kind === 'cron') return (await cronOf(fields!)).nextRun(new Date(now))?.getTime() ?? null
  const [, count, unit] = /^(\d+)\s+(hours?|days?)$/.exec(fields ?? '') ?? []
  const length = Number(count) * (unit?.startsWith('hour') ? hour : day)
  if (kind !== 'rate' || !(length >= shortestRate)) throw bad()
  return Math.max(last + length, now)
}
