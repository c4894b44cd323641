// Which secret an operation means: names, ARNs, partial ARNs; and how the store's record looks to this service.
import { Fault } from '../../../kit/errors.ts'
import { formatArn, parseArn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { string } from '../shape.ts'

export const secretId = string({ required: true, min: 1, max: 2048 })

/** Where a secret lies and, where an ARN said so, which mark it has. */
export interface Place {
  namespace: string
  /** Below the mount's folders. */
  path: string
  mark?: string
}

/** What the KV engine tells of a secret. */
export interface Described {
  path: string
  /** In a list: the place after which the next page begins. */
  at?: string
  mark: string
  created: string
  updated: string
  /** Seconds since 1970, to the day. */
  seen?: number
  attributes: Attributes
  tags: Record<string, string>
  deletion?: { asked: number; due: number }
  versions: { number: number; id: string; created: string; stages: string[]; readable: boolean }[]
}

/** What this dialect keeps with a secret. */
export interface Attributes {
  description?: string
  kmsKeyId?: string
  type?: string
  policy?: string
  rotation?: Rotation
  replicas?: Replica[]
  /** Whether it ever had tags: then an empty list of them is shown. */
  tagged?: boolean
  /** Region in which the secret was made. */
  region?: string
}

export interface Rotation {
  enabled: boolean
  functionArn: string
  rules: { AutomaticallyAfterDays?: number | undefined; ScheduleExpression?: string | undefined; Duration?: string | undefined }
  /** Milliseconds since 1970. */
  last?: number
  next?: number
  /** Id of the version that a rotation under way makes. */
  running?: string
}

export interface Replica {
  Region: string
  KmsKeyId?: string | undefined
  Status: 'InSync' | 'Failed' | 'InProgress'
  StatusMessage: string
}

/** A name as a path: a segment that a path may not have is written with `~`, which no name may have. */
export const pathOf = (name: string): string => name.split('/').map((part) => (part === '' || part === '.' || part === '..' ? `~${part}` : part)).join('/')
export const nameOf = (path: string): string => path.split('/').map((part) => (/^~\.{0,2}$/.test(part) ? part.slice(1) : part)).join('/')

export const arnOf = ({ region, settings }: Exchange, path: string, mark: string): string => formatArn({ service: 'secretsmanager', region, account: settings.account, resource: `secret:${nameOf(path)}-${mark}` })

export const badName = (): AwsFault => new AwsFault('ValidationException', 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!')
export const checkName = (name: string): void => {
  if (!/^[A-Za-z0-9/_+=.@!-]{1,512}$/.test(name)) throw badName()
}

/** Every place that an id may mean, likeliest first: a name that ends in a hyphen and six characters may lack its mark. */
async function placesOf(exchange: Exchange, id: string): Promise<Place[]> {
  if (/\p{Cc}/u.test(id)) throw badName()
  const arn = parseArn(id)
  if (!arn || arn.service !== 'secretsmanager' || !arn.resource.startsWith('secret:')) return [{ namespace: exchange.namespace, path: pathOf(id) }]
  const namespace = arn.account === exchange.settings.account ? exchange.namespace : (await exchange.core.accessKeys.namespaceOf(arn.account))?.path
  if (namespace === undefined) return []
  const name = arn.resource.slice('secret:'.length)
  const marked = /^(.+)-([A-Za-z0-9]{6})$/s.exec(name)
  const whole: Place = { namespace, path: pathOf(name) }
  if (!marked) return [whole]
  const exact: Place = { namespace, path: pathOf(marked[1]!), mark: marked[2]! }
  // What a session policy was asked about must be the secret that is meant.
  return exchange.signer?.key.sessionPolicy === undefined ? [exact, whole] : [exact]
}

const isCode = (cause: unknown, ...codes: string[]): boolean => cause instanceof Fault && codes.includes(cause.code)

/** Runs `run` for the secret that an id means. */
export async function onSecret<T>(exchange: Exchange, id: string, run: (place: Place) => Promise<T>): Promise<T> {
  const places = await placesOf(exchange, id)
  let refusal: unknown = null
  for (const place of places) {
    try {
      return await run(place)
    } catch (cause) {
      // What is said of a place that may not be seen, or of a secret that is there, tells more than that another place is empty.
      if (refusal === null || (refusal as Fault).reason?.[0] === 'no secret') refusal = cause
      if (!isCode(cause, 'not-found', 'denied')) throw cause
    }
  }
  throw refusal ?? new Fault('not-found', "Secrets Manager can't find the specified secret.")
}

const at = ({ settings }: Exchange, folder: 'data' | 'metadata' | 'restore', { path }: Place): string => `${settings.secrets}${folder}/${path}`
const marked = ({ mark }: Place): Record<string, unknown> => (mark === undefined ? {} : { mark })

/** The calls that secrets are reached by: one a kind, so that policies see the same paths as Vault's clients. */
export const read = (exchange: Exchange, place: Place, body: Record<string, unknown>): Promise<Record<string, any>> => exchange.ask('read', at(exchange, 'data', place), { entry: true, ...body, ...marked(place) }, place.namespace)
export const write = (exchange: Exchange, place: Place, entry: object): Promise<Record<string, any>> => exchange.ask('write', at(exchange, 'data', place), { entry, ...marked(place) }, place.namespace)
export const change = (exchange: Exchange, place: Place, entry: object): Promise<Record<string, any>> => exchange.ask('patch', at(exchange, 'metadata', place), { entry, ...marked(place) }, place.namespace)
export const describe = async (exchange: Exchange, place: Place): Promise<Described> => (await exchange.ask('read', at(exchange, 'metadata', place), { entry: true, ...marked(place) }, place.namespace)) as unknown as Described
export const end = (exchange: Exchange, place: Place, recovery: number): Promise<Record<string, any>> => exchange.ask('delete', at(exchange, 'metadata', place), { recovery, ...marked(place) }, place.namespace)
export const restore = (exchange: Exchange, place: Place): Promise<Record<string, any>> => exchange.ask('write', at(exchange, 'restore', place), marked(place), place.namespace)

/** Seconds since 1970 of a stored time. */
export const secondsOf = (stamp: string): number => Date.parse(stamp) / 1000

/** `ARN` and `Name` of a reply that carries a mark. */
export const identityOf = (exchange: Exchange, place: Place, mark: string): { ARN: string; Name: string } => ({ ARN: arnOf(exchange, place.path, mark), Name: nameOf(place.path) })

/** The ARN that an input names; the six characters of a plain name are not known before it is looked up. */
export function secretArnOf(exchange: Exchange, { SecretId, Name }: Record<string, unknown>): string {
  const id = SecretId ?? Name
  if (typeof id !== 'string') return '*'
  return id.startsWith('arn:') ? id : formatArn({ service: 'secretsmanager', region: exchange.region, account: exchange.settings.account, resource: `secret:${id}-??????` })
}
