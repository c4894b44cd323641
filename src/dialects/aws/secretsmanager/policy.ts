// Operations on resource policies.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, number, string } from '../shape.ts'
import { isPublic, locksOut, statementsOf } from './resource-policy.ts'
import { arnOf } from './name.ts'
import { change, describe, identityOf, lasting, onSecret, secretId } from './secret.ts'

const document = string({ required: true, min: 1, max: 20_480 })
const policyName = string({ min: 1, max: 64, pattern: /^[0-9A-Za-z_-]+$/ })
/** The one policy that a secret may have. */
const only = 'default'
const read = { op: 'read', path: 'secret/metadata/:name' } as const
const patch = { op: 'patch', path: 'secret/metadata/:name' } as const

const lockout = 'This resource policy will not allow you to manage this secret in the future.'

function checkPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== only) throw new AwsFault('InvalidParameterException', 'You can only attach, change or delete the resource policy named default.')
}

export const policyOperations = [
  operation({
    name: 'GetResourcePolicy',
    about: 'Shows the resource policy of a secret.',
    access: [read],
    input: { SecretId: secretId, PolicyName: policyName },
    shows: ['SecretId', 'PolicyName'],
    run: (exchange, { SecretId, PolicyName = only }) =>
      onSecret(exchange, SecretId, async (place) => {
        const { mark, attributes } = await lasting(exchange, place)
        if (PolicyName !== only) throw new AwsFault('ResourceNotFoundException', `Secrets Manager can't find the resource policy ${PolicyName}.`)
        return { ...identityOf(exchange, place, mark), ...(attributes.policy !== undefined && { ResourcePolicy: attributes.policy, PolicyName }) }
      }),
  }),
  operation({
    name: 'ListResourcePolicies',
    about: 'Names the resource policies of a secret.',
    access: [read],
    input: { SecretId: secretId, MaxResults: number({ min: 1, max: 100 }), NextToken: string({ min: 1, max: 4096 }) },
    shows: ['SecretId'],
    run: (exchange, { SecretId, NextToken }) =>
      onSecret(exchange, SecretId, async (place) => {
        const { attributes } = await lasting(exchange, place)
        if (NextToken !== undefined) throw new AwsFault('InvalidNextTokenException', 'Invalid NextToken.')
        return { ResourcePolicies: attributes.policy === undefined ? [] : [{ PolicyName: only }] }
      }),
  }),
  operation({
    name: 'PutResourcePolicy',
    about: 'Gives a secret a resource policy.',
    access: [read, patch],
    input: { SecretId: secretId, ResourcePolicy: document, PolicyName: policyName, BlockPublicPolicy: boolean() },
    shows: ['SecretId', 'PolicyName', 'BlockPublicPolicy'],
    run(exchange, { SecretId, ResourcePolicy, PolicyName, BlockPublicPolicy }) {
      return onSecret(exchange, SecretId, async (place) => {
        checkPolicyName(PolicyName)
        const { mark, tags } = await lasting(exchange, place)
        const statements = statementsOf(ResourcePolicy)
        if (locksOut(exchange, statements, arnOf(exchange, place, mark), tags)) throw new AwsFault('MalformedPolicyDocumentException', lockout)
        if (BlockPublicPolicy && isPublic(statements)) throw new AwsFault('PublicPolicyException', 'You can\'t attach a resource policy that allows broad access to the secret.')
        return { ...identityOf(exchange, place, (await change(exchange, place, { attributes: { policy: ResourcePolicy } })).mark), PolicyName: only }
      })
    },
  }),
  operation({
    name: 'DeleteResourcePolicy',
    about: 'Removes the resource policy of a secret.',
    access: [patch],
    input: { SecretId: secretId, PolicyName: policyName },
    shows: ['SecretId', 'PolicyName'],
    run: (exchange, { SecretId, PolicyName }) =>
      onSecret(exchange, SecretId, async (place) => {
        checkPolicyName(PolicyName)
        return identityOf(exchange, place, (await change(exchange, place, { attributes: { policy: null } })).mark)
      }),
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
        return locksOut(exchange, statements, arnOf(exchange, place, mark), tags)
      }))
      const ValidationErrors = [
        ...(isPublic(statements) ? [{ CheckName: 'BroadAccess', ErrorMessage: 'The policy allows broad access to the secret.' }] : []),
        ...(locked ? [{ CheckName: 'Lockout', ErrorMessage: lockout }] : []),
      ]
      return { PolicyValidationPassed: ValidationErrors.length === 0, ValidationErrors }
    },
  }),
]
