// AWS Security Token Service: who am I, and temporary keys. https://docs.aws.amazon.com/STS/latest/APIReference/
import { type Service, operation } from '../operation.ts'

const getCallerIdentity = operation({
  name: 'GetCallerIdentity',
  about: 'Tells whose key signed the request.',
  access: [{ op: 'read', path: 'auth/aws/identity' }],
  input: {},
  run({ signer, settings }) {
    return { Arn: signer!.arn, UserId: signer!.userId, Account: settings.account }
  },
})

export const sts: Service = {
  name: 'sts',
  protocol: 'query',
  version: '2011-06-15',
  xmlns: 'https://sts.amazonaws.com/doc/2011-06-15/',
  source: 'sts.amazonaws.com',
  faults: { invalid: 'ValidationException' },
  operations: [getCallerIdentity],
}
