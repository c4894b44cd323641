// The end of a secret, and its return: DeleteSecret and RestoreSecret.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, number } from '../shape.ts'
import { pathOf } from './name.ts'
import { end, identityOf, onSecret, restore, secretId } from './secret.ts'

const day = 86_400
const usualWindow = 30

export const endingOperations = [
  operation({
    name: 'DeleteSecret',
    about: 'Removes a secret at once, or after 7 to 30 days in which it can be restored.',
    access: [{ op: 'delete', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId, RecoveryWindowInDays: number(), ForceDeleteWithoutRecovery: boolean() },
    shows: ['SecretId', 'RecoveryWindowInDays', 'ForceDeleteWithoutRecovery'],
    async run(exchange, { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }) {
      if (days !== undefined && (days < 7 || days > 30)) throw new AwsFault('InvalidParameterException', 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
      if (force && days !== undefined) throw new AwsFault('InvalidParameterException', "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
      try {
        return await onSecret(exchange, SecretId, async (place) => {
          const ended = await end(exchange, place, force ? 0 : (days ?? usualWindow) * day)
          return { ...identityOf(exchange, place, ended.mark), DeletionDate: ended.due / 1000 }
        })
      } catch (cause) {
        // Forced, a secret that is not there counts as deleted.
        if (!force || !(cause instanceof Fault && cause.code === 'not-found') || SecretId.startsWith('arn:')) throw cause
        const place = { namespace: exchange.namespace, path: pathOf(SecretId) }
        return { ...identityOf(exchange, place, 'AAAAAA'), DeletionDate: exchange.core.now() / 1000 }
      }
    },
  }),
  operation({
    name: 'RestoreSecret',
    about: 'Takes the deletion of a secret back.',
    access: [{ op: 'write', path: 'secret/restore/:name' }],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    run: (exchange, { SecretId }) => onSecret(exchange, SecretId, async (place) => identityOf(exchange, place, (await restore(exchange, place)).mark)),
  }),
]
