// Alibaba Cloud: key ids, secrets and security tokens.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { looksRandom } from './shape.ts'
import { tokens } from './token.ts'

export const alibaba: Rule[] = [
  ...tokens({
    'alibaba-access-key-id': ['Alibaba Cloud access key id', 'https://www.alibabacloud.com/help/en/ram/',
      'LTAI(?:[A-Za-z0-9]{12}|[A-Za-z0-9]{16,20})', { entropy: 3 }],
    'alibaba-sts-key-id': ['Alibaba Cloud STS access key id', 'https://www.alibabacloud.com/help/en/ram/', 'STS[.][A-Za-z0-9]{10,30}',
      { keywords: ['sts.'], entropy: 3, check: looksRandom }],
  }),
  ...near({
    'dashscope-api-key': ['Alibaba DashScope API key', 'https://www.alibabacloud.com/help/en/model-studio/', 'dashscope|qwen|bailian',
      'sk-[a-f0-9]{32}'],
    'alibaba-secret-key': ['Alibaba Cloud access key secret', 'https://www.alibabacloud.com/help/en/ram/',
      'alibaba|aliyun|alicloud|access key secret|ltai', alnum(30), { entropy: 3.5 }],
    'alibaba-sts-secret': ['Alibaba Cloud STS access key secret', 'https://www.alibabacloud.com/help/en/ram/',
      'sts|alibaba|aliyun|alicloud|access key secret', alnum('37,46'), { strict: true, entropy: 4 }],
    'alibaba-sts-token': ['Alibaba Cloud STS security token', 'https://www.alibabacloud.com/help/en/ram/',
      'security token|alibaba|aliyun|alicloud', '(?:CAI|CAE)[A-Za-z0-9+/=_-]{40,1000}', { window: 1200 }],
  }),
]
