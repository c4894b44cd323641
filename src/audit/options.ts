// What devices share in reading their options.
import { parseDuration } from '../kit/duration.ts'
import { invalid } from '../kit/errors.ts'

/** Throws `invalid` for options beyond those that the device named. */
export function refuseUnknown(rest: Record<string, string>): void {
  const names = Object.keys(rest)
  if (names.length > 0) throw invalid(`unknown option: ${names.join(', ')}`)
}

/** Milliseconds of a write: `write_timeout`, but never more than the server grants. */
export function deadlineOf(timeout: string | undefined, limit: number): number {
  if (timeout === undefined || timeout === '') return limit
  const ms = /^\d+ms$/.test(timeout) ? Number.parseInt(timeout, 10) : parseDuration(timeout, 'write_timeout') * 1000
  if (ms <= 0) throw invalid('write_timeout: expected a positive duration')
  return Math.min(ms, limit)
}

/** `host:port`, an IPv6 host in brackets. */
export function parseAddress(address: string, defaultPort?: number): { host: string; port: number } {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s/]+))(?::(\d{1,5}))?$/.exec(address)
  const port = found?.[3] === undefined ? defaultPort : Number(found[3])
  if (found === null || port === undefined || port < 1 || port > 65535) throw invalid('address: expected host:port')
  return { host: (found[1] ?? found[2])!, port }
}
