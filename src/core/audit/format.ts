// Vault's audit format (https://developer.hashicorp.com/vault/docs/audit/schema). Parts that do not change with
// each request (token, mount) are rendered once per device and kept as long as their object lives.
import { stamp, type AuditMount, type AuditResponse, type AuditSubject, type AuditToken, type GrantingPolicy } from './entry.ts'
import type { Hasher } from './hashing.ts'
import { Line } from './line.ts'
import { elide, scrub, writeHashed } from './redaction.ts'

/** Request headers that are written, by name in lower case; `hmac`: hashed. */
export type AuditedHeaders = Readonly<Record<string, { hmac: boolean }>>

export interface FormatOptions {
  /** Values readable: for devices that are themselves protected. */
  raw: boolean
  hmacAccessor: boolean
  elideLists: boolean
}

const quote = JSON.stringify as (value: unknown) => string
const texts = (name: string, list: readonly string[]): string => (list.length === 0 ? '' : `,"${name}":${quote(list)}`)
const text = (name: string, value: string | undefined): string => (value === undefined || value === '' ? '' : `,"${name}":${quote(value)}`)
const number = (name: string, value: number | undefined): string => (value === undefined || value === 0 ? '' : `,"${name}":${value}`)

const mountParts = new WeakMap<AuditMount, { request: Buffer; response: Buffer }>()

function mountPart(mount: AuditMount): { request: Buffer; response: Buffer } {
  const known = mountParts.get(mount)
  if (known !== undefined) return known
  const common = `${text('mount_point', mount.path)}${text('mount_type', mount.type)}${text('mount_accessor', mount.accessor)}${text('mount_class', mount.class)}`
  const made = {
    request: Buffer.from(`${common}${text('mount_running_version', mount.runningVersion)},`.slice(1)),
    response: Buffer.from((common + text('mount_running_plugin_version', mount.runningVersion)).slice(1)),
  }
  mountParts.set(mount, made)
  return made
}

const noToken = Buffer.from('},"request":{')

/** Writes entries for one device: its salt, its options. An entry lacks its closing brace: the chain adds its link and closes it. */
export class Formatter {
  readonly #hasher: Hasher
  readonly #options: FormatOptions
  readonly #tokens = new WeakMap<AuditToken, Buffer>()
  readonly #hashed = new WeakMap<object, Buffer>()
  headers: AuditedHeaders

  constructor(hasher: Hasher, options: FormatOptions, headers: AuditedHeaders) {
    this.#hasher = hasher
    this.#options = options
    this.headers = headers
  }

  request(line: Line, subject: AuditSubject, now: number): void {
    this.#common(line, 'request', subject, now)
    if (subject.error) line.text(text('error', this.#error(subject)))
  }

  response(line: Line, subject: AuditSubject, now: number): void {
    this.#common(line, 'response', subject, now)
    if (subject.response !== undefined) this.#response(line, subject, subject.response)
    if (subject.error) line.text(text('error', this.#error(subject)))
  }

  // Caller and call, in both lines alike: the second line copies what the first one wrote.
  #common(line: Line, type: 'request' | 'response', subject: AuditSubject, now: number): void {
    const known = subject.rendered?.by === this ? subject.rendered : undefined
    line.ascii('{"time":"')
    line.ascii(stamp(now))
    line.ascii(type === 'request' ? '","type":"request' : '","type":"response')
    line.ascii('","auth":{"policy_results":')
    const results = line.length
    if (known === undefined) writeResults(line, subject)
    else line.bytes(known.results)
    const resultsEnd = line.length
    line.bytes(subject.token === null ? noToken : (this.#tokens.get(subject.token) ?? this.#remember(subject.token)))
    if (subject.mount !== null) line.bytes(mountPart(subject.mount).request)
    const call = line.length
    if (known === undefined) this.#call(line, subject)
    else line.bytes(known.call)
    if (known === undefined) subject.rendered = { by: this, results: Buffer.from(line.view(results).subarray(0, resultsEnd - results)), call: Buffer.from(line.view(call)) }
    line.byte(0x7d)
  }

  #call(line: Line, subject: AuditSubject): void {
    const { namespace, remote } = subject
    line.ascii('"id":')
    line.quoted(subject.requestId)
    line.ascii(',"operation":"')
    line.ascii(subject.operation)
    line.ascii('","namespace":{"id":')
    line.quoted(namespace.id)
    if (namespace.path !== '') line.text(text('path', namespace.path))
    line.ascii('},"path":')
    line.quoted(subject.path)
    line.ascii(',"remote_address":')
    line.quoted(remote.address)
    if (remote.port !== 0) line.ascii(number('remote_port', remote.port))
    this.#headers(line, subject.headers)
    if (subject.wrapTtl !== 0) line.ascii(number('wrap_ttl', subject.wrapTtl))
    if (subject.dialect !== undefined) line.text(`,"dialect":${quote(subject.dialect)}`)
    if (subject.data === null || isEmpty(subject.data)) return
    line.ascii(',"data":')
    this.#data(line, subject.data, subject.mount?.clearRequestKeys)
  }

  #secret(value: string): string {
    return this.#options.raw ? value : this.#hasher.hash(value)
  }

  #accessor(value: string): string {
    return this.#options.hmacAccessor ? this.#secret(value) : value
  }

  #error(subject: AuditSubject): string {
    return this.#options.raw ? subject.error! : scrub(subject.error!, [subject.data, subject.response?.data, subject.token?.clientToken], this.#hasher)
  }

  #data(line: Line, value: Record<string, unknown>, clear: readonly string[] | undefined): void {
    if (this.#options.raw) line.text(quote(value))
    else writeHashed(line, value, clear, this.#hasher)
  }

  #headers(line: Line, received: AuditSubject['headers']): void {
    let first = true
    for (const name in this.headers) {
      const value = received[name]
      if (value === undefined) continue
      const { hmac } = this.headers[name]!
      line.ascii(first ? ',"headers":{' : ',')
      first = false
      line.quoted(name)
      line.ascii(':[')
      const values = typeof value === 'string' ? [value] : value
      for (let i = 0; i < values.length; i++) {
        if (i > 0) line.byte(0x2c)
        line.quoted(hmac ? this.#secret(values[i]!) : values[i]!)
      }
      line.byte(0x5d)
    }
    if (!first) line.byte(0x7d)
  }

  // The end of `auth` and the beginning of `request`: both name the token.
  #remember(token: AuditToken): Buffer {
    const hashed = token.clientToken === null ? '' : token.clientToken && this.#secret(token.clientToken)
    const accessor = token.accessor && this.#accessor(token.accessor)
    const own = `${text('client_id', token.clientId)}${text('client_token', hashed)}${text('client_token_accessor', accessor)}`
    const part = Buffer.from(`${this.#token(token, hashed, accessor)}},"request":{${own === '' ? '' : `${own.slice(1)},`}`)
    this.#tokens.set(token, part)
    return part
  }

  #token(token: AuditToken, hashed: string, accessor: string): string {
    return `${text('client_token', hashed)}${text('accessor', accessor)}${text('display_name', token.displayName)}`
      + `${texts('policies', token.policies)}${texts('token_policies', token.tokenPolicies)}${texts('identity_policies', token.identityPolicies)}`
      + `${token.noDefaultPolicy ? ',"no_default_policy":true' : ''}${isEmpty(token.metadata) ? '' : `,"metadata":${quote(token.metadata)}`}`
      + `${number('num_uses', token.numUses)}${text('entity_id', token.entityId)}${text('token_type', token.tokenType)}`
      + `${number('token_ttl', token.tokenTtl)}${text('token_issue_time', token.tokenIssueTime)}`
  }

