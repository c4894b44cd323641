// Dropbox: short and long-lived tokens, app secrets, Sign.
import type { Rule } from '../rule.ts'
import { lower, near } from './near.ts'

export const dropbox: Rule[] = [
  ...near({
    'dropbox-token': ['Dropbox long or short-lived token', 'https://www.dropbox.com/developers/reference/oauth-guide', 'dropbox|sl[.]',
      'sl[.][A-Za-z0-9_-]{130,1400}', { pattern: /(?<![A-Za-z0-9])(?<secret>sl\.(?:u\.)?[A-Za-z0-9_-]{130,1400})(?![A-Za-z0-9_-])/,
      keywords: ['sl.', 'dropbox'], window: 1500, confidence: 'high', misses: ['sl.short'] }],
    'dropbox-long-token': ['Dropbox long-lived token', 'https://www.dropbox.com/developers/', 'dropbox',
      '[A-Za-z0-9]{11}AAAAAAAAAA[A-Za-z0-9_=-]{43}'],
    'dropbox-app-secret': ['Dropbox app key or secret', 'https://www.dropbox.com/developers/', 'dropbox', lower(15), { entropy: 3 }],
    'hellosign-key': ['Dropbox Sign (HelloSign) key', 'https://developers.hellosign.com/', 'hellosign', '[A-Za-z0-9/+]{64}'],
  }),
]
