// Huawei Cloud.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { tokens } from './token.ts'

export const huawei: Rule[] = [
  ...tokens({
    'huawei-access-key': ['Huawei Cloud temporary access key', 'https://support.huaweicloud.com/intl/en-us/iam/', 'HST[A-Z0-9]{17}',
      { keywords: ['hst'], entropy: 3.3 }],
  }),
  ...near({
    'huawei-secret-key': ['Huawei Cloud secret key', 'https://support.huaweicloud.com/intl/en-us/iam/', 'huawei|hwcloud', alnum(40),
      { entropy: 3.6 }],
  }),
]
