// Networks in CIDR notation (`10.0.0.0/8`, `fd00::/8`, or one address).
import { BlockList, isIP, isIPv6 } from 'node:net'
import { invalid } from './errors.ts'

const blocks = new WeakMap<readonly string[], BlockList>()

function compile(cidrs: readonly string[]): BlockList {
  const ready = blocks.get(cidrs)
  if (ready) return ready
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [network, bits] = cidr.split('/')
    const family = isIPv6(network!) ? 'ipv6' : 'ipv4'
    if (isIP(network!)) list.addSubnet(network!, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  blocks.set(cidrs, list)
  return list
}

/** Whether an address lies in one of the networks; an IPv4 address in IPv6 form counts as IPv4. */
export function withinCidrs(address: string, cidrs: readonly string[]): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return isIP(plain) !== 0 && compile(cidrs).check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
}

/** Whether a client at `address` may pass: no networks mean no bound. */
export const isWithinBounds = (address: string, cidrs: readonly string[]): boolean => cidrs.length === 0 || withinCidrs(address, cidrs)

/** Throws `invalid`, naming the field, where one of the entries is no network. */
export function checkCidrs(cidrs: readonly string[], name: string): void {
  for (const cidr of cidrs) {
    const [network, bits, more] = cidr.split('/')
    const most = isIPv6(network!) ? 128 : 32
    if (more !== undefined || !isIP(network!) || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) throw invalid(`${name}: "${cidr.slice(0, 64)}" is not a network such as 10.0.0.0/8`)
  }
}
