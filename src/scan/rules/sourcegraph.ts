// Sourcegraph.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const sourcegraph: Rule[] = [
  ...tokens({
    'sourcegraph-token': ['Sourcegraph access token', 'https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token',
      'sg[pdm]_(?:[a-fA-F0-9]{16}_|local_|[a-fA-F0-9]{16}_local_)?[a-fA-F0-9]{40}', { keywords: ['sgp_', 'sgd_', 'sgm_'], entropy: 3 }],
    'sourcegraph-license-key': ['Sourcegraph Cody gateway key', 'https://sourcegraph.com/docs/cody', 'slk_[a-f0-9]{64}'],
  }),
  ...near({
    'sourcegraph-token-old': ['Sourcegraph token of the older form', 'https://sourcegraph.com/docs/', 'sourcegraph', hex(40)],
  }),
]
