// Vault's audit format (https://developer.hashicorp.com/vault/docs/audit/schema). Parts that do not change with
// each request (token, mount) are rendered once per device and kept as long as their object lives.
import { stamp, type AuditMount, type AuditResponse, type AuditSubject, type AuditToken } from './entry.ts'
import type { Hasher } from './hashing.ts'
import type { Line } from './line.ts'
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

const grantsParts = new WeakMap<readonly string[], Buffer>()

function grantsPart(names: readonly string[]): Buffer {
  const known = grantsParts.get(names)
  if (known !== undefined) return known
  const policies = names.map((name) => ({ name, namespace_id: 'root', type: 'acl' }))
  const made = Buffer.from(`,"granting_policies":${quote(policies)}`)
  grantsParts.set(names, made)
  return made
}

const requestHead = Buffer.from('request","auth":{"policy_results":')
const responseHead = Buffer.from('response","auth":{"policy_results":')
const noToken = Buffer.from('},"request":{')

/** Writes entries for one device: its salt, its options. An entry lacks its closing brace: the chain adds its link and closes it. */
export class Formatter {
  readonly #line: Line
  readonly #hasher: Hasher
  readonly #options: FormatOptions
  readonly #tokens = new WeakMap<AuditToken, Buffer>()
  readonly #hashed = new WeakMap<object, Buffer>()
  // How each line of one millisecond begins.
  #now = -1
  #start = Buffer.alloc(0)
  headers: AuditedHeaders

  constructor(line: Line, hasher: Hasher, options: FormatOptions, headers: AuditedHeaders) {
    this.#line = line
    this.#hasher = hasher
    this.#options = options
    this.headers = headers
  }

  request(subject: AuditSubject, now: number): void {
    this.#common(requestHead, subject, now)
    if (subject.error) this.#line.text(text('error', this.#error(subject)))
  }

  response(subject: AuditSubject, now: number): void {
    this.#common(responseHead, subject, now)
    if (subject.response !== undefined) this.#response(subject, subject.response)
    if (subject.error) this.#line.text(text('error', this.#error(subject)))
  }

  // Caller and call, in both lines alike: the second one repeats what the first one wrote, where that still stands.
  #common(head: Buffer, subject: AuditSubject, now: number): void {
    const line = this.#line
    if (now !== this.#now) {
      this.#start = Buffer.from(`{"time":"${stamp(now)}","type":"`)
      this.#now = now
    }
    line.bytes(this.#start)
    line.bytes(head)
    const known = subject.rendered
    if (known?.by !== this || known.token !== subject.token || known.mount !== subject.mount) this.#render(subject)
    else if (known.kept !== null) line.bytes(known.kept)
    else if (known.round === line.round) line.repeat(known.from, known.to)
    else this.#render(subject)
    line.byte(0x7d)
  }

  #render(subject: AuditSubject): void {
    const { token, mount } = subject
    const line = this.#line
    const from = line.length
    writeResults(line, subject)
    line.bytes(token === null ? noToken : (this.#tokens.get(token) ?? this.#remember(token)))
    if (mount !== null) line.bytes(mountPart(mount).request)
    this.#call(subject)
    // Values are not hashed twice, however long the answer takes.
    const kept = subject.data === null ? null : Buffer.from(line.view(from))
    subject.rendered = { by: this, token, mount, kept, round: line.round, from, to: line.length }
  }

  #call(subject: AuditSubject): void {
    const line = this.#line
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
    if (remote.port !== 0) {
      line.ascii(',"remote_port":')
      line.digits(remote.port)
    }
    this.#headers(subject.headers)
    if (subject.wrapTtl !== 0) line.ascii(number('wrap_ttl', subject.wrapTtl))
    if (subject.dialect !== undefined) line.text(`,"dialect":${quote(subject.dialect)}`)
    if (subject.data === null || isEmpty(subject.data)) return
    line.ascii(',"data":')
    this.#data(subject.data, subject.mount?.clearRequestKeys)
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

  #data(value: Record<string, unknown>, clear: readonly string[] | undefined): void {
    if (this.#options.raw) this.#line.text(quote(value))
    else writeHashed(this.#line, value, clear, this.#hasher)
  }

  #headers(received: AuditSubject['headers']): void {
    const line = this.#line
    let first = true
    for (const name in this.headers) {
      const value = received[name]
      if (value === undefined) continue
      const { hmac } = this.headers[name]!
      line.ascii(first ? ',"headers":{' : ',')
      first = false
      line.quoted(name)
      line.ascii(':[')
      if (typeof value === 'string') line.quoted(hmac ? this.#secret(value) : value)
      else {
        for (let i = 0; i < value.length; i++) {
          if (i > 0) line.byte(0x2c)
          line.quoted(hmac ? this.#secret(value[i]!) : value[i]!)
        }
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

  #response(subject: AuditSubject, response: AuditResponse): void {
    const { mount } = subject
    const line = this.#line
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
    let first = mount === null
    if (more !== '') {
      line.text(first ? more.slice(1) : more)
      first = false
    }
    if (response.data !== undefined && response.data !== null) {
      line.ascii(first ? '"data":' : ',"data":')
      this.#responseData(subject, response.data)
    }
    line.byte(0x7d)
  }

  #responseData(subject: AuditSubject, data: Record<string, unknown>): void {
    const clear = subject.mount?.clearResponseKeys
    const lists = subject.operation === 'list' || subject.operation === 'scan'
    if (lists && this.#options.elideLists) this.#data(elide(data), [...(clear ?? []), 'keys', 'key_info'])
    else if (subject.response!.basis === undefined || this.#options.raw || (clear !== undefined && clear.length > 0)) this.#data(data, clear)
    else this.#steady(data, subject.response!.basis)
  }

  #steady(data: Record<string, unknown>, basis: object): void {
    const line = this.#line
    const known = this.#hashed.get(basis)
    if (known !== undefined) return line.bytes(known)
    const from = line.length
    this.#data(data, undefined)
    this.#hashed.set(basis, Buffer.from(line.view(from)))
  }

  #wrapInfo(wrap: NonNullable<AuditResponse['wrapInfo']>): string {
    const wrapped = wrap.wrappedAccessor ? text('wrapped_accessor', this.#accessor(wrap.wrappedAccessor)) : ''
    return `,"wrap_info":{"ttl":${wrap.ttl}${text('token', this.#secret(wrap.token))}${text('accessor', wrap.accessor && this.#accessor(wrap.accessor))}`
      + `${text('creation_time', wrap.creationTime)}${text('creation_path', wrap.creationPath)}${wrapped}}`
  }
}

function writeResults(line: Line, { allowed, granting, remainingUses }: AuditSubject): void {
  line.ascii(allowed === false ? '{"allowed":false' : '{"allowed":true')
  if (granting !== undefined && granting.length > 0) line.bytes(grantsPart(granting))
  line.byte(0x7d)
  if (remainingUses !== undefined) line.ascii(number('remaining_uses', remainingUses))
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}
