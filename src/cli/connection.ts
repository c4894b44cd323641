// The client of a command: address, token, namespace, TLS and retries as flags, environment and token helper say, in this order.
import type { ConnectionOptions } from 'node:tls'
import { Client } from './api.ts'
import type { Environment } from './environment.ts'
import { filesIn, readBytes } from './files.ts'
import { parseExact } from './json.ts'
import type { Shell } from './shell.ts'
import { UsageError } from './usage.ts'
import { wire } from './wire.ts'

type FlagTexts = Record<string, unknown>

export async function connect(flags: FlagTexts, shell: Shell): Promise<Client> {
  const { environment } = shell
  const pick = (name: string, variable: Parameters<Environment['get']>[0]): string | undefined =>
    (flags[name] as string | undefined) || environment.get(variable)
  const address = pick('address', 'ADDR') ?? 'https://127.0.0.1:8200'
  const socketPath = address.startsWith('unix://') ? address.slice('unix://'.length) : undefined
  const mfa = (flags.mfa as string[] | undefined)?.length ? (flags.mfa as string[]) : environment.get('MFA')?.split(',')
  const transport = wire({ tls: () => tlsOptions(pick, flags, environment), socketPath })
  const { preview } = flags['output-curl-string'] || flags['output-policy'] ? await import('./preview.ts') : {}
  return new Client({
    address: socketPath === undefined ? checkedAddress(address) : 'http://localhost',
    token: environment.get('TOKEN') ?? (await import('./token-helper.ts')).tokenHelper(environment).get(),
    namespace: pick('namespace', 'NAMESPACE')?.replace(/^\/+/, ''),
    headers: { ...(flags.header as Record<string, string>), ...(mfa ? { 'X-Vault-MFA': mfa.join(', ') } : {}) },
    wrapTtl: pick('wrap-ttl', 'WRAP_TTL'),
    timeout: await timeout(environment),
    retries: Number(environment.get('MAX_RETRIES') ?? 2),
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

async function timeout(environment: Environment): Promise<number> {
  const given = environment.get('CLIENT_TIMEOUT')
  if (given === undefined) return 60_000
  const { parseDuration } = await import('../kit/duration.ts')
  return parseDuration(given, environment.nameOf('CLIENT_TIMEOUT')!) * 1000
}

type Pick = (name: string, variable: Parameters<Environment['get']>[0]) => string | undefined

function tlsOptions(pick: Pick, flags: FlagTexts, environment: Environment): ConnectionOptions {
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
