// X (Twitter): keys, secrets and tokens of both generations.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { tokens } from './token.ts'

export const x: Rule[] = [
  ...tokens({
    'twitter-bearer-token': ['X (Twitter) bearer token', 'https://developer.x.com/en/docs/authentication/oauth-2-0',
      'A{20,24}[A-Za-z0-9%]{70,120}', { keywords: ['aaaaaaaaaaaaaaaaaaaa'], entropy: 3 }],
  }),
  ...near({
    'twitter-key': ['X (Twitter) API key', 'https://developer.x.com/en/docs/', 'twitter|consumer key|consumerkey', alnum(25),
      { strict: true, entropy: 3.5 }],
    'twitter-secret': ['X (Twitter) API secret', 'https://developer.x.com/en/docs/', 'twitter|consumer secret|consumersecret', alnum(50),
      { entropy: 4 }],
    'twitter-access-token': ['X (Twitter) access token', 'https://developer.x.com/en/docs/', 'twitter|access token|oauth token|tweepy',
      '[0-9]{8,20}-[A-Za-z0-9]{34,42}', { entropy: 3.5 }],
    'twitter-access-secret': ['X (Twitter) access token secret', 'https://developer.x.com/en/docs/',
      'twitter|access token secret|oauth token secret', alnum(45), { entropy: 4 }],
  }),
]
