// Which key an operation means: an id, an alias, or the ARN of either. A key id is the name of a key of the transit engine;
// an alias that nobody made stands for the key of that name, so that keys of other dialects have one too.
import { createHash } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { settingsIn } from '../../../core/access-keys.ts'
import { formatArn, parseArn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import { lookup } from '../lookup.ts'
import type { Exchange } from '../operation.ts'
import { string } from '../shape.ts'
import type { Attributes } from './entry.ts'

export const keyId = string({ required: true, min: 1, max: 2048 })

export interface Place {
  namespace: string
  /** Mount of its account's keys, in the namespace. */
  keys: string
  /** Of the key, in the transit engine. */
  name: string
  /** Of the key. */
  arn: string
  /** As the request named it: for errors. */
  asked: string
}

/** Operations that use a key know no error of their own for what is no ARN. */
const used = /^(?:Encrypt|Decrypt|ReEncrypt|Generate|Sign|Verify|Derive)/
const keyName = /^\w(?:[\w.@-]*\w)?$/
const uuid = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export const keyArn = (exchange: Exchange, name: string, account = exchange.settings.account): string => formatArn({ service: 'kms', region: exchange.region, account, resource: `key/${name}` })
export const aliasArn = (exchange: Exchange, alias: string): string => formatArn({ service: 'kms', region: exchange.region, account: exchange.settings.account, resource: `alias/${alias}` })

/** An alias as a path: an empty segment is written with `~`, which no alias may have. */
export const pathOfAlias = (alias: string): string => alias.split('/').map((part) => part || '~').join('/')
export const aliasOfPath = (path: string): string => path.replace(/(?<=^|\/)~(?=\/|$)/g, '')

const invalidId = (id: string): AwsFault => new AwsFault('NotFoundException', `Invalid keyId '${id}'`)

/** The place that a reference means; throws where it can mean none. `aliases`: whether an alias will do. */
export async function find(exchange: Exchange, id: string, aliases = true): Promise<Place> {
  let [namespace, account, rest] = [exchange.namespace, exchange.settings.account, id]
  let { keys } = exchange.settings
  if (id.startsWith('arn:')) {
    const arn = parseArn(id)
    if (!arn || arn.service !== 'kms' || !/^(?:key|alias)\//.test(arn.resource)) throw new AwsFault(used.test(exchange.action) ? 'NotFoundException' : 'InvalidArnException', `Invalid arn ${id}`)
    let settings = exchange.signer?.settings ?? exchange.settings
    if (arn.account !== account) {
      const owner = await exchange.core.accessKeys.namespaceOf(arn.account)
      if (!owner) throw new AwsFault('NotFoundException', arn.resource.startsWith('alias/') ? `Alias ${id} is not found.` : `Key '${id}' does not exist`)
      namespace = owner.path
      account = arn.account
      settings = await exchange.core.accessKeys.settings(owner)
      keys = settingsIn(settings, exchange.region).keys
    }
    if (settingsIn(settings, arn.region).keys !== keys) throw new AwsFault('NotFoundException', `Invalid arn ${arn.region}`)
    rest = arn.resource.startsWith('key/') ? arn.resource.slice(4) : arn.resource
  }
  const place = (name: string): Place => ({ namespace, keys, name, arn: keyArn(exchange, name, account), asked: id })
  if (rest.startsWith('alias/')) {
    if (!aliases) throw invalidId(id)
    return inRegion(exchange, place(await targetOf(exchange, { namespace, keys }, rest.slice(6), id)))
  }
  if (!keyName.test(rest)) throw invalidId(id)
  return inRegion(exchange, place(rest))
}

/** The place again; refuses a key for several regions in a region that is not one of them. */
export async function inRegion(exchange: Exchange, place: Place): Promise<Place> {
  if (!place.name.startsWith('mrk-')) return place
  const kept = await lookup<{ attributes: Pick<Attributes, 'regions'> }>(exchange, place.namespace + place.keys, 'attributes', place.name)
  const { primary, replicas = {} } = kept?.attributes.regions ?? {}
  if (primary !== undefined && primary !== exchange.region && !(exchange.region in replicas)) throw absent(place)
  return place
}

async function targetOf(exchange: Exchange, home: Pick<Place, 'namespace' | 'keys'>, alias: string, asked: string): Promise<string> {
  const notFound = (): AwsFault => new AwsFault('NotFoundException', `Alias ${asked.startsWith('arn:') ? asked : aliasArn(exchange, alias)} is not found.`)
  if (!/^[\w/.@-]{1,250}$/.test(alias)) throw notFound()
  const path = pathOfAlias(alias)
  const target = await lookup<string>(exchange, home.namespace + home.keys, 'alias', path)
  if (target !== null) return target
  if (/^aws\/[\w-]{1,64}$/.test(alias)) return makeManaged(exchange, home, alias)
  if (keyName.test(alias)) return alias
  // Asked in vain, so that the attempt is judged and audited as others are.
  if (!alias.includes('.')) await exchange.ask('read', `${home.keys}aliases/${path}`, {}, home.namespace).catch((cause: unknown) => {
    if (!isAbsent(cause)) throw cause
  })
  throw notFound()
}

/** The key of an alias that belongs to a service, made when it is first used. Its id follows from the alias, so that it is made once. */
async function makeManaged(exchange: Exchange, { namespace, keys }: Pick<Place, 'namespace' | 'keys'>, alias: string): Promise<string> {
  const mount = exchange.core.mounts.at(namespace + keys)
  const digest = createHash('sha256').update(`${mount?.record.uuid ?? ''}/${alias}`).digest('hex')
  const name = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  const description = `Default key that protects my ${alias.slice(4)} data when no other key is defined`
  await exchange.ask('write', `${keys}keys/${name}`, { type: 'aes256-gcm96', purpose: 'encrypt', auto_rotate_period: 31_536_000, attributes: { manager: 'AWS', description } }, namespace)
  await exchange.ask('write', `${keys}aliases/${alias}`, { target: name }, namespace)
  return name
}

export function absent(place: Place): AwsFault {
  const alias = /(?:^|:)alias\/.+$/.test(place.asked)
  if (alias) return new AwsFault('NotFoundException', `Alias ${place.asked.startsWith('arn:') ? place.asked : place.arn.replace(/key\/.*$/, place.asked)} is not found.`)
  return uuid.test(place.name) ? new AwsFault('NotFoundException', `Key '${place.arn}' does not exist`) : invalidId(place.asked)
}

export const isAbsent = (cause: unknown): boolean => cause instanceof Fault && (cause.reason ? cause.reason[0] === 'key-absent' : cause.code === 'not-found')
