// Okta: API tokens and client secrets.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { tokens } from './token.ts'

export const okta: Rule[] = [
  ...tokens({
    'okta-token': ['Okta API token', 'https://developer.okta.com/docs/guides/create-an-api-token/', '00[A-Za-z0-9_-]{40}',
      { keywords: ['okta', 'ssws'], entropy: 3.8,
      pattern: /(?<![a-z])(?i:okta|ssws)(?:.|\r?\n){0,40}?(?<![A-Za-z0-9_-])(?<secret>00[A-Za-z0-9_=-]{39,42})(?![A-Za-z0-9_-])/,
        hits: [`OKTA_TOKEN=00${'aB3dE6gHiJ9kLmN7pQrS'.repeat(2)}`], misses: ['okta 00short'] }],
  }),
  ...near({
    'okta-client-secret': ['Okta client secret', 'https://developer.okta.com/', 'okta', wide('40,64'), { strict: true, entropy: 4 }],
  }),
]
