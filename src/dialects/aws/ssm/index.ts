// AWS Systems Manager Parameter Store over the KV engine. https://docs.aws.amazon.com/systems-manager/latest/APIReference/
import type { Service } from '../operation.ts'
import { getOperations } from './get.ts'
import { labelOperations } from './labels.ts'
import { arnOf, pathOf, selected } from './parameter.ts'
import { putOperations } from './put.ts'

export const ssm: Service = {
  name: 'ssm',
  protocol: 'json',
  target: 'AmazonSSM',
  source: 'ssm.amazonaws.com',
  faults: { 'not-found': 'ParameterNotFound', internal: 'InternalServerError' },
  resourceOf(exchange, { Name, Path, ResourceId }) {
    const id = Name ?? Path ?? ResourceId
    return typeof id === 'string' ? arnOf(exchange, pathOf(selected(id).bare)) : '*'
  },
  operations: [...getOperations, ...putOperations, ...labelOperations],
}
