// Key policies: kept and shown. What decides is the policy of the caller, and grants.
import { isObject } from '../../../kit/field.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, string } from '../shape.ts'
import { change, need } from './entry.ts'
import { pageMembers } from './page.ts'
import { keyId } from './reference.ts'

export const policyText = <const L extends { required?: boolean }>(limits: L) => string({ ...limits, min: 1, max: 131_072, secret: true })

/** Refuses what begins as a document and is none; other text is kept as it is, since it decides nothing. */
export function checkPolicy(text: string): void {
  const malformed = (): AwsFault => new AwsFault('MalformedPolicyDocumentException', 'The new key policy is malformed or contains invalid elements.')
  if (text.length > 32_768) throw new AwsFault('LimitExceededException', 'The key policy document is larger than 32768 bytes.')
  if (!/^\s*[{[]/.test(text)) return
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed()
  }
  const statements = isObject(document) ? [document.Statement].flat() : []
  const whole = statements.length > 0 && statements.every((one) => isObject(one) && (one.Effect === 'Allow' || one.Effect === 'Deny') && ('Action' in one || 'NotAction' in one) && ('Principal' in one || 'NotPrincipal' in one))
  if (!whole) throw malformed()
}

/** What a key without a policy of its own shows. */
export const usualPolicy = ({ settings }: Exchange): string =>
  JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [{ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${settings.account}:root` }, Action: 'kms:*', Resource: '*' }] }, null, 2)

function checkName(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw new AwsFault('NotFoundException', 'No such policy exists')
}

const policyName = string({ min: 1, max: 128, pattern: /^[\w]+$/ })

export const policyOperations = [
  operation({
    name: 'GetKeyPolicy',
    about: 'Shows the policy that is kept with a key.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, PolicyName: policyName },
    shows: ['KeyId', 'PolicyName'],
    async run(exchange, { KeyId, PolicyName }) {
      const { entry } = await need(exchange, KeyId)
      checkName(PolicyName)
      return { Policy: entry.attributes.policy ?? usualPolicy(exchange), PolicyName: 'default' }
    },
  }),
  operation({
    name: 'PutKeyPolicy',
    about: 'Keeps a policy with a key.',
    access: [{ op: 'patch', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, PolicyName: policyName, Policy: policyText({ required: true }), BypassPolicyLockoutSafetyCheck: boolean() },
    shows: ['KeyId', 'PolicyName'],
    async run(exchange, { KeyId, PolicyName, Policy }) {
      const { place } = await need(exchange, KeyId)
      checkName(PolicyName)
      checkPolicy(Policy)
      await change(exchange, place, { policy: Policy }, true)
    },
  }),
  operation({
    name: 'ListKeyPolicies',
    about: 'Names the policies of a key: one, default.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, ...pageMembers },
    shows: ['KeyId'],
    async run(exchange, { KeyId }) {
      await need(exchange, KeyId)
      return { PolicyNames: ['default'], Truncated: false }
    },
  }),
]
