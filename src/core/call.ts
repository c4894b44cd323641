// A request and its answer between a dialect and the core: wire bytes on neither side.
import type { Raw } from '../kit/answer.ts'
import type { Fault } from '../kit/errors.ts'
import type { Operation } from '../kit/route.ts'

/** Proof of identity in the words of its dialect; `token` carries a Strongroom token, others are checked by a registered scheme. */
export interface Credential {
  scheme: string
  value: string
  /** What a scheme other than `token` needs beside it (a signed request, a certificate). */
  proof?: unknown
}

/** How a dialect names what was asked, written to the audit log in clear: nothing secret. */
export interface DialectNote {
  name: string
  service: string
  action: string
  region: string
  /** Names of resources and the like. */
  parameters: Record<string, unknown>
  /** One for all calls that one wire request became. */
  eventId: string
  userAgent: string
}

export interface Call {
  /** Random UUID; also the audit's request id. */
  id: string
  operation: Operation | 'help'
  /** Namespace of the request, `''` or with a trailing slash. */
  namespace: string
  /** Canonical, relative to the namespace, without a leading slash; LIST and SCAN paths end in a slash or are empty. */
  path: string
  body: Record<string, unknown>
  credential: Credential | null
  /** Seconds; 0 means: do not wrap. */
  wrapTtl: number
  remote: { address: string; port: number }
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Tells when the client has gone; making the signal costs, so only those who need it ask. */
  client: { readonly signal: AbortSignal }
  /** A body that is not held in memory; never part of `body`, never written to audit. */
  upload?: AsyncIterable<Uint8Array>
  dialect?: DialectNote
  /**
   * Whether caches still hold: `arriving` may be told together with all that the event loop is handing in, `told` was told
   * before, when its dialect looked something up; absent: it has to be asked.
   */
  caches?: 'arriving' | 'told'
}

export interface AuthReply {
  clientToken: string
  accessor: string
  policies: string[]
  tokenPolicies: string[]
  identityPolicies: string[]
  metadata: Record<string, string>
  leaseDuration: number
  renewable: boolean
  entityId: string
  tokenType: string
  orphan: boolean
  uses: number
  mfaRequirement?: Record<string, unknown>
}

export interface WrapReply {
  token: string
  accessor: string
  ttl: number
  creationTime: string
  creationPath: string
  wrappedAccessor?: string
}

export interface Reply {
  status: number
  data?: Record<string, unknown> | undefined
  /** As in `AnswerParts`. */
  basis?: object
  leaseId?: string
  leaseDuration?: number
  renewable?: boolean
  auth?: AuthReply
  wrap?: WrapReply
  warnings?: string[] | undefined
  raw?: Raw
  error?: Fault
  mountType?: string
  /** Headers of the answer, for dialects over HTTP. */
  headers?: Record<string, string>
}
