// What a command prints, in the format that was asked for. Results go to standard output, all else to standard error.
import type { Auth, Secret, WrapInfo } from '../sdk/secret.ts'
import { formatJson, sortedKeys } from './json.ts'
import type { Shell } from './shell.ts'
import { columns, show, showDuration, showField, showQuoted, table, wrapText } from './text.ts'
import { UsageError } from './usage.ts'

export const formats = ['table', 'json', 'yaml', 'pretty', 'raw'] as const
export type Format = (typeof formats)[number]

export class Output {
  readonly format: Format
  /** The only field to print. */
  readonly field: string | undefined
  readonly interactive: boolean
  readonly #shell: Shell

  constructor(shell: Shell, format: string, field: string | undefined, interactive: boolean) {
    const named = format.toLowerCase() === 'yml' ? 'yaml' : format.toLowerCase()
    if (!(formats as readonly string[]).includes(named)) throw new UsageError(`Invalid output format: ${format}`)
    this.#shell = shell
    this.format = named as Format
    this.field = field
    this.interactive = interactive
  }

  /** True where people read: neither JSON nor YAML. */
  get isTable(): boolean {
    return this.format === 'table'
  }

  line(text = ''): void {
    this.#shell.out(text + '\n')
  }

  warn(text: string): void {
    this.#shell.err(text + '\n')
  }

  /** Prints an error; gives the exit code. */
  fail(text: string, code = 2): number {
    this.#shell.err(text + '\n')
    return code
  }

  /** A value as it is: without a newline where a program reads it. */
  raw(text: string): number {
    this.#shell.out(this.#shell.terminal ? text + '\n' : text)
    return 0
  }

  bytes(chunk: Uint8Array): void {
    this.#shell.out(chunk)
  }

  /** A line for people; nothing in JSON and YAML. */
  done(text: string): number {
    if (this.isTable) this.line(text)
    return 0
  }

  /** An object as keys and values, or in its format. A Map keeps its order. */
  async data(value: object): Promise<number> {
    if (!this.isTable) return this.structured(value)
    const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : sortedKeys(value).map((key) => [key, (value as Record<string, unknown>)[key]] as const)
    if (entries.length > 0) this.line(table(['Key', 'Value'], entries.map(([key, item]) => [key, showField(key, item)])))
    return 0
  }

