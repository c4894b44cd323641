// Grants: the use of one key for one principal, for some operations, under constraints.
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Fault } from '../../../kit/errors.ts'
import { parseArn, principalIn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, list, map, string, structure } from '../shape.ts'
import { ask } from './ask.ts'
import { endDryRun } from './encrypt.ts'
import { type GrantTerms, type StoredGrant, checkTokens, grantOperations as operationNames, grantTokens, readToken, tokenOf } from './grant.ts'
import { afterOf, pageMembers, pageView } from './page.ts'
import { type Place, find, keyArn, keyId } from './reference.ts'

const principal = string({ min: 1, max: 256, pattern: /^^[\w+=,.@:/-]+$$/ })
const servicePrincipal = string({ min: 1, max: 128, pattern: new RegExp(String.raw`^^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$$`) })
const grantId = string({ min: 1, max: 128 })

interface Grants {
  keys: string[]
  key_info: Record<string, StoredGrant>
}

/** The grants of a key, all of them. */
async function grantsOf(exchange: Exchange, place: Place, offered?: GrantTerms): Promise<StoredGrant[]> {
  const grants: StoredGrant[] = []
  for (let after: string | undefined; ; ) {
    const { keys, key_info } = await ask<Grants>(exchange, place, 'list', 'keys/:name/grants/', { limit: 1000, ...(after !== undefined && { after }) }, { offered })
    grants.push(...keys.flatMap((id) => key_info[id] ?? []))
    after = keys.at(-1)
    if (keys.length < 1000) return grants
  }
}

/** Refuses what is not somebody: an account, a user, a role or a session of one. */
function checkPrincipal(text: string): void {
  const arn = parseArn(text)
  if (/^\d{12}$/.test(text) || ((arn?.service === 'iam' || arn?.service === 'sts') && /^\d+$/.test(arn.account))) return
  throw new AwsFault('InvalidArnException', `ARN does not refer to a valid principal: ${text}`)
}

function checkGrantId(id: string): void {
  if (!/^[0-9a-f]+$/.test(id)) throw new AwsFault('InvalidGrantIdException', 'Invalid grant ID.')
}

const view = (arn: string, { id, created, terms: { GranteePrincipal, RetiringPrincipal, Operations, Constraints, Name, IssuingAccount } }: StoredGrant): object => ({
  KeyId: arn,
  GrantId: id,
  Name: Name ?? '',
  CreationDate: created / 1000,
  GranteePrincipal,
  ...(RetiringPrincipal !== undefined && { RetiringPrincipal }),
  IssuingAccount,
  Operations,
  ...(Constraints && { Constraints }),
})

const createGrant = operation({
  name: 'CreateGrant',
  about: 'Grants a principal the use of a key.',
  access: [{ op: 'list', path: 'transit/keys/:name/grants' }, { op: 'write', path: 'transit/keys/:name/grants/:id' }],
  input: {
    KeyId: keyId, GranteePrincipal: principal, RetiringPrincipal: principal, Operations: list(string({ words: operationNames }), { required: true, min: 1 }),
    Constraints: structure({ EncryptionContextSubset: map(string()), EncryptionContextEquals: map(string()), SourceArn: string({ min: 20, max: 512, pattern: /^^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$$/ }) }),
    GrantTokens: grantTokens, Name: string({ min: 1, max: 256, pattern: /^^[a-zA-Z0-9:/_-]+$$/ }), DryRun: boolean(),
    GranteeServicePrincipal: servicePrincipal, RetiringServicePrincipal: servicePrincipal,
  },
  shows: ['KeyId', 'GranteePrincipal', 'RetiringPrincipal', 'Operations', 'Name'],
  async run(exchange, input) {
    checkTokens(input.GrantTokens)
    const grantee = input.GranteePrincipal ?? input.GranteeServicePrincipal
    if (grantee === undefined) throw new AwsFault('ValidationException', "1 validation error detected: Value null at 'granteePrincipal' failed to satisfy constraint: Member must not be null")
    for (const one of [input.GranteePrincipal, input.RetiringPrincipal]) if (one !== undefined) checkPrincipal(one)
    const place = await find(exchange, input.KeyId, false)
    const { EncryptionContextEquals: equal, EncryptionContextSubset: subset, SourceArn: source } = input.Constraints ?? {}
    const terms: GrantTerms = {
      GranteePrincipal: grantee,
      ...((input.RetiringPrincipal ?? input.RetiringServicePrincipal) !== undefined && { RetiringPrincipal: (input.RetiringPrincipal ?? input.RetiringServicePrincipal)! }),
      Operations: input.Operations,
      ...((equal || subset || source !== undefined) && { Constraints: { ...(equal && { EncryptionContextEquals: equal }), ...(subset && { EncryptionContextSubset: subset }), ...(source !== undefined && { SourceArn: source }) } }),
      ...(input.Name !== undefined && { Name: input.Name }),
      IssuingAccount: principalIn(`arn:aws:iam::${exchange.settings.account}:root`, exchange.region),
    }
    const same = input.Name === undefined ? undefined : (await grantsOf(exchange, place, terms)).find((one) => isDeepStrictEqual(one.terms, terms))
    endDryRun(input.DryRun)
    const id = same?.id ?? randomBytes(32).toString('hex')
    if (!same) await ask(exchange, place, 'write', `keys/:name/grants/${id}`, { terms }, { offered: terms })
    return { GrantToken: tokenOf(parseArn(place.arn)!.account, place.name, id), GrantId: id }
  },
})

