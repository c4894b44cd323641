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
  attributes: Record<string, unknown>
}

const maxLevels = 15

/** The path of a name; `/a/b` and a name without its first slash are the same parameter. */
export function pathOf(given: string): string {
  const own = parseArn(given)
  const full = own?.service === 'ssm' && own.resource.startsWith('parameter') ? own.resource.slice('parameter'.length) : given
  return full.replace(/^\/+/, '').replace(/\/+$/, '')
}

/** Refuses names that the service would not take for a new parameter. */
export function checkName(given: string): void {
  const bare = given.startsWith('/') ? given.slice(1) : given
  if (/^\/?(aws|ssm)/i.test(given)) {
    const prefix = /^\/?(aws|ssm)/i.exec(given)![1]!.toLowerCase()
    if (prefix === 'aws') throw new AwsFault('AccessDeniedException', `No access to reserved parameter name: ${given}.`)
    throw new AwsFault('ValidationException', 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_')
  }
  if (given.includes('/') && !given.startsWith('/')) throw new AwsFault('ValidationException', 'Parameter name must be a fully qualified name.')
  if (given.length > 1011 || !bare.split('/').every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && part !== '.' && part !== '..')) {
    throw new AwsFault('ValidationException', 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_')
  }
  if (bare.split('/').length > maxLevels) throw new AwsFault('HierarchyLevelLimitExceededException', `A hierarchy can have a maximum of ${maxLevels} levels.`)
}

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

export const notFound = (): AwsFault => new AwsFault('ParameterNotFound', '')
const absent = (cause: unknown): boolean => cause instanceof Fault && (cause.code === 'not-found' || cause.code === 'precondition')

async function orAbsent<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    throw absent(cause) ? notFound() : cause
  }
}

const at = ({ settings }: Exchange, folder: 'data' | 'metadata', path: string): string => `${settings.parameters}${folder}/${path}`

/** A version with what is beside it; `selector` is a number or a label, absent for the newest. */
export async function read(exchange: Exchange, path: string, selector?: string): Promise<Read> {
  const numbered = selector !== undefined && /^\d+$/.test(selector)
  const newest = (await orAbsent(() => exchange.ask('read', at(exchange, 'data', path), { entry: true, beside: true, ...(numbered && { version: Number(selector) }) }).catch((cause: unknown) => {
    throw numbered && absent(cause) ? new AwsFault('ParameterVersionNotFound', `Systems Manager could not find version ${selector} of ${path}. Verify the version and try again.`) : cause
  }))) as unknown as Read
  if (lapsed(newest.attributes, newest.id, exchange.core.now())) throw notFound()
  if (selector === undefined || numbered) return newest
  const id = versionOfLabel(newest.attributes, selector)
  if (id === undefined) throw new AwsFault('ParameterVersionNotFound', `Systems Manager could not find label ${selector} of ${path}. Verify the label and try again.`)
  return id === newest.id ? newest : ((await orAbsent(() => exchange.ask('read', at(exchange, 'data', path), { entry: true, beside: true, version_id: id }))) as unknown as Read)
}

export async function describe(exchange: Exchange, path: string): Promise<Described> {
  const found = (await orAbsent(() => exchange.ask('read', at(exchange, 'metadata', path), { entry: true }))) as unknown as Described
  const newest = found.versions.at(-1)
  if (!newest?.readable || lapsed(found.attributes, newest.id, exchange.core.now())) throw notFound()
  return found
}

/** Makes a parameter; a Fault `exists` where there is one. */
export const create = (exchange: Exchange, given: string, value: string, written: Written, tags: Record<string, string>): Promise<Record<string, unknown>> => {
  const id = randomUUID()
  return exchange.ask('write', at(exchange, 'data', pathOf(given)), { entry: { mode: 'create', payload: value, media: 'text', id, attributes: { name: given, [versionKey(id)]: written }, tags } })
}

/** Adds a version, and forgets what was beside versions that are gone. */
export const overwrite = (exchange: Exchange, path: string, value: string, written: Written, present: Described): Promise<Record<string, unknown>> => {
  const id = randomUUID()
  const kept = new Set(present.versions.map((version) => versionKey(version.id)))
  const gone = Object.keys(present.attributes).filter((key) => key.startsWith('version ') && !kept.has(key))
  return exchange.ask('write', at(exchange, 'data', path), { entry: { mode: 'put', payload: value, media: 'text', id, attributes: { ...Object.fromEntries(gone.map((key) => [key, null])), [versionKey(id)]: written } } })
}

export const change = (exchange: Exchange, path: string, entry: object): Promise<Record<string, unknown>> => orAbsent(() => exchange.ask('patch', at(exchange, 'metadata', path), { entry }))
export const remove = (exchange: Exchange, path: string): Promise<Record<string, unknown>> => orAbsent(() => exchange.ask('delete', at(exchange, 'metadata', path), { recovery: 0 }))

/** Every parameter below a folder, in the order of their paths, in bounded pages. */
export async function* walk(exchange: Exchange, folder: string, after?: string): AsyncGenerator<Described> {
  for (let from = after; ; ) {
    const page = (await exchange.ask('scan', `${exchange.settings.parameters}metadata/${folder === '' ? '' : `${folder}/`}`, { entry: true, limit: 500, ...(from !== undefined && { after: from }) })) as unknown as { entries: Described[]; next?: string }
    for (const found of page.entries) {
      const newest = found.versions.at(-1)
      if (newest?.readable && !lapsed(found.attributes, newest.id, exchange.core.now())) yield found
    }
    if (page.next === undefined) return
    from = page.next
  }
}

/** What stands for the value of a SecureString that is read without decryption: stable, and telling nothing. */
const sealedValue = (mark: string, id: string): string => `kms:alias/aws/ssm:${createHash('sha256').update(`${mark} ${id}`).digest('base64')}`

/** A version as GetParameter and its like answer it. */
export function parameterView(exchange: Exchange, path: string, found: Read, decrypt: boolean, selector?: string): Record<string, unknown> {
  const { type, dataType } = writtenOf(found.attributes, found.id)
  return {
    Name: nameOf(path, found.attributes),
    Type: type,
    Value: type === 'SecureString' && !decrypt ? sealedValue(found.mark, found.id) : found.payload,
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

/** Where a page begins: what the one before gave. */
export function afterOf(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const after = Buffer.from(token, 'base64url')
  if (after.length === 0 || after.toString('base64url') !== token) throw new AwsFault('InvalidNextToken', 'The specified token isn\'t valid.')
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
