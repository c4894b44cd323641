// Proxies that speak HTTP or SOCKS 5, as Go's clients and so Vault's find them: VAULT_PROXY_ADDR or VAULT_HTTP_PROXY for every request; else HTTP_PROXY or
// HTTPS_PROXY by the address's scheme, unless NO_PROXY names its host. Loaded where one of them is set.
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { withinCidrs } from '../kit/cidr.ts'
import type { Environment } from './environment.ts'
import { answerOf } from './proxy-answer.ts'
import { UsageError } from './usage.ts'
import type { Via } from './wire.ts'

const kinds = ['http:', 'https:', 'socks5:', 'socks5h:']
const usualPorts: Record<string, number> = { 'http:': 80, 'https:': 443, 'socks5:': 1080, 'socks5h:': 1080 }

/** Where a proxy is set, how `wire` goes through it; an address that goes straight gives null. */
export function viaProxy(environment: Environment, tls: () => ConnectionOptions): (url: URL) => Promise<Via | null> {
  const always = environment.get('PROXY_ADDR') ?? environment.get('HTTP_PROXY')
  return async (url) => {
    const secure = url.protocol === 'https:'
    const given = always ?? (bypassed(url, environment.plain('NO_PROXY')) ? undefined : environment.plain(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'))
    if (given === undefined) return null
    const proxy = proxyOf(given)
    const [username, password] = [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)]
    const socket = await dial(proxy, tls)
    const through = (opening: Promise<void>): Promise<Via> => opened(socket, opening)
    if (proxy.protocol.startsWith('socks')) return through((await import('./socks.ts')).throughSocks(socket, { host: bare(url.hostname), port: portOf(url), username, password }))
    const headers = username === '' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
    if (!secure) return { socket, absolute: true, headers }
    return through(tunnel(socket, url, headers))
  }
}

/** The connection that a proxy opened; closed where it did not. */
async function opened(socket: Socket, opening: Promise<void>): Promise<Via> {
  await opening.catch((error: Error) => {
    socket.destroy()
    throw error
  })
  // Until it is greeted the server is silent: nothing is lost.
  socket.resume()
  return { socket, absolute: false, headers: {} }
}

/** The address may hold a password, so no message names it. */
function proxyOf(given: string): URL {
  const url = URL.parse(given.includes('://') ? given : `http://${given}`)
  if (!url?.hostname) throw new UsageError('the address of the proxy is not valid')
  if (!kinds.includes(url.protocol)) throw new UsageError(`proxies of the kind ${url.protocol}// are not supported: use one that speaks HTTP or SOCKS 5`)
  return url
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase()
const portOf = (url: URL): number => Number(url.port || usualPorts[url.protocol])

/** Whether NO_PROXY (hosts, domains, addresses, networks, each with an optional port, or `*`) names the host; loopback always goes straight. */
export function bypassed(url: URL, list = ''): boolean {
  const host = bare(url.hostname)
  const isAddress = /^[\d.]+$|:/.test(host)
  if (host === 'localhost' || (isAddress && withinCidrs(host, ['127.0.0.0/8', '::1/128']))) return true
  return list.split(',').map((entry) => entry.trim().toLowerCase()).filter(Boolean).some((entry) => {
    if (entry === '*') return true
    const [, name, port] = /^(\[[^\]]+\]|[^:]+|[^:]*:[^:]*:.*?)(?::(\d+))?$/.exec(entry) ?? []
    if (name === undefined || (port !== undefined && Number(port) !== portOf(url))) return false
    const wanted = bare(name)
    if (isAddress) return wanted.includes('/') ? inNetwork(host, wanted) : wanted === host
    const domain = wanted.replace(/^\*(?=\.)/, '')
    return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
  })
}

/** A network that is none holds no address. */
function inNetwork(address: string, network: string): boolean {
  try {
    return withinCidrs(address, [network])
  } catch {
    return false
  }
}

async function dial(proxy: URL, tls: () => ConnectionOptions): Promise<Socket> {
  const to = { host: bare(proxy.hostname), port: portOf(proxy) }
  const { ca, rejectUnauthorized } = tls()
  const socket = proxy.protocol === 'https:'
    ? process.getBuiltinModule('node:tls').connect({ ...to, servername: /^[\d.]+$|:/.test(to.host) ? '' : to.host, ...(ca && { ca }), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) })
    : process.getBuiltinModule('node:net').connect({ ...to, noDelay: true })
  const { once } = process.getBuiltinModule('node:events')
  await once(socket, proxy.protocol === 'https:' ? 'secureConnect' : 'connect').catch((error: Error) => {
    throw new Error('the proxy cannot be reached', { cause: error })
  })
  return socket
}

/** Asks the proxy for a connection to the server (RFC 9110, section 9.3.6). */
async function tunnel(socket: Socket, url: URL, headers: Record<string, string>): Promise<void> {
  const target = `${url.hostname}:${portOf(url)}`
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const head = (await answerOf(socket, (seen) => seen.includes('\r\n\r\n'))).toString('latin1')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status?.[0] !== '2') throw new Error(`the proxy refuses to connect to ${target}: ${status === undefined ? 'its answer is not HTTP' : `status ${status}`}`)
}
