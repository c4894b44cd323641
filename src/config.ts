// Every setting of the server as a documented field, read from HCL (Vault's stanzas), YAML or JSON.
// The only reader of process.env on the server's side.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parseHcl } from './hcl/index.ts'
import { checkCidrs } from './kit/cidr.ts'
import { invalid } from './kit/errors.ts'
import { type Fields, type Values, boolean, choice, duration, integer, isObject, list, map, parseFields, text } from './kit/field.ts'

const listenerFields = {
  address: text({ about: 'Host and port, or the path of a Unix socket.', default: '127.0.0.1:8200' }),
  tls_disable: boolean({ about: 'Whether to speak HTTP without TLS.', default: false }),
  tls_cert_file: text({ about: 'Certificate chain in PEM.' }),
  tls_key_file: text({ about: 'Private key in PEM.' }),
  tls_min_version: choice(['tls12', 'tls13'])({ about: 'Oldest TLS version that is accepted.', default: 'tls12' }),
  tls_client_ca_file: text({ about: 'Certificate authorities of clients.' }),
  tls_require_and_verify_client_cert: boolean({ about: 'Whether a client must show a certificate.', default: false }),
  max_request_size: integer({ about: 'Bytes of a request body.', default: 33_554_432 }),
  max_request_duration: duration({ about: 'Longest time that a request may take.', default: 90 }),
  x_forwarded_for_authorized_addrs: list({ about: 'Proxies whose X-Forwarded-For is believed, as addresses or networks.', default: [] }),
  proxy_protocol_authorized_addrs: list({ about: 'Proxies that speak the PROXY protocol (version 1 or 2).', default: [] }),
  proxy_protocol_behavior: choice(['use_always', 'allow_authorized', 'deny_unauthorized'])({ about: 'Who must speak the PROXY protocol: everybody, or the named proxies, with others let in or closed.', default: 'allow_authorized' }),
  unauthenticated_metrics_access: boolean({ about: 'Whether sys/metrics is answered without a token; in Vault\'s files below telemetry { }.', default: false }),
  socket_mode: text({ about: 'Mode of a Unix socket, octal.', default: '600' }),
} satisfies Fields

const serverFields = {
  api_addr: text({ about: 'Address that clients use, for redirects.' }),
  cluster_name: text({ about: 'Name shown by health and seal status.', default: 'strongroom' }),
  workers: text({ about: 'Processes that answer: a number, or "auto" for one a core.', default: '1' }),
  default_lease_ttl: duration({ about: 'Lifetime of leases and tokens where nothing else says.', default: 2_764_800 }),
  max_lease_ttl: duration({ about: 'Longest lifetime of leases and tokens.', default: 2_764_800 }),
  log_level: choice(['trace', 'debug', 'info', 'warn', 'error'])({ about: 'Least important messages that are logged.', default: 'info' }),
  log_format: choice(['standard', 'json'])({ about: 'How log lines look.', default: 'standard' }),
  audit_folder: text({ about: 'Folder below which audit files enabled over the API may lie; "*" for anywhere. By default /var/log/vault, or anywhere where storage is memory.' }),
  audit_networks: list({ about: 'Internal networks that audit devices enabled over the API may send to; "*" for anywhere. By default none, or anywhere where storage is memory.' }),
  enable_unauthenticated_access: list({ about: 'Vault\'s opt-ins to unauthenticated rekey and root generation.', default: [] }),
  raw_storage_endpoint: boolean({ about: 'Whether sys/raw reads and writes the records of the store as they lie behind the barrier. For repairs alone.', default: false }),
  introspection_endpoint: boolean({ about: 'Whether sys/internal/inspect shows the router and the request.', default: false }),
  ui: boolean({ about: 'Accepted for compatibility.', default: false }),
  disable_mlock: boolean({ about: 'Accepted for compatibility.', default: true }),
  function_folder: text({ about: 'Folder whose executables and modules may be rotation functions; none: no local functions.' }),
  pid_file: text({ about: 'File that holds the process id while the server runs.' }),
} satisfies Fields

const snapshotFields = {
  folder: text({ about: 'Folder that snapshots are written to.', required: true }),
  every: duration({ about: 'Time from one snapshot to the next.', default: 86_400 }),
  keep: integer({ about: 'How many are kept.', default: 7 }),
} satisfies Fields

const telemetryFields = {
  usage_gauge_period: duration({ about: 'How often tokens and leases are counted for metrics.', default: 600 }),
  otlp_endpoint: text({ about: 'Collector that takes traces (OTLP over HTTP with JSON), such as http://127.0.0.1:4318. Without it nothing is traced.' }),
  otlp_headers: map({ about: 'Headers for the collector.', default: {}, secret: true }),
  otlp_service_name: text({ about: 'Name of this service in traces.', default: 'strongroom' }),
} satisfies Fields

/** Every field by the stanza that it stands in, for the reference. */
export const settings: Record<'server' | 'listener' | 'telemetry' | 'snapshots', Fields> = { server: serverFields, listener: listenerFields, telemetry: telemetryFields, snapshots: snapshotFields }

export type ListenerConfig = Values<typeof listenerFields>

export interface Block {
  type: string
  options: Record<string, string>
}

export interface AuditBlock extends Block {
  path: string
  description: string
}

export interface Config extends Values<typeof serverFields> {
  audit_folder: string
  audit_networks: string[]
  storage: Block
  listeners: ListenerConfig[]
  /** The first without `disabled` is the seal, a disabled one is being left. Empty: Shamir's. */
  seals: (Block & { disabled: boolean })[]
  audit: AuditBlock[]
  telemetry: Values<typeof telemetryFields>
  /** Snapshots by the clock; null: none. */
  snapshots: Values<typeof snapshotFields> | null
  userLockout: Record<string, Record<string, unknown>>
  /** What was read and is not known, for a warning. */
  unknown: string[]
}

