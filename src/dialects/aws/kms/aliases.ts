// Aliases: names that stand for keys.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { lookup } from '../lookup.ts'
import { type Exchange, operation } from '../operation.ts'
import { string } from '../shape.ts'
import { ask } from './ask.ts'
import { type Entry, kindOf } from './entry.ts'
import { afterOf, pageMembers, pageView } from './page.ts'
import { aliasArn, aliasOfPath, find, keyId, pathOfAlias } from './reference.ts'

// AWS shows this pattern with its anchors; a message leaves one pair out.
const aliasName = string({ required: true, min: 1, max: 256, pattern: /^^[a-zA-Z0-9:/_-]+$$/ })

/** The alias without its prefix. */
function nameOf(name: string): string {
  if (!name.startsWith('alias/')) throw new AwsFault('ValidationException', 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html')
  if (name === 'alias/') throw new AwsFault('ValidationException', 'Invalid identifier')
  if (name.includes(':')) throw new AwsFault('ValidationException', `${name} contains invalid characters for an alias`)
  return name.slice(6)
}

function own(alias: string): string {
  if (alias === 'aws' || alias.startsWith('aws/')) throw new AwsFault('NotAuthorizedException', '')
  return alias
}

const notFound = (exchange: Exchange, alias: string): AwsFault => new AwsFault('NotFoundException', `Alias ${aliasArn(exchange, alias)} is not found.`)

/** Whether two keys may stand for each other: of one sort, for one use. Keys that are not there are told of elsewhere. */
async function areAlike(exchange: Exchange, one: string, other: string): Promise<boolean> {
  const sortOf = async (name: string): Promise<string | null> => {
    const key = await lookup<Pick<Entry, 'type' | 'size' | 'purpose'>>(exchange, exchange.namespace + exchange.settings.keys, 'attributes', name)
    if (!key) return null
    const { spec, usage } = kindOf(key)
    return `${spec.name === 'SYMMETRIC_DEFAULT' ? 'symmetric' : 'asymmetric'} ${usage}`
  }
  const [first, second] = await Promise.all([sortOf(one), sortOf(other)])
  return first === null || second === null || first === second
}

async function point(exchange: Exchange, alias: string, target: string, present: boolean, before: string | null = null): Promise<void> {
  if (/^(?:arn:[^/]*:)?alias\//.test(target)) throw new AwsFault('ValidationException', 'Aliases must refer to keys. Not aliases')
  const place = await find(exchange, target, false)
  if (place.namespace !== exchange.namespace) throw new AwsFault('ValidationException', 'Aliases must refer to keys of the same account.')
  if (before !== null && !(await areAlike(exchange, before, place.name))) throw new AwsFault('ValidationException', 'The current and new KMS key must be the same type and have the same key usage.')
  try {
    await ask(exchange, place, 'write', `aliases/${pathOfAlias(alias)}`, { target: place.name, present })
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    if (cause.code === 'exists') throw new AwsFault('AlreadyExistsException', `An alias with the name ${aliasArn(exchange, alias)} already exists`)
    if (cause.reason?.[0] === 'alias-absent') throw notFound(exchange, alias)
    throw cause
  }
}

interface Alias {
  target: string
  created: number
  updated: number
}

interface Aliases {
  keys: string[]
  key_info: Record<string, Alias>
}

export const aliasOperations = [
  operation({
    name: 'CreateAlias',
    about: 'Makes an alias of a key.',
    access: [{ op: 'write', path: 'transit/aliases/:name' }],
    input: { AliasName: aliasName, TargetKeyId: keyId },
    shows: ['AliasName', 'TargetKeyId'],
    run: (exchange, { AliasName, TargetKeyId }) => point(exchange, own(nameOf(AliasName)), TargetKeyId, false),
  }),
  operation({
    name: 'UpdateAlias',
    about: 'Points an alias at another key.',
    access: [{ op: 'write', path: 'transit/aliases/:name' }],
    input: { AliasName: aliasName, TargetKeyId: keyId },
    shows: ['AliasName', 'TargetKeyId'],
    async run(exchange, { AliasName, TargetKeyId }) {
      const alias = own(nameOf(AliasName))
      const before = await lookup<string>(exchange, exchange.namespace + exchange.settings.keys, 'alias', pathOfAlias(alias))
      await point(exchange, alias, TargetKeyId, true, before)
    },
  }),
  operation({
    name: 'DeleteAlias',
    about: 'Removes an alias; the key stays.',
    access: [{ op: 'delete', path: 'transit/aliases/:name' }],
    input: { AliasName: aliasName },
    shows: ['AliasName'],
    async run(exchange, { AliasName }) {
      const alias = own(nameOf(AliasName))
      const target = await lookup<string>(exchange, exchange.namespace + exchange.settings.keys, 'alias', pathOfAlias(alias))
      const path = `aliases/${pathOfAlias(alias)}`
      const deleted = target === null ? exchange.ask('delete', exchange.settings.keys + path) : ask(exchange, await find(exchange, target, false), 'delete', path)
      await deleted.catch((cause: unknown) => {
        throw cause instanceof Fault && cause.code === 'not-found' ? notFound(exchange, alias) : cause
      })
    },
  }),
  operation({
    name: 'ListAliases',
    about: 'Lists aliases, all or those of a key, by pages.',
    access: [{ op: 'list', path: 'transit/aliases' }],
    input: { KeyId: string({ min: 1, max: 2048 }), ...pageMembers },
    shows: ['KeyId'],
    async run(exchange, { KeyId, Limit = 50, Marker }) {
      const after = afterOf(Marker)
      const body = { limit: Limit + 1, ...(after !== undefined && { after }) }
      const place = KeyId === undefined ? null : await find(exchange, KeyId, false)
      const found = await (place ? ask<Aliases>(exchange, place, 'list', 'aliases/', { ...body, key: place.name }) : exchange.ask<Aliases>('list', `${exchange.settings.keys}aliases/`, body))
      const Aliases = found.keys.slice(0, Limit).map((path) => {
        const { target, created, updated } = found.key_info[path]!
        const alias = aliasOfPath(path)
        return { AliasName: `alias/${alias}`, AliasArn: aliasArn(exchange, alias), TargetKeyId: target, CreationDate: created / 1000, LastUpdatedDate: updated / 1000 }
      })
      return { Aliases, ...pageView(found.keys, Limit) }
    },
  }),
]
