// What verification knows of a provider: one row of a table.
import type { Answer } from './guard.ts'

export interface Provider {
  name: string
  /** Rules whose findings it verifies; `*` at the end stands for any rest. */
  rules: string[]
  method?: 'GET' | 'POST'
  /** `{secret}` stands for the secret, percent-encoded in the address unless it is all of it; `{host}` for what `host` reads from it. */
  url: string
  headers?: Record<string, string>
  body?: string
  /** User and password of HTTP Basic authentication. */
  basic?: [string, string]
  /** Statuses that say so; any other leaves it unknown. Default 200 and 401. */
  valid?: number[]
  invalid?: number[]
  /** Where the status does not decide: the answer of a status that counts as valid. */
  accepts?(body: Record<string, unknown>): boolean
  /** What the key reaches, read from the answer. */
  reaches?(answer: Answer, body: Record<string, unknown>): string | undefined
  /** Where the key is taken back by hand, or how by a request. */
  revoke: Revocation
}

export interface Revocation {
  docs: string
  /** The request, where there is one that needs no more than the key itself. `headers` stand in place of those that verify. */
  method?: 'POST' | 'DELETE'
  url?: string
  headers?: Record<string, string>
  body?: string
  /** Those of the row's rules whose keys it takes back; default all. */
  rules?: string[]
  /** Where the status does not decide. */
  accepts?(body: Record<string, unknown>): boolean
}

const text = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 200) : undefined)

/** The first of the fields (`a.b` for one within another) that the answer has. */
export function field(body: Record<string, unknown>, ...paths: string[]): string | undefined {
  for (const path of paths) {
    let value: unknown = body
    for (const key of path.split('.')) value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
    const found = text(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** `label value`, or nothing where there is no value. */
export const named = (label: string, value: string | undefined): string | undefined => (value === undefined ? undefined : `${label} ${value}`)
