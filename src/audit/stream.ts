// The standard output of the process as a target of audit lines.
import { write } from 'node:fs'
import type { AuditDevice, AuditLimits } from '../kit/audit.ts'
import { failure, LineQueue } from './queue.ts'

/** Milliseconds between two tries where a pipe is full. */
const pause = 5

/** Writes past Node's own stream, so that a line counts only once the system has taken it. */
export function openStdout(type: string, limits: AuditLimits): AuditDevice {
  const put = async (batch: { bytes: Buffer }, signal: { readonly aborted: boolean }): Promise<void> => {
    let rest = batch.bytes
    while (rest.length > 0) {
      if (signal.aborted) throw failure('audit stdout', 'the write did not end in time')
      const size = await putSome(rest)
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, pause))
      rest = rest.subarray(size)
    }
  }
  const queue = new LineQueue({ name: 'audit stdout', deadlineMs: limits.deadlineMs, put })
  return { type, write: (line) => queue.write(line), reopen: () => Promise.resolve(), close: () => queue.drain() }
}

function putSome(bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(1, bytes, 0, bytes.length, null, (cause, size) => {
      if (cause === null) resolve(size)
      else if (cause.code === 'EAGAIN') resolve(0)
      else reject(cause)
    })
  })
}
