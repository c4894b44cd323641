// The server's own log, on standard error: one line an event, never a secret.

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'
const order: Level[] = ['trace', 'debug', 'info', 'warn', 'error']

/** The level of that name in any case, or undefined. */
export const levelOf = (name: string | undefined): Level | undefined => order.find((level) => level === name?.toLowerCase())

export type LogFormat = 'standard' | 'json'

interface Reader {
  level: Level
  format: LogFormat
  out(line: string): void
}

export interface Log {
  level: Level
  write(level: Level, message: string, fields?: Record<string, unknown>): void
  /** Hands every line from a level up to `out`, whatever the log's own level is; what it gives ends that. */
  watch(level: Level, format: LogFormat, out: (line: string) => void): () => void
}

/** `standard` reads as Vault's log does, `json` is one object a line. */
function lineOf(at: Level, message: string, fields: Record<string, unknown>, format: LogFormat): string {
  const time = new Date().toISOString()
  if (format === 'json') return JSON.stringify({ '@level': at, '@message': message, '@timestamp': time, ...fields })
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`)
  return `${time} [${at.toUpperCase()}]${at.length === 4 ? ' ' : ''} ${message}${pairs.length > 0 ? ':' : ''}${pairs.join('')}`
}

/** A log that hands its lines to `out`. */
export function makeLog(level: Level, format: LogFormat, out: (line: string) => void): Log {
  const readers = new Set<Reader>()
  const log: Log = {
    level,
    write(at, message, fields = {}) {
      if (order.indexOf(at) >= order.indexOf(log.level)) out(lineOf(at, message, fields, format))
      for (const reader of readers) if (order.indexOf(at) >= order.indexOf(reader.level)) reader.out(lineOf(at, message, fields, reader.format))
    },
    watch(from, shape, to) {
      const reader: Reader = { level: from, format: shape, out: to }
      readers.add(reader)
      return () => readers.delete(reader)
    },
  }
  return log
}

/** What a log may show of an error: its class, message and place; causes too. */
export function describeError(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { error: typeof cause }
  return { error: `${cause.name}: ${cause.message}`, at: cause.stack?.split('\n')[1]?.trim(), ...(cause.cause !== undefined && { cause: describeError(cause.cause).error }) }
}
