// Adobe: client ids and secrets.
import type { Rule } from '../rule.ts'
import { alnum, lower, near } from './near.ts'

export const adobe: Rule[] = [
  ...near({
    'adobe-client-secret': ['Adobe client secret', 'https://developer.adobe.com/developer-console/docs/guides/authentication/', 'p8e',
      'p8e-[A-Za-z0-9_-]{32}', { keywords: ['p8e-', 'p8ea'],
      pattern: /(?<![A-Za-z0-9])(?<secret>p8e-[A-Za-z0-9-]{32}|p8ea[A-Za-z0-9_-]{32})(?![A-Za-z0-9])/,
      hits: [`SECRET=p8e-${'aB3dE6gH'.repeat(4)}`], misses: ['p8e-x'] }],
    'adobe-client-id': ['Adobe client id', 'https://developer.adobe.com/developer-console/docs/', 'adobe', lower(32)],
    'adobe-id-named': ['Adobe client id', 'https://developer.adobe.com/', 'adobe', alnum(12), { strict: true, confidence: 'low',
      entropy: 3 }],
  }),
]
