// What is known of secrets without their values: DescribeSecret and ListSecrets.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, number, string } from '../shape.ts'
import { type Filter, afterOf, allMatching, filters, matching } from './filters.ts'
import type { Place } from './name.ts'
import { statusOf } from './replication.ts'
import { type Described, describe, identityOf, onSecret, secondsOf, secretId } from './secret.ts'

const stagesById = (secret: Described): Record<string, string[]> => Object.fromEntries(secret.versions.filter((version) => version.stages.length > 0).map((version) => [version.id, version.stages]))

function viewOf(exchange: Exchange, place: Place, secret: Described): object {
  const { attributes, tags, deletion, seen } = secret
  const { description, kmsKeyId, type, rotation, replicas, region } = attributes
  return {
    ...identityOf(exchange, place, secret.mark),
    ...(type !== undefined && { Type: type }),
    ...(description && { Description: description }),
    ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
    ...(rotation && {
      RotationEnabled: rotation.enabled,
      ...(rotation.functionArn !== '' && { RotationLambdaARN: rotation.functionArn }),
      RotationRules: rotation.rules,
      ...(rotation.last !== undefined && { LastRotatedDate: rotation.last / 1000 }),
      ...(rotation.enabled && rotation.next !== undefined && { NextRotationDate: rotation.next / 1000 }),
    }),
    LastChangedDate: secondsOf(secret.updated),
    ...(seen !== undefined && { LastAccessedDate: seen }),
    ...(deletion && { DeletedDate: deletion.asked / 1000 }),
    ...((Object.keys(tags).length > 0 || attributes.tagged) && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    CreatedDate: secondsOf(secret.created),
    ...(replicas && { PrimaryRegion: region ?? exchange.region }),
  }
}

type Order = (secret: Described) => string
const orders: Record<string, Order> = {
  'created-date': (secret) => secret.created,
  'last-changed-date': (secret) => secret.updated,
  'last-accessed-date': (secret) => String(secret.seen ?? 0).padStart(12, '0'),
  name: (secret) => secret.path,
}

/** Pages of an order that has to be made anew for each: the token is the place reached. */
async function sortedPage(exchange: Exchange, input: { Filters?: Filter[] | undefined; SortBy?: string | undefined; SortOrder?: string | undefined; NextToken?: string | undefined; IncludePlannedDeletion?: boolean | undefined }, most: number): Promise<{ secrets: Described[]; next?: string }> {
  const all = await allMatching(exchange, input.Filters ?? [], input.IncludePlannedDeletion ?? false)
  const order = orders[input.SortBy ?? 'created-date']!
  const sign = input.SortOrder === 'desc' ? -1 : 1
  all.sort((a, b) => sign * (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : a.path < b.path ? -1 : 1))
  const from = Number(afterOf(input.NextToken) ?? 0)
  if (!Number.isInteger(from)) throw new AwsFault('InvalidNextTokenException', 'Invalid NextToken.')
  const secrets = all.slice(from, from + most)
  return { secrets, ...(from + most < all.length && { next: Buffer.from(String(from + most)).toString('base64url') }) }
}

export const describeOperations = [
  operation({
    name: 'DescribeSecret',
    about: 'Tells everything of a secret but its values.',
    access: [{ op: 'read', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    run: (exchange, { SecretId }) =>
      onSecret(exchange, SecretId, async (place) => {
        const secret = await describe(exchange, place)
        return { ...viewOf(exchange, place, secret), ...(secret.versions.length > 0 && { VersionIdsToStages: stagesById(secret) }), ...(secret.attributes.replicas && { ReplicationStatus: secret.attributes.replicas.map(statusOf) }) }
      }),
  }),
  operation({
    name: 'ListSecrets',
    about: 'Lists secrets by filters, in order, by pages.',
    access: [{ op: 'scan', path: 'secret/metadata' }],
    input: {
      IncludePlannedDeletion: boolean(), MaxResults: number({ min: 1, max: 100 }), NextToken: string({ min: 1, max: 4096 }), Filters: filters,
      SortOrder: string({ words: ['asc', 'desc'] }), SortBy: string({ words: ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] }),
    },
    shows: ['Filters', 'MaxResults'],
    async run(exchange, input) {
      const most = input.MaxResults ?? 100
      // Two orders are those of the store: no more is read than a page takes.
      const inOrder = input.SortBy !== 'last-changed-date' && input.SortBy !== 'last-accessed-date' && input.SortOrder !== 'desc'
      const page = inOrder ? await matching(exchange, input.Filters ?? [], { most, next: input.NextToken, planned: input.IncludePlannedDeletion ?? false, byPath: input.SortBy === 'name' }) : await sortedPage(exchange, input, most)
      return { SecretList: page.secrets.map((secret) => ({ ...viewOf(exchange, { namespace: exchange.namespace, path: secret.path }, secret), SecretVersionsToStages: stagesById(secret) })), ...(page.next !== undefined && { NextToken: page.next }) }
    },
  }),
]
