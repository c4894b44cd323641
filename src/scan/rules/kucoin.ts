// KuCoin.
import type { Rule } from '../rule.ts'
import { hex, near, uuid } from './near.ts'

export const kucoin: Rule[] = [
  ...near({
    'kucoin-key': ['KuCoin key', 'https://www.kucoin.com/docs/', 'kucoin', hex(24)],
    'kucoin-secret': ['KuCoin secret', 'https://www.kucoin.com/docs/', 'kucoin', uuid],
  }),
]
