// What a server tells of its work: requests, storage, audit, tokens, leases, memory.
import type { Core } from '../core/core.ts'
import { StorageMeter } from './metered.ts'
import { type Sample, Timer } from './metrics.ts'

/** Status classes of answers, by their first digit. */
const classes = ['1xx', '2xx', '3xx', '4xx', '5xx']
const countAtMost = 1_000_000
/** Milliseconds that an answer waits for a new count; a long one is shown by the next. */
const patience = 250

export class Telemetry {
  readonly storage = new StorageMeter()
  readonly #requests = new Timer()
  readonly #statuses = new Float64Array(classes.length)
  readonly #started = Date.now()
  readonly #usageEvery: number
  #usage: { at: number; tokens: number; leases: number } = { at: 0, tokens: 0, leases: 0 }

  /** `usageEvery`: seconds until tokens and leases are counted anew. */
  constructor(usageEvery: number) {
    this.#usageEvery = usageEvery
  }

  /** One request of any dialect, answered. */
  answered(milliseconds: number, status: number): void {
    this.#requests.observe(milliseconds)
    this.#statuses[Math.min(Math.max(Math.trunc(status / 100), 1), 5) - 1]!++
  }

  /** Everything, as of now. */
  async samples(core: Core, inFlight: number): Promise<Sample[]> {
    const { sealed } = core.barrier
    await Promise.race([this.#count(core).catch(() => {}), new Promise((done) => setTimeout(done, patience))])
    const { heapUsed, rss, external } = process.memoryUsage()
    const cpu = process.cpuUsage()
    const gauge = (name: string, about: string, value: number, join: 'sum' | 'max' = 'sum'): Sample => ({ name, about, kind: 'gauge', value, join })
    const counter = (name: string, about: string, value: number, labels?: Record<string, string>): Sample => ({ name, about, kind: 'counter', value, ...(labels && { labels }) })
    const { request, response, failures } = core.audit.counts
    return [
      { name: 'core.handle_request', about: 'Milliseconds from a whole request to its answer.', kind: 'summary', summary: this.#requests.summary },
      ...classes.map((code, at) => counter('core.response_status_code', 'Answers by class of status.', this.#statuses[at]!, { code })),
      gauge('core.in_flight_requests', 'Requests that are being answered.', inFlight),
      gauge('core.unsealed', 'Whether the store is unsealed.', sealed ? 0 : 1, 'max'),
      gauge('core.active', 'Whether this node answers.', sealed ? 0 : 1, 'max'),
      ...this.storage.samples(),
      counter('audit.log_request.count', 'Requests that audit took.', request),
      counter('audit.log_response.count', 'Answers that audit took.', response),
      counter('audit.log_request_failure', 'Entries that no audit device took.', failures),
      counter('token.creation', 'Tokens that were made.', core.tokens.created),
      gauge('token.count', 'Tokens that there are.', this.#usage.tokens, 'max'),
      gauge('expire.num_leases', 'Leases that there are.', this.#usage.leases, 'max'),
      gauge('runtime.alloc_bytes', 'Bytes of live objects.', heapUsed),
      gauge('runtime.sys_bytes', 'Bytes of the process in memory.', rss),
      gauge('runtime.external_bytes', 'Bytes of buffers outside the heap.', external),
      counter('runtime.cpu_seconds', 'Seconds of CPU that the process used.', (cpu.user + cpu.system) / 1e6),
      gauge('runtime.start_time_seconds', 'When the process started.', this.#started / 1000, 'max'),
    ]
  }

  /** Counting walks over keys: seldom, by pages, and not beyond a million. */
  async #count(core: Core): Promise<void> {
    const now = Date.now()
    if (core.barrier.sealed || now - this.#usage.at < this.#usageEvery * 1000) return
    this.#usage = { ...this.#usage, at: now }
    this.#usage.tokens = await countKeys(core, 'core/token/id/')
    this.#usage.leases = await countKeys(core, 'core/lease/id/')
  }
}

async function countKeys(core: Core, prefix: string): Promise<number> {
  let count = 0
  for (let after: string | undefined; count < countAtMost; ) {
    const keys = await core.storage.list(prefix, after === undefined ? { limit: 1000 } : { after, limit: 1000 })
    count += keys.length
    after = keys.at(-1)
    if (keys.length < 1000) break
  }
  return count
}
