// Replicas in other regions. One store serves every region, so a replica is in step as soon as it is declared.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, list, string, structure } from '../shape.ts'
import { arnOf } from './name.ts'
import { type Replica, change, describe, onSecret, secretId } from './secret.ts'

const region = string({ min: 1, max: 128, pattern: /^^([a-z]+-)+\d+$$/ })
const replica = structure({ Region: region, KmsKeyId: string({ max: 2048 }) })
export const replicaRegions = list(replica, { min: 1 })

/** The replicas present and those asked for; refuses the secret's own region and one that is there. */
export function replicasOf(exchange: Exchange, present: readonly Replica[], asked: { Region?: string | undefined; KmsKeyId?: string | undefined }[], own = exchange.region): Replica[] {
  const all = [...present]
  for (const { Region, KmsKeyId } of asked) {
    if (Region === undefined) throw new AwsFault('InvalidParameterException', 'Replica regions must have a Region.')
    if (Region === own) throw new AwsFault('InvalidParameterException', 'Invalid replica region.')
    if (!all.some((one) => one.Region === Region)) all.push({ Region, KmsKeyId: KmsKeyId ?? 'alias/aws/secretsmanager', Status: 'InSync', StatusMessage: 'Replication succeeded' })
  }
  return all
}

export const statusOf = ({ Region, KmsKeyId, Status, StatusMessage }: Replica): object => ({ Region, KmsKeyId, Status, StatusMessage })

/** Changes the list of replicas and answers with it. */
const changing = (exchange: Exchange, id: string, next: (present: Replica[], own: string) => Replica[]): Promise<{ ARN: string; ReplicationStatus: object[] }> =>
  onSecret(exchange, id, async (place) => {
    const { mark, attributes } = await describe(exchange, place)
    const replicas = next(attributes.replicas ?? [], attributes.region ?? exchange.region)
    await change(exchange, place, { attributes: { replicas: replicas.length > 0 ? replicas : null } })
    return { ARN: arnOf(exchange, place, mark), ReplicationStatus: replicas.map(statusOf) }
  })

const access = [{ op: 'read', path: 'secret/metadata/:name' }, { op: 'patch', path: 'secret/metadata/:name' }] as const

export const replicationOperations = [
  operation({
    name: 'ReplicateSecretToRegions',
    about: 'Declares replicas of a secret.',
    access: [...access],
    input: { SecretId: secretId, AddReplicaRegions: list(replica, { required: true, min: 1 }), ForceOverwriteReplicaSecret: boolean() },
    shows: ['SecretId', 'AddReplicaRegions'],
    run: (exchange, input) => changing(exchange, input.SecretId, (present, own) => replicasOf(exchange, present, input.AddReplicaRegions, own)),
  }),
  operation({
    name: 'RemoveRegionsFromReplication',
    about: 'Takes replicas of a secret back.',
    access: [...access],
    input: { SecretId: secretId, RemoveReplicaRegions: list(region, { required: true, min: 1 }) },
    shows: ['SecretId', 'RemoveReplicaRegions'],
    run: (exchange, input) => changing(exchange, input.SecretId, (present) => present.filter((one) => !input.RemoveReplicaRegions.includes(one.Region))),
  }),
  operation({
    name: 'StopReplicationToReplica',
    about: 'Makes a replica a secret of its own.',
    access: [...access],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    async run(exchange, input) {
      const { ARN } = await changing(exchange, input.SecretId, (present) => {
        const left = present.filter((one) => one.Region !== exchange.region)
        if (left.length === present.length) throw new AwsFault('InvalidParameterException', "Operation is only permitted on a replica secret. Call must be made in the replica secret's region.")
        return left
      })
      return { ARN }
    },
  }),
]
