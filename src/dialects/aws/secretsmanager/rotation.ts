// Rotation: RotateSecret and CancelRotateSecret. The work is done behind `auth/aws/rotation`.
import { randomUUID } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, list, number, string, structure } from '../shape.ts'
import { type Place, arnOf } from './name.ts'
import { identityOf, onSecret, secretId } from './secret.ts'

/** A function that is not registered is one that cannot be called, as AWS says it. */
const notCalled = (): AwsFault => new AwsFault('AccessDeniedException', 'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.')

/** Only functions rotate here, not the partners of AWS. */
const external = 'Managed external secrets are not rotated here: name a rotation function by RotationLambdaARN.'

const rules = structure({
  AutomaticallyAfterDays: number(),
  Duration: string({ min: 2, max: 3, pattern: /^[0-9]+h$/ }),
  ScheduleExpression: string({ min: 1, max: 256, pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ }),
})

/** What the store says of a rotation asked for or ended; `token`: the version under way. */
interface Asked {
  mark: string
  token?: string
}
const answerOf = (exchange: Exchange, place: Place, { mark, token }: Asked): object => ({ ...identityOf(exchange, place, mark), ...(token !== undefined && { VersionId: token }) })

export const rotationOperations = [
  operation({
    name: 'RotateSecret',
    about: 'Sets how a secret rotates and, unless told otherwise, rotates it now.',
    access: [{ op: 'write', path: 'auth/aws/rotation/:name' }, { op: 'read', path: 'secret/metadata/:name' }, { op: 'patch', path: 'secret/metadata/:name' }],
    input: {
      SecretId: secretId, ClientRequestToken: string(), RotationLambdaARN: string({ max: 2048 }), RotationRules: rules, RotateImmediately: boolean(),
      ExternalSecretRotationMetadata: list(structure({ Key: string({ min: 1, max: 256 }), Value: string({ min: 1, max: 2048 }) })), ExternalSecretRotationRoleArn: string({ min: 20, max: 2048 }),
    },
    shows: ['SecretId', 'RotationLambdaARN', 'RotationRules', 'ClientRequestToken'],
    async run(exchange, input) {
      const token = input.ClientRequestToken ?? randomUUID()
      if (token.length < 32 || token.length > 64) throw new AwsFault('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.')
      if (input.ExternalSecretRotationMetadata || input.ExternalSecretRotationRoleArn) throw new AwsFault('InvalidParameterException', external)
      const days = input.RotationRules?.AutomaticallyAfterDays
      if (days !== undefined && (days < 1 || days > 1000)) throw new AwsFault('InvalidParameterException', 'RotationRules.AutomaticallyAfterDays must be within 1-1000.')
      return onSecret(exchange, input.SecretId, async (place) => {
        const body = {
          token, immediately: input.RotateImmediately ?? true, secret_arn: arnOf(exchange, place, '').slice(0, -1),
          region: exchange.region,
          ...(place.mark !== undefined && { mark: place.mark }),
          ...(input.RotationLambdaARN && { function_arn: input.RotationLambdaARN }),
          ...(input.RotationRules && { rules: input.RotationRules }),
        }
        const asked = await exchange.ask<Asked>('write', `auth/aws/rotation/${place.path}`, body, place.namespace).catch((cause: unknown) => {
          throw cause instanceof Fault && cause.reason?.[0] === 'no function' ? notCalled() : cause
        })
        return answerOf(exchange, place, asked)
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
        return answerOf(exchange, place, await exchange.ask<Asked>('delete', `auth/aws/rotation/${place.path}`, { region: exchange.region, ...(place.mark !== undefined && { mark: place.mark }) }, place.namespace))
      }),
  }),
]
