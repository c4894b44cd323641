// Keys for several regions. One key serves them all; what differs is in which of them it counts as the first.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, string } from '../shape.ts'
import { type Attributes, type Entry, change, metadataOf, need } from './entry.ts'
import { policyText, usualPolicy } from './policies.ts'
import { type Place, keyArn, keyId } from './reference.ts'
import { tags } from './tags.ts'

const region = string({ required: true, min: 1, max: 32, pattern: /^^([a-z]+-){2,3}\d+$$/ })

async function needRegions(exchange: Exchange, id: string): Promise<{ place: Place; entry: Entry; regions: NonNullable<Attributes['regions']> }> {
  const { place, entry } = await need(exchange, id, ['disabled', 'ending', 'empty'])
  const { regions } = entry.attributes
  if (regions?.primary !== exchange.region) throw new AwsFault('UnsupportedOperationException', `${place.arn} is not a multi-region primary key.`)
  return { place, entry, regions }
}

/** Where a key for several regions is to end: a replica is nothing but a region more, and ends at once; the key itself waits for its replicas to end. */
export async function endReplica(exchange: Exchange, { place, entry: { attributes: { regions } } }: { place: Place; entry: Entry }): Promise<boolean> {
  if (!regions) return false
  if (regions.primary !== exchange.region) {
    await change(exchange, place, { regions: { replicas: { [exchange.region]: null } } })
    return true
  }
  if (Object.keys(regions.replicas ?? {}).length > 0) throw new AwsFault('KMSInvalidStateException', `${place.arn} has replica keys, which must be deleted first.`)
  return false
}

const replicateKey = operation({
  name: 'ReplicateKey',
  about: 'Lets a key for several regions count as one of another region too.',
  access: [{ op: 'read', path: 'transit/keys/:name' }, { op: 'patch', path: 'transit/keys/:name' }],
  input: { KeyId: keyId, ReplicaRegion: region, Policy: policyText({}), BypassPolicyLockoutSafetyCheck: boolean(), Description: string({ max: 8192 }), Tags: tags() },
  shows: ['KeyId', 'ReplicaRegion'],
  async run(exchange, { KeyId, ReplicaRegion, Description = '', Tags }) {
    const { place, entry, regions } = await needRegions(exchange, KeyId)
    if (ReplicaRegion === regions.primary || ReplicaRegion in (regions.replicas ?? {})) throw new AwsFault('AlreadyExistsException', `The key already exists in region ${ReplicaRegion}.`)
    const changed = await change(exchange, place, { regions: { replicas: { [ReplicaRegion]: Description } } })
    const there = { ...exchange, region: ReplicaRegion }
    return { ReplicaKeyMetadata: metadataOf(there, { arn: keyArn(there, place.name) }, changed), ReplicaPolicy: entry.attributes.policy ?? usualPolicy(exchange), ...(Tags && { ReplicaTags: Tags }) }
  },
})

const updatePrimaryRegion = operation({
  name: 'UpdatePrimaryRegion',
  about: 'Makes a region that a key was replicated to its first.',
  access: [{ op: 'read', path: 'transit/keys/:name' }, { op: 'patch', path: 'transit/keys/:name' }],
  input: { KeyId: keyId, PrimaryRegion: region },
  shows: ['KeyId', 'PrimaryRegion'],
  async run(exchange, { KeyId, PrimaryRegion }) {
    const { place, entry, regions } = await needRegions(exchange, KeyId)
    if (!(PrimaryRegion in (regions.replicas ?? {}))) throw new AwsFault('NotFoundException', `Key '${keyArn({ ...exchange, region: PrimaryRegion }, place.name)}' does not exist`)
    await change(exchange, place, { regions: { primary: PrimaryRegion, replicas: { [PrimaryRegion]: null, [regions.primary]: entry.attributes.description ?? '' } } })
  },
})

export const regionOperations = [replicateKey, updatePrimaryRegion]
