// Which secret an operation means: names, ARNs, partial ARNs; and how the store's record looks to this service.
import { settingsIn } from '../../../core/access-keys.ts'
import { Fault } from '../../../kit/errors.ts'
import type { Operation } from '../../../kit/route.ts'
import { formatArn, parseArn } from '../arn.ts'
import type { Signer } from '../authenticate.ts'
import { AwsFault } from '../errors.ts'
import { lift } from '../lookup.ts'
import type { Exchange } from '../operation.ts'
import { string } from '../shape.ts'
import { type Place, arnOf, badName, checkName, nameOf, pathOf, settingsOf } from './name.ts'
import { governed } from './resource-policy.ts'

export const secretId = string({ required: true, min: 1, max: 2048 })

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
  versions: { number: number; id: string; created: string; stages: string[]; readable: boolean; seen?: number }[]
}

/** A version as the engine reads it; `version` is JSON: its mark, id, time and labels. */
export interface Read {
  binary?: true
  payload: string
  version: string
}

/** What the engine tells of a write; without a version there is no id. */
export interface Written {
  mark: string
  id: string
  stages: string[]
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

/** Every place that an id may mean, likeliest first: a name that ends in a hyphen and six characters may lack its mark. */
function placesOf(exchange: Exchange, id: string): Place[] | Promise<Place[]> {
  if (/\p{Cc}/u.test(id)) throw badName()
  return id.startsWith('arn:') ? placesOfArn(exchange, id) : [{ namespace: exchange.namespace, path: pathOf(id) }]
}

/** Where the secrets of an account lie; null: nobody has that number. */
async function homeOf({ core, namespace, settings, region }: Exchange, account: string): Promise<Pick<Place, 'namespace' | 'owner'> | null> {
  if (account === settings.account) return { namespace }
  const other = await core.accessKeys.namespaceOf(account)
  return other ? { namespace: other.path, owner: settingsIn(await core.accessKeys.settings(other), region) } : null
}

async function placesOfArn(exchange: Exchange, id: string): Promise<Place[]> {
  const arn = parseArn(id)
  if (!arn || arn.service !== 'secretsmanager' || !arn.resource.startsWith('secret:')) return [{ namespace: exchange.namespace, path: pathOf(id) }]
  const home = await homeOf(exchange, arn.account)
  if (!home) return []
  const name = arn.resource.slice('secret:'.length)
  const marked = /^(.+)-([A-Za-z0-9]{6})$/s.exec(name)
  const whole: Place = { ...home, path: pathOf(name) }
  if (!marked) return [whole]
  const exact: Place = { ...home, path: pathOf(marked[1]!), mark: marked[2]! }
  // What a session policy was asked about must be the secret that is meant.
  return exchange.signer?.key.sessionPolicy === undefined ? [exact, whole] : [exact]
}

const isCode = (cause: unknown, ...codes: string[]): boolean => cause instanceof Fault && codes.includes(cause.code)

/** Runs `run` for the secret that an id means. */
export async function onSecret<T>(exchange: Exchange, id: string, run: (place: Place) => Promise<T>, action?: string): Promise<T> {
  const found = placesOf(exchange, id)
  const places = Array.isArray(found) ? found : await found
  let refusal: unknown = null
  for (const place of places) {
    try {
      const judged = governed(exchange, place, action)
      const found = judged instanceof Promise ? await judged : judged
      if (found.replicas) await checkReplicas(exchange, found)
      return await run(found)
    } catch (cause) {
      // What is said of a place that may not be seen, or of a secret that is there, tells more than that another place is empty.
      if (refusal === null || (refusal as Fault).reason?.[0] === 'no secret') refusal = cause
      if (!isCode(cause, 'not-found', 'denied')) throw cause
    }
  }
  // A name that no secret of this service can have is told as such; other dialects have more names.
  if ((refusal as Fault | null)?.reason?.[0] === 'no secret' && !id.startsWith('arn:')) checkName(id)
  throw refusal ?? new Fault('not-found', "Secrets Manager can't find the specified secret.")
}

const onReplicas = ['GetSecretValue', 'BatchGetSecretValue', 'DescribeSecret', 'ListSecretVersionIds', 'StopReplicationToReplica', 'ValidateResourcePolicy', 'GetParameter', 'GetParameters']

/** Refuses what only the primary region does, and the end of a secret that has replicas; to callers who may know of it. */
async function checkReplicas(exchange: Exchange, place: Place): Promise<void> {
  const replica = place.replicas!.includes(exchange.region) && !onReplicas.includes(exchange.action)
  if (!replica && exchange.action !== 'DeleteSecret') return
  const { mark } = await describe(exchange, place)
  if (replica) throw new AwsFault('InvalidParameterException', "Operation not permitted on a replica secret. Call must be made in primary secret's region.")
  throw new AwsFault('InvalidParameterException', `You can't delete secret ${arnOf(exchange, place, mark)} that still has replica regions [${place.replicas!.join(', ')}]`)
}

/** One call about a secret, where its resource policy gives what the caller's own policies do not, with what it gives. */
async function call<T extends object>(exchange: Exchange, place: Place, op: Operation, folder: 'data' | 'metadata' | 'restore', body: Record<string, unknown>): Promise<T> {
  const path = `${settingsOf(exchange, place).secrets}${folder}/${place.path}`
  const given = place.mark === undefined ? body : { ...body, mark: place.mark }
  try {
    return await exchange.ask<T>(op, path, given, place.namespace)
  } catch (cause) {
    // The gate knows nobody from another namespace.
    if (!isCode(cause, 'denied') && !(place.owner && isCode(cause, 'unauthenticated'))) throw cause
    const lifted = await liftFor(exchange, place, op, folder, path)
    if (!lifted) throw place.owner && place.allowedBy === undefined ? new Fault('denied', undefined, { reason: ['resource-none'] }) : cause
    return exchange.ask<T>(op, path, given, place.namespace, lifted)
  }
}

/** Whoever signed with what the secret's resource policy gives; null where it gives nothing, or the caller's own policies do not let him take it. */
async function liftFor(exchange: Exchange, place: Place, op: Operation, folder: string, path: string): Promise<Signer | null> {
  const { allowedBy, owner, namespace } = place
  if (allowedBy === undefined) return null
  const because = { aws_policy: allowedBy }
  if (!owner) return lift(exchange, op, namespace + path, because)
  // A lock closes a namespace to itself and to others.
  if ([exchange.namespace, namespace].some((one) => exchange.core.namespaces.at(one)?.lock !== undefined)) return null
  const home = settingsIn(exchange.signer!.settings, exchange.region)
  const lifted = await lift(exchange, op, namespace + path, because, `${exchange.namespace}${home.secrets}${folder}/${place.path}`)
  if (lifted && folder === 'data' && place.usualKey) throw new AwsFault('InvalidRequestException', "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.")
  return lifted
}

/** The calls that secrets are reached by: one a kind, so that policies see the same paths as Vault's clients. */
export const read = (exchange: Exchange, place: Place, body: Record<string, unknown>) => call<Read>(exchange, place, 'read', 'data', { entry: true, ...body })
export const write = (exchange: Exchange, place: Place, entry: object) => call<Written>(exchange, place, 'write', 'data', { entry })
export const change = (exchange: Exchange, place: Place, entry: object) => call<{ mark: string }>(exchange, place, 'patch', 'metadata', { entry })
export const describe = (exchange: Exchange, place: Place) => call<Described>(exchange, place, 'read', 'metadata', { entry: true })
export const end = (exchange: Exchange, place: Place, recovery: number) => call<{ mark: string; due: number }>(exchange, place, 'delete', 'metadata', { recovery })
export const restore = (exchange: Exchange, place: Place) => call<{ mark: string }>(exchange, place, 'write', 'restore', {})

/** What is known of a secret that does not wait for its end. */
export async function lasting(exchange: Exchange, place: Place): Promise<Described> {
  const secret = await describe(exchange, place)
  if (secret.deletion) throw new AwsFault('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.")
  return secret
}

/** Seconds since 1970 of a stored time. */
export const secondsOf = (stamp: string): number => Date.parse(stamp) / 1000

/** `ARN` and `Name` of a reply that carries a mark. */
export const identityOf = (exchange: Exchange, place: Place, mark: string): { ARN: string; Name: string } => ({ ARN: arnOf(exchange, place, mark), Name: nameOf(place.path) })

/** The ARN that an input names; the six characters of a plain name are not known before it is looked up. */
export function secretArnOf(exchange: Exchange, { SecretId, Name }: Record<string, unknown>): string {
  const id = SecretId ?? Name
  if (typeof id !== 'string') return '*'
  return id.startsWith('arn:') ? id : formatArn({ service: 'secretsmanager', region: exchange.region, account: exchange.settings.account, resource: `secret:${id}-??????` })
}