  /** JSON or YAML, whatever is asked for people. */
  async structured(value: unknown): Promise<number> {
    if (this.format === 'raw' || this.format === 'pretty') throw new UsageError(`This command does not support -format=${this.format}`)
    this.line(await this.#text(value))
    return 0
  }

  rows(header: readonly string[], rows: readonly (readonly string[])[]): void {
    this.line(table(header, rows))
  }

  columns(rows: readonly (readonly string[])[]): void {
    this.line(columns(rows))
  }

  /** One field of an object; exit code 1 where it is not there. */
  async pick(data: Record<string, unknown>, field: string): Promise<number> {
    const value = data[field]
    if (value === undefined || value === null) return this.fail(`Field "${field}" not present in secret`, 1)
    if (this.format === 'json' || this.format === 'yaml') return this.raw(await this.#text(value))
    return this.raw(show(value))
  }

  /** A secret, whole or its one field; exit code 2 where the server answered with nothing. */
  async secret(secret: Secret | null): Promise<number> {
    if (secret === null) return this.fail('The server answered without data.')
    if (this.field !== undefined) return this.pick(fieldsOf(secret, this.field), this.field)
    if (!this.isTable) return this.structured(structureOf(secret))
    this.warnings(secret)
    const rows = [...leaseRows(secret), ...authRows(secret.auth), ...wrapRows(secret.wrap_info)]
    for (const key of sortedKeys(secret.data ?? {})) rows.push([key, showField(key, secret.data![key])])
    if (rows.length > 0) this.rows(['Key', 'Value'], rows)
    return 0
  }

  /** The keys of a LIST; with `detailed` what the server says about each. */
  async list(secret: Secret, detailed = false): Promise<number> {
    const keys = (secret.data?.keys ?? []) as string[]
    if (this.field !== undefined) return this.pick(secret.data ?? {}, this.field)
    if (!this.isTable) return this.structured(detailed ? structureOf(secret) : keys)
    this.warnings(secret)
    const sorted = [...keys].sort((a, b) => (a < b ? -1 : 1))
    const info = (secret.data?.key_info ?? {}) as Record<string, Record<string, unknown>>
    const names = detailed ? [...new Set(Object.values(info).flatMap((item) => Object.keys(item)))].sort() : []
    const cell = (key: string, name: string): string => (info[key]?.[name] === undefined ? 'n/a' : showField(name, info[key][name]))
    if (sorted.length > 0) this.rows(['Keys', ...names], sorted.map((key) => [key, ...names.map((name) => cell(key, name))]))
    return 0
  }

  warnings(secret: Secret): void {
    if (!secret.warnings?.length) return
    this.warn('WARNING! The following warnings were returned from Vault:\n')
    for (const warning of secret.warnings) this.warn(`${wrapText(`* ${warning}`, '  ')}\n`)
  }

  async #text(value: unknown): Promise<string> {
    if (this.format !== 'yaml') return formatJson(value)
    const { formatYaml } = await import('./yaml.ts')
    return formatYaml(value)
  }
}

const leaseRows = (secret: Secret): string[][] => {
  if (!secret.lease_duration) return []
  if (!secret.lease_id) return [['refresh_interval', showDuration(secret.lease_duration)]]
  return [
    ['lease_id', secret.lease_id],
    ['lease_duration', showDuration(secret.lease_duration)],
    ['lease_renewable', String(secret.renewable ?? false)],
  ]
}

function authRows(auth: Auth | null | undefined): string[][] {
  if (!auth) return []
  if (auth.mfa_requirement) {
    const rows = [['mfa_request_id', auth.mfa_requirement.mfa_request_id]]
    for (const [name, { any }] of Object.entries(auth.mfa_requirement.mfa_constraints))
      for (const { type, id, uses_passcode } of any)
        rows.push([`mfa_constraint_${name}_${type}_id`, id], [`mfa_constraint_${name}_${type}_uses_passcode`, String(uses_passcode)])
    return rows
  }
  return [
    ['token', auth.client_token],
    ['token_accessor', auth.accessor],
    ['token_duration', auth.lease_duration === 0 ? '∞' : showDuration(auth.lease_duration)],
    ['token_renewable', String(auth.renewable)],
    ['token_policies', showQuoted(auth.token_policies)],
    ['identity_policies', showQuoted(auth.identity_policies)],
    ['policies', showQuoted(auth.policies)],
    ...sortedKeys(auth.metadata ?? {}).map((key) => [`token_meta_${key}`, show(auth.metadata![key])]),
  ]
}

function wrapRows(info: WrapInfo | null | undefined): string[][] {
  if (!info) return []
  return [
    ['wrapping_token:', info.token],
    ['wrapping_accessor:', info.accessor],
    ['wrapping_token_ttl:', showDuration(info.ttl)],
    ['wrapping_token_creation_time:', info.creation_time],
    ['wrapping_token_creation_path:', info.creation_path],
    ...(info.wrapped_accessor ? [['wrapped_accessor:', info.wrapped_accessor]] : []),
  ]
}

/** What `-field` may name. */
function fieldsOf(secret: Secret, field: string): Record<string, unknown> {
  const data = secret.data ?? {}
  const { auth, wrap_info: wrap } = secret
  if (auth) {
    const own: Record<string, unknown> = {
      token: auth.client_token,
      token_accessor: auth.accessor,
      token_duration: auth.lease_duration,
      token_renewable: auth.renewable,
      token_policies: auth.token_policies ?? [],
      identity_policies: auth.identity_policies ?? [],
      policies: auth.policies,
    }
    return field in own ? own : data
  }
  if (wrap) {
    const own: Record<string, unknown> = {
      wrapping_token: wrap.token,
      wrapping_accessor: wrap.accessor,
      wrapping_token_ttl: wrap.ttl,
      wrapping_token_creation_time: wrap.creation_time,
      wrapping_token_creation_path: wrap.creation_path,
      wrapped_accessor: wrap.wrapped_accessor,
    }
    return field in own ? own : data
  }
  const { lease_duration = 0, lease_id = '', request_id = '', renewable = false } = secret
  const own: Record<string, unknown> = { lease_duration, lease_id, request_id, renewable, refresh_interval: lease_duration, data: data.data ?? data }
  return field in own ? own : data
}

const authOrder = ['client_token', 'accessor', 'policies', 'token_policies', 'identity_policies', 'metadata', 'orphan', 'entity_id', 'lease_duration', 'renewable', 'mfa_requirement']
const wrapOrder = ['token', 'accessor', 'ttl', 'creation_time', 'creation_path', 'wrapped_accessor']

const ordered = (value: object, names: readonly string[]): Map<string, unknown> =>
  new Map([...names, ...Object.keys(value)].filter((name) => name in value).map((name) => [name, (value as Record<string, unknown>)[name]]))

/** The envelope with its fields in Vault's order. */
function structureOf(secret: Secret): Map<string, unknown> {
  const { request_id = '', lease_id = '', lease_duration = 0, renewable = false, data, warnings, auth, wrap_info, mount_type } = secret
  const map = new Map<string, unknown>(Object.entries({ request_id, lease_id, lease_duration, renewable, data: data ?? null, warnings: warnings ?? null }))
  if (auth) map.set('auth', ordered(auth, authOrder))
  if (wrap_info) map.set('wrap_info', ordered(wrap_info, wrapOrder))
  if (mount_type) map.set('mount_type', mount_type)
  return map
}