  #response(line: Line, subject: AuditSubject, response: AuditResponse): void {
    const { mount } = subject
    line.ascii(',"response":{')
    if (mount !== null) line.bytes(mountPart(mount).response)
    let more = ''
    if (response.auth !== undefined) {
      const { clientToken, accessor } = response.auth
      more += `,"auth":{${this.#token(response.auth, clientToken ? this.#secret(clientToken) : '', accessor && this.#accessor(accessor)).slice(1)}}`
    }
    if (response.leaseId) more += `,"secret":{"lease_id":${quote(response.leaseId)}}`
    if (response.wrapInfo !== undefined) more += this.#wrapInfo(response.wrapInfo)
    if (response.warnings !== undefined) more += texts('warnings', response.warnings)
    more += text('redirect', response.redirect)
    const data = response.data !== undefined && response.data !== null
    if (data) more += ',"data":'
    line.text(mount === null ? more.slice(1) : more)
    if (data) this.#responseData(line, subject, response.data!)
    line.byte(0x7d)
  }

  #responseData(line: Line, subject: AuditSubject, data: Record<string, unknown>): void {
    const clear = subject.mount?.clearResponseKeys
    const lists = subject.operation === 'list' || subject.operation === 'scan'
    if (lists && this.#options.elideLists) this.#data(line, elide(data), [...(clear ?? []), 'keys', 'key_info'])
    else if (subject.response!.basis === undefined || this.#options.raw || (clear !== undefined && clear.length > 0)) this.#data(line, data, clear)
    else this.#steady(line, data, subject.response!.basis)
  }

  #steady(line: Line, data: Record<string, unknown>, basis: object): void {
    const known = this.#hashed.get(basis)
    if (known !== undefined) return line.bytes(known)
    const from = line.length
    this.#data(line, data, undefined)
    this.#hashed.set(basis, Buffer.from(line.view(from)))
  }

  #wrapInfo(wrap: NonNullable<AuditResponse['wrapInfo']>): string {
    const wrapped = wrap.wrappedAccessor ? text('wrapped_accessor', this.#accessor(wrap.wrappedAccessor)) : ''
    return `,"wrap_info":{"ttl":${wrap.ttl}${text('token', this.#secret(wrap.token))}${text('accessor', wrap.accessor && this.#accessor(wrap.accessor))}`
      + `${text('creation_time', wrap.creationTime)}${text('creation_path', wrap.creationPath)}${wrapped}}`
  }
}

function writeResults(line: Line, subject: AuditSubject): void {
  line.ascii(subject.allowed === false ? '{"allowed":false' : '{"allowed":true')
  const granting = subject.granting ?? []
  if (granting.length > 0) line.ascii(',"granting_policies":[')
  for (let i = 0; i < granting.length; i++) {
    if (i > 0) line.byte(0x2c)
    writePolicy(line, granting[i]!)
  }
  line.ascii(granting.length > 0 ? ']}' : '}')
  if (subject.remainingUses !== undefined) line.ascii(number('remaining_uses', subject.remainingUses))
}

function writePolicy(line: Line, policy: GrantingPolicy): void {
  line.ascii('{"name":')
  line.quoted(policy.name)
  line.ascii(',"namespace_id":')
  line.quoted(policy.namespaceId ?? 'root')
  if (policy.namespacePath !== undefined) line.text(text('namespace_path', policy.namespacePath))
  line.ascii(',"type":')
  line.quoted(policy.type ?? 'acl')
  line.byte(0x7d)
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}
