// Audit device `syslog`: RFC 5424 messages over UDP, TCP (octet counting, RFC 6587) or a Unix stream socket.
import { hostname } from 'node:os'
import type { AuditLimits, AuditType } from '../../kit/audit.ts'
import { invalid } from '../../kit/errors.ts'
import { linesOf } from '../lines.ts'
import { datagramLink, streamLink, type Link } from '../link.ts'
import { deadlineOf, networkEnd, refuseUnknown, socketEnd } from '../options.ts'
import { deviceOver, LineQueue, type Batch } from '../queue.ts'

const name = 'audit syslog'
const informational = 6

/** RFC 5424, section 6.2.1. */
const facilities: Record<string, number> = {
  KERN: 0, USER: 1, MAIL: 2, DAEMON: 3, AUTH: 4, SYSLOG: 5, LPR: 6, NEWS: 7, UUCP: 8, CRON: 9, AUTHPRIV: 10, FTP: 11,
  LOCAL0: 16, LOCAL1: 17, LOCAL2: 18, LOCAL3: 19, LOCAL4: 20, LOCAL5: 21, LOCAL6: 22, LOCAL7: 23,
}

type Framing = 'datagram' | 'counted' | 'newline'

function targetOf(address: string, limits: AuditLimits): { link: Link; framing: Framing } {
  const scheme = /^(udp|tcp|unix):\/\/(.+)$/.exec(address)
  const rest = scheme?.[2] ?? address
  if (scheme?.[1] === 'unix' || (scheme === null && address.startsWith('/'))) return { link: streamLink(name, socketEnd(rest, limits)), framing: 'newline' }
  if (scheme?.[1] === 'tcp') return { link: streamLink(name, networkEnd(rest, limits, 601)), framing: 'counted' }
  return { link: datagramLink(networkEnd(rest, limits, 514)), framing: 'datagram' }
}

/** One message: header, then the entry. */
export function syslogMessage(header: { priority: number; host: string; tag: string; pid: number }, time: string, line: Uint8Array): Buffer {
  const { priority, host, tag, pid } = header
  return Buffer.concat([Buffer.from(`<${priority}>1 ${time} ${host} ${tag} ${pid} audit - `), line])
}

export const syslog: AuditType = {
  type: 'syslog',
  about: 'Sends entries to a syslog server; `address` (udp://, tcp://, unix://; default unix:///dev/log), `facility`, `tag`',
  async open(options, limits) {
    const { address = 'unix:///dev/log', facility = 'AUTH', tag = 'strongroom', write_timeout: timeout, ...rest } = options
    refuseUnknown(rest)
    const code = facilities[facility.toUpperCase()]
    if (code === undefined) throw invalid('facility: unknown')
    if (!/^[!-~]{1,48}$/.test(tag)) throw invalid('tag: expected at most 48 printable characters')
    const header = { priority: code * 8 + informational, host: hostname().replaceAll(/[^!-~]/g, '') || '-', tag, pid: process.pid }
    const { link, framing } = targetOf(address, limits)
    const put = async ({ bytes }: Batch): Promise<void> => {
      const time = new Date().toISOString()
      const messages = [...linesOf(bytes)].map((line) => syslogMessage(header, time, line))
      if (framing === 'datagram') for (const message of messages) await link.send(message)
      else await link.send(Buffer.concat(messages.flatMap((message) => (framing === 'counted' ? [Buffer.from(`${message.length} `), message] : [message, Buffer.from('\n')]))))
    }
    const queue = new LineQueue({ name, deadlineMs: deadlineOf(timeout, limits.deadlineMs), put, expired: () => link.drop() })
    const settle = async (): Promise<void> => {
      await queue.drain()
      link.drop()
    }
    return deviceOver(queue, 'syslog', { reopen: settle, close: settle })
  },
}
