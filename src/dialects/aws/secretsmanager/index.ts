// AWS Secrets Manager over the KV engine. https://docs.aws.amazon.com/secretsmanager/latest/apireference/
import type { Service } from '../operation.ts'
import { crossAccountOperations } from './cross-account.ts'
import { describeOperations } from './describe.ts'
import { endingOperations } from './ending.ts'
import { passwordOperations } from './password.ts'
import { policyOperations } from './policy.ts'
import { replicationOperations } from './replication.ts'
import { rotationOperations } from './rotation.ts'
import { secretArnOf } from './secret.ts'
import { tagOperations } from './tags.ts'
import { valueOperations } from './values.ts'

export const secretsManager: Service = {
  name: 'secretsmanager',
  protocol: 'json',
  target: 'secretsmanager',
  source: 'secretsmanager.amazonaws.com',
  capitalMessage: true,
  faults: { invalid: 'InvalidParameterException', internal: 'InternalServiceError', 'too-large': 'LimitExceededException' },
  resourceOf: secretArnOf,
  operations: [...valueOperations, ...describeOperations, ...endingOperations, ...tagOperations, ...policyOperations, ...replicationOperations, ...crossAccountOperations, ...passwordOperations, ...rotationOperations],
}
