// Baidu.
import type { Rule } from '../rule.ts'
import { alnum, hex, near } from './near.ts'

export const baidu: Rule[] = [
  ...near({
    'baidu-secret-key': ['Baidu Cloud access key', 'https://cloud.baidu.com/doc/', 'baidu|bce', hex(32), { strict: true }],
    'baidu-api-key': ['Baidu API key', 'https://ai.baidu.com/ai-doc', 'baidu',
      `ALTAK[A-Za-z0-9-]{16,21}|bce-v3/ALTAK-[A-Za-z0-9]{21}/${hex(40)}|${alnum(24)}|${alnum(32)}`, { strict: true, entropy: 3.3 }],
  }),
]
