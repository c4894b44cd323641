// Coinbase.
import type { Rule } from '../rule.ts'
import { alnum, near, uuid, wide } from './near.ts'
import { tokens } from './token.ts'

export const coinbase: Rule[] = [
  ...tokens({
    'coinbase-cdp-key-name': ['Coinbase Developer Platform key name', 'https://docs.cdp.coinbase.com/',
      `organizations/${uuid}/apiKeys/${uuid}`, { keywords: ['/apikeys/'] }],
  }),
  ...near({
    'coinbase-key': ['Coinbase key or secret', 'https://docs.cdp.coinbase.com/', 'coinbase',
      `${wide(64)}|${alnum(16)}|${alnum(32)}|[A-Za-z0-9+/]{86}==`, { strict: true, entropy: 3.3 }],
  }),
]
