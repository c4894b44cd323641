// Operations of KMS that are not offered: key stores outside of it, keys for post-quantum encapsulation, and the last use
// of a key, which nothing keeps.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { pageMembers } from './page.ts'

const names = ['CreateCustomKeyStore', 'ConnectCustomKeyStore', 'DisconnectCustomKeyStore', 'UpdateCustomKeyStore', 'DeleteCustomKeyStore', 'Encapsulate', 'Decapsulate', 'GetKeyLastUsage']

export const unsupportedOperations = [
  ...names.map((name) =>
    operation({
      name,
      about: 'Not offered.',
      access: [],
      input: {},
      run() {
        throw new AwsFault('UnsupportedOperationException', `${name} is not supported.`)
      },
    }),
  ),
  operation({ name: 'DescribeCustomKeyStores', about: 'Lists custom key stores: there are none.', access: [], input: pageMembers, run: () => ({ CustomKeyStores: [], Truncated: false }) }),
]
