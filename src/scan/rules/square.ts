// Square: access tokens, OAuth secrets, application ids.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const square = 'https://developer.squareup.com/docs/build-basics/access-tokens'

export const squareRules: Rule[] = [
  ...tokens({
    'square-access-token': ['Square access token', square, 'EAAA[A-Za-z0-9_-]{60}', { entropy: 3.5 }],
    'square-access-token-old': ['Square access token of the older form', square, 'sq0atp-[A-Za-z0-9_-]{22}'],
    'square-oauth-secret': ['Square OAuth secret', square, 'sq0csp-[A-Za-z0-9_\\\\-]{43}',
      { pattern: /(?<![A-Za-z0-9])(?<secret>sq0csp-[A-Za-z0-9_\\-]{43})/ }],
    'square-application-id': ['Square application id', square, 'sq0id[pb]-[A-Za-z0-9_-]{22}', { keywords: ['sq0idp-', 'sq0idb-'],
      confidence: 'low' }],
  }),
]
