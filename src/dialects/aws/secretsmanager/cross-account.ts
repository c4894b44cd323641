// Replicas in other accounts: accounts are namespaces here, and no namespace copies its secrets into another.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { string } from '../shape.ts'
import { lasting, onSecret, secretId } from './secret.ts'

const arn = string({ required: true, min: 20, max: 2048 })
const access = [{ op: 'read', path: 'secret/metadata/:name' }] as const

export const notCopied = (): AwsFault => new AwsFault('InvalidRequestException', 'Secrets are not replicated to other accounts here.')

export const crossAccountOperations = [
  operation({
    name: 'AssociateCrossAccountReplica',
    about: 'Refused: secrets are not replicated to other accounts.',
    access: [...access],
    input: { SecretId: secretId, CrossAccountReplicaARN: arn, ReplicaRestriction: string({ words: ['SameOrg', 'NoRestriction'] }), ReplicationRoleARN: string({ min: 20, max: 2048 }) },
    shows: ['SecretId', 'CrossAccountReplicaARN'],
    run: (exchange, { SecretId }) =>
      onSecret(exchange, SecretId, async (place) => {
        await lasting(exchange, place)
        throw notCopied()
      }),
  }),
  operation({
    name: 'DisassociateCrossAccountReplica',
    about: 'Refused: there are no replicas in other accounts.',
    access: [...access],
    input: { SecretId: secretId, CrossAccountReplicaARN: arn },
    shows: ['SecretId', 'CrossAccountReplicaARN'],
    run: (exchange, { SecretId, CrossAccountReplicaARN }) =>
      onSecret(exchange, SecretId, async (place) => {
        await lasting(exchange, place)
        throw new AwsFault('ResourceNotFoundException', `Secrets Manager can't find the replica ${CrossAccountReplicaARN}.`)
      }),
  }),
]
