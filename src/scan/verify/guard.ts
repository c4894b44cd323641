// Requests to addresses that a text under scan may have chosen: never to the inside of a network. The address that was checked
// is the one that is connected to, so that a name which resolves differently the second time (DNS rebinding) gains nothing.
import { lookup as resolve } from 'node:dns'
import { request as requestHttp, type IncomingHttpHeaders } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, isIPv6, type LookupFunction } from 'node:net'
import { withinCidrs } from '../../kit/cidr.ts'
import { ScanError } from '../scan-error.ts'

/** Not of the public internet: https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry. */
const internal = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8',
] as const

export interface GuardOptions {
  /** Networks that may be reached although they are internal. */
  allow: readonly string[]
  /** Seconds until a request is given up. */
  timeout?: number
}

export interface Call {
  method: string
  url: string
  headers?: Record<string, string>
  body?: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Whether an address may be connected to. */
export function isReachable(address: string, allow: readonly string[]): boolean {
  const plain = plainAddress(address.replace(/%.*$/, ''))
  return isIP(plain) !== 0 && (withinCidrs(plain, allow) || !withinCidrs(plain, internal))
}

/** An IPv4 address in IPv6 form, however it is written, as IPv4. */
function plainAddress(address: string): string {
  if (!isIPv6(address)) return address
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(short)
  if (!mapped) return short
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

const largestBody = 256 << 10
const usualTimeout = 10

/** One request; redirects are not followed. Throws ScanError, without the address's query, for whatever goes wrong. */
export function call({ method, url, headers, body }: Call, { allow, timeout = usualTimeout }: GuardOptions): Promise<Answer> {
  const target = new URL(url)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new ScanError(`${target.protocol} is not called`)
  if (target.username !== '' || target.password !== '') throw new ScanError('an address with a password is not called')
  const refused = (): ScanError => new ScanError(`${host} lies inside the network: it is not called`)
  if (isIP(host) !== 0 && !isReachable(host, allow)) throw refused()
  const lookup: LookupFunction = (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0)
      const list = addresses as unknown as { address: string; family: number }[]
      if (list.length === 0 || !list.every(({ address }) => isReachable(address, allow))) return done(refused(), '', 0)
      if (options.all) done(null, list)
      else done(null, list[0]!.address, list[0]!.family)
    })
  }
  return new Promise((settle, reject) => {
    const start = target.protocol === 'https:' ? requestHttps : requestHttp
    const fail = (error: Error): void => reject(error instanceof ScanError ? error : new ScanError(`${host}: ${(error as NodeJS.ErrnoException).code ?? 'no answer'}`))
    const request = start(target, { method, headers: { 'user-agent': 'strongroom-scan', accept: 'application/json', ...headers }, lookup, agent: false, signal: AbortSignal.timeout(timeout * 1000) }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= largestBody) chunks.push(chunk)
        else response.destroy()
      })
      response.on('error', fail)
      response.on('close', () => settle({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }))
    })
    request.on('error', fail)
    request.end(body)
  })
}
