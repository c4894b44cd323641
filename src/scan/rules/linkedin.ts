// LinkedIn: client ids and secrets.
import type { Rule } from '../rule.ts'
import { alnum, lower, near } from './near.ts'
import { tokens } from './token.ts'

export const linkedin: Rule[] = [
  ...tokens({
    'linkedin-secret': ['LinkedIn client secret', 'https://learn.microsoft.com/en-us/linkedin/', 'WPL_AP1[.][A-Za-z0-9+/=.]{16,24}',
      { keywords: ['wpl_ap'], pattern: /(?<![A-Za-z0-9])(?<secret>WPL_AP[01]\.[A-Za-z0-9+/=.]{16,30})/ }],
  }),
  ...near({
    'linkedin-client-secret': ['LinkedIn client secret', 'https://learn.microsoft.com/en-us/linkedin/', 'linkedin|linked in', alnum(16),
      { strict: true, entropy: 3 }],
    'linkedin-client-id': ['LinkedIn client id', 'https://learn.microsoft.com/en-us/linkedin/', 'linkedin|linked in', lower(14),
      { strict: true, entropy: 3, confidence: 'low' }],
  }),
]
