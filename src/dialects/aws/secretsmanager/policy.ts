// Resource policies: kept, checked and shown. What decides is the policy of the caller.
import { isObject } from '../../../kit/field.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, string } from '../shape.ts'
import { type Place, change, describe, identityOf, onSecret, secretId } from './secret.ts'

const document = string({ required: true, min: 1, max: 20_480 })
const read = { op: 'read', path: 'secret/metadata/:name' } as const
const patch = { op: 'patch', path: 'secret/metadata/:name' } as const

interface Statement {
  Effect?: unknown
  Principal?: unknown
  Condition?: unknown
}

/** The statements of a policy; throws where it is none. */
function statementsOf(text: string): Statement[] {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw malformed('This resource policy contains invalid Json.')
  }
  if (!isObject(policy)) throw malformed('This resource policy contains a malformed policy document.')
  const statements = [policy.Statement].flat()
  for (const statement of statements) {
    const whole = isObject(statement) && (statement.Effect === 'Allow' || statement.Effect === 'Deny') && ('Action' in statement || 'NotAction' in statement) && ('Principal' in statement || 'NotPrincipal' in statement)
    if (!whole) throw malformed('This resource policy contains a malformed policy document.')
  }
  return statements as Statement[]
}

const malformed = (message: string): AwsFault => new AwsFault('MalformedPolicyDocumentException', message)

/** Whether a statement opens the secret to everybody. */
function isPublic({ Effect, Principal, Condition }: Statement): boolean {
  if (Effect !== 'Allow' || Condition !== undefined) return false
  return Principal === '*' || (isObject(Principal) && Object.values(Principal).flat().includes('*'))
}

const isMissing = (exchange: Exchange, id: string): Promise<unknown> => onSecret(exchange, id, (place: Place) => describe(exchange, place))

export const policyOperations = [
  operation({
    name: 'GetResourcePolicy',
    about: 'Shows the policy that is kept with a secret.',
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
    about: 'Keeps a policy with a secret.',
    access: [read, patch],
    input: { SecretId: secretId, ResourcePolicy: document, BlockPublicPolicy: boolean() },
    shows: ['SecretId', 'BlockPublicPolicy'],
    run(exchange, { SecretId, ResourcePolicy, BlockPublicPolicy }) {
      return onSecret(exchange, SecretId, async (place) => {
        await describe(exchange, place)
        const statements = statementsOf(ResourcePolicy)
        if (BlockPublicPolicy && statements.some(isPublic)) throw new AwsFault('PublicPolicyException', 'You can\'t attach a resource policy that allows broad access to the secret.')
        return identityOf(exchange, place, (await change(exchange, place, { attributes: { policy: ResourcePolicy } })).mark)
      })
    },
  }),
  operation({
    name: 'DeleteResourcePolicy',
    about: 'Removes the policy that is kept with a secret.',
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
      if (SecretId !== undefined) await isMissing(exchange, SecretId)
      const open = statements.some(isPublic)
      return { PolicyValidationPassed: !open, ValidationErrors: open ? [{ CheckName: 'BroadAccess', ErrorMessage: 'The policy allows broad access to the secret.' }] : [] }
    },
  }),
]
