// Yandex: cloud and passport.
import type { Rule } from '../rule.ts'
import { alnum, near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const yandex: Rule[] = [
  ...tokens({
    'yandex-iam-token': ['Yandex Cloud IAM token', 'https://yandex.cloud/en/docs/iam/concepts/authorization/iam-token',
      't1[.][A-Z0-9a-z_-]{1,300}={0,2}[.][A-Z0-9a-z_-]{86}={0,2}', { keywords: ['t1.'], entropy: 3.5 }],
    'yandex-api-key': ['Yandex Cloud API key', 'https://yandex.cloud/en/docs/iam/concepts/authorization/api-key',
      'AQVN[A-Za-z0-9_-]{35,38}', { entropy: 3 }],
    'yandex-aws-key': ['Yandex Cloud static access key', 'https://yandex.cloud/en/docs/iam/concepts/authorization/access-key',
      'YC[a-zA-Z0-9_-]{38}', { keywords: ['yandex', 'yc_', 'aws', 'secret', 'access'], entropy: 3.5,
      hits: [`yandex_secret = "YC${'aB3dE6gHiJ9kLmN7pQrS'.repeat(2).slice(0, 38)}"`], misses: ['yandex = "YCshort"'] }],
    'yandex-passport-token': ['Yandex OAuth token', 'https://yandex.com/dev/id/doc/en/', 'y[0-6]_[A-Za-z0-9_-]{55,200}',
      { keywords: ['y0_', 'y1_', 'y2_', 'y3_', 'y4_', 'y5_', 'y6_'], entropy: 3.8 }],
  }),
  ...near({
    'yandex-key': ['Yandex API key', 'https://yandex.com/dev/', 'yandex',
      `(?:trnsl|dict|pdct)[.]1[.]1[.][0-9TZ]{16}[.][a-f0-9]{16}[.][a-f0-9]{40}|[A-Za-z0-9.]{83}|${uuid}|${alnum(32)}`],
  }),
]
