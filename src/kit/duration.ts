// Durations on the wire: a number of seconds, or Go's notation with days (`90`, `"90"`, `"1h30m"`, `"7d"`, `"250ms"`).
import { invalid } from './errors.ts'

const unit: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800 }
/** As Go's, so that instants stay dates. */
const longest = 9_223_372_036
const whole = /^[+-]?(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/
const part = /(\d+(?:\.\d+)?)(ms|[smhdw])/g

/** Seconds, rounded down to a whole number; throws `invalid` naming the field for anything else. */
export function parseDuration(raw: unknown, name: string): number {
  if (typeof raw === 'number') return bounded(raw, name)
  if (typeof raw !== 'string') throw invalid(`${name}: a duration is a number of seconds or a text such as "1h30m"`)
  const text = raw.trim()
  if (text === '') return 0
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) return bounded(Number(text), name)
  if (!whole.test(text)) throw invalid(`${name}: "${text.slice(0, 32)}" is not a duration such as "90s", "1h30m" or "7d"`)
  let seconds = 0
  for (const [, amount, letter] of text.matchAll(part)) seconds += Number(amount) * unit[letter!]!
  return bounded(text.startsWith('-') ? -seconds : seconds, name)
}

function bounded(seconds: number, name: string): number {
  if (!(Math.abs(seconds) <= longest)) throw invalid(`${name}: a duration is at most 292 years`)
  return Math.trunc(seconds)
}

/** Go's notation of a number of seconds, as Vault prints it: `768h0m0s`, `1h30m0s`, `5s`. */
export function formatDuration(seconds: number): string {
  const h = Math.trunc(seconds / 3600)
  const m = Math.trunc((seconds % 3600) / 60)
  const s = seconds % 60
  return h ? `${h}h${m}m${s}s` : m ? `${m}m${s}s` : `${s}s`
}

/** The full second at or after an instant in milliseconds. Lifetimes count from it, so that nobody gets less than was promised. */
export const nextSecond = (milliseconds: number): number => Math.ceil(milliseconds / 1000)
