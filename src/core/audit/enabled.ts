// An enabled device: what reaches it, in which form, and the chain of what it has taken.
import type { AuditDevice, AuditLimits, AuditType } from '../../kit/audit.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { Chain, linkPattern, type ChainEvent, type SigningKey } from './chain.ts'
import type { AuditSubject } from './entry.ts'
import { matches, parseFilter, type Filter } from './filter.ts'
import { Formatter, type AuditedHeaders } from './format.ts'
import { Hasher } from './hashing.ts'
import { Line } from './line.ts'

/** A device as it is declared: over the API (stored) or by the server's configuration. */
export interface DeviceEntry {
  type: string
  description: string
  local: boolean
  options: Record<string, string>
}

/** Options that every device has; the others are the device type's own. */
interface CommonOptions {
  prefix: string
  raw: boolean
  hmacAccessor: boolean
  elideLists: boolean
  filter: Filter | null
  fallback: boolean
  own: Record<string, string>
}

const common = ['prefix', 'format', 'log_raw', 'hmac_accessor', 'elide_list_responses', 'filter', 'fallback', 'exclude', 'description']

function flag(options: Record<string, string>, name: string, otherwise: boolean): boolean {
  const value = options[name]
  if (value === undefined || value === '') return otherwise
  if (['true', '1', 't'].includes(value.toLowerCase())) return true
  if (['false', '0', 'f'].includes(value.toLowerCase())) return false
  throw invalid(`${name}: expected true or false`)
}

