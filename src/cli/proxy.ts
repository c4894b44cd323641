// Proxies, as Go's clients and so Vault's find them: VAULT_PROXY_ADDR or VAULT_HTTP_PROXY for every request; else HTTP_PROXY or
// HTTPS_PROXY by the address's scheme, unless NO_PROXY names its host. Loaded where one of them is set.
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { withinCidrs } from '../kit/cidr.ts'
import type { Environment } from './environment.ts'
import { UsageError } from './usage.ts'
import type { Via } from './wire.ts'

const answerWithin = 30_000
const maxHead = 16 * 1024

/** Where a proxy is set, how `wire` goes through it; an address that goes straight gives null. */
export function viaProxy(environment: Environment, tls: () => ConnectionOptions): (url: URL) => Promise<Via | null> {
  const always = environment.get('PROXY_ADDR') ?? environment.get('HTTP_PROXY')
  return async (url) => {
    const secure = url.protocol === 'https:'
    const given = always ?? (bypassed(url, environment.plain('NO_PROXY')) ? undefined : environment.plain(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'))
    if (given === undefined) return null
    const proxy = proxyOf(given)
    const headers = proxy.username === '' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}` }
    const socket = await dial(proxy, tls)
    if (!secure) return { socket, absolute: true, headers }
    return { socket: await tunnel(socket, url, headers), absolute: false, headers: {} }
  }
}

/** The address may hold a password, so no message names it. */
function proxyOf(given: string): URL {
  const url = URL.parse(given.includes('://') ? given : `http://${given}`)
  if (!url?.hostname) throw new UsageError('the address of the proxy is not valid')
  if (!['http:', 'https:'].includes(url.protocol)) throw new UsageError(`proxies of the kind ${url.protocol}// are not supported: use one that speaks HTTP`)
  return url
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase()
const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

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
async function tunnel(socket: Socket, url: URL, headers: Record<string, string>): Promise<Socket> {
  const target = `${url.hostname}:${portOf(url)}`
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const head = await readHead(socket).catch((error: Error) => {
    socket.destroy()
    throw error
  })
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status?.[0] === '2') return socket
  socket.destroy()
  throw new Error(`the proxy refuses to connect to ${target}: ${status === undefined ? 'its answer is not HTTP' : `status ${status}`}`)
}

/** Up to the empty line: after it the server is silent until it is greeted. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = ''
    const settle = (act: () => void): void => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener)
      socket.setTimeout(0)
      act()
    }
    const listeners: Record<string, (...values: any[]) => void> = {
      data: (chunk: Buffer) => {
        seen += chunk.toString('latin1')
        if (seen.includes('\r\n\r\n')) settle(() => (socket.pause(), resolve(seen)))
        else if (seen.length > maxHead) settle(() => reject(new Error('the answer of the proxy has too long a head')))
      },
      error: (error: Error) => settle(() => reject(error)),
      close: () => settle(() => reject(new Error('the proxy closed the connection'))),
      timeout: () => settle(() => reject(new Error('no answer of the proxy'))),
    }
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
    socket.setTimeout(answerWithin)
  })
}
