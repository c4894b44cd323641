// The client of a command: address, token, namespace, TLS and retries as flags, environment and token helper say, in this order.
import type { ConnectionOptions } from 'node:tls'
import { Client } from './api.ts'
import type { Environment, VariableName } from './environment.ts'
import { filesIn, readBytes } from './files.ts'
import { parseExact } from './json.ts'
import type { Transport } from '../sdk/transport.ts'
import type { Shell } from './shell.ts'
import { UsageError } from './usage.ts'
import { wire } from './wire.ts'

type FlagTexts = Record<string, unknown>
/** What a flag says, else a variable. */
type Setting = (flag: string, variable: VariableName) => string | undefined

export async function connect(flags: FlagTexts, shell: Shell): Promise<Client> {
  const { environment } = shell
  const pick: Setting = (name, variable) => (flags[name] as string | undefined) || environment.get(variable)
  const address = pick('agent-address', 'AGENT_ADDR') ?? pick('address', 'ADDR') ?? 'https://127.0.0.1:8200'
  const socketPath = address.startsWith('unix://') ? address.slice('unix://'.length) : undefined
  const mfa = (flags.mfa as string[] | undefined)?.length ? (flags.mfa as string[]) : environment.get('MFA')?.split(',')
  const tls = (): ConnectionOptions => tlsOptions(pick, flags, environment)
  const via = socketPath === undefined && environment.proxied ? (await import('./proxy.ts')).viaProxy(environment, tls) : undefined
  const transport = await throttled(wire({ tls, socketPath, via }), environment)
  const { preview } = flags['output-curl-string'] || flags['output-policy'] ? await import('./preview.ts') : {}
  return new Client({
    address: socketPath === undefined ? await resolved(checkedAddress(address), environment) : 'http://localhost',
    token: environment.get('TOKEN') ?? (await import('./token-helper.ts')).tokenHelper(environment).get(),
    namespace: pick('namespace', 'NAMESPACE')?.replace(/^\/+/, ''),
    headers: { ...(flags.header as Record<string, string>), ...(mfa ? { 'X-Vault-MFA': mfa.join(', ') } : {}) },
    wrapTtl: pick('wrap-ttl', 'WRAP_TTL'),
    timeout: await timeout(environment),
    retries: retries(environment),
    retryWait: shell.retryWait,
    followRedirects: !flags['disable-redirects'] && !environment.isTrue('DISABLE_REDIRECTS'),
    transport: preview ? preview(transport, flags['output-policy'] ? 'policy' : 'curl') : transport,
    parse: parseExact,
  })
}

function checkedAddress(address: string): string {
  const url = URL.parse(address)
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new UsageError(`invalid address "${address}": expected http://, https:// or unix://`)
  if (url.username || url.password) throw new UsageError('the address must not hold a user name or password')
  return address
}

/** Where a service is announced in DNS, and the address leaves that open: the first target of its record, as Vault's client does. */
async function resolved(address: string, environment: Environment): Promise<string> {
  const url = new URL(address)
  if (!environment.isTrue('SRV_LOOKUP') || url.port !== '') return address
  const records = await process.getBuiltinModule('node:dns').promises.resolveSrv(`_http._tcp.${url.hostname}`).catch(() => [])
  const first = records.sort((one, other) => one.priority - other.priority || other.weight - one.weight)[0]
  if (first) url.host = `${first.name}:${first.port}`
  return url.href.replace(/\/$/, '')
}

function retries(environment: Environment): number {
  const given = environment.get('MAX_RETRIES') ?? '2'
  if (!/^\d{1,4}$/.test(given)) throw new UsageError(`${environment.nameOf('MAX_RETRIES')}: expected a whole number`)
  return Number(given)
}

async function throttled(transport: Transport, environment: Environment): Promise<Transport> {
  const limit = environment.get('RATE_LIMIT')
  return limit === undefined ? transport : (await import('./rate-limit.ts')).limited(transport, limit, environment.nameOf('RATE_LIMIT')!)
}

async function timeout(environment: Environment): Promise<number> {
  const given = environment.get('CLIENT_TIMEOUT')
  if (given === undefined) return 60_000
  const { parseDuration } = await import('../kit/duration.ts')
  return parseDuration(given, environment.nameOf('CLIENT_TIMEOUT')!) * 1000
}

function tlsOptions(pick: Setting, flags: FlagTexts, environment: Environment): ConnectionOptions {
  const file = pick('ca-cert', 'CACERT')
  const folder = pick('ca-path', 'CAPATH')
  const certificate = pick('client-cert', 'CLIENT_CERT')
  const key = pick('client-key', 'CLIENT_KEY')
  const name = pick('tls-server-name', 'TLS_SERVER_NAME')
  const text = environment.get('CACERT_BYTES')
  const authorities = [
    ...(file ? [readBytes(file)] : []),
    ...(text ? [text] : []),
    ...(folder ? filesIn(folder).map(readBytes) : []),
  ]
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !flags['tls-skip-verify'] && !environment.isTrue('SKIP_VERIFY'),
    ...(authorities.length > 0 && { ca: authorities }),
    ...(certificate && { cert: readBytes(certificate) }),
    ...(key && { key: readBytes(key) }),
    ...(name && { servername: name }),
  }
}
