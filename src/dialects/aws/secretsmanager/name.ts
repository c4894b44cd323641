// How a secret is named: names, paths in the store, ARNs.
import type { AccountSettings } from '../../../core/access-keys.ts'
import { formatArn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'

/** Where a secret lies and, where an ARN said so, which mark it has. */
export interface Place {
  namespace: string
  /** Below the mount's folders. */
  path: string
  mark?: string
  /** The account that it belongs to, where that is not the caller's. */
  owner?: AccountSettings
  /** It names no key of its own: then no other account can have its values. */
  usualKey?: boolean
  /** Regions of its replicas. */
  replicas?: string[]
  /** The ARN whose resource policy lets the caller do what the request asks. */
  allowedBy?: string
}

/** An empty segment, `.` or `..`, as a path may not have them. */
const odd = /(?:^|\/)\.{0,2}(?:\/|$)/
/** A name as a path: a segment that a path may not have is written with `~`, which no name may have. */
export const pathOf = (name: string): string => !odd.test(name) ? name : name.split('/').map((part) => (part === '' || part === '.' || part === '..' ? `~${part}` : part)).join('/')
export const nameOf = (path: string): string => !path.includes('~') ? path : path.split('/').map((part) => (/^~\.{0,2}$/.test(part) ? part.slice(1) : part)).join('/')

/** The mounts and the number of the account that it belongs to. */
export const settingsOf = (exchange: Exchange, { owner = exchange.settings }: Place): AccountSettings => owner

export const arnOf = (exchange: Exchange, place: Place, mark: string): string => formatArn({ service: 'secretsmanager', region: exchange.region, account: settingsOf(exchange, place).account, resource: `secret:${nameOf(place.path)}-${mark}` })

export const badName = (): AwsFault => new AwsFault('ValidationException', 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!')
export const checkName = (name: string): void => {
  if (!/^[A-Za-z0-9/_+=.@!-]{1,512}$/.test(name)) throw badName()
}
