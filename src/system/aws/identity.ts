// Whose key signed the request: what GetCallerIdentity asks. Open to every signer, as it is at AWS.
import { Fault } from '../../kit/errors.ts'
import { type Route, route } from '../../kit/route.ts'

export const identityRoute: Route = route({
  op: 'read',
  path: 'identity',
  about: 'Tells whose access key signed the request.',
  access: 'open',
  takes: {},
  run({ caller }) {
    const { aws_account: account, aws_arn: arn, aws_access_key_id: key } = caller.metadata
    if (account === undefined) throw new Fault('unauthenticated')
    return { account, arn, access_key: key, policies: [...caller.policies], entity_id: caller.entityId }
  },
})
