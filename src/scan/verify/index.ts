// Verification in three tiers: the format (the rule's own checksum, before anything is reported), what the secret says of itself,
// and, only when asked for, what the provider says. Each secret is asked about once, few at a time.
import type { Finding } from '../finding.ts'
import { ScanError } from '../scan-error.ts'
import { callerIdentity } from './aws.ts'
import { call, type Answer, type Call, type GuardOptions } from './guard.ts'
import { examine } from './offline.ts'
import type { Provider } from './provider.ts'
import { providers } from './providers.ts'

export interface VerifyOptions extends Partial<GuardOptions> {
  /** Other addresses of providers, by their names: `github` -> `http://127.0.0.1:8080`. */
  endpoints?: Record<string, string>
  /** Requests to one provider per second; default 2. */
  rate?: number
  /** Seconds since 1970. */
  now?: number
}

/** What the settings of a scan say of verification. */
export const verifyOptions = (settings: { 'verify-endpoint'?: string[] | undefined; 'verify-allow'?: string[] | undefined }): VerifyOptions => ({
  endpoints: Object.fromEntries((settings['verify-endpoint'] ?? []).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
  allow: settings['verify-allow'] ?? [],
})

export type Verdict = 'valid' | 'invalid' | 'unknown'

interface Result {
  verdict: Verdict
  facts: Record<string, string>
}

/** Whether a pattern of a row (`github-*`) covers the rule. */
export const fits = (rule: string, pattern: string): boolean => (pattern.endsWith('*') ? rule.startsWith(pattern.slice(0, -1)) : rule === pattern)

export const providerOf = (rule: string): Provider | undefined => providers.find((provider) => provider.rules.some((pattern) => fits(rule, pattern)))

/** The findings with `verified` and what was learnt; a finding that nobody can be asked about stays as it was. */
export async function verifyFindings(findings: Finding[], options: VerifyOptions = {}): Promise<Finding[]> {
  const known = new Map<string, Promise<Result>>()
  const pace = new Pace(options.rate ?? 2)
  return Promise.all(
    findings.map(async (finding) => {
      const key = `${finding.rule} ${finding.fingerprint}`
      if (!known.has(key)) known.set(key, verify(finding, findings, options, pace))
      const { verdict, facts } = await known.get(key)!
      return { ...finding, verified: verdict === 'unknown' ? finding.verified : verdict === 'valid', ...(Object.keys(facts).length > 0 ? { facts } : {}) }
    }),
  )
}

async function verify(finding: Finding, all: Finding[], options: VerifyOptions, pace: Pace): Promise<Result> {
  const { plausible, facts } = examine(finding, options.now ?? Date.now() / 1000)
  if (!plausible) return { verdict: 'invalid', facts }
  try {
    const asked = await ask(finding, all, options, pace)
    return { verdict: asked.verdict, facts: { ...facts, ...asked.facts } }
  } catch (error) {
    if (error instanceof ScanError) return { verdict: 'unknown', facts: { ...facts, verification: error.message } }
    throw error
  }
}

async function ask(finding: Finding, all: Finding[], options: VerifyOptions, pace: Pace): Promise<Result> {
  const guard = { allow: options.allow ?? [], ...(options.timeout === undefined ? {} : { timeout: options.timeout }) }
  if (finding.rule.startsWith('aws-')) {
    const pair = pairOf(finding, all)
    if (!pair) return { verdict: 'unknown', facts: {} }
    await pace.wait('aws')
    const answer = await call(callerIdentity(pair.id, pair.secret, options.endpoints?.aws), guard)
    return { verdict: answer.status === 200 ? 'valid' : answer.status === 403 ? 'invalid' : 'unknown', facts: reachOf(/<Arn>([^<]{1,300})<\/Arn>/.exec(answer.body)?.[1]) }
  }
  const provider = providerOf(finding.rule)
  if (!provider) return { verdict: 'unknown', facts: {} }
  await pace.wait(provider.name)
  return judge(provider, await call(callOf(provider, finding.secret, options.endpoints?.[provider.name]), guard))
}

const reachOf = (reaches: string | undefined): Record<string, string> => (reaches ? { reaches } : {})

/** The request for a secret; `endpoint` takes the place of the provider's own scheme and host. */
export function callOf(provider: Provider, secret: string, endpoint?: string): Call {
  const host = /-([a-z]{2,3}\d{1,3})$/.exec(secret)?.[1] ?? ''
  const given = addressOf(provider.url === '{secret}' ? secret : provider.url.replace('{host}', host).replaceAll('{secret}', encodeURIComponent(secret).replaceAll('%3A', ':')))
  const url = endpoint === undefined ? given : new URL(given.pathname + given.search, endpoint)
  const filled = (text: string): string => text.replaceAll('{secret}', secret)
  const headers = Object.fromEntries(Object.entries(provider.headers ?? {}).map(([name, value]) => [name, filled(value)]))
  if (/[\r\n\0]|[^\x20-\xff]/.test(secret)) throw new ScanError('not a key that can be sent')
  if (provider.basic) headers.authorization = `Basic ${Buffer.from(provider.basic.map(filled).join(':')).toString('base64')}`
  const body = provider.body?.replaceAll('{secret}', JSON.stringify(secret).slice(1, -1))
  return { method: provider.method ?? 'GET', url: url.href, headers, ...(body === undefined ? {} : { body }) }
}

function addressOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw new ScanError('no address')
  return url
}

function judge(provider: Provider, answer: Answer): Result {
  const body = parsed(answer.body)
  if ((provider.invalid ?? [401]).includes(answer.status)) return { verdict: 'invalid', facts: {} }
  if (!(provider.valid ?? [200]).includes(answer.status)) return { verdict: 'unknown', facts: {} }
  if (provider.accepts && !provider.accepts(body)) return { verdict: 'invalid', facts: {} }
  return { verdict: 'valid', facts: { ...reachOf(provider.reaches?.(answer, body)), revoke: provider.revoke.docs } }
}

/** The object that an answer holds; empty where it holds none. */
export function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const nearby = 20

/** Key id and secret key that stand near each other in one file. */
export function pairOf(finding: Finding, all: Finding[]): { id: string; secret: string } | null {
  const isId = finding.rule === 'aws-access-key-id'
  const wanted = isId ? 'aws-secret-access-key' : 'aws-access-key-id'
  const other = all.find((one) => one.rule === wanted && one.file === finding.file && Math.abs(one.line - finding.line) <= nearby)
  if (!other || (!isId && finding.rule !== 'aws-secret-access-key')) return null
  return isId ? { id: finding.secret, secret: other.secret } : { id: other.secret, secret: finding.secret }
}

/** Keeps requests to one provider apart. */
class Pace {
  readonly #gap: number
  readonly #next = new Map<string, number>()

  constructor(perSecond: number) {
    this.#gap = 1000 / perSecond
  }

  async wait(name: string): Promise<void> {
    const now = Date.now()
    const at = Math.max(now, this.#next.get(name) ?? 0)
    this.#next.set(name, at + this.#gap)
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now))
  }
}
