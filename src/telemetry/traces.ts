// Traces in OpenTelemetry's OTLP over HTTP with JSON (opentelemetry.io/docs/specs/otlp): one span a request, named after the
// route's template. Spans hold no path parameter, no body and no credential. What cannot be sent is dropped.
import { randomBytes } from 'node:crypto'
import type { Call, Reply } from '../core/call.ts'
import type { Target } from '../core/mounts.ts'

export interface TraceOptions {
  /** Base URL of the collector, such as http://127.0.0.1:4318. */
  endpoint: string
  headers: Record<string, string>
  serviceName: string
  version: string
  failed(message: string): void
}

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: 1 | 2
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: { stringValue: string } | { intValue: string } }[]
  status: { code: 0 | 2 }
}

const batch = 256
const queueLimit = 4096
const interval = 2000
const quiet = 60_000

const nanos = (milliseconds: number): string => (BigInt(Math.round(milliseconds * 1000)) * 1000n).toString()
const attribute = (key: string, value: string | number): Span['attributes'][number] => ({ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } })

/** `traceparent` (w3.org/TR/trace-context): the caller's trace and span. */
function parentOf(header: string | string[] | undefined): { traceId: string; spanId: string } | null {
  const found = typeof header === 'string' ? /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header) : null
  return found && !/^0+$/.test(found[1]!) && !/^0+$/.test(found[2]!) ? { traceId: found[1]!, spanId: found[2]! } : null
}

export class Tracer {
  readonly #options: TraceOptions
  readonly #open = new Map<string, { traceId: string; spanId: string }>()
  readonly #timer: NodeJS.Timeout
  #queue: Span[] = []
  #complained = 0
  #sending: Promise<void> = Promise.resolve()

  constructor(options: TraceOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.flush(), interval).unref()
  }

  /** Begins the span of a call; what it gives ends it. Calls that a call makes are its children. */
  begin(call: Call): (target: Target | null, reply: Reply) => void {
    const outer = this.#open.get(call.id)
    const parent = outer ?? parentOf(call.headers.traceparent)
    const own = { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
    this.#open.set(call.id, own)
    const started = performance.timeOrigin + performance.now()
    return (target, reply) => {
      if (outer) this.#open.set(call.id, outer)
      else this.#open.delete(call.id)
      const template = target?.match && target.mount ? `${target.mount.record.path}${target.match.route.path}` : 'unknown'
      this.#add({
        ...own,
        ...(parent && { parentSpanId: parent.spanId }),
        name: `${call.operation} ${template}`,
        kind: outer ? 1 : 2,
        startTimeUnixNano: nanos(started),
        endTimeUnixNano: nanos(performance.timeOrigin + performance.now()),
        attributes: [
          attribute('http.route', template),
          attribute('http.response.status_code', reply.status),
          attribute('strongroom.operation', call.operation),
          attribute('strongroom.namespace', call.namespace),
          attribute('strongroom.request_id', call.id),
          ...(target?.mount ? [attribute('strongroom.mount_type', target.mount.record.type)] : []),
        ],
        status: { code: reply.status >= 500 ? 2 : 0 },
      })
    }
  }

  /** Sends what is queued; never rejects. */
  flush(): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      while (this.#queue.length > 0) await this.#send(this.#queue.splice(0, batch))
    })
    return this.#sending
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #add(span: Span): void {
    if (this.#queue.length < queueLimit) this.#queue.push(span)
    if (this.#queue.length === batch) void this.flush()
  }

  async #send(spans: Span[]): Promise<void> {
    const { endpoint, headers, serviceName, version, failed } = this.#options
    const resource = { attributes: [attribute('service.name', serviceName), attribute('service.version', version)] }
    try {
      const response = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'strongroom', version }, spans }] }] }),
        signal: AbortSignal.timeout(5000),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`status ${response.status}`)
    } catch (cause) {
      if (Date.now() - this.#complained < quiet) return
      this.#complained = Date.now()
      failed(`spans could not be sent: ${(cause as Error).message}`)
    }
  }
}
