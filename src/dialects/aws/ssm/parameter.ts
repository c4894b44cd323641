// A parameter over the KV engine: where it lies, what is kept beside its versions, and how this service shows it.
import { createHash, randomUUID } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { formatArn, parseArn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { string } from '../shape.ts'

export const types = ['String', 'StringList', 'SecureString'] as const
export type Type = (typeof types)[number]
export const tiers = ['Standard', 'Advanced', 'Intelligent-Tiering'] as const

export const name = string({ required: true, min: 1, max: 2048 })

/** What is kept of one version; under its id, so that two writers do not lose each other's. */
export interface Written {
  type: Type
  user: string
  dataType: string
  tier: string
  description?: string | undefined
  pattern?: string | undefined
  keyId?: string | undefined
  /** JSON as it was given. */
  policies?: string | undefined
}

/** What the store tells of a parameter. */
export interface Described {
  path: string
  mark: string
  attributes: Record<string, unknown>
  tags: Record<string, string>
  versions: { number: number; id: string; created: string; readable: boolean }[]
}

/** What the store tells of one version. */
export interface Read {
  mark: string
  number: number
  id: string
  created: string
  payload: string
  binary?: true
  /** The payload is the JSON of a map, as other dialects write it. */
  map?: true
  attributes: Record<string, unknown>
}

const maxLevels = 15
/** As many as the engine keeps of a parameter that was made here. */
const mostVersions = 100

/** The path of a name; `/a/b` and a name without its first slash are the same parameter. */
export function pathOf(given: string): string {
  const own = parseArn(given)
  const full = own?.service === 'ssm' && own.resource.startsWith('parameter') ? own.resource.slice('parameter'.length) : given
  return full.replace(/^\/+/, '').replace(/\/+$/, '')
}

/** `name`, `name:3` or `name:label`; a colon belongs to an ARN where it begins with one. */
export function selected(given: string): { bare: string; selector?: string } {
  const from = given.startsWith('arn:') ? given.indexOf(':parameter') + 1 : 0
  const at = given.indexOf(':', from)
  return at < 0 ? { bare: given } : { bare: given.slice(0, at), selector: given.slice(at + 1) }
}

const badName = (): AwsFault =>
  new AwsFault('ValidationException', 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_')

/** A name alone, or a path that begins with a slash and has no empty parts. */
const formed = /^(?:[^/]+|(?:\/[^/]+)+)$/
const wellFormed = /^[A-Za-z0-9_.\-/]+$/

/** Refuses names that the service would not take for a new parameter. */
export function checkName(given: string): void {
  const bare = given.startsWith('/') ? given.slice(1) : given
  if (/^(?:aws|ssm)/i.test(given) && !given.includes('/')) throw new AwsFault('ValidationException', 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
  if (/^aws/i.test(bare)) throw new AwsFault('AccessDeniedException', `No access to reserved parameter name: ${given}.`)
  if (/^ssm/i.test(bare)) throw badName()
  if (given.includes('/') && !given.startsWith('/')) throw new AwsFault('ValidationException', 'Parameter name must be a fully qualified name.')
  if (given.length > 1011 || !formed.test(given) || !wellFormed.test(given) || bare.split('/').some((part) => part === '.' || part === '..')) throw badName()
  if (bare.split('/').length > maxLevels) throw new AwsFault('HierarchyLevelLimitExceededException', `A hierarchy can have a maximum of ${maxLevels} levels.`)
}

export const badPath = (): AwsFault =>
  new AwsFault('ValidationException', 'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.')

/** The name as it was given when the parameter was made; one that came over another dialect is a path. */
export const nameOf = (path: string, attributes: Record<string, unknown>): string => (typeof attributes.name === 'string' ? attributes.name : path.includes('/') ? `/${path}` : path)

export const arnOf = ({ region, settings }: Exchange, path: string): string => formatArn({ service: 'ssm', region, account: settings.account, resource: `parameter/${path}` })

const versionKey = (id: string): string => `version ${id}`
const labelKey = (label: string): string => `label ${label}`
const plain: Written = { type: 'String', user: '', dataType: 'text', tier: 'Standard' }

export const writtenOf = (attributes: Record<string, unknown>, id: string): Written => (attributes[versionKey(id)] as Written | undefined) ?? plain

/** Labels of a version, in order. */
export const labelsOf = (attributes: Record<string, unknown>, id: string): string[] =>
  Object.entries(attributes).filter(([key, at]) => key.startsWith('label ') && at === id).map(([key]) => key.slice('label '.length)).sort()

export const versionOfLabel = (attributes: Record<string, unknown>, label: string): string | undefined => attributes[labelKey(label)] as string | undefined

export const labelChange = (labels: readonly string[], id: string | null): Record<string, unknown> => Object.fromEntries(labels.map((label) => [labelKey(label), id]))

const lapsed = (attributes: Record<string, unknown>, id: string, now: number): boolean => {
  const { policies } = writtenOf(attributes, id)
  if (policies === undefined) return false
  const [first] = (JSON.parse(policies) as { Type: string; Attributes: { Timestamp?: string } }[]).filter((policy) => policy.Type === 'Expiration')
  return first?.Attributes.Timestamp !== undefined && Date.parse(first.Attributes.Timestamp) <= now
}

/** Public parameters are AWS's own, and not here. */
const isPublic = (given: string): boolean => given.startsWith('/aws/service/')

const notFound = (given: string): AwsFault => new AwsFault('ParameterNotFound', `Parameter ${given} not found.${isPublic(given) ? ' Public parameters of AWS are not kept here.' : ''}`)
export const noVersion = (what: string, given: string): AwsFault => new AwsFault('ParameterVersionNotFound', `Systems Manager could not find ${what} of ${given}. Verify the ${what.split(' ')[0]} and try again.`)
const absent = (cause: unknown): boolean => cause instanceof Fault && (cause.code === 'not-found' || cause.code === 'precondition')

/** `asked`: the name with its selector, as the refusal shows it. A name that this service does not take is told as such where nothing has it: other dialects have more names. */
async function orAbsent<T>(given: string, run: () => Promise<T>, asked = given): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (!absent(cause)) throw cause
    throw given.startsWith('arn:') || wellFormed.test(given) ? notFound(asked) : badName()
  }
}

const at = ({ settings }: Exchange, folder: 'data' | 'metadata', path: string): string => `${settings.parameters}${folder}/${path}`

/** Refuses the ARN of a parameter, where the service takes names alone. */
export function needName(given: string): void {
  if (given.startsWith('arn:')) throw badName()
}

/** The path of a name that a request means; what an ARN says of another account is not here. */
function ownPath({ settings }: Exchange, given: string): string {
  const arn = parseArn(given)
  if (!arn && !formed.test(given)) throw badName()
  if (arn && (arn.account !== settings.account || arn.service !== 'ssm')) throw notFound(given)
  return pathOf(given)
}

/** A version with what is beside it; `selector` is a number or a label, absent for the newest. */
const readOf = ({ version, ...read }: Omit<Read, 'mark' | 'id' | 'created'> & { version: string }): Read => ({ ...read, ...(JSON.parse(version) as Pick<Read, 'mark' | 'id' | 'created'>) })

export async function read(exchange: Exchange, given: string, selector?: string, asked = given): Promise<Read> {
  const path = ownPath(exchange, given)
  const get = (body: object): Promise<Read> => orAbsent(given, async () => readOf(await exchange.ask('read', at(exchange, 'data', path), { entry: true, beside: true, ...body })), asked)
  const current = await get({})
  if (lapsed(current.attributes, current.id, exchange.core.now())) throw notFound(asked)
  if (selector === undefined || selector === String(current.number)) return current
  if (selector.includes(':')) throw notFound(asked)
  if (/^\d+$/.test(selector)) {
    return get({ version: Number(selector) }).catch((cause: unknown) => {
      throw cause instanceof AwsFault && cause.type === 'ParameterNotFound' ? noVersion(`version ${selector}`, given) : cause
    })
  }
  const id = versionOfLabel(current.attributes, selector)
  if (id === undefined) throw noVersion(`label ${selector}`, given)
  return id === current.id ? current : get({ version_id: id })
}

export const newestOf = (found: Pick<Described, 'versions'>): Described['versions'][number] | undefined => found.versions.at(-1)
const isGone = (found: Described, now: number): boolean => {
  const newest = newestOf(found)
  return !newest?.readable || lapsed(found.attributes, newest.id, now)
}

export async function describe(exchange: Exchange, given: string): Promise<Described> {
  const found = await orAbsent(given, () => exchange.ask<Described>('read', at(exchange, 'metadata', ownPath(exchange, given)), { entry: true }))
  if (isGone(found, exchange.core.now())) throw notFound(given)
  return found
}

/** Makes a parameter; a Fault `exists` where there is one. */
export const create = (exchange: Exchange, given: string, value: string, written: Written, tags: Record<string, string>): Promise<Record<string, unknown>> => {
  const id = randomUUID()
  return exchange.ask('write', at(exchange, 'data', pathOf(given)), { entry: { mode: 'create', payload: value, media: 'text', id, attributes: { name: given, [versionKey(id)]: written }, tags } })
}

/** Adds a version, and forgets what was beside versions that are gone. */
export function overwrite(exchange: Exchange, path: string, value: string, written: Written, present: Pick<Described, 'versions' | 'attributes'>): Promise<Record<string, unknown>> {
  const oldest = present.versions[0]
  if (oldest && present.versions.length >= mostVersions && labelsOf(present.attributes, oldest.id).length > 0) {
    throw new AwsFault('ParameterMaxVersionLimitExceeded', `You attempted to create a new version of ${path} by calling the PutParameter API with the overwrite flag. Version ${oldest.number}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`)
  }
  const id = randomUUID()
  const kept = new Set(present.versions.map((version) => versionKey(version.id)))
  const gone = Object.keys(present.attributes).filter((key) => key.startsWith('version ') && !kept.has(key))
  return exchange.ask('write', at(exchange, 'data', path), { entry: { mode: 'put', payload: value, media: 'text', id, attributes: { ...Object.fromEntries(gone.map((key) => [key, null])), [versionKey(id)]: written } } })
}

export const change = (exchange: Exchange, given: string, entry: object): Promise<Record<string, unknown>> => orAbsent(given, () => exchange.ask('patch', at(exchange, 'metadata', ownPath(exchange, given)), { entry }))
export const remove = (exchange: Exchange, given: string): Promise<Record<string, unknown>> => orAbsent(given, () => exchange.ask('delete', at(exchange, 'metadata', ownPath(exchange, given)), { recovery: 0 }))

/** Every parameter below a folder, in the order of their paths, in bounded pages. */
export async function* walk(exchange: Exchange, folder: string, after?: string): AsyncGenerator<Described> {
  for (let from = after; ; ) {
    const page = await exchange.ask<{ entries: Described[]; next?: string }>('scan', `${exchange.settings.parameters}metadata/${folder === '' ? '' : `${folder}/`}`, { entry: true, limit: 100, ...(from !== undefined && { after: from }) })
    for (const found of page.entries) if (!isGone(found, exchange.core.now())) yield found
    if (page.next === undefined) return
    from = page.next
  }
}

/** The value in this service's words: a map of `value` alone is what other dialects make of a parameter. */
function valueOf({ payload, map }: Read): string {
  if (!map) return payload
  const fields = JSON.parse(payload) as Record<string, unknown>
  return typeof fields.value === 'string' && Object.keys(fields).length === 1 ? fields.value : payload
}

/** What stands for the value of a SecureString that is read without decryption: stable, and telling nothing. */
const sealedValue = (mark: string, id: string): string => `kms:alias/aws/ssm:${createHash('sha256').update(`${mark} ${id}`).digest('base64')}`

/** A version as GetParameter and its like answer it; `given`: the name that was asked for, with or without its first slash. */
export function parameterView(exchange: Exchange, path: string, found: Read, decrypt: boolean, { given, selector }: { given?: string | undefined; selector?: string | undefined } = {}): Record<string, unknown> {
  const { type, dataType } = writtenOf(found.attributes, found.id)
  return {
    Name: given === undefined || given.startsWith('arn:') ? nameOf(path, found.attributes) : given,
    Type: type,
    Value: type === 'SecureString' && !decrypt ? sealedValue(found.mark, found.id) : valueOf(found),
    Version: found.number,
    ...(selector !== undefined && { Selector: `:${selector}` }),
    LastModifiedDate: Date.parse(found.created) / 1000,
    ARN: arnOf(exchange, path),
    DataType: dataType,
  }
}

/** A version's data beside its value, as DescribeParameters and GetParameterHistory answer it. */
export function metadataView(attributes: Record<string, unknown>, path: string, version: { number: number; id: string; created: string }): Record<string, unknown> {
  const written = writtenOf(attributes, version.id)
  return {
    Name: nameOf(path, attributes),
    Type: written.type,
    ...(written.keyId !== undefined && { KeyId: written.keyId }),
    LastModifiedDate: Date.parse(version.created) / 1000,
    LastModifiedUser: written.user,
    ...(written.description !== undefined && { Description: written.description }),
    ...(written.pattern !== undefined && { AllowedPattern: written.pattern }),
    Version: version.number,
    Tier: written.tier,
    Policies: written.policies === undefined ? [] : (JSON.parse(written.policies) as { Type: string }[]).map((policy) => ({ PolicyText: JSON.stringify(policy), PolicyType: policy.Type, PolicyStatus: 'Pending' })),
    DataType: written.dataType,
  }
}

const pageToken = (after: string): string => Buffer.from(after).toString('base64url')

export const badToken = (): AwsFault => new AwsFault('InvalidNextToken', 'The specified token isn\'t valid.')

/** Where a page begins: what the one before gave. */
export function afterOf(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const after = Buffer.from(token, 'base64url')
  if (after.length === 0 || after.toString('base64url') !== token) throw badToken()
  return after.toString()
}

/** Takes `most` of what a walk gives, and says how to go on. */
export async function page<T>(from: AsyncIterable<T>, most: number, keyOf: (one: T) => string): Promise<{ taken: T[]; next?: string }> {
  const taken: T[] = []
  for await (const one of from) {
    if (taken.length === most) return { taken, next: pageToken(keyOf(taken.at(-1)!)) }
    taken.push(one)
  }
  return { taken }
}
