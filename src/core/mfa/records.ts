// What login MFA keeps: methods, enforcements, one secret for each entity and method, logins that wait for a code.
import type { Grant } from '../../kit/route.ts'

export interface TotpMethod {
  id: string
  name: string
  type: 'totp'
  namespaceId: string
  issuer: string
  /** Seconds. */
  period: number
  digits: 6 | 8
  /** Periods before and after the present one whose codes count. */
  skew: 0 | 1
  /** Bytes. */
  keySize: number
  qrSize: number
  algorithm: 'SHA1' | 'SHA256' | 'SHA512'
  /** Wrong codes in a row after which codes are refused for a while. */
  maxAttempts: number
}

/** Whose logins need one of the methods: any of the four lists that names the login. */
export interface Enforcement {
  id: string
  name: string
  namespaceId: string
  methodIds: string[]
  accessors: string[]
  types: string[]
  groupIds: string[]
  entityIds: string[]
}

export interface TotpSecret {
  /** Base32. */
  secret: string
  /** The newest period whose code was used; codes of it and of older ones are refused. */
  lastStep: number
  failures: number
  /** Seconds since 1970 before which every code is refused; 0: none. */
  blockedUntil: number
}

export interface PendingLogin {
  mountUuid: string
  namespaceId: string
  /** Of the login, below its mount. */
  path: string
  grant: Grant
  entityId: string
  /** Ids of the enforcements that are to be satisfied. */
  enforcements: string[]
  /** Seconds since 1970. */
  expiresAt: number
}

export const keys = {
  method: (id: string): string => `method/${id}`,
  methodOf: (namespaceId: string, id = ''): string => `ns/${namespaceId}/method/${id}`,
  methodName: (namespaceId: string, name: string): string => `ns/${namespaceId}/method-name/${encodeURIComponent(name)}`,
  /** All enforcements together: few, and asked for at each login. */
  enforcements: 'enforcements',
  secret: (methodId: string, entityId: string): string => `secret/${methodId}/${entityId}`,
  pending: (digest: string): string => `pending/${digest}`,
} as const
