// The server's own log, on standard error: one line an event, never a secret.

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'
const order: Level[] = ['trace', 'debug', 'info', 'warn', 'error']

/** The level of that name in any case, or undefined. */
export const levelOf = (name: string | undefined): Level | undefined => order.find((level) => level === name?.toLowerCase())

export interface Log {
  level: Level
  write(level: Level, message: string, fields?: Record<string, unknown>): void
}

/** `standard` reads as Vault's log does, `json` is one object a line. */
export function makeLog(level: Level, format: 'standard' | 'json', out: (line: string) => void): Log {
  const log: Log = {
    level,
    write(at, message, fields = {}) {
      if (order.indexOf(at) < order.indexOf(log.level)) return
      const time = new Date().toISOString()
      if (format === 'json') return out(JSON.stringify({ '@level': at, '@message': message, '@timestamp': time, ...fields }))
      const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`)
      out(`${time} [${at.toUpperCase()}]${at.length === 4 ? ' ' : ''} ${message}${pairs.length > 0 ? ':' : ''}${pairs.join('')}`)
    },
  }
  return log
}

/** What a log may show of an error: its class, message and place; causes too. */
export function describeError(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { error: typeof cause }
  return { error: `${cause.name}: ${cause.message}`, at: cause.stack?.split('\n')[1]?.trim(), ...(cause.cause !== undefined && { cause: describeError(cause.cause).error }) }
}