const listGrants = operation({
  name: 'ListGrants',
  about: 'Lists the grants of a key, by pages.',
  access: [{ op: 'list', path: 'transit/keys/:name/grants' }],
  input: { KeyId: keyId, GrantId: grantId, GranteePrincipal: principal, GranteeServicePrincipal: servicePrincipal, ...pageMembers },
  shows: ['KeyId', 'GrantId', 'GranteePrincipal'],
  async run(exchange, { KeyId, GrantId, GranteePrincipal, GranteeServicePrincipal, Limit = 50, Marker }) {
    const place = await find(exchange, KeyId, false)
    if (GrantId !== undefined) checkGrantId(GrantId)
    const grantee = GranteePrincipal ?? GranteeServicePrincipal
    const after = afterOf(Marker)
    const all = (await grantsOf(exchange, place)).filter((one) => (GrantId === undefined || one.id === GrantId) && (grantee === undefined || one.terms.GranteePrincipal === grantee) && (after === undefined || one.id > after))
    return { Grants: all.slice(0, Limit).map((grant) => view(place.arn, grant)), ...pageView(all.map((one) => one.id), Limit) }
  },
})

const listRetirableGrants = operation({
  name: 'ListRetirableGrants',
  about: 'Lists the grants that a principal may retire, by pages.',
  access: [{ op: 'list', path: 'transit/grants' }],
  input: { RetiringPrincipal: principal, RetiringServicePrincipal: servicePrincipal, ...pageMembers },
  shows: ['RetiringPrincipal'],
  async run(exchange, { RetiringPrincipal, RetiringServicePrincipal, Limit = 50, Marker }) {
    const retiring = RetiringPrincipal ?? RetiringServicePrincipal
    if (retiring === undefined) throw new AwsFault('ValidationException', "1 validation error detected: Value null at 'retiringPrincipal' failed to satisfy constraint: Member must not be null")
    const found: [string, StoredGrant][] = []
    for (let after = afterOf(Marker); found.length <= Limit; ) {
      const { keys, key_info } = await exchange.ask<Grants>('list', `${exchange.settings.keys}grants/`, { limit: 1000, ...(after !== undefined && { after }) })
      for (const name of keys) if (key_info[name]?.terms.RetiringPrincipal === retiring) found.push([name, key_info[name]])
      after = keys.at(-1)
      if (keys.length < 1000) break
    }
    return { Grants: found.slice(0, Limit).map(([, grant]) => view(keyArn(exchange, grant.key), grant)), ...pageView(found.map(([name]) => name), Limit) }
  },
})

async function end(exchange: Exchange, place: Place, id: string): Promise<void> {
  const notFound = (): AwsFault => new AwsFault('NotFoundException', `Grant ID ${id} not found`)
  checkGrantId(id)
  if (id.length !== 64) throw notFound()
  await ask(exchange, place, 'delete', `keys/:name/grants/${id}`, {}, { retired: id }).catch((cause: unknown) => {
    throw cause instanceof Fault && cause.reason?.[0] === 'grant-absent' ? notFound() : cause
  })
}

const revokeGrant = operation({
  name: 'RevokeGrant',
  about: 'Takes a grant back.',
  access: [{ op: 'delete', path: 'transit/keys/:name/grants/:id' }],
  input: { KeyId: keyId, GrantId: string({ required: true, min: 1, max: 128 }), DryRun: boolean() },
  shows: ['KeyId', 'GrantId'],
  async run(exchange, { KeyId, GrantId, DryRun }) {
    const place = await find(exchange, KeyId, false)
    endDryRun(DryRun)
    await end(exchange, place, GrantId)
  },
})

const retireGrant = operation({
  name: 'RetireGrant',
  about: 'Gives a grant up: for its retiring principal, and its grantee where the grant says so.',
  access: [{ op: 'delete', path: 'transit/keys/:name/grants/:id' }],
  input: { GrantToken: string({ min: 1, max: 8192 }), KeyId: string({ min: 1, max: 2048 }), GrantId: grantId, DryRun: boolean() },
  shows: ['KeyId', 'GrantId'],
  async run(exchange, { GrantToken, KeyId, GrantId, DryRun }) {
    if (GrantToken === undefined && (KeyId === undefined || GrantId === undefined)) throw new AwsFault('ValidationException', 'Grant token OR (grant ID, key ID) must be specified')
    const named = GrantToken === undefined ? null : readToken(GrantToken)
    const place = await find(exchange, named ? keyArn(exchange, named.key, named.account) : KeyId!, false)
    endDryRun(DryRun)
    await end(exchange, place, named?.id ?? GrantId!)
  },
})

export const grantOperations = [createGrant, listGrants, listRetirableGrants, revokeGrant, retireGrant]
