// Requests that this server makes to addresses that somebody configured: never to an internal address unless that is
// allowed, whatever a name resolves to at the moment of connecting; no redirects; bounded in size and time.
import { type LookupAddress, lookup } from 'node:dns'
import { type Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, type LookupFunction, isIP, isIPv6 } from 'node:net'
import { Fault, invalid } from '../kit/errors.ts'
import { withinCidrs } from '../kit/cidr.ts'

const internal = new BlockList()
for (const [network, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) internal.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [['::', 127], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8], ['64:ff9b::', 96]] as const) internal.addSubnet(network, bits, 'ipv6')

/** Whether an address belongs to this machine, a private network or a cloud's metadata service. */
export function isInternal(address: string): boolean {
  const plain = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address
  return isIP(plain) === 0 || internal.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
}

export interface Outgoing {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Networks that may be reached although they are internal. */
  allowed?: readonly string[]
  /** Certificate authorities in PEM beside the usual ones. */
  ca?: string | undefined
  /** Milliseconds for the whole exchange. */
  timeout?: number
  maxBytes?: number
  /** Keeps connections open for the next request, for one that always goes to the same place; without it each has its own. */
  agent?: Agent
  signal?: AbortSignal
}

export interface Incoming {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Resolves as the system does (for `net.connect` and the like) and refuses what may not be reached, so that the address that was checked is the one connected to. */
export function guardedLookup(allowed: readonly string[]): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 4)
      const open = addresses.filter(({ address }) => mayReach(address, allowed))
      if (open.length === 0) return callback(Object.assign(new Error('internal address'), { code: 'EINTERNAL' }), '', 4)
      if (options.all) return (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, open)
      callback(null, open[0]!.address, open[0]!.family)
    })
  }
}

/** Throws `invalid` where a host is given as an internal address that is not allowed; names are judged by what they resolve to. */
export function checkHost(host: string, allowed: readonly string[], shown: string = host): void {
  if (isIP(host) && !mayReach(host, allowed)) throw invalid(`the address ${shown} is internal and not allowed`)
}

const mayReach = (address: string, allowed: readonly string[]): boolean => !isInternal(address) || (allowed.length > 0 && withinCidrs(address, allowed))

/** Sends a request; `invalid` for an address that may not be reached, `upstream` where nothing comes back. Messages name the host alone. */
export async function send(url: string, options: Outgoing = {}): Promise<Incoming> {
  let target: URL
  try {
    target = new URL(url)
  } catch {
    throw invalid('the address is not a URL')
  }
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw invalid('the address must begin with https:// or http://')
  const { allowed = [], timeout = 10_000, maxBytes = 1_048_576 } = options
  checkHost(target.hostname.replace(/^\[|\]$/g, ''), allowed, target.host)
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest
  const signal = AbortSignal.any([AbortSignal.timeout(timeout), ...(options.signal ? [options.signal] : [])])
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void =>
      reject(cause.code === 'EINTERNAL' ? invalid(`the address ${target.host} is internal and not allowed`) : new Fault('upstream', `${target.host} did not answer`, { cause }))
    const sent = request(target, { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: options.agent ?? false, lookup: guardedLookup(allowed), signal, ...(options.ca !== undefined && { ca: options.ca }) }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxBytes) response.destroy(new Error('answer too large'))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
      response.on('error', failed)
    })
    sent.on('error', failed)
    sent.end(options.body)
  })
}
