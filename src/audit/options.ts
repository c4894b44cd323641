// What devices share in reading their options.
import { realpathSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { checkHost, guardedLookup } from '../clients/outgoing.ts'
import type { AuditLimits } from '../kit/audit.ts'
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

/** Where entries are sent over a network; names are resolved by `lookup`. */
export interface NetworkEnd {
  host: string
  port: number
  lookup?: LookupFunction
}

/** The far end of `host:port`; throws `invalid` where it is an internal address that is not allowed. What a name resolves to is checked as it is connected to. */
export function networkEnd(address: string, { networks }: AuditLimits, defaultPort?: number): NetworkEnd {
  const far = parseAddress(address, defaultPort)
  if (networks === null) return far
  checkHost(far.host, networks)
  return { ...far, lookup: guardedLookup(networks) }
}

/** The system's own log, which every program may write to. */
const systemLog = '/dev/log'

/** The path of a Unix socket; over the API none outside the folder of audit files, since what listens elsewhere may take lines for commands. */
export function socketEnd(path: string, { folder }: AuditLimits): { path: string } {
  if (folder === null || path === systemLog) return { path }
  try {
    const target = join(realpathSync(dirname(resolve(path))), basename(path))
    if (target.startsWith(realpathSync(folder) + sep)) return { path: target }
  } catch {
    // A folder that is not there holds no socket.
  }
  throw invalid('address: the socket lies outside the folder allowed for audit files')
}
