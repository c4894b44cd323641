// Netlify: tokens of both forms.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { tokens } from './token.ts'

export const netlify: Rule[] = [
  ...tokens({
    'netlify-token': ['Netlify personal access token', 'https://docs.netlify.com/api/get-started/', 'nf[pcoub]_[A-Za-z0-9]{36}',
      { keywords: ['nfp_', 'nfc_', 'nfo_', 'nfu_', 'nfb_'], entropy: 3 }],
  }),
  ...near({
    'netlify-token-old': ['Netlify token of the older form', 'https://docs.netlify.com/api/get-started/', 'netlify', wide('43,45'),
      { entropy: 4 }],
  }),
]
