// Rotation: RotateSecret and CancelRotateSecret. The work is done behind `auth/aws/rotation`.
import { randomUUID } from 'node:crypto'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, number, string, structure } from '../shape.ts'
import { arnOf } from './name.ts'
import { identityOf, onSecret, secretId } from './secret.ts'

const rules = structure({
  AutomaticallyAfterDays: number(),
  Duration: string({ min: 2, max: 3, pattern: /^[0-9]+h$/ }),
  ScheduleExpression: string({ min: 1, max: 256, pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ }),
})

export const rotationOperations = [
  operation({
    name: 'RotateSecret',
    about: 'Sets how a secret rotates and, unless told otherwise, rotates it now.',
    access: [{ op: 'write', path: 'auth/aws/rotation/:name' }, { op: 'read', path: 'secret/metadata/:name' }, { op: 'patch', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId, ClientRequestToken: string(), RotationLambdaARN: string({ max: 2048 }), RotationRules: rules, RotateImmediately: boolean() },
    shows: ['SecretId', 'RotationLambdaARN', 'RotationRules', 'ClientRequestToken'],
    async run(exchange, input) {
      const token = input.ClientRequestToken ?? randomUUID()
      if (token.length < 32 || token.length > 64) throw new AwsFault('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.')
      const days = input.RotationRules?.AutomaticallyAfterDays
      if (days !== undefined && (days < 1 || days > 1000)) throw new AwsFault('InvalidParameterException', 'RotationRules.AutomaticallyAfterDays must be within 1-1000.')
      return onSecret(exchange, input.SecretId, async (place) => {
        const body = {
          token, immediately: input.RotateImmediately ?? true, secret_arn: arnOf(exchange, place.path, '').slice(0, -1),
          ...(place.mark !== undefined && { mark: place.mark }),
          ...(input.RotationLambdaARN && { function_arn: input.RotationLambdaARN }),
          ...(input.RotationRules && { rules: input.RotationRules }),
        }
        const asked = await exchange.ask('write', `auth/aws/rotation/${place.path}`, body, place.namespace)
        return { ...identityOf(exchange, place, String(asked.mark)), ...(asked.token !== undefined && { VersionId: asked.token }) }
      })
    },
  }),
  operation({
    name: 'CancelRotateSecret',
    about: 'Ends the rotation of a secret.',
    access: [{ op: 'delete', path: 'auth/aws/rotation/:name' }, { op: 'read', path: 'secret/metadata/:name' }, { op: 'patch', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    run: (exchange, input) =>
      onSecret(exchange, input.SecretId, async (place) => {
        const ended = await exchange.ask('delete', `auth/aws/rotation/${place.path}`, place.mark === undefined ? {} : { mark: place.mark }, place.namespace)
        return { ...identityOf(exchange, place, String(ended.mark)), ...(ended.token !== undefined && { VersionId: ended.token }) }
      }),
  }),
]