/** Reads the options that all devices share; throws `invalid` for what cannot be kept. */
export function parseCommon(options: Record<string, string>): CommonOptions {
  if ((options['format'] ?? 'json') !== 'json') throw invalid('format: only json is supported')
  if (options['exclude']) throw invalid('exclude: not supported; every entry is written whole')
  const prefix = options['prefix'] ?? ''
  if (prefix.length > 256 || /[{\r\n]/.test(prefix)) throw invalid('prefix: at most 256 characters, without braces and line breaks')
  const fallback = flag(options, 'fallback', false)
  if (fallback && options['filter']) throw invalid('a fallback device cannot have a filter')
  return {
    prefix,
    raw: flag(options, 'log_raw', false),
    hmacAccessor: flag(options, 'hmac_accessor', true),
    elideLists: flag(options, 'elide_list_responses', false),
    filter: options['filter'] ? parseFilter(options['filter']) : null,
    fallback,
    own: Object.fromEntries(Object.entries(options).filter(([name]) => !common.includes(name))),
  }
}

interface Flight {
  taken: Promise<void>
  answer: Promise<void>
  last: number
}

interface Opening {
  path: string
  entry: DeviceEntry
  type: AuditType
  salt: Uint8Array
  signing: SigningKey
  headers: AuditedHeaders
  limits: AuditLimits
  now: () => number
  warn: (message: string, cause: unknown) => void
}

const idleMs = 1000

export class EnabledDevice {
  readonly path: string
  readonly entry: DeviceEntry
  readonly fallback: boolean
  readonly hasher: Hasher
  readonly #options: CommonOptions
  readonly #formatter: Formatter
  readonly #signing: SigningKey
  readonly #now: () => number
  readonly #warn: Opening['warn']
  readonly #line = new Line()
  readonly #prefix: Buffer | null
  #device!: AuditDevice
  #chain: Chain
  #opened = false
  #acknowledged = -1
  #flight: Flight | null = null
  /** The last line that was taken of the chain that failed before this one. */
  #former: { writer: string; seq: number } | null = null
  #idle: NodeJS.Timeout | null = null
  #closed = false

  private constructor(opening: Opening) {
    this.path = opening.path
    this.entry = opening.entry
    this.#options = parseCommon(opening.entry.options)
    this.fallback = this.#options.fallback
    this.hasher = new Hasher(opening.salt)
    const { prefix, raw, hmacAccessor, elideLists } = this.#options
    this.#prefix = prefix === '' ? null : Buffer.from(prefix)
    this.#formatter = new Formatter(this.#line, this.hasher, { raw, hmacAccessor, elideLists }, opening.headers)
    this.#signing = opening.signing
    this.#chain = new Chain(opening.signing, this.#line)
    this.#now = opening.now
    this.#warn = opening.warn
  }

  /** Opens the target and writes the chain's first marker: a device that cannot take a line is not enabled. */
  static async open(opening: Opening): Promise<EnabledDevice> {
    const enabled = new EnabledDevice(opening)
    enabled.#device = await opening.type.open(enabled.#options.own, { ...opening.limits, moved: (first) => enabled.#moved(first) })
    try {
      await enabled.#track(enabled.#begin())
    } catch (cause) {
      await enabled.#device.close().catch(() => undefined)
      throw cause
    }
    return enabled
  }

  set headers(headers: AuditedHeaders) {
    this.#formatter.headers = headers
  }

  /** Whether the device's filter lets the entry through. */
  wants(subject: AuditSubject): boolean {
    return this.#options.filter === null || matches(this.#options.filter, subject)
  }

  request(subject: AuditSubject): Promise<void> {
    return this.#write('request', subject)
  }

  response(subject: AuditSubject): Promise<void> {
    return this.#write('response', subject)
  }

  /** Its lines back, newest first; null for a device that cannot be read or that lacks lines. */
  history(from: string | null): AsyncIterable<{ line: string; at: string }> | null {
    return this.readable ? this.#device.history!(from) : null
  }

  /** Whether `history` gives something. */
  get readable(): boolean {
    return this.#options.filter === null && !this.fallback && this.#device.history !== undefined
  }

  async reopen(): Promise<void> {
    await this.#device.reopen()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#idle !== null) clearTimeout(this.#idle)
    try {
      if (this.#opened) await this.#marker('close')
    } catch (cause) {
      this.#warn(`audit device ${this.path} did not take its closing marker`, cause)
    } finally {
      await this.#device.close()
    }
  }

  #write(kind: 'request' | 'response', subject: AuditSubject): Promise<void> {
    if (this.#closed) return Promise.reject(new Fault('unavailable', `audit device ${this.path} is closed`))
    if (!this.#opened) this.#track(this.#begin()).catch(() => undefined)
    this.#chain.begin(this.#device.gathering === true)
    // Before the link: an entry that cannot be rendered must leave no gap in the chain.
    this.#formatter[kind](subject, this.#now())
    this.#chain.link()
    if (this.#idle === null) this.#watchIdle()
    return this.#track(this.#put())
  }

  /** Hands over the line that the chain has just linked. */
  #put(): Promise<void> {
    const { buffer, length } = this.#line
    if (this.#prefix === null) return this.#device.write(buffer, this.#chain.from, length)
    return this.#device.write(Buffer.concat([this.#prefix, this.#line.view(this.#chain.from)]))
  }

  #begin(): Promise<void> {
    if (this.#chain.last >= 0) this.#chain = new Chain(this.#signing, this.#line)
    this.#acknowledged = -1
    this.#opened = true
    return this.#marker('open', { device: this.path, ...(this.#former !== null && { continues: this.#former }) })
  }

  #marker(event: ChainEvent, more?: Record<string, unknown>): Promise<void> {
    this.#chain.marker(event, this.#now(), more)
    return this.#put()
  }

  // Lines that share the device's promise share its handlers too.
  #track(taken: Promise<void>): Promise<void> {
    if (this.#flight?.taken !== taken) return this.#follow(taken)
    this.#flight.last = this.#chain.last
    return this.#flight.answer
  }

  #follow(taken: Promise<void>): Promise<void> {
    const chain = this.#chain
    const flight: Flight = { taken, answer: taken, last: chain.last }
    flight.answer = taken.then(
      () => {
        if (this.#chain === chain && flight.last > this.#acknowledged) this.#acknowledged = flight.last
      },
      (cause: unknown) => {
        this.#fail(chain)
        throw cause
      },
    )
    this.#flight = flight
    return flight.answer
  }

  // A line that may be missing ends the chain: the next one begins anew and says how far this one got.
  #fail(chain: Chain): void {
    if (this.#chain !== chain || !this.#opened) return
    if (this.#acknowledged >= 0) this.#former = { writer: chain.writer, seq: this.#acknowledged }
    this.#opened = false
    this.#flight = null
  }

  #moved(first: Uint8Array): void {
    const link = linkPattern.exec(Buffer.from(first).toString())
    if (this.#closed || !this.#opened || link === null || link[1] !== this.#chain.writer) return
    this.#mark('moved', { since: Number(link[2]) })
  }

  #mark(event: 'moved' | 'checkpoint', more: Record<string, unknown> = {}): void {
    this.#track(this.#marker(event, more))
      .catch((cause: unknown) => this.#warn(`audit device ${this.path} did not take a marker`, cause))
  }

  // Lines after the last signature could be rewritten: a quiet device signs what it has.
  #watchIdle(): void {
    this.#idle = setTimeout(() => {
      this.#idle = null
      if (!this.#closed && this.#opened && this.#chain.unsigned) this.#mark('checkpoint')
    }, idleMs).unref()
  }
}