const stanzas = ['storage', 'backend', 'listener', 'seal', 'audit', 'telemetry', 'user_lockout', 'plugin_directory', 'service_registration', 'ha_storage', 'snapshots']

/** Reads files and folders of files (`.hcl`, `.json`, `.yaml`), in order; later ones win. Throws `invalid` naming file and field. */
export async function readConfig(paths: readonly string[]): Promise<Config> {
  const files = paths.flatMap((path) => (statSync(path).isDirectory() ? readdirSync(path).sort().map((name) => join(path, name)) : [path])).filter((file) => /\.(hcl|json|ya?ml)$/.test(file) || paths.includes(file))
  if (files.length === 0) throw invalid('no configuration files found')
  const merged: Record<string, unknown> = {}
  for (const file of files) {
    const source = readFileSync(file, 'utf8')
    try {
      for (const [key, value] of Object.entries(await parseSource(source, extname(file)))) merged[key] = key in merged && stanzas.includes(key) ? [merged[key], value].flat() : value
    } catch (cause) {
      throw invalid(`${file}: ${(cause as Error).message}`)
    }
  }
  return toConfig(merged)
}

async function parseSource(source: string, extension: string): Promise<Record<string, unknown>> {
  if (extension === '.yaml' || extension === '.yml') {
    const value: unknown = (await import('yaml')).parse(source)
    if (!isObject(value)) throw invalid('expected a mapping')
    return value
  }
  return parseHcl(source).toObject()
}

/** `storage "sqlite" { … }` and its JSON forms, as `{ type, body }`, whatever the nesting of repeated blocks. */
function labelled(value: unknown): { type: string; body: Record<string, unknown> }[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value.flatMap(labelled)
  if (!isObject(value)) throw invalid('expected a block with a name, such as storage "sqlite" { … }')
  if (typeof value.type === 'string') return [{ type: value.type, body: value }]
  return Object.entries(value).flatMap(([type, body]) => [body].flat().map((one) => ({ type, body: isObject(one) ? one : {} })))
}

const strings = (body: Record<string, unknown>): Record<string, string> => Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'type').map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : String(value)]))

function auditBlocks(value: unknown): AuditBlock[] {
  return labelled(value).flatMap(({ type, body }) => {
    const named = isObject(body.options) ? [{ type: String(body.path ?? type), body }] : labelled(body)
    return named.map(({ type: path, body: inner }) => ({ type, path: `${path.replace(/\/$/, '')}/`, description: String(inner.description ?? ''), options: isObject(inner.options) ? strings(inner.options) : {} }))
  })
}

/** Vault's names for storage: `inmem` is our memory; `file` and `raft` hold one SQLite file in their folder. */
function storageBlock(type: string, options: Record<string, string>): Block {
  if (type === 'inmem') return { type: 'memory', options: {} }
  if (type === 'file' || type === 'raft') return { type: 'sqlite', options: { path: join(options.path ?? '.', 'strongroom.db') } }
  if (type === 'postgresql') return { type: 'postgres', options }
  return { type, options }
}

function networksOf(networks: string[]): string[] {
  checkCidrs(networks.filter((one) => one !== '*'), 'audit_networks')
  return networks
}

export function toConfig(raw: Record<string, unknown>): Config {
  const [storage] = labelled(raw.storage ?? raw.backend)
  if (!storage) throw invalid('no storage is configured: add storage "sqlite" { path = "…" }')
  const seals = labelled(raw.seal).filter(({ type }) => type !== 'shamir')
  const fields = parseFields(serverFields, raw)
  const block = storageBlock(storage.type, strings(storage.body))
  return {
    ...fields,
    // What is forgotten at its end serves development and tests, whose files lie in folders of their own.
    audit_folder: fields.audit_folder ?? (block.type === 'memory' ? '*' : '/var/log/vault'),
    audit_networks: networksOf(fields.audit_networks ?? (block.type === 'memory' ? ['*'] : [])),
    storage: block,
    listeners: labelled(raw.listener).map(({ type, body }) => {
      if (type !== 'tcp' && type !== 'unix') throw invalid(`listener "${type}" is not known: use "tcp" or "unix"`)
      return parseFields(listenerFields, { ...(isObject(body.telemetry) && body.telemetry), ...body })
    }),
    seals: seals.map(({ type, body }) => ({ type, options: strings(body), disabled: body.disabled === true || body.disabled === 'true' })),
    audit: auditBlocks(raw.audit),
    telemetry: parseFields(telemetryFields, isObject(raw.telemetry) ? raw.telemetry : {}),
    snapshots: isObject(raw.snapshots) ? parseFields(snapshotFields, raw.snapshots) : null,
    userLockout: Object.fromEntries(labelled(raw.user_lockout).map(({ type, body }) => [type, body])),
    unknown: Object.keys(raw).filter((key) => !(key in serverFields) && !stanzas.includes(key)),
  }
}

export const listenerDefaults = (): ListenerConfig => parseFields(listenerFields, {})

/** What the process environment sets for the server; nothing else of it is read. */
export const environment = {
  /** Folder of `strongroom start`. */
  home: (): string => process.env.STRONGROOM_HOME ?? '.strongroom',
  /** Variables that a seal's options may name, and where systemd lays credentials. */
  all: (): Record<string, string | undefined> => process.env,
}
