// What the handler tells the audit broker about a request.

/** A token as audit shows it. One object per cached token: its rendered form is kept by identity. */
export interface AuditToken {
  clientToken: string | null
  accessor: string
  displayName: string
  policies: readonly string[]
  tokenPolicies: readonly string[]
  identityPolicies: readonly string[]
  entityId: string
  tokenType: string
  /** Seconds. */
  tokenTtl: number
  /** RFC 3339; empty when unknown. */
  tokenIssueTime: string
  metadata: Readonly<Record<string, string>>
  clientId?: string
  noDefaultPolicy?: boolean
  numUses?: number
}

/** A mount as audit shows it. One object per mount: its rendered form is kept by identity. */
export interface AuditMount {
  path: string
  type: string
  accessor: string
  class: 'secret' | 'auth'
  runningVersion?: string
  /** Keys of request and response data whose values stay readable (`audit_non_hmac_request_keys`, `…_response_keys`). */
  clearRequestKeys?: readonly string[]
  clearResponseKeys?: readonly string[]
}

export interface AuditResponse {
  data?: Record<string, unknown> | null
  /** The data is the same whenever it comes with this object: its hashed form is kept by identity. */
  basis?: object
  leaseId?: string
  auth?: AuditToken
  wrapInfo?: { ttl: number; token: string; accessor: string; creationTime: string; creationPath: string; wrappedAccessor?: string }
  warnings?: readonly string[]
  redirect?: string
}

/**
 * One request. The same object goes to `broker.request` and then, with `response` or `error` set, to `broker.response`:
 * what the first call rendered is used again by the second.
 */
export interface AuditSubject {
  requestId: string
  /** create, read, update, patch, delete, list, scan or help. */
  operation: string
  path: string
  namespace: { id: string; path: string }
  mount: AuditMount | null
  token: AuditToken | null
  /** What the policies said; absent where no policy was asked (open routes). */
  allowed?: boolean
  /** Names of the policies that let it through. Never changed once given: their rendered form is kept by identity. */
  granting?: readonly string[]
  remainingUses?: number
  remote: { address: string; port: number }
  /** Names in lower case, as received; only the configured ones are written. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>
  data: Record<string, unknown> | null
  /** Seconds; 0 where no wrapping is asked. */
  wrapTtl: number
  /** How another dialect than Vault's named the request; written as it is. */
  dialect?: object
  error?: string
  response?: AuditResponse
  /** Owned by the broker: what the request's line can lend to the answer's, as a copy or where it stands. */
  rendered?: { by: object; token: AuditToken | null; mount: AuditMount | null; kept: Uint8Array | null; round: number; from: number; to: number }
}

let second = -1
let secondText = ''

/** RFC 3339 in UTC with milliseconds. */
export function stamp(ms: number): string {
  const whole = Math.floor(ms / 1000)
  if (whole !== second) {
    second = whole
    secondText = new Date(whole * 1000).toISOString().slice(0, 20)
  }
  const rest = Math.floor(ms - whole * 1000)
  return rest > 99 ? `${secondText}${rest}Z` : rest > 9 ? `${secondText}0${rest}Z` : `${secondText}00${rest}Z`
}
