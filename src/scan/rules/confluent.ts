// Confluent Cloud: keys and secrets of both forms.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { tokens } from './token.ts'

export const confluent: Rule[] = [
  ...tokens({
    'confluent-cloud-secret': ['Confluent Cloud API secret', 'https://docs.confluent.io/cloud/current/security/authenticate/',
      'cflt[A-Za-z0-9+/]{60}', { entropy: 3 }],
  }),
  ...near({
    'confluent-key': ['Confluent Cloud API key', 'https://docs.confluent.io/cloud/current/security/authenticate/', 'confluent', alnum(16),
      { entropy: 2.9 }],
    'confluent-secret': ['Confluent Cloud API secret', 'https://docs.confluent.io/cloud/current/security/authenticate/', 'confluent',
      '[A-Za-z0-9+/]{64}', { entropy: 3.5 }],
  }),
]
