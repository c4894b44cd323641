// Telemetry put together: what `sys/` shows of it, what is counted of each request, where spans go.
import type { Core } from '../core/core.ts'
import type { Level, Log } from '../log.ts'
import { metricsJson, prometheusText } from './exposition.ts'
import { tailLog } from './log-tail.ts'
import { type Sample, mergeSamples } from './metrics.ts'
import { cpuProfile } from './profile.ts'
import { Telemetry } from './telemetry.ts'
import { Tracer } from './traces.ts'

export interface TelemetrySettings {
  usage_gauge_period: number
  otlp_endpoint: string | undefined
  otlp_headers: Record<string, string>
  otlp_service_name: string
}

export interface TelemetryParts {
  telemetry: Telemetry
  core: Core
  log: Log
  settings: TelemetrySettings
  version: string
  inFlight(): number
  /** What other processes over this store counted; none where there is one process. */
  others?: (() => Promise<Sample[][]>) | undefined
}

export interface Metrics {
  contentType: string
  body: string
}

export class Observation {
  readonly #parts: TelemetryParts
  readonly #tracer: Tracer | null
  readonly #ending = new AbortController()

  constructor(parts: TelemetryParts) {
    this.#parts = parts
    const { settings, core, log, version } = parts
    this.#tracer = settings.otlp_endpoint === undefined ? null : new Tracer({ endpoint: settings.otlp_endpoint, headers: settings.otlp_headers, serviceName: settings.otlp_service_name, version, failed: (message) => log.write('warn', message) })
    if (this.#tracer) core.trace = (call) => this.#tracer!.begin(call)
  }

  /** Of this process alone. */
  samples(): Promise<Sample[]> {
    return this.#parts.telemetry.samples(this.#parts.core, this.#parts.inFlight())
  }

  /** Of all processes over this store on this machine. */
  async metrics(format: 'prometheus' | 'json'): Promise<Metrics> {
    const [own, others] = await Promise.all([this.samples(), this.#parts.others?.() ?? []])
    const samples = mergeSamples([own, ...others])
    if (format === 'prometheus') return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: prometheusText(samples) }
    return { contentType: 'application/json', body: JSON.stringify(metricsJson(samples, new Date())) }
  }

  tail(level: string, format: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return tailLog(this.#parts.log, level as Level, format === 'json' ? 'json' : 'standard', AbortSignal.any([signal, this.#ending.signal]))
  }

  profile(seconds: number, signal: AbortSignal): Promise<string> {
    return cpuProfile(seconds, signal)
  }

  commandLine(): string[] {
    return process.argv.map((word) => word.replace(/^(--?[\w-]+)=.*$/s, '$1=***'))
  }

  /** Ends streams of the log, so that stopping need not wait for their readers. */
  end(): void {
    this.#ending.abort()
  }

  /** Sends the last spans. */
  async close(): Promise<void> {
    this.end()
    await this.#tracer?.close()
  }
}
