// Tencent Cloud.
import type { Rule } from '../rule.ts'
import { alnum, hex, near } from './near.ts'
import { tokens } from './token.ts'

export const tencent: Rule[] = [
  ...tokens({
    'tencent-secret-id': ['Tencent Cloud secret id', 'https://www.tencentcloud.com/document/product/598', 'AKID[A-Za-z0-9]{32}',
      { entropy: 3 }],
  }),
  ...near({
    'dnspod-token': ['DNSPod token', 'https://docs.dnspod.com/', 'dnspod', hex(32)],
    'tencent-secret-key': ['Tencent Cloud secret key', 'https://www.tencentcloud.com/document/product/598',
      'tencent|qcloud|secretkey|akid', alnum(32), { strict: true, entropy: 3.6 }],
  }),
]
