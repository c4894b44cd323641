// The broker of audit devices: an entry counts as written when at least one device took it. Where devices are
// enabled and none takes the entry, the request fails.
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import type { AuditType } from '../../kit/audit.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import type { View } from '../../kit/view.ts'
import { generateSigningKey, importSigningKey, type SigningKey } from './chain.ts'
import { EnabledDevice, parseCommon, type DeviceEntry } from './enabled.ts'
import type { AuditSubject } from './entry.ts'
import type { AuditedHeaders } from './format.ts'
import { type AuditEvent, RecentEvents, eventOf } from './history.ts'

export interface BrokerOptions {
  /** The broker's own part of the barrier. */
  view: View
  types: readonly AuditType[]
  /** Below which devices enabled over the API may write files; null for anywhere. */
  folder: string | null
  /** Internal networks that those devices may send to; null for anywhere, none where absent. */
  networks?: readonly string[] | null
  /** Devices of the server's configuration, by path. */
  configured?: Readonly<Record<string, DeviceEntry>>
  /** Milliseconds that a device has for a write; default 2000. */
  deadlineMs?: number
  now?: () => number
  /** Told what went wrong with a device while another took the entry. */
  warn?: (message: string, cause: unknown) => void
}

export interface ListedDevice extends DeviceEntry {
  path: string
}

/** Written without being asked for, as Vault does. */
const alwaysAudited: AuditedHeaders = { 'correlation-id': { hmac: false }, 'user-agent': { hmac: false }, 'x-correlation-id': { hmac: false } }

/** Their values are credentials: hashed, or not at all. */
const credentialHeaders = ['authorization', 'cookie', 'proxy-authorization', 'x-vault-token']

const pathPattern = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/

/** The canonical form of a device path: with a trailing slash. */
export function devicePath(path: string): string {
  const bare = path.replace(/\/+$/, '')
  if (bare.length > 128 || !pathPattern.test(bare) || bare.split('/').some((part) => part === '.' || part === '..')) throw invalid('invalid path')
  return `${bare}/`
}

const storeKey = (kind: 'device' | 'salt', path: string): string => `${kind}/${path.slice(0, -1)}`

