// Operations on key policies.
import { principalIn } from '../arn.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, string } from '../shape.ts'
import { change, need } from './entry.ts'
import { checkKeyPolicy } from './key-policy.ts'
import { pageMembers } from './page.ts'
import { keyId } from './reference.ts'

export const policyText = <const L extends { required?: boolean }>(limits: L) => string({ ...limits, min: 1, max: 131_072, pattern: /^[\u0009\u000A\u000D\u0020-\u00FF]+$/, secret: true })

/** What a key without a policy of its own shows. */
export const usualPolicy = ({ settings, region }: Exchange): string =>
  JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [{ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: { AWS: principalIn(`arn:aws:iam::${settings.account}:root`, region) }, Action: 'kms:*', Resource: '*' }] }, null, 2)

function checkName(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw new AwsFault('NotFoundException', 'No such policy exists')
}

const policyName = string({ min: 1, max: 128, pattern: /^[\w]+$/ })

export const policyOperations = [
  operation({
    name: 'GetKeyPolicy',
    about: 'Shows the policy of a key.',
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
    about: 'Gives a key another policy.',
    access: [{ op: 'patch', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, PolicyName: policyName, Policy: policyText({ required: true }), BypassPolicyLockoutSafetyCheck: boolean() },
    shows: ['KeyId', 'PolicyName'],
    async run(exchange, { KeyId, PolicyName, Policy, BypassPolicyLockoutSafetyCheck }) {
      const { place } = await need(exchange, KeyId)
      if (PolicyName === 'AWS_RAM') throw new AwsFault('ValidationException', 'The AWS_RAM policy can only be managed by the RAM service')
      checkName(PolicyName)
      checkKeyPolicy(exchange, Policy, place, BypassPolicyLockoutSafetyCheck)
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
