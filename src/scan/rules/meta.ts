// Meta: Facebook and Instagram.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { tokens } from './token.ts'

/** Base64 of binary data begins so as well, and is full of zeros. */
const isDrawn = (token: string) => !/(.)\1{4}/.test(token) && /\d/.test(token)

const facebook = 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/'

export const meta: Rule[] = [
  ...tokens({
    'facebook-access-token': ['Facebook access token', facebook, 'EAA[A-Z][A-Za-z0-9]{60,250}', { keywords: ['eaa'], entropy: 4,
      check: isDrawn, pattern: /(?<![A-Za-z0-9/+_-])(?<secret>EAA[A-Z][A-Za-z0-9]{60,250})(?![A-Za-z0-9/+=_-])/ }],
    'facebook-page-token': ['Facebook page access token', facebook, 'EAA[MC][A-Za-z0-9]{20,250}', { keywords: ['eaam', 'eaac'],
      entropy: 4, check: isDrawn }],
    'facebook-app-token': ['Facebook app access token', facebook, '[0-9]{15,16}(?:\\||%)[0-9A-Za-z_-]{27,40}', { keywords: ['facebook',
      'access_token', 'fb_', 'graph'], entropy: 3, misses: ['facebook 123|abc'],
      pattern: /(?<![0-9])(?<secret>[0-9]{15,16}(?:\||%7C|%)[0-9A-Za-z_-]{27,40})(?![A-Za-z0-9_-])/,
      hits: [`access_token=1234567890${'12345'}|${'aB3dE6gHi'.repeat(3)}`] }],
    'instagram-token': ['Instagram access token', 'https://developers.facebook.com/docs/instagram-platform',
      'IG(?:QV|AA)[A-Za-z0-9_-]{60,250}', { keywords: ['igqv', 'igaa'], entropy: 4 }],
  }),
  ...near({
    'facebook-secret': ['Facebook app secret', facebook, 'facebook|fb app|fb secret|fb client', '[a-f0-9]{32}'],
  }),
]
