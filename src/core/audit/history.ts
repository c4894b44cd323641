// What the audit log tells of requests that came in another dialect than Vault's, newest first: read back from a
// device that can be read, else from the last answers that this process remembers.
import { isObject } from '../../kit/field.ts'
import type { AuditSubject } from './entry.ts'

/** An answered request, as the audit log has it: values hashed, names in clear. */
export interface AuditEvent {
  /** RFC 3339. */
  time: string
  /** `''` for the root namespace. */
  namespace: string
  operation: string
  path: string
  dialect: Record<string, unknown>
  displayName: string
  metadata: Record<string, string>
  remote: string
  error: string
}

/** An event with the mark of what comes after it. */
export interface Remembered {
  event: AuditEvent
  at: string
}

/** What a line says, or null for one that is no answer in a dialect. */
export function eventOf(line: string): AuditEvent | null {
  if (!line.includes('"type":"response"') || !line.includes('"dialect":{')) return null
  try {
    const { time, auth, request, error } = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, any>
    if (!isObject(request?.dialect)) return null
    return {
      time, namespace: request.namespace?.path ?? '', operation: request.operation, path: request.path, dialect: request.dialect,
      displayName: auth?.display_name ?? '', metadata: auth?.metadata ?? {}, remote: request.remote_address ?? '', error: error ?? '',
    }
  } catch {
    return null
  }
}

const mostRemembered = 1000

/** The last answers of this process, where no device can be read back. */
export class RecentEvents {
  readonly #events: { number: number; event: AuditEvent }[] = []
  #number = 0

  note(subject: AuditSubject, now: number): void {
    const { namespace, operation, path, dialect, token, remote, error } = subject
    if (dialect === undefined) return
    if (this.#events.length >= mostRemembered) this.#events.splice(0, mostRemembered / 10)
    const event: AuditEvent = {
      time: new Date(now).toISOString(), namespace: namespace.path, operation, path, dialect: dialect as Record<string, unknown>,
      displayName: token?.displayName ?? '', metadata: { ...token?.metadata }, remote: remote.address, error: error ?? '',
    }
    this.#events.push({ number: this.#number++, event })
  }

  *back(from: string | null): Generator<Remembered> {
    const before = from === null ? Infinity : Number(from)
    for (const { number, event } of this.#events.toReversed()) if (number < before) yield { event, at: String(number) }
  }
}
