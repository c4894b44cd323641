// Snyk.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const snyk: Rule[] = [
  ...tokens({
    'snyk-token-prefixed': ['Snyk service account token', 'https://docs.snyk.io/snyk-api/authentication-for-api',
      'snyk_(?:uat|sat)[.][a-f0-9]{8}[.]eyJ[A-Za-z0-9._-]{60,600}', { keywords: ['snyk_'] }],
  }),
  ...near({
    'snyk-token': ['Snyk token', 'https://docs.snyk.io/snyk-api/', 'snyk', uuid],
  }),
]
