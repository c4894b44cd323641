// Who is behind a proxy, by `X-Forwarded-For`. Each hop is believed only as far as the one before it is a named proxy.
import { isIP } from 'node:net'
import { withinCidrs } from '../kit/cidr.ts'
import { invalid } from '../kit/errors.ts'

const mostHops = 64

/** `address` unless it is a proxy's; then what that proxy says, and so on from the right. Throws `invalid` for what is no address. */
export function forwardedFor(address: string, header: string | string[] | undefined, proxies: readonly string[]): string {
  if (proxies.length === 0 || header === undefined || !withinCidrs(address, proxies)) return address
  const hops = [header].flat().join(',').split(',')
  if (hops.length > mostHops) throw invalid('X-Forwarded-For: too many hops')
  for (let client = address; ; ) {
    const hop = hops.pop()
    if (hop === undefined) return client
    client = plainAddress(hop)
    if (!withinCidrs(client, proxies)) return client
  }
}

/** Some proxies add a port or brackets. */
function plainAddress(hop: string): string {
  const text = hop.trim()
  const found = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text
  if (isIP(found) === 0) throw invalid('X-Forwarded-For: expected addresses')
  return found
}
