// The standard output of the process as a target of audit lines.
import type { AuditDevice, AuditLimits } from '../kit/audit.ts'
import { pause, writeSome } from './descriptor.ts'
import { deviceOver, failure, LineQueue } from './queue.ts'

/** Writes past Node's own stream, so that a line counts only once the system has taken it. */
export function openStdout(type: string, limits: AuditLimits): AuditDevice {
  const put = async (batch: { bytes: Buffer }, signal: { readonly aborted: boolean }): Promise<void> => {
    let rest = batch.bytes
    while (rest.length > 0) {
      if (signal.aborted) throw failure('audit stdout', 'the write did not end in time')
      const size = await writeSome(1, rest)
      if (size === 0) await pause()
      rest = rest.subarray(size)
    }
  }
  const queue = new LineQueue({ name: 'audit stdout', deadlineMs: limits.deadlineMs, put })
  return deviceOver(queue, type, { reopen: () => Promise.resolve(), close: () => queue.drain() })
}
