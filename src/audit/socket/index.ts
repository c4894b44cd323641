// Audit device `socket`: lines over TCP, UDP or a Unix socket. A line counts once the system has taken it; whether
// the far end keeps it is the far end's promise, and UDP makes none.
import type { AuditLimits, AuditType } from '../../kit/audit.ts'
import { invalid } from '../../kit/errors.ts'
import { linesOf } from '../lines.ts'
import { datagramLink, streamLink, type Link } from '../link.ts'
import { deadlineOf, networkEnd, refuseUnknown, socketEnd } from '../options.ts'
import { deviceOver, LineQueue, type Batch } from '../queue.ts'

const name = 'audit socket'

function linkOf(kind: string, address: string, limits: AuditLimits): Link {
  if (kind === 'tcp') return streamLink(name, networkEnd(address, limits))
  if (kind === 'udp') return datagramLink(networkEnd(address, limits))
  if (kind === 'unix') return streamLink(name, socketEnd(address, limits))
  throw invalid('socket_type: expected tcp, udp or unix')
}

export const socket: AuditType = {
  type: 'socket',
  about: 'Sends entries to a socket; `address`, `socket_type` (tcp, udp, unix), `write_timeout`',
  async open(options, limits) {
    const { address = '', socket_type: kind = 'tcp', write_timeout: timeout, ...rest } = options
    refuseUnknown(rest)
    if (address === '') throw invalid('address is required')
    const link = linkOf(kind, address, limits)
    const put = async ({ bytes }: Batch): Promise<void> => {
      if (kind !== 'udp') return await link.send(bytes)
      for (const line of linesOf(bytes)) await link.send(line)
    }
    const queue = new LineQueue({ name, deadlineMs: deadlineOf(timeout, limits.deadlineMs), put, expired: () => link.drop() })
    const settle = async (): Promise<void> => {
      await queue.drain()
      link.drop()
    }
    return deviceOver(queue, 'socket', { reopen: settle, close: settle })
  },
}
