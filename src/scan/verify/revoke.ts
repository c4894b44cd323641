// Asks providers to take keys back: only what their documentation offers for a key that one merely holds.
import type { Finding } from '../finding.ts'
import { ScanError } from '../scan-error.ts'
import { deactivation } from './aws.ts'
import { call, type Call } from './guard.ts'
import { callOf, fits, pairOf, parsed, providerOf, type VerifyOptions } from './index.ts'
import type { Revocation } from './provider.ts'

/** Who would be asked, and where that is documented; null where nobody can be. */
export interface Plan {
  provider: string
  docs: string
  request: Call
  accepts?: Revocation['accepts']
}

/** What a revocation would do; `all` may hold the other half of a pair. Null where the provider offers none. */
export function planRevocation(finding: Finding, all: Finding[], { endpoints = {} }: VerifyOptions = {}): Plan | null {
  if (finding.rule.startsWith('aws-')) {
    const pair = pairOf(finding, all)
    return pair && { provider: 'aws', docs: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html', request: deactivation(pair.id, pair.secret, endpoints.aws) }
  }
  const provider = providerOf(finding.rule)
  if (!provider?.revoke.url) return null
  const { docs, url, method = 'POST', headers = provider.headers, body, rules, accepts } = provider.revoke
  if (rules && !rules.some((pattern) => fits(finding.rule, pattern))) return null
  const { body: _asked, headers: _verifying, ...rest } = provider
  const sent = { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const request = { ...callOf({ ...rest, url, headers: sent, ...(body === undefined ? {} : { body }) }, finding.secret, endpoints[provider.name]), method }
  return { provider: provider.name, docs, request, ...(accepts ? { accepts } : {}) }
}

/** Carries a plan out. Throws ScanError where the provider refuses. */
export async function revoke({ provider, request, accepts }: Plan, { allow = [], timeout }: VerifyOptions = {}): Promise<void> {
  const answer = await call(request, { allow, ...(timeout === undefined ? {} : { timeout }) })
  if (answer.status >= 300) throw new ScanError(`${provider} did not revoke it: ${answer.status}`)
  if (accepts && !accepts(parsed(answer.body))) throw new ScanError(`${provider} did not revoke it`)
}