export class AuditBroker {
  readonly #options: BrokerOptions
  readonly #types: ReadonlyMap<string, AuditType>
  /** Entries that were taken, and those that no device took. */
  readonly counts = { request: 0, response: 0, failures: 0 }
  readonly #recent = new RecentEvents()
  #devices: EnabledDevice[] = []
  #headers: AuditedHeaders = alwaysAudited
  #signing: SigningKey | null = null
  #publicKey = ''
  #changing: Promise<unknown> = Promise.resolve()
  #latest: { taken: Promise<void>; entries: number; outcome: Promise<void> } | null = null

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#types = new Map(options.types.map((type) => [type.type, type]))
  }

  /** Opens the devices of the configuration and of the store; a device that cannot be opened fails the call. */
  load(): Promise<void> {
    return this.refresh()
  }

  /** Brings devices and headers in line with the store, after another process changed it. */
  refresh(): Promise<void> {
    return this.#alone(async () => {
      const { view } = this.#options
      await this.#loadKey()
      this.#applyHeaders((await view.read<AuditedHeaders>('headers')) ?? {})
      const wanted = new Map<string, { entry: DeviceEntry; trusted: boolean }>()
      for (const [path, entry] of Object.entries(this.#options.configured ?? {})) wanted.set(devicePath(path), { entry, trusted: true })
      for (const key of await view.keys('device/')) {
        const path = `${key.slice('device/'.length)}/`
        const entry = await view.read<DeviceEntry>(key)
        if (entry !== null && !wanted.has(path)) wanted.set(path, { entry, trusted: false })
      }
      for (const device of this.#devices.filter((one) => !wanted.has(one.path))) await this.#drop(device)
      for (const [path, { entry, trusted }] of wanted) {
        if (!this.#devices.some((device) => device.path === path)) this.#devices = [...this.#devices, await this.#open(path, entry, trusted)]
      }
    })
  }

  /** Enables a device for good; the device must take its opening marker first. */
  enable(at: string, type: string, options: Record<string, string>, more: { description?: string; local?: boolean } = {}): Promise<void> {
    return this.#alone(async () => {
      const path = devicePath(at)
      if (this.#devices.some((device) => device.path.startsWith(path) || path.startsWith(device.path))) throw invalid('path already in use')
      const entry: DeviceEntry = { type, description: more.description ?? '', local: more.local ?? false, options }
      if (parseCommon(options).fallback && this.#devices.some((device) => device.fallback)) throw invalid('another device is the fallback already')
      const device = await this.#open(path, entry, false)
      try {
        await this.#options.view.write(storeKey('device', path), entry)
      } catch (cause) {
        await device.close().catch(() => undefined)
        throw cause
      }
      this.#devices = [...this.#devices, device]
    })
  }

  /** Disables a device and forgets its salt; `invalid` for a device of the server's configuration. */
  disable(at: string): Promise<void> {
    return this.#alone(async () => {
      const path = devicePath(at)
      if (this.#options.configured !== undefined && Object.keys(this.#options.configured).some((one) => devicePath(one) === path)) {
        throw invalid('the device belongs to the configuration of the server')
      }
      const device = this.#devices.find((one) => one.path === path)
      if (device === undefined) return
      await this.#options.view.update((tx) => {
        tx.delete(storeKey('device', path))
        tx.delete(storeKey('salt', path))
      })
      await this.#drop(device)
    })
  }

  /** The enabled devices; options that hold secrets are masked. */
  list(): ListedDevice[] {
    return this.#devices.map(({ path, entry }) => {
      const secrets = this.#types.get(entry.type)?.secrets ?? []
      const shown = Object.entries(entry.options).map(([name, value]) => [name, secrets.includes(name) ? '***' : value])
      return { path, ...entry, options: Object.fromEntries(shown) as Record<string, string> }
    })
  }

  /** What the device at `path` writes for the value: `hmac-sha256:…`. */
  hash(at: string, input: string): string {
    const path = devicePath(at)
    const device = this.#devices.find((one) => one.path === path)
    if (device === undefined) throw invalid(`unknown audit backend: "${path}"`)
    return device.hasher.hash(input)
  }

  get active(): boolean {
    return this.#devices.length > 0
  }

  /** The key that verifies the signatures of every chain, in PEM. */
  get publicKey(): string {
    return this.#publicKey
  }

  get headers(): AuditedHeaders {
    return this.#headers
  }

  setHeader(name: string, hmac: boolean): Promise<void> {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return Promise.reject(invalid('invalid header name'))
    if (!hmac && credentialHeaders.includes(name.toLowerCase())) return Promise.reject(invalid('this header holds a credential: it can be written hashed only'))
    return this.#changeHeaders((headers) => ({ ...headers, [name.toLowerCase()]: { hmac } }))
  }

  removeHeader(name: string): Promise<void> {
    return this.#changeHeaders((headers) => Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name.toLowerCase())))
  }

  /** Resolves when a device took the entry of the request; rejects with a Fault `internal` when none did. */
  request(subject: AuditSubject): Promise<void> {
    return this.#send(subject, 'request')
  }

  /** The same for the answer; `subject` is the one that `request` got, with `response` or `error` set. */
  response(subject: AuditSubject): Promise<void> {
    return this.#send(subject, 'response')
  }

  /**
   * Answers in other dialects, newest first, where `containing` (as JSON writes it) occurs; null for what is none.
   * `size`: how much was read for it.
   */
  async *history(from: string | null, containing: string): AsyncGenerator<{ event: AuditEvent | null; at: string; size: number }> {
    const device = this.#devices.find((one) => one.readable)
    if (!device) {
      for (const { event, at } of this.#recent.back(from)) yield { event: containing === '' || JSON.stringify(event).includes(containing) ? event : null, at, size: 0 }
      return
    }
    for await (const { line, at } of device.history(from)!) yield { event: line.includes(containing) ? eventOf(line) : null, at, size: line.length }
  }

  /** Opens every device's target anew. */
  async reopen(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.reopen()))
  }

  /** Ends every chain with its closing marker. */
  close(): Promise<void> {
    return this.#alone(async () => {
      const devices = this.#devices
      this.#devices = []
      await Promise.all(devices.map((device) => device.close()))
    })
  }

  #send(subject: AuditSubject, kind: 'request' | 'response'): Promise<void> {
    const devices = this.#devices
    this.counts[kind]++
    if (kind === 'response' && subject.dialect !== undefined && !devices.some((device) => device.readable)) this.#recent.note(subject, (this.#options.now ?? Date.now)())
    const only = devices.length === 1 ? devices[0]! : null
    if (only !== null && only.wants(subject)) {
      return this.#outcome(this.#attempt(only, subject, kind))
    }
    let receivers = devices.filter((device) => !device.fallback && device.wants(subject))
    if (receivers.length === 0) receivers = devices.filter((device) => device.fallback)
    if (receivers.length === 0) return Promise.resolve()
    const attempts = receivers.map((device) =>
      this.#attempt(device, subject, kind).catch((cause: unknown) => {
        this.#options.warn?.(`audit device ${device.path} did not take an entry`, cause)
        throw cause
      }))
    const outcome = Promise.any(attempts).catch((cause: AggregateError) => {
      this.counts.failures++
      throw refused(cause.errors)
    }) as Promise<void>
    outcome.catch(ignore)
    return outcome
  }

  // Entries that share the device's promise share what is made of it.
  #outcome(taken: Promise<void>): Promise<void> {
    if (this.#latest?.taken === taken) {
      this.#latest.entries++
      return this.#latest.outcome
    }
    const latest = { taken, entries: 1, outcome: taken }
    latest.outcome = taken.catch((cause: unknown) => {
      this.counts.failures += latest.entries
      throw refused([cause])
    })
    // Whoever waits for an entry hears of the failure, sooner or later.
    latest.outcome.catch(ignore)
    this.#latest = latest
    return latest.outcome
  }

  #attempt(device: EnabledDevice, subject: AuditSubject, kind: 'request' | 'response'): Promise<void> {
    try {
      return device[kind](subject)
    } catch (cause) {
      return Promise.reject(cause)
    }
  }

  async #open(path: string, entry: DeviceEntry, trusted: boolean): Promise<EnabledDevice> {
    const type = this.#types.get(entry.type)
    if (type === undefined) throw invalid(`unknown backend type: "${entry.type}"`)
    return await EnabledDevice.open({
      path,
      entry,
      type,
      salt: await this.#salt(path),
      signing: this.#signing ?? (await this.#loadKey()),
      headers: this.#headers,
      limits: { folder: trusted ? null : this.#options.folder, networks: trusted || this.#options.networks === null ? null : (this.#options.networks ?? []), deadlineMs: this.#options.deadlineMs ?? 2000, trusted },
      now: this.#options.now ?? Date.now,
      warn: this.#options.warn ?? (() => undefined),
    })
  }

  async #drop(device: EnabledDevice): Promise<void> {
    this.#devices = this.#devices.filter((one) => one !== device)
    await device.close()
  }

  #salt(path: string): Promise<Uint8Array> {
    return this.#options.view.update(async (tx) => {
      const key = storeKey('salt', path)
      const stored = await tx.get(key)
      if (stored !== null) return stored
      const made = randomBytes(32)
      tx.put(key, made)
      return made
    })
  }

  async #loadKey(): Promise<SigningKey> {
    const pem = await this.#options.view.update(async (tx) => {
      const stored = await tx.get('signing-key')
      if (stored !== null) return Buffer.from(stored).toString()
      const made = generateSigningKey()
      tx.put('signing-key', Buffer.from(made))
      return made
    })
    this.#publicKey = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' }) as string
    return (this.#signing = importSigningKey(pem))
  }

  async #changeHeaders(change: (headers: AuditedHeaders) => AuditedHeaders): Promise<void> {
    const changed = await this.#options.view.update(async (tx) => {
      const headers = change((await tx.read<AuditedHeaders>('headers')) ?? {})
      tx.write('headers', headers)
      return headers
    })
    this.#applyHeaders(changed)
  }

  #applyHeaders(stored: AuditedHeaders): void {
    this.#headers = { ...alwaysAudited, ...stored }
    for (const device of this.#devices) device.headers = this.#headers
  }

  // Changes of the table follow one another.
  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changing.then(change, change)
    this.#changing = result.catch(() => undefined)
    return result
  }
}

const ignore = (): void => {}

const refused = (causes: unknown[]): Fault =>
  new Fault('internal', 'no audit device took the entry: the request was not answered', { cause: new AggregateError(causes, 'audit devices failed') })
