// Operations on resource policies.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, string } from '../shape.ts'
import { isPublic, locksOut, statementsOf } from './resource-policy.ts'
import { arnOf } from './name.ts'
import { change, describe, identityOf, onSecret, secretId } from './secret.ts'

const document = string({ required: true, min: 1, max: 20_480 })
const read = { op: 'read', path: 'secret/metadata/:name' } as const
const patch = { op: 'patch', path: 'secret/metadata/:name' } as const

const lockout = 'This resource policy will not allow you to manage this secret in the future.'

export const policyOperations = [
  operation({
    name: 'GetResourcePolicy',
    about: 'Shows the resource policy of a secret.',
    access: [read],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    run: (exchange, { SecretId }) =>
      onSecret(exchange, SecretId, async (place) => {
        const { mark, attributes, deletion } = await describe(exchange, place)
        if (deletion) throw new AwsFault('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.")
        return { ...identityOf(exchange, place, mark), ...(attributes.policy !== undefined && { ResourcePolicy: attributes.policy }) }
      }),
  }),
  operation({
    name: 'PutResourcePolicy',
    about: 'Gives a secret a resource policy.',
    access: [read, patch],
    input: { SecretId: secretId, ResourcePolicy: document, BlockPublicPolicy: boolean() },
    shows: ['SecretId', 'BlockPublicPolicy'],
    run(exchange, { SecretId, ResourcePolicy, BlockPublicPolicy }) {
      return onSecret(exchange, SecretId, async (place) => {
        const { mark, tags } = await describe(exchange, place)
        const statements = statementsOf(ResourcePolicy)
        if (locksOut(exchange, statements, arnOf(exchange, place.path, mark), tags)) throw new AwsFault('MalformedPolicyDocumentException', lockout)
        if (BlockPublicPolicy && isPublic(statements)) throw new AwsFault('PublicPolicyException', 'You can\'t attach a resource policy that allows broad access to the secret.')
        return identityOf(exchange, place, (await change(exchange, place, { attributes: { policy: ResourcePolicy } })).mark)
      })
    },
  }),
  operation({
    name: 'DeleteResourcePolicy',
    about: 'Removes the resource policy of a secret.',
    access: [patch],
    input: { SecretId: secretId },
    shows: ['SecretId'],
    run: (exchange, { SecretId }) => onSecret(exchange, SecretId, async (place) => identityOf(exchange, place, (await change(exchange, place, { attributes: { policy: null } })).mark)),
  }),
  operation({
    name: 'ValidateResourcePolicy',
    about: 'Tells whether a policy would be kept, and whether it is too open.',
    access: [read],
    input: { SecretId: string({ min: 1, max: 2048 }), ResourcePolicy: document },
    shows: ['SecretId'],
    async run(exchange, { SecretId, ResourcePolicy }) {
      const statements = statementsOf(ResourcePolicy)
      const locked = SecretId !== undefined && (await onSecret(exchange, SecretId, async (place) => {
        const { mark, tags } = await describe(exchange, place)
        return locksOut(exchange, statements, arnOf(exchange, place.path, mark), tags)
      }))
      const ValidationErrors = [
        ...(isPublic(statements) ? [{ CheckName: 'BroadAccess', ErrorMessage: 'The policy allows broad access to the secret.' }] : []),
        ...(locked ? [{ CheckName: 'Lockout', ErrorMessage: lockout }] : []),
      ]
      return { PolicyValidationPassed: ValidationErrors.length === 0, ValidationErrors }
    },
  }),
]
