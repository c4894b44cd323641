// What a route may answer beyond plain data: a lease, a login, warnings, another status, raw bytes.
import type { Grant } from './route.ts'

export interface LeaseTerms {
  /** Key of the engine's `leases`. */
  kind: string
  /** Stored with the lease and handed to its renew and revoke. */
  data: Record<string, unknown>
  /** Seconds; 0 means the mount's default and maximum. */
  ttl?: number
  maxTtl?: number
  renewable?: boolean
}

export interface Raw {
  status: number
  contentType: string
  body: Uint8Array | string | AsyncIterable<Uint8Array>
  headers?: Record<string, string>
}

export interface AnswerParts {
  data?: Record<string, unknown>
  /** Whenever it is given with this object, the data is the same, and nothing else is given with it: what was derived of the data may be kept. */
  basis?: object
  lease?: LeaseTerms
  grant?: Grant
  warnings?: string[]
  /** Seconds shown as `lease_duration` where there is no lease (KV v1's `ttl`). */
  leaseDuration?: number
  /** An HTTP status other than the usual; 404 with data is how KV v2 shows a deleted version. */
  status?: number
  raw?: Raw
  /** An answer that was settled before and is given again as it was (unwrapping); the core's own shape. */
  settled?: object
}

export class Answer {
  readonly parts: AnswerParts
  constructor(parts: AnswerParts) {
    this.parts = parts
  }
}

export const answer = (parts: AnswerParts): Answer => new Answer(parts)
export const leased = (data: Record<string, unknown>, lease: LeaseTerms): Answer => new Answer({ data, lease })
export const granted = (grant: Grant, warnings?: string[]): Answer => new Answer(warnings ? { grant, warnings } : { grant })
/** JSON as it stands, without Vault's envelope (`sys/health`, `sys/seal-status` …). */
export const bare = (body: unknown, status = 200): Answer =>
  new Answer({ raw: { status, contentType: 'application/json', body: JSON.stringify(body) + '\n' } })
/** The answer of LIST: null (404) when there is nothing. */
export const listing = (keys: string[], info?: Record<string, unknown>): Record<string, unknown> | null =>
  keys.length === 0 ? null : info === undefined ? { keys } : { keys, key_info: info }
