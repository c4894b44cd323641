// The log as it is written, for those who watch (`sys/monitor`): a bounded queue each, so that a slow reader loses lines
// and holds nobody up.
import type { Level, Log } from '../log.ts'

const queueLimit = 1000

/** Lines from now on until the signal aborts. */
export async function* tailLog(log: Log, level: Level, format: 'standard' | 'json', signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let lines: string[] = []
  let lost = 0
  let wake: () => void = () => {}
  const stop = log.watch(level, format, (line) => {
    if (lines.length < queueLimit) lines.push(line)
    else lost++
    wake()
  })
  const ended = (): void => wake()
  signal.addEventListener('abort', ended)
  try {
    while (!signal.aborted) {
      if (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      if (lost > 0) lines.push(`monitor: lost ${lost} lines`)
      const taken = lines
      lines = []
      lost = 0
      if (taken.length > 0) yield Buffer.from(`${taken.join('\n')}\n`)
    }
  } finally {
    stop()
    signal.removeEventListener('abort', ended)
  }
}
